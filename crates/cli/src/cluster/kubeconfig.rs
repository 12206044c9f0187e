//! Which configuration is meant: files, lists of files and contexts as kubectl reads them, the pod's service account
//! where there are none. Nothing is sent.

use std::env;
use std::ffi::OsStr;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{Context, KubeConfigOptions, Kubeconfig, KubeconfigError, NamedContext};

use super::flags::ClusterFlags;
use crate::error::CliError;

#[cfg(test)]
mod tests;

/// Name of the context that is made of `--cluster` and `--user` where there is none; no file can have it.
const UNNAMED: &str = "";

/// Where a configuration may stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The file of `--kubeconfig`, which must exist.
    Named(PathBuf),
    /// The files of `KUBECONFIG`, or the one in the home directory; those that are absent are passed over.
    Listed(Vec<PathBuf>),
}

/// A configuration, and how to tell people which.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) config: Config,
    /// For example `context 'prod' of /home/me/.kube/config`.
    pub(super) place: String,
    /// The namespace of the context or the pod, if it names one.
    pub(super) namespace: Option<String>,
}

/// Finds and reads the configuration.
pub(super) async fn choose(flags: &ClusterFlags) -> Result<Chosen, CliError> {
    let listed = env::var_os("KUBECONFIG");
    let place = place(flags.kubeconfig.as_deref(), listed.as_deref(), env::home_dir().as_deref());
    let (files, kubeconfig) = read(&place)?;
    let mut chosen = match kubeconfig {
        Some(kubeconfig) => of_files(flags, &shown(&files), kubeconfig).await?,
        None => of_pod(flags, &place)?,
    };
    if let Some(user) = &flags.act_as {
        chosen.config.auth_info.impersonate = Some(user.clone());
        chosen.config.auth_info.impersonate_groups = Some(flags.act_as_groups.clone());
    }
    Ok(chosen)
}

