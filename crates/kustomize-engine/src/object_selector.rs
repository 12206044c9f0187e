//! Selecting single objects outside of a build, as `spec.ignore` of a Kustomization does: the same regular expressions
//! and the same grammar of labels as in patch targets, on an object as it stands. What is done with a selected object
//! is the caller's; ids from before a build, and stand-ins for namespaces, do not count here.

use manifest::budget::{Budget, Cancel, Limits};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::pattern::Pattern;
use crate::selector::requirements::Requirements;
use crate::work::Work;

/// Steps and bytes that one selector may cost for one object: far more than any that people write.
const LIMITS: Limits = Limits { steps: 1_000_000, bytes: 16 << 20 };

/// What a selector says, each part empty for "any".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectSelector {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace as written; cluster-scoped objects have none.
    pub namespace: String,
    /// Selector of labels.
    pub labels: String,
    /// Selector of annotations in the same grammar.
    pub annotations: String,
}

/// A part that cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("invalid {part}: {error}")]
pub struct InvalidSelector {
    part: &'static str,
    error: Error,
}

impl ObjectSelector {
    /// Reads all parts, in the order in which Flux does.
    ///
    /// # Errors
    /// The first part that cannot be read, in Go's words.
    pub fn check(&self) -> std::result::Result<(), InvalidSelector> {
        self.read(&work()).map(drop)
    }

    /// Whether an object fits in all parts.
    ///
    /// # Errors
    /// A part cannot be read, or matching costs too much.
    pub fn matches(&self, object: &Value) -> std::result::Result<bool, InvalidSelector> {
        let work = work();
        let read = self.read(&work)?;
        read.matches(object, &work).map_err(|error| InvalidSelector { part: "selector", error })
    }

    fn read(&self, work: &Work) -> std::result::Result<Read, InvalidSelector> {
        let pattern =
            |part, text: &str| Pattern::new(text, work).map_err(|error| InvalidSelector { part, error });
        let requirements = |part, text: &str| {
            // Each letter may become a word.
            let read = work.step(text.len() / 8).and_then(|()| Requirements::parse(text));
            read.map_err(|error| InvalidSelector { part, error })
        };
        Ok(Read {
            group: pattern("group regex", &self.group)?,
            version: pattern("version regex", &self.version)?,
            kind: pattern("kind regex", &self.kind)?,
            name: pattern("name regex", &self.name)?,
            namespace: pattern("namespace regex", &self.namespace)?,
            labels: requirements("label selector", &self.labels)?,
            annotations: requirements("annotation selector", &self.annotations)?,
        })
    }
}

/// One that was read. It is not kept: what expressions hold is counted by a budget that stays on its thread.
struct Read {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Requirements,
    annotations: Requirements,
}

impl Read {
    fn matches(&self, object: &Value, work: &Work) -> Result<bool> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let api_version = text("/apiVersion");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Ok(self.namespace.matches(text("/metadata/namespace"), work)?
            && self.name.matches(text("/metadata/name"), work)?
            && self.group.matches(group, work)?
            && self.version.matches(version, work)?
            && self.kind.matches(text("/kind"), work)?
            && holds(&self.labels, object.pointer("/metadata/labels"), work)?
            && holds(&self.annotations, object.pointer("/metadata/annotations"), work)?)
    }
}

fn holds(requirements: &Requirements, texts: Option<&Value>, work: &Work) -> Result<bool> {
    let look_up = |key: &str| texts.and_then(|texts| texts.get(key)).and_then(Value::as_str);
    requirements.hold(look_up, work)
}

fn work() -> Work {
    Work::new(Budget::new(LIMITS, Cancel::default()))
}

#[cfg(test)]
mod tests;
