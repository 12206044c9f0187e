//! Files, lists of files, and what is chosen of them.

use std::fs;

use super::*;

fn named(path: &str) -> Place {
    Place::Named(path.into())
}

fn listed(paths: &[&str]) -> Place {
    Place::Listed(paths.iter().map(PathBuf::from).collect())
}

#[test]
fn where_to_look() {
    let look = |flag: Option<&str>, variable: Option<&str>, home: Option<&str>| {
        place(flag.map(Path::new), variable.map(OsStr::new), home.map(Path::new))
    };
    assert_eq!(look(Some("a"), Some("b"), Some("/h")), named("a"), "the flag alone");
    assert_eq!(look(None, Some("b:c::b"), Some("/h")), listed(&["b", "c"]), "a list, each once");
    assert_eq!(look(Some(""), Some(""), Some("/h")), listed(&["/h/.kube/config"]), "empty is not given");
    assert_eq!(look(None, None, None), listed(&[]));
}

/// A kubeconfig with contexts that are called like their cluster and user.
fn config(current: &str, names: &[&str]) -> String {
    let entries = |kind: &str, field: &str, value: &dyn Fn(&str) -> String| {
        let entries: Vec<String> =
            names.iter().map(|name| format!("- {{name: {name}, {field}: {{{}}}}}\n", value(name))).collect();
        format!("{kind}:\n{}", entries.concat())
    };
    let clusters = entries("clusters", "cluster", &|name| format!("server: 'https://{name}.example:6443'"));
    let users = entries("users", "user", &|name| format!("token: of-{name}"));
    let contexts = entries("contexts", "context", &|name| {
        format!("cluster: {name}, user: {name}, namespace: in-{name}")
    });
    format!("apiVersion: v1\nkind: Config\ncurrent-context: '{current}'\n{clusters}{users}{contexts}")
}

struct Files(tempfile::TempDir);

impl Files {
    fn with(files: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect(name);
        }
        Self(folder)
    }

    fn listed(&self, names: &[&str]) -> Place {
        Place::Listed(names.iter().map(|name| self.0.path().join(name)).collect())
    }

    /// Server, namespace and place of what is chosen, or the error with its hints.
    fn choose(&self, names: &[&str], flags: &ClusterFlags) -> Result<(String, String, String), String> {
        let folder = self.0.path().display().to_string();
        let told =
            |error: CliError| format!("{error}; {}", error.hints().join("; ")).replace(&folder, "[DIR]");
        let (files, kubeconfig) = read(&self.listed(names)).map_err(told)?;
        let kubeconfig = kubeconfig.ok_or("none")?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let chosen = runtime.block_on(of_files(flags, &shown(&files), kubeconfig)).map_err(told)?;
        let token = chosen.config.auth_info.token.is_some();
        assert!(token || flags.cluster.is_some(), "credentials");
        Ok((
            chosen.config.cluster_url.host().unwrap_or_default().to_owned(),
            chosen.namespace.unwrap_or_default(),
            chosen.place.replace(&folder, "[DIR]"),
        ))
    }
}

fn flags(context: Option<&str>, cluster: Option<&str>, user: Option<&str>) -> ClusterFlags {
    ClusterFlags {
        context: context.map(str::to_owned),
        cluster: cluster.map(str::to_owned),
        user: user.map(str::to_owned),
        ..ClusterFlags::default()
    }
}

fn chosen(server: &str, namespace: &str, place: &str) -> Result<(String, String, String), String> {
    Ok((server.to_owned(), namespace.to_owned(), place.to_owned()))
}

#[test]
fn a_list_of_files_is_one_configuration() {
    let files = Files::with(&[
        ("one", config("", &["a"])),
        ("two", config("b", &["b", "c"])),
        ("three", config("a", &["d"])),
    ]);
    let all = ["one", "absent", "two", "three"];
    let place = "[DIR]/one, [DIR]/two, [DIR]/three";
    let of = |context: &str| format!("context '{context}' of {place}");
    assert_eq!(
        files.choose(&all, &flags(None, None, None)),
        chosen("b.example", "in-b", &of("b")),
        "the first that names one"
    );
    assert_eq!(files.choose(&all, &flags(Some("d"), None, None)), chosen("d.example", "in-d", &of("d")));
    assert_eq!(
        files.choose(&all, &flags(Some("d"), Some("a"), Some("c"))),
        chosen("a.example", "in-d", &of("d"))
    );
}

#[test]
fn a_cluster_without_a_context() {
    let files = Files::with(&[("one", config("", &["a", "b"]))]);
    let of = "cluster 'b' of [DIR]/one";
    assert_eq!(files.choose(&["one"], &flags(None, Some("b"), Some("a"))), chosen("b.example", "", of));
}

#[test]
fn what_is_not_there() {
    let files =
        Files::with(&[("one", config("", &["a", "b"])), ("bad", "{".to_owned()), ("empty", String::new())]);
    let wrong = |names: &[&str], flags: ClusterFlags| files.choose(names, &flags).expect_err("an error");
    insta::assert_snapshot!(wrong(&["one"], flags(None, None, None)), @"kubeconfig [DIR]/one: no context is the current one; choose one with --context: a, b");
    insta::assert_snapshot!(wrong(&["one"], flags(Some("x"), None, None)), @"kubeconfig [DIR]/one: there is no context 'x'; choose one with --context: a, b");
    insta::assert_snapshot!(wrong(&["one"], flags(None, Some("x"), None)), @"kubeconfig [DIR]/one: there is no cluster 'x'; its clusters: a, b");
    insta::assert_snapshot!(wrong(&["one"], flags(Some("a"), None, Some("x"))), @"kubeconfig [DIR]/one: there is no user 'x'; its users: a, b");
    insta::assert_snapshot!(wrong(&["one", "bad"], flags(None, None, None)), @"kubeconfig [DIR]/bad: it is no kubeconfig in YAML; `kubectl config view` shows what kubectl makes of it");
    assert_eq!(wrong(&["absent"], flags(None, None, None)), "none");
    assert_eq!(wrong(&["empty"], flags(None, None, None)), "none");
}

#[test]
fn a_named_file_must_exist() {
    let error = read(&named("/nowhere/config")).expect_err("absent");
    assert_eq!(error.to_string(), "kubeconfig /nowhere/config: no such file or directory");
    assert_eq!(nowhere(&listed(&["/a", "/b"])).to_string(), "there is no kubeconfig at /a, /b");
    assert_eq!(nowhere(&listed(&[])).to_string(), "there is no kubeconfig, and no home directory");
}

#[test]
fn servers_on_this_machine() {
    for (server, here) in [
        ("https://localhost:6443", true),
        ("https://127.0.0.2:6443", true),
        ("https://[::1]:6443", true),
        ("https://10.0.0.1:6443", false),
        ("https://localhost.example:6443", false),
    ] {
        assert_eq!(is_here(&Config::new(server.parse().expect("a URL"))), here, "{server}");
    }
}
