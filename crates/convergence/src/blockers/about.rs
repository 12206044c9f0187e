//! Whom blockers are about: the Kustomization, and how its parts and surroundings are named in a next step.

use api::kustomization::Kustomization;
use health::beside::Beside;
use health::wording;

use crate::dependencies;

/// A Kustomization, and what is known beside its objects.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) kustomization: &'a Kustomization,
    pub(crate) beside: &'a dyn Beside,
}

impl<'a> About<'a> {
    pub(crate) const fn new(kustomization: &'a Kustomization, beside: &'a dyn Beside) -> Self {
        Self { kustomization, beside }
    }

    /// `Kustomization/apps/web`, as blockers name it.
    pub(crate) fn own(&self) -> String {
        dependencies::id_of(self.kustomization).to_string()
    }

    /// `Kustomization apps/web`, as sentences name it.
    pub(crate) fn named(&self) -> String {
        format!("Kustomization {}/{}", self.namespace(), self.name())
    }

    pub(crate) fn namespace(&self) -> &'a str {
        self.kustomization.metadata.namespace.as_deref().unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &'a str {
        self.kustomization.metadata.name.as_deref().unwrap_or_default()
    }

    /// The folder that is built, in words.
    pub(crate) fn folder(&self) -> String {
        let path = self.kustomization.spec.path.as_deref().unwrap_or_default();
        let path = path.trim_start_matches("./").trim_matches('/');
        if path.is_empty() || path == "." { "the root folder".to_owned() } else { wording::word(path) }
    }

    /// Kind, namespace and name of the source.
    pub(crate) fn source(&self) -> (&'static str, &'a str, &'a str) {
        let reference = &self.kustomization.spec.source_ref;
        (reference.kind.as_str(), reference.namespace_or(self.namespace()), &reference.name)
    }

    /// `flyball explain gitrepository/app -n apps`.
    pub(crate) fn explain_source(&self) -> String {
        let (kind, namespace, name) = self.source();
        explain(kind, namespace, name)
    }

    /// The command that runs it again.
    pub(crate) fn reconcile(&self) -> String {
        format!("flyball reconcile kustomization/{} -n {}", self.name(), self.namespace())
    }
}

/// The command that explains an object.
pub(crate) fn explain(kind: &str, namespace: &str, name: &str) -> String {
    let object = argument(&format!("{}/{name}", kind.to_ascii_lowercase()));
    format!("flyball explain {object} -n {}", argument(namespace))
}

/// A text as one argument of a command that somebody may copy into a shell. References in a spec are no names of objects yet:
/// whoever writes the spec may write anything there.
pub(crate) fn argument(text: &str) -> String {
    let text = wording::word(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:/".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `kubectl -n apps`, or without a namespace where there is none.
pub(crate) fn kubectl(namespace: &str) -> String {
    if namespace.is_empty() { "kubectl".to_owned() } else { format!("kubectl -n {}", argument(namespace)) }
}