/// Where to look, as kubectl has it: one of the three, never two.
fn place(named: Option<&Path>, listed: Option<&OsStr>, home: Option<&Path>) -> Place {
    if let Some(named) = named.filter(|path| !path.as_os_str().is_empty()) {
        return Place::Named(named.to_owned());
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for path in listed.iter().flat_map(env::split_paths).filter(|path| !path.as_os_str().is_empty()) {
        if !files.contains(&path) {
            files.push(path);
        }
    }
    if files.is_empty() {
        files.extend(home.map(|home| home.join(".kube/config")));
    }
    Place::Listed(files)
}

/// Reads the files that there are, and makes one configuration of them, in which the first file that says something
/// is right.
fn read(place: &Place) -> Result<(Vec<PathBuf>, Option<Kubeconfig>), CliError> {
    let files: Vec<PathBuf> = match place {
        Place::Named(file) => vec![file.clone()],
        Place::Listed(files) => files.iter().filter(|file| file.exists()).cloned().collect(),
    };
    let mut merged: Option<Kubeconfig> = None;
    for file in &files {
        let unreadable = |error: KubeconfigError| {
            CliError::cluster(format!("kubeconfig {}: {}", file.display(), words(&error)))
                .with_hints(["`kubectl config view` shows what kubectl makes of it".to_owned()])
        };
        let mut next = Kubeconfig::read_from(file).map_err(unreadable)?;
        next.current_context = next.current_context.filter(|name| !name.is_empty());
        merged = Some(match merged {
            None => next,
            Some(before) => before.merge(next).map_err(unreadable)?,
        });
    }
    Ok((files, merged.filter(|found| !found.clusters.is_empty() || !found.contexts.is_empty())))
}

async fn of_files(flags: &ClusterFlags, files: &str, mut kubeconfig: Kubeconfig) -> Result<Chosen, CliError> {
    let context = select(flags, &mut kubeconfig).map_err(|(message, hint)| {
        CliError::cluster(format!("kubeconfig {files}: {message}")).with_hints([hint])
    })?;
    let namespace = namespace_of(&kubeconfig, &context);
    let options = KubeConfigOptions {
        context: Some(context.clone()),
        cluster: flags.cluster.clone(),
        user: flags.user.clone(),
    };
    let place = match context.as_str() {
        UNNAMED => format!("cluster '{}' of {files}", flags.cluster.as_deref().unwrap_or_default()),
        context => format!("context '{context}' of {files}"),
    };
    let names_proxy = names_proxy(&kubeconfig, &context, flags);
    match Config::from_custom_kubeconfig(kubeconfig, &options).await {
        Ok(mut config) => {
            // As in Go: the environment's proxy is not for servers on this machine.
            if !names_proxy && is_here(&config) {
                config.proxy_url = None;
            }
            Ok(Chosen { config, place, namespace })
        }
        Err(error) => Err(CliError::cluster(format!("{place}: {}", words(&error)))),
    }
}

/// The context to use; what is wrong and what to do if there is none. What is named must be there.
fn select(flags: &ClusterFlags, kubeconfig: &mut Kubeconfig) -> Result<String, (String, String)> {
    let contexts: Vec<&str> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
    let choice = if contexts.is_empty() {
        "it has no contexts: make one with `kubectl config set-context`".to_owned()
    } else {
        format!("choose one with --context: {}", contexts.join(", "))
    };
    let has_cluster = |name: &String| kubeconfig.clusters.iter().any(|cluster| cluster.name == *name);
    if let Some(name) = flags.cluster.as_ref().filter(|name| !has_cluster(name)) {
        let names: Vec<&str> = kubeconfig.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        return Err((format!("there is no cluster '{name}'"), format!("its clusters: {}", names.join(", "))));
    }
    let has_user = |name: &String| kubeconfig.auth_infos.iter().any(|user| user.name == *name);
    if let Some(name) = flags.user.as_ref().filter(|name| !has_user(name)) {
        let names: Vec<&str> = kubeconfig.auth_infos.iter().map(|user| user.name.as_str()).collect();
        return Err((format!("there is no user '{name}'"), format!("its users: {}", names.join(", "))));
    }
    let named = flags.context.as_ref().or(kubeconfig.current_context.as_ref()).cloned();
    match (named, &flags.cluster) {
        (Some(name), _) if contexts.contains(&name.as_str()) => Ok(name),
        (Some(name), _) => Err((format!("there is no context '{name}'"), choice)),
        (None, None) => Err(("no context is the current one".to_owned(), choice)),
        (None, Some(cluster)) => {
            let context =
                Context { cluster: cluster.clone(), user: flags.user.clone(), ..Context::default() };
            kubeconfig.contexts.push(NamedContext {
                name: UNNAMED.to_owned(),
                context: Some(context),
                ..NamedContext::default()
            });
            Ok(UNNAMED.to_owned())
        }
    }
}

fn namespace_of(kubeconfig: &Kubeconfig, context: &str) -> Option<String> {
    let named = kubeconfig.contexts.iter().find(|named| named.name == context)?;
    named.context.as_ref()?.namespace.clone().filter(|namespace| !namespace.is_empty())
}

/// Whether the chosen cluster has a proxy of its own.
fn names_proxy(kubeconfig: &Kubeconfig, context: &str, flags: &ClusterFlags) -> bool {
    let context = kubeconfig.contexts.iter().find(|named| named.name == context);
    let cluster = context.and_then(|named| named.context.as_ref()).map(|context| &context.cluster);
    let Some(name) = flags.cluster.as_ref().or(cluster) else { return false };
    let cluster = kubeconfig.clusters.iter().find(|named| named.name == *name);
    cluster.and_then(|named| named.cluster.as_ref()).is_some_and(|cluster| cluster.proxy_url.is_some())
}

/// Whether the server is on this machine.
fn is_here(config: &Config) -> bool {
    let host = config.cluster_url.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn of_pod(flags: &ClusterFlags, place: &Place) -> Result<Chosen, CliError> {
    if flags.context.is_some() || flags.cluster.is_some() || flags.user.is_some() {
        return Err(
            nowhere(place).with_hints(["--context, --cluster and --user choose within one".to_owned()])
        );
    }
    let config = Config::incluster().map_err(|_| nowhere(place))?;
    let namespace = Some(config.default_namespace.clone());
    Ok(Chosen { config, place: "the pod's service account".to_owned(), namespace })
}

fn nowhere(place: &Place) -> CliError {
    let message = match place {
        Place::Named(file) => format!("kubeconfig {} has no clusters", file.display()),
        Place::Listed(files) if files.is_empty() => {
            "there is no kubeconfig, and no home directory".to_owned()
        }
        Place::Listed(files) => format!("there is no kubeconfig at {}", shown(files)),
    };
    CliError::cluster(message).with_hints([
        "name one with --kubeconfig or KUBECONFIG; in a pod, the service account's token must be mounted"
            .to_owned(),
    ])
}

fn shown(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The client's words without its "failed to", and without the path that stands in front already. What its parser
/// quotes of the file could be a credential.
fn words(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(error, _) => crate::error::system_text(error),
        KubeconfigError::Parse(_) => "it is no kubeconfig in YAML".to_owned(),
        KubeconfigError::LoadCertificateAuthority(error) => format!("certificate authority: {error}"),
        KubeconfigError::MissingClusterUrl => "the cluster has no server".to_owned(),
        other => other.to_string(),
    }
}
