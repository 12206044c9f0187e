//! Manifests that cannot be built (contracts/kustomize-controller.md 7, 8 and Appendix A): which file, which line, what to
//! correct. Decryption and variables are not among it.

mod files;
mod finding;
mod objects;
mod place;

use api::blocker::BlockerCode;

use super::about::About;
use super::draft::Draft;
use finding::Finding;
use place::{file_of, line_of};

/// The blocker that a failed build is.
pub(super) fn blocker(about: &About<'_>, reason: &str, message: &str) -> Draft {
    let found = objects::doubled(about, message)
        .or_else(|| files::read(about, message))
        .or_else(|| objects::read(about, message))
        .or_else(|| limits(about, message));
    match found {
        Some(Finding { sentence, hint }) => {
            Draft::reading(BlockerCode::BuildFailed, about.own(), &sentence, reason, message).hint(hint)
        }
        None => Draft::quoting(BlockerCode::BuildFailed, about.own(), reason, message)
            .hint(general(about, message)),
    }
}

fn general(about: &About<'_>, message: &str) -> String {
    let folder = about.folder();
    let build =
        format!("kustomize build {}", if folder == "the root folder" { "." } else { folder.as_str() });
    match (file_of(message), line_of(message)) {
        (Some(file), Some(line)) => {
            format!("correct {file} near line {line}; {build} shows the error before it is committed")
        }
        (Some(file), None) => format!("correct {file}; {build} shows the error before it is committed"),
        (None, _) => format!("correct what {folder} holds; {build} shows the error before it is committed"),
    }
}

/// Builds that cost too much, or that this build of kustomize does not do.
fn limits(about: &About<'_>, message: &str) -> Option<Finding> {
    let says = |words: &str| message.contains(words);
    let folder = about.folder();
    if says("--build-step-limit") || says("it was not done after") {
        return Some(Finding::new(
            format!("the build of {folder} takes too long"),
            format!(
                "split {} into several, or raise --build-step-limit of kustomize-controller",
                about.named()
            ),
        ));
    }
    if says("--build-memory-limit") || says("--memory-gate") {
        return Some(Finding::new(
            format!("the build of {folder} needs too much memory"),
            format!(
                "split {} into several, or raise --build-memory-limit and --memory-gate of kustomize-controller",
                about.named()
            ),
        ));
    }
    if let Some((before, hint)) = message.split_once(" is not supported: ") {
        let what = before.rsplit_once(": ").map_or(before, |(_, what)| what);
        return Some(Finding::new(format!("{what} is not supported"), hint));
    }
    None
}

#[cfg(test)]
mod tests;
