//! Artifacts that cannot be had (contracts/kustomize-controller.md 5 and 6): no source, none yet, not served, not what it
//! should be, or without the folder.

use api::blocker::BlockerCode;
use api::network;

use super::about::{About, argument};
use super::draft::Draft;

/// The blocker of `ArtifactFailed`.
pub(super) fn blocker(about: &About<'_>, reason: &str, message: &str) -> Draft {
    let first = message.lines().next().unwrap_or_default();
    let says = |words: &str| first.contains(words);
    let own = about.own();
    let (kind, namespace, name) = about.source();
    let source = format!("{kind} {namespace}/{name}");
    if says("path not found") {
        let folder = about.folder();
        let sentence = format!("path not found: the artifact of {source} has no folder {folder}");
        return Draft::reading(BlockerCode::BuildFailed, own, &sentence, reason, message).hint(format!(
            "correct spec.path of {}, or add folder {folder} to the repository; what the artifact is: {}",
            about.named(),
            about.explain_source()
        ));
    }
    if first.contains(&format!("\"{name}\" not found")) && says("source.toolkit.fluxcd.io") {
        return Draft::reading(
            BlockerCode::SourceNotReady,
            format!("{kind}/{namespace}/{name}"),
            "the source does not exist",
            reason,
            message,
        )
        .hint(format!("create {source}, or correct spec.sourceRef of {}", about.named()));
    }
    let quoting = || Draft::quoting(BlockerCode::ArtifactMissing, own.clone(), reason, message);
    if says("artifact not found") {
        return quoting().hint(format!("{source} has no artifact yet: {}", about.explain_source()));
    }
    if says("digest doesn't match") || says("failed to verify archive") {
        return quoting().hint(format!(
            "have {source} made anew: flyball reconcile {} -n {}; if it stays, see what changes the file on the way",
            argument(&format!("{}/{name}", kind.to_ascii_lowercase())),
            argument(namespace)
        ));
    }
    if says("is larger than") || says("--memory-gate") || says("not enough memory") {
        return quoting().hint(format!(
            "make the artifact of {source} smaller (spec.ignore, .sourceignore), or raise --memory-gate of kustomize-controller"
        ));
    }
    if says("failed to extract archive") {
        return quoting().hint(format!(
            "{source} gives an archive that cannot be unpacked: remove the entry that the message names"
        ));
    }
    if says("failed to download archive") || network::read(first).is_some() {
        return quoting().hint(
            "source-controller does not serve the artifact: see whether its Pod is ready, and whether a NetworkPolicy is between it and kustomize-controller",
        );
    }
    if says("unable to get source") {
        return quoting().hint(format!(
            "let kustomize-controller get {source}; the message says what the API server answered"
        ));
    }
    quoting().hint(format!("see what {source} says: {}", about.explain_source()))
}
