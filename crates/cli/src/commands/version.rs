//! `flyball version`: which version this is, and which versions a cluster has.

use clap::{Args, ValueEnum};
use kube::api::{Api, ListParams};
use serde::Serialize;

use crate::cluster::{self, ClusterFlags, Connection, failed};
use crate::error::CliError;
use crate::installed::{Controller, Maker, SELECTOR};
use crate::output::Output;

#[cfg(test)]
mod tests;

/// The version of kustomize that a build equals.
const KUSTOMIZE: &str = "v5.8.1";

const EXAMPLES: &str = "\
Examples:
  # Of this program and of the cluster of the current context
  flyball version

  # Of this program alone; no cluster is asked
  flyball version --client";

/// Print the version of this program, of Kubernetes, and of the installed controllers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct VersionArgs {
    /// Only this program's; no cluster is asked.
    #[arg(long)]
    client: bool,

    /// How to print it.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    output: Form,

    #[command(flatten)]
    cluster: ClusterFlags,
}

/// What the versions are printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
}

/// All versions. Its JSON form is read by programs: fields are added, never renamed.
#[derive(Debug, Serialize)]
struct Versions {
    flyball: &'static str,
    kustomize: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kubernetes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    controllers: Option<Vec<Installed>>,
}

/// The version of one controller.
#[derive(Debug, Serialize)]
struct Installed {
    name: String,
    namespace: String,
    maker: Maker,
    version: Option<String>,
    image: String,
}

/// Prints them.
pub(crate) fn run(args: &VersionArgs, output: &mut Output<'_>) -> Result<(), CliError> {
    let mut versions = Versions {
        flyball: env!("CARGO_PKG_VERSION"),
        kustomize: KUSTOMIZE,
        kubernetes: None,
        controllers: None,
    };
    // What is known without a cluster is worth having even if the cluster does not answer.
    let asked = if args.client { Ok(()) } else { cluster::block_on(ask(&args.cluster, &mut versions)) };
    match args.output {
        Form::Text => versions.lines().iter().try_for_each(|line| output.line(line))?,
        Form::Json => output.print(versions.json().as_bytes())?,
    }
    asked
}

async fn ask(flags: &ClusterFlags, versions: &mut Versions) -> Result<(), CliError> {
    let (connection, version) = Connection::open(flags).await?;
    versions.kubernetes = Some(version.git_version);
    let params = ListParams::default().labels(SELECTOR);
    let client = connection.client().clone();
    let deployments = match flags.namespace() {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let found = deployments.list(&params).await.map_err(|error| failed("Deployments", &error.into()))?;
    let mut installed: Vec<Installed> =
        found.items.iter().map(|found| Controller::of(found).into()).collect();
    installed.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    versions.controllers = Some(installed);
    Ok(())
}

impl From<Controller> for Installed {
    fn from(controller: Controller) -> Self {
        let Controller { name, namespace, maker, version, image, .. } = controller;
        Self { name, namespace, maker, version, image }
    }
}

impl Versions {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("flyball: {}", self.flyball), format!("kustomize: {}", self.kustomize)];
        lines.extend(self.kubernetes.iter().map(|version| format!("kubernetes: {version}")));
        lines.extend(self.controllers.iter().flatten().map(|controller| {
            let Installed { name, namespace, maker, version, .. } = controller;
            format!("{name}: {} ({maker}, in {namespace})", version.as_deref().unwrap_or("unknown"))
        }));
        lines
    }

    fn json(&self) -> String {
        // Only maps with keys that are no strings fail, of which there are none.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}
