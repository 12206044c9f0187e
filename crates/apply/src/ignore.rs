//! Fields that are neither compared nor corrected: `spec.ignore` (contracts/kustomize-controller.md 13). Pure.
//!
//! [`IgnoreRules`] says which paths of an object are ignored. [`is_same`] compares without them, and [`reshaped`] is what is sent
//! of an object that has to be applied for another reason: what somebody else set there stays. Who reads the live object,
//! and when, is `execute`'s.

mod ownership;
mod pointer;

use kustomize_engine::InvalidSelector;
pub use kustomize_engine::ObjectSelector;
use ownership::is_applied_by_another;
use pointer::Pointer;
use serde_json::{Map, Value};

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreRule {
    /// The objects that it is for; all without one.
    pub target: Option<ObjectSelector>,
    /// JSON pointers (RFC 6901).
    pub paths: Vec<String>,
}

/// All rules of a Kustomization. Rules without a target add up; in Flux the last of them replaces the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreRules(Vec<IgnoreRule>);

/// A selector that cannot be read, in Flux's words.
#[derive(Clone, Debug, thiserror::Error)]
#[error("failed to create ignore rule selector: {0}")]
pub struct BadRule(#[from] InvalidSelector);

/// A path that is no pointer, in Flux's words: it is met where the path is used, not where it is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("replace operation does not apply: doc is missing path: {0}: missing value")]
pub struct NoPointer(pub String);

impl IgnoreRules {
    /// In the order of the spec.
    #[must_use]
    pub const fn new(rules: Vec<IgnoreRule>) -> Self {
        Self(rules)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads every selector.
    ///
    /// # Errors
    /// The first one that cannot be read.
    pub fn check(&self) -> Result<(), BadRule> {
        self.0.iter().filter_map(|rule| rule.target.as_ref()).try_for_each(|target| Ok(target.check()?))
    }

    /// The paths that are ignored in an object, each once.
    ///
    /// # Errors
    /// A selector cannot be read, or costs too much.
    pub fn paths_of(&self, object: &Value) -> Result<Vec<String>, BadRule> {
        let mut paths: Vec<String> = Vec::new();
        for rule in &self.0 {
            let is_for_it = match &rule.target {
                Some(target) => target.matches(object)?,
                None => true,
            };
            if is_for_it {
                paths.extend(rule.paths.iter().cloned());
            }
        }
        paths.sort_unstable();
        paths.dedup();
        Ok(paths)
    }
}

impl IgnoreRules {
    /// The first rule, by its place in the spec, that names exactly this path for an object.
    #[must_use]
    pub fn rule_of(&self, object: &Value, path: &str) -> Option<usize> {
        self.0.iter().position(|rule| {
            rule.paths.iter().any(|named| named == path)
                && rule.target.as_ref().is_none_or(|target| target.matches(object).unwrap_or(false))
        })
    }
}

/// Whether a way is at or below one of these paths.
pub(crate) fn covering<'p>(paths: &'p [String], way: &[String]) -> Option<&'p String> {
    let covers =
        |path: &&String| Pointer::parse(path).is_some_and(|pointer| way.starts_with(pointer.segments()));
    paths.iter().find(covers)
}

/// Whether a dry-run would change nothing but ignored fields: labels, annotations and everything but metadata and status
/// are as they are live (contract 12.2.6).
#[must_use]
pub fn is_same(live: &Value, answer: &Value, paths: &[String]) -> bool {
    compared(live, paths) == compared(answer, paths)
}

fn compared(object: &Value, paths: &[String]) -> Value {
    let mut kept = object.clone();
    for pointer in paths.iter().filter_map(|path| Pointer::parse(path)) {
        pointer.remove_from(&mut kept);
    }
    let Some(root) = kept.as_object_mut() else { return kept };
    root.remove("status");
    let metadata = root.remove("metadata");
    let mut compared = Map::new();
    for map in ["labels", "annotations"] {
        // A map that ignoring has emptied is as good as none.
        let values = metadata.as_ref().and_then(|metadata| metadata.get(map)).and_then(Value::as_object);
        compared.insert(map.to_owned(), Value::Object(values.cloned().unwrap_or_default()));
    }
    root.insert("metadata".to_owned(), Value::Object(compared));
    kept
}

/// What is sent of a manifest whose object exists: at every ignored path where the live value is another one than an apply
/// would give, the path is left out if another manager applied it, and the live value is taken over otherwise. It
/// carries the live object's resourceVersion, so that what somebody sets there meanwhile is not set back.
///
/// # Errors
/// A path that is no pointer.
pub fn reshaped(
    manifest: &Value,
    live: &Value,
    answer: &Value,
    paths: &[String],
    manager: &str,
) -> Result<Value, NoPointer> {
    let mut payload = manifest.clone();
    for path in paths {
        let pointer = Pointer::parse(path).ok_or_else(|| NoPointer(path.clone()))?;
        let value = pointer.get(live);
        if value == pointer.get(answer) {
            continue;
        }
        if is_applied_by_another(live, &pointer, manager) {
            pointer.remove_from(&mut payload);
        } else if let Some(value) = value {
            // What is not there cannot be taken over: then the manifest's value is applied.
            pointer.set(&mut payload, value.clone());
        }
    }
    if let Some(version) = live.pointer("/metadata/resourceVersion")
        && let Some(metadata) = payload.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("resourceVersion".to_owned(), version.clone());
    }
    Ok(payload)
}

#[cfg(test)]
mod tests;
