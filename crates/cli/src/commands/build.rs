//! `flyball build`: a drop-in for `kustomize build`. How a kustomization is built is the engine's; this is where the
//! files come from and where the result goes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kustomize_engine::{Mode, Options};
use serde_json::Value;

use crate::disk_tree::DiskTree;
use crate::error::{CliError, system_text};
use crate::output;
use crate::tree_path::in_tree;

/// What to build and what to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// As typed.
    pub(crate) directory: PathBuf,
    /// A file, or an existing directory for one file per object; otherwise standard output.
    pub(crate) output: Option<PathBuf>,
    /// Whether files must lie in or below the kustomization that names them.
    pub(crate) restricted: bool,
    /// The deprecated `--reorder`, if it was given.
    pub(crate) legacy_sort: Option<bool>,
    /// The deprecated `--enable-managedby-label`.
    pub(crate) managed_by_label: bool,
    /// Whether remote bases are fetched.
    pub(crate) fetch_remote: bool,
}

/// Builds, then writes. Nothing is written unless the whole build succeeded.
pub(crate) fn run(request: &Request) -> Result<(), CliError> {
    warn_of_deprecated_flags(request);
    let directory = target(&request.directory, request.fetch_remote)?;
    let options = Options {
        mode: Mode::Cli,
        load_restrictions: Some(request.restricted),
        legacy_sort: request.legacy_sort,
        managed_by_label: request.managed_by_label,
        ..Options::default()
    };
    let tree = DiskTree::new(options.limits.bytes);
    let tree = if request.fetch_remote { tree.with_remotes() } else { tree };
    let mut warnings = Vec::new();
    let folder = request.output.as_deref().filter(|path| path.is_dir());
    // Objects are kept only where all of them decide about the names of the files.
    let (mut text, mut objects) = (String::new(), Vec::new());
    let built = kustomize_engine::build_each(&tree, &directory, &options, &mut warnings, &mut |object| {
        if folder.is_some() {
            objects.push(object);
        } else {
            if !text.is_empty() {
                text.push_str("---\n");
            }
            manifest::yaml::write_to(&mut text, &object);
        }
    });
    for warning in &warnings {
        output::note(warning);
    }
    if let Err(source) = built {
        return Err(CliError::Build { source, unreadable: tree.into_unreadable() });
    }
    match (&request.output, folder) {
        (_, Some(folder)) => write_files(folder, &objects),
        (Some(path), None) => write(path, &text),
        (None, None) => output::print(text.as_bytes()),
    }
}

fn warn_of_deprecated_flags(request: &Request) {
    if request.legacy_sort.is_some() {
        output::note(
            "Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.",
        );
    }
    if request.managed_by_label {
        output::note(
            "Flag --enable-managedby-label has been deprecated, use the `managedByLabel` option in the `buildMetadata` \
             field instead.",
        );
    }
}

/// The directory to build, as the tree has it, with links resolved; errors are upstream's.
fn target(directory: &Path, fetch_remote: bool) -> Result<String, CliError> {
    let shown = directory.display();
    if directory.as_os_str().is_empty() {
        return Err(CliError::Target("directory path cannot be empty".to_owned()));
    }
    let resolved = match fs::canonicalize(directory) {
        Ok(resolved) => resolved,
        Err(_) if is_remote(directory) && fetch_remote => return Ok(shown.to_string()),
        Err(_) if is_remote(directory) => return Err(CliError::Remote(shown.to_string())),
        Err(error) => {
            let missing = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
            return Err(CliError::Target(format!(
                "not a valid directory: evalsymlink failure on '{shown}' : lstat {}: {}",
                first_missing(&missing).display(),
                system_text(&error)
            )));
        }
    };
    if !resolved.is_dir() {
        return Err(CliError::Target(format!("'{shown}': file is not directory")));
    }
    in_tree(&resolved).ok_or_else(|| CliError::Target(format!("'{shown}': the path is not UTF-8")))
}

/// The shortest part of the path that is not there.
fn first_missing(path: &Path) -> &Path {
    let ancestors: Vec<&Path> = path.ancestors().collect();
    ancestors.into_iter().rev().find(|part| part.symlink_metadata().is_err()).unwrap_or(path)
}

