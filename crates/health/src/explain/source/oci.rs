//! OCI artifacts: tags, digests and layers that are not there, registries that refuse.

use super::access::{credentials, quoted};
use super::subject::Source;
use crate::kstatus::text;

pub(super) fn way(source: &Source<'_>, message: &str) -> Option<String> {
    let says = |words: &str| message.contains(words);
    let (subject, url) = (source.subject(), source.address());
    if let Some((_, range)) = message.split_once("no match found for semver: ") {
        return Some(format!(
            "no tag of {url} fits {range}: push one, or correct spec.ref.semver of {subject}"
        ));
    }
    if says("improper constraint") || says("error parsing regexp") {
        return Some(format!("correct spec.ref.semver or spec.ref.semverFilter of {subject}"));
    }
    if says("non-hex character in hash") || says("cannot parse hash") || says("wrong number of hex digits") {
        return Some(format!("correct spec.ref.digest of {subject}: sha256: and 64 hexadecimal digits"));
    }
    if says("MANIFEST_UNKNOWN")
        || says("manifest unknown")
        || says("MANIFEST_INVALID")
        || says("not found in registry")
    {
        let reference = reference(source);
        return Some(format!("push {reference} to {url}, or correct spec.ref of {subject}"));
    }
    if says("NAME_UNKNOWN") || says("NAME_INVALID") || says("repository name not known") || says("code 404") {
        return Some(format!(
            "the registry has no such repository: push the artifact to {url}, or correct spec.url of {subject}"
        ));
    }
    if let Some(type_) = quoted(message, "layer with media type '", '\'') {
        return Some(format!(
            "correct spec.layerSelector.mediaType of {subject}: the artifact has no layer of type {type_}"
        ));
    }
    if says("no layers found") {
        return Some(format!("push an artifact with a layer to {url}: this one has none"));
    }
    if says("failed to extract") || says("requires gzip-compressed body") {
        return Some(format!(
            "the layer has to be a tar.gz archive: push it again (flux push artifact), or set spec.layerSelector.operation of {subject} to copy"
        ));
    }
    if says("TOOMANYREQUESTS") || says("toomanyrequests") || says("429") {
        return Some(format!(
            "the registry has a rate limit: give credentials in spec.secretRef of {subject}, or raise spec.interval"
        ));
    }
    let refused = says("UNAUTHORIZED")
        || says("DENIED")
        || says("401")
        || says("403")
        || says("failed to get credential");
    refused.then(|| credentials(source))
}

/// What a repository is asked for.
fn reference(source: &Source<'_>) -> String {
    let of = |field: &str| text(source.spec, &["ref", field]);
    match (of("digest"), of("tag")) {
        (Some(digest), _) => format!("digest {digest}"),
        (None, Some(tag)) => format!("tag {tag}"),
        (None, None) => "tag latest".to_owned(),
    }
}
