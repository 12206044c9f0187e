//! One fault: what is put into the repository and beside it, and what has to be said of it. In all texts `NS` stands for
//! the test's namespace, `Q` for a second one beside it, `GIT` for the Git server's address and `CLOSED` for the address
//! of a port that nobody listens on.

use serde_json::{Value, json};

/// A fault, brought in by a Kustomization of its name whose path is the folder of that name.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    /// Files of the folder.
    pub(super) files: Vec<(&'static str, String)>,
    /// Fields over those of the Kustomization.
    pub(super) spec: Value,
    /// Objects that are there before it is.
    pub(super) beside: Vec<Value>,
    /// Names of the object that is at fault; all have to be said.
    pub(super) object: Vec<&'static str>,
    /// Words of the cause; all have to be said.
    pub(super) cause: Vec<&'static str>,
    /// Words of the next step; one has to be said.
    pub(super) next: Vec<&'static str>,
}

impl Fault {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, spec: json!({}), ..Self::default() }
    }

    pub(super) fn file(mut self, path: &'static str, content: impl Into<String>) -> Self {
        self.files.push((path, content.into()));
        self
    }

    pub(super) fn object_of(self, manifest: &Value) -> Self {
        let path = if self.files.is_empty() { "object.yaml" } else { "other.yaml" };
        let text = manifest.to_string();
        self.file(path, text)
    }

    pub(super) fn with(mut self, spec: Value) -> Self {
        self.spec = spec;
        self
    }

    pub(super) fn beside(mut self, object: Value) -> Self {
        self.beside.push(object);
        self
    }

    /// What has to be said: the object, the cause, and one of these next steps.
    pub(super) fn says(
        mut self,
        object: &[&'static str],
        cause: &[&'static str],
        next: &[&'static str],
    ) -> Self {
        (self.object, self.cause, self.next) = (object.to_vec(), cause.to_vec(), next.to_vec());
        self
    }

    /// What is missing in a text.
    pub(super) fn missing_in(&self, text: &str, fill: impl Fn(&str) -> String) -> Vec<String> {
        let text = text.to_lowercase();
        let said = |word: &&str| text.contains(&fill(word).to_lowercase());
        let mut missing: Vec<String> = Vec::new();
        missing.extend(self.object.iter().filter(|word| !said(word)).map(|word| format!("object: {word}")));
        missing.extend(self.cause.iter().filter(|word| !said(word)).map(|word| format!("cause: {word}")));
        if !self.next.is_empty() && !self.next.iter().any(said) {
            missing.push(format!("next step: one of {:?}", self.next));
        }
        missing
    }
}

/// A ConfigMap without namespace.
pub(super) fn config_map(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "key": "value" } })
}

/// A Deployment with one replica whose Pods meet a fate.
pub(super) fn deployment(name: &str, fate: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": { "replicas": 1, "progressDeadlineSeconds": 10, "selector": { "matchLabels": { "app": name } }, "template": {
            "metadata": { "labels": { "app": name }, "annotations": fate },
            "spec": { "containers": [{ "name": "web", "image": "registry.example.com/shop/web:1.2.3" }] },
        } },
    })
}