/// Whether it names a repository rather than a directory.
fn is_remote(directory: &Path) -> bool {
    let Some(text) = directory.to_str() else { return false };
    let text = text.to_ascii_lowercase();
    text.contains("://")
        || ["git@", "git::", "gh:", "github.com/", "github.com:"].iter().any(|start| text.starts_with(start))
}

/// One file per object, named as upstream names them.
fn write_files(directory: &Path, objects: &[Value]) -> Result<(), CliError> {
    for (name, object) in file_names(objects) {
        write(&directory.join(name), &manifest::yaml::write(object))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    fs::write(path, text).map_err(|error| CliError::file("open", &path.display().to_string(), &error))
}

/// `<group>_<version>_<kind>_<name>.yaml` in lower case; if the objects live in several namespaces, those of a
/// namespace have it in front.
fn file_names(objects: &[Value]) -> Vec<(String, &Value)> {
    let namespaces: Vec<Option<&str>> = objects.iter().map(namespace).collect();
    let several = namespaces.iter().flatten().collect::<BTreeSet<_>>().len() > 1;
    let named = objects.iter().zip(namespaces).map(|(object, namespace)| {
        let prefix =
            namespace.filter(|_| several).map(|namespace| format!("{namespace}_")).unwrap_or_default();
        (format!("{prefix}{}.yaml", base_name(object)).to_lowercase(), object)
    });
    named.collect()
}

fn base_name(object: &Value) -> String {
    let (group, version) = match text(object, "/apiVersion").split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", text(object, "/apiVersion")),
    };
    let parts = [group, version, text(object, "/kind")].into_iter().filter(|part| !part.is_empty());
    // A name with a slash (RBAC allows it) must not leave the directory.
    let name = text(object, "/metadata/name").replace('/', "_");
    parts.chain([name.as_str()]).collect::<Vec<_>>().join("_")
}

/// The namespace files are grouped by: none for kinds that are certainly cluster-scoped.
fn namespace(object: &Value) -> Option<&str> {
    if kustomize_engine::is_cluster_scoped(text(object, "/apiVersion"), text(object, "/kind")) {
        return None;
    }
    Some(text(object, "/metadata/namespace")).map(|name| if name.is_empty() { "default" } else { name })
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Value {
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = namespace.into();
        }
        object
    }

    fn check(objects: &[Value], wanted: &[&str]) {
        let names: Vec<String> = file_names(objects).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, wanted);
    }

    #[test]
    fn files_of_one_namespace() {
        check(
            &[
                object("v1", "Namespace", None, "Web"),
                object("apps/v1", "Deployment", Some("web"), "front"),
                object("rbac.authorization.k8s.io/v1", "ClusterRole", None, "system:x"),
            ],
            &[
                "v1_namespace_web.yaml",
                "apps_v1_deployment_front.yaml",
                "rbac.authorization.k8s.io_v1_clusterrole_system:x.yaml",
            ],
        );
    }

    #[test]
    fn files_of_several_namespaces() {
        check(
            &[
                object("v1", "Namespace", None, "Web"),
                object("v1", "ConfigMap", Some("Web"), "a.B"),
                object("x.io/v1", "Thing", None, "t"),
                object("", "Bare", Some("default"), "../n"),
            ],
            &[
                "v1_namespace_web.yaml",
                "web_v1_configmap_a.b.yaml",
                "default_x.io_v1_thing_t.yaml",
                "default_bare_.._n.yaml",
            ],
        );
    }

    #[test]
    fn remote_targets() {
        for url in ["https://github.com/a/b//c?ref=v1", "git@github.com:a/b", "github.com/a/b", "ssh://x/y"] {
            assert!(matches!(target(Path::new(url), false), Err(CliError::Remote(_))), "{url}");
        }
        assert!(matches!(target(Path::new("no/such/folder"), true), Err(CliError::Target(_))));
    }

    #[test]
    fn the_first_missing_part() {
        assert_eq!(first_missing(Path::new("/nowhere/at/all")), Path::new("/nowhere"));
    }
}
