//! The files that are rendered: the artifact of the Kustomization's source, or a checkout that stands for it.

use api::kustomization::Kustomization;
use api::{Artifact, SOURCE_GROUP};
use artifact::MemTree;
use kube::Client;
use serde_json::Value;

use super::checkout::{Checkout, Excludes, of_folder, of_revision};
use super::compared::Compared;
use super::fetched::tree;
use crate::cluster::failed;
use crate::error::CliError;
use crate::resource::{Kinds, Lookup};

#[cfg(test)]
mod tests;

/// The files, and what they are called.
pub(super) struct Files {
    pub(super) tree: MemTree,
    pub(super) shown: String,
    pub(super) notes: Vec<String>,
}

/// Reads them.
pub(super) async fn files(
    client: &Client,
    kinds: &Kinds,
    object: &Kustomization,
    compared: &Compared,
) -> Result<Files, CliError> {
    let source = read(client, kinds, object).await;
    let (folder, revision) = match compared {
        Compared::Artifact => return of_artifact(client, object, source?).await,
        Compared::Folder(folder) => (folder.clone(), None),
        Compared::Revision { folder, revision } => (folder.clone(), Some(revision.clone())),
    };
    // Without the source its rules are not known; the files are there all the same.
    let mut notes: Vec<String> = Vec::new();
    let source = match source {
        Ok(source) => source,
        Err(error) => {
            notes.push(format!("{error}: its spec.ignore does not count"));
            Value::Null
        }
    };
    if source.pointer("/spec/include").and_then(Value::as_array).is_some_and(|include| !include.is_empty()) {
        notes.push("the source includes other sources, whose files are not in the checkout".to_owned());
    }
    let (excludes, path) = (excludes(&source), object.spec.path.clone().unwrap_or_default());
    let read = move || match revision {
        Some(revision) => of_revision(&folder, &revision, &path, &excludes),
        None => of_folder(&folder, &path, &excludes),
    };
    let read = tokio::task::spawn_blocking(read).await;
    let Checkout { tree, shown } =
        read.unwrap_or_else(|_| Err(CliError::checkout("the checkout's reader failed")))?;
    Ok(Files { tree, shown, notes })
}

async fn of_artifact(client: &Client, object: &Kustomization, source: Value) -> Result<Files, CliError> {
    let subject = object.spec.source_ref.subject(object.metadata.namespace.as_deref().unwrap_or_default());
    let artifact: Option<Artifact> =
        source.pointer("/status/artifact").and_then(|artifact| serde_json::from_value(artifact.clone()).ok());
    let Some(artifact) = artifact else {
        return Err(CliError::cluster(format!("{subject} has no artifact yet"))
            .with_hints(["wait for its condition Ready, or compare a checkout with --path DIR".to_owned()]));
    };
    let tree = tree(client, &artifact).await?;
    Ok(Files { tree, shown: artifact.revision, notes: Vec::new() })
}

/// The source as it is.
async fn read(client: &Client, kinds: &Kinds, object: &Kustomization) -> Result<Value, CliError> {
    let reference = &object.spec.source_ref;
    let own = object.metadata.namespace.as_deref().unwrap_or_default();
    let subject = reference.subject(own);
    let Lookup::Served(served) = kinds.of_any_version(SOURCE_GROUP, reference.kind.as_str()) else {
        return Err(CliError::cluster(format!(
            "{subject}: the API server does not serve sources of this kind"
        ))
        .with_hints(["`flyball check` says which CRDs are installed".to_owned()]));
    };
    let found = served.api(client, reference.namespace_or(own)).get_opt(&reference.name).await;
    match found.map_err(|error| failed(&subject, &error.into()))? {
        // What came as JSON goes as JSON.
        Some(found) => Ok(serde_json::to_value(found).unwrap_or_default()),
        None => Err(CliError::cluster(format!("{subject}: there is none, and spec.sourceRef names it"))
            .with_hints(["create it, or correct spec.sourceRef; --path DIR compares a checkout".to_owned()])),
    }
}

/// What a source leaves out of its artifacts. An ExternalArtifact is made by somebody else, who knows.
fn excludes(source: &Value) -> Excludes {
    let kind = source.get("kind").and_then(Value::as_str).unwrap_or_default();
    let spec = source.pointer("/spec/ignore").and_then(Value::as_str).map(str::to_owned);
    Excludes { spec, files: kind != "ExternalArtifact" }
}
