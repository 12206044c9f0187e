//! Objects that collide, and patches, generators and replacements that find nothing to work on.

use super::finding::Finding;
use super::place::{between, file_of};
use crate::blockers::about::About;

pub(super) fn read(about: &About<'_>, message: &str) -> Option<Finding> {
    patch(about, message).or_else(|| others(about, message))
}

/// What is declared twice. kustomize tells it in the same breath as that the file is no folder.
pub(super) fn doubled(about: &About<'_>, message: &str) -> Option<Finding> {
    if let Some((_, id)) = message.split_once("already registered id: ") {
        let id = object(id);
        return Some(Finding::new(
            format!("{id} is declared twice"),
            format!(
                "remove one of the two declarations of {id} in {}, or give it another name or namespace",
                about.folder()
            ),
        ));
    }
    if message.contains("in Replace: id matched") {
        return Some(Finding::new(
            "two objects have the same name after variables are put in",
            format!("give the objects of {} different names", about.folder()),
        ));
    }
    let (before, _) = message.split_once("exists; ")?;
    let id = between(before, "id ", ' ').unwrap_or(before);
    let id = object(id);
    Some(Finding::new(
        format!("a generator makes {id}, which exists already"),
        format!("set behavior: merge or replace on the generator of {id}, or give it another name"),
    ))
}

fn patch(about: &About<'_>, message: &str) -> Option<Finding> {
    let says = |words: &str| message.contains(words);
    let place = match file_of(message) {
        Some(file) => format!("{file}, or spec.patches of {}", about.named()),
        None => format!("patches in the kustomization file, or spec.patches of {}", about.named()),
    };
    let target = between(message, "no resource matches strategic merge patch \"", '"')
        .or_else(|| between(message, "unable to find patch target \"", '"'))
        .or_else(|| message.split_once("no matches for Id ").map(|(_, rest)| rest));
    if let Some(target) = target {
        let target = object(target);
        return Some(Finding::new(
            format!("a patch is for {target}, which {} does not declare", about.folder()),
            format!(
                "correct kind, name and namespace of the patch for {target} ({place}): patches come before namePrefix, nameSuffix and targetNamespace; or declare the object"
            ),
        ));
    }
    if says("unable to parse SM or JSON patch")
        || says("patch appears to be empty")
        || says("must specify a target for JSON patch")
    {
        let what = if says("must specify a target") {
            "a JSON patch names no target"
        } else {
            "a patch can be read neither as an object nor as a JSON patch"
        };
        return Some(Finding::new(
            what,
            format!(
                "correct the patch in {place}: an object with apiVersion, kind and metadata.name, or a list of operations with a target"
            ),
        ));
    }
    let operation = ["replace", "remove", "add", "test", "copy", "move"]
        .into_iter()
        .find(|operation| says(&format!("{operation} operation does not apply")))?;
    let path = between(message, "doc is missing path: \"", '"')
        .or_else(|| between(message, "doc is missing path: ", ':'))
        .or_else(|| between(message, "doc is missing key: ", ':'));
    let path = path.map_or_else(String::new, |path| format!(" {path}"));
    Some(Finding::new(
        format!(
            "a JSON patch does not apply: there is nothing to {operation} at{}",
            if path.is_empty() { " its path" } else { &path }
        ),
        format!("correct path{path} of the patch in {place}, or use op add"),
    ))
}

fn others(about: &About<'_>, message: &str) -> Option<Finding> {
    let says = |words: &str| message.contains(words);
    if says("replacement") || says("fieldPath") {
        return Some(Finding::new(
            "a replacement finds no source or no target",
            format!(
                "correct source, select and fieldPaths of replacements in the kustomization file of {}",
                about.folder()
            ),
        ));
    }
    if says("recovered from kustomize build panic") || says("the build panicked") {
        return Some(Finding::new(
            "kustomize failed in a way that it should not",
            format!(
                "see whether a file in {} is encrypted as a whole, apiVersion and kind too; then report it",
                about.folder()
            ),
        ));
    }
    if says("failed to decode Kubernetes apiVersion, kind and name") || says("items member is not an object")
    {
        return Some(Finding::new(
            "a built object has no apiVersion, kind or name",
            format!("give each object in {} apiVersion, kind and metadata.name", about.folder()),
        ));
    }
    None
}

/// `ConfigMap a` of `ConfigMap.v1.[noGrp]/a.[noNs]`.
fn object(id: &str) -> String {
    let id = id.split([';', '\n', ' ']).next().unwrap_or_default().trim_end_matches([':', '\'', '"', ',']);
    let Some((kind, name)) = id.split_once('/') else { return id.to_owned() };
    let kind = kind.split('.').next().unwrap_or(kind);
    match name.rsplit_once('.') {
        Some((name, "[noNs]")) => format!("{kind} {name}"),
        Some((name, namespace)) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}
