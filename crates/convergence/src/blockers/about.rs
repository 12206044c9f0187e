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
    wording::word(&format!("flyball explain {}/{name} -n {namespace}", kind.to_ascii_lowercase()))
}

/// `kubectl -n apps`, or without a namespace where there is none.
pub(crate) fn kubectl(namespace: &str) -> String {
    if namespace.is_empty() { "kubectl".to_owned() } else { format!("kubectl -n {namespace}") }
}
