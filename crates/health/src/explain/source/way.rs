//! Steps that follow from a reason alone, and where to look when nothing else is known.

use super::access::quoted;
use super::subject::Source;

pub(super) fn by_reason(source: &Source<'_>, reason: &str, message: &str) -> Option<String> {
    let subject = source.subject();
    let says = |words: &str| message.contains(words);
    if says("no space left on device") {
        return Some("the volume of source-controller is full: make it larger, or keep fewer artifacts (--artifact-retention-records)".to_owned());
    }
    Some(match reason {
        "URLInvalid" if source.kind == "OCIRepository" => format!("correct spec.url of {subject}: oci://REGISTRY/NAME without a tag; the tag stands in spec.ref.tag"),
        "URLInvalid" if source.kind == "HelmRepository" && says("'oci' URL scheme") => return None,
        "URLInvalid" => format!("correct spec.url of {subject}: it cannot be read as an address"),
        "InvalidProviderConfiguration" => format!("make spec.provider and the Secret of {subject} fit each other: {}", provider_need(source)),
        "InvalidSTSConfiguration" => format!("correct spec.sts of {subject}"),
        "FeatureGateDisabled" => format!("start source-controller with --feature-gates={}=true, or take the field out of {subject}", gate(message)),
        "UnsupportedField" => format!("take the field out of {subject}, or leave this source to Flux's source-controller; docs/compat.md lists what is supported"),
        "AccessDenied" => format!("move {subject} or what it refers to into one namespace: references to other namespaces are switched off (--no-cross-namespace-refs)"),
        "SourceIgnoreError" => format!("correct .sourceignore in the repository or spec.ignore of {subject}"),
        "NotFound" | "NoArtifact" if says("for include '") => {
            let name = quoted(message, "for include '", '\'').unwrap_or("NAME");
            if reason == "NotFound" {
                format!("create GitRepository {}/{name}, or correct spec.include of {subject}", source.namespace)
            } else {
                format!("GitRepository {}/{name}, which is included, has no artifact: flyball explain gitrepository/{name} -n {}", source.namespace, source.namespace)
            }
        }
        "IllegalPath" | "CopyFailure" => format!("correct fromPath and toPath in spec.include of {subject}: the folder is not there, or something else is in its place"),
        "DirectoryCreationFailed" | "StatOperationFailed" | "ArchiveOperationFailed" | "SymlinkUpdateFailed" | "AcquireLockFailed" | "CacheOperationFailed" => {
            "source-controller cannot write to its storage: see its log, and whether the volume at --storage-path is mounted, writable and not full".to_owned()
        }
        "InvalidPath" => format!("a path that {subject} names leads outside of the repository, or to nothing: correct it"),
        _ => return None,
    })
}

fn provider_need(source: &Source<'_>) -> &'static str {
    match source.field(&["provider"]) {
        "github" => {
            "provider github needs spec.secretRef with githubAppID, githubAppPrivateKey and an installation"
        }
        _ => "data of a GitHub App needs spec.provider: github",
    }
}

fn gate(message: &str) -> &str {
    let gates = ["ObjectLevelWorkloadIdentity", "ExternalArtifact", "CacheSecretsAndConfigMaps"];
    gates.into_iter().find(|gate| message.contains(gate)).unwrap_or("ObjectLevelWorkloadIdentity")
}

/// Where to look when the message is not understood.
pub(super) fn look(source: &Source<'_>) -> String {
    let Source { kind, namespace, name, .. } = source;
    let kind = kind.to_ascii_lowercase();
    if kind == "externalartifact" {
        return format!(
            "whatever controller makes ExternalArtifact {namespace}/{name} says why: kubectl -n {namespace} describe externalartifact {name}"
        );
    }
    format!(
        "do what the message says, then ask again: flyball reconcile {kind}/{name} -n {namespace}; details: kubectl -n {namespace} describe {kind} {name}"
    )
}
