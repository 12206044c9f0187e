//! What kustomize takes for the same object (contracts/kustomize-engine.md): group, version, kind, namespace and name. Which
//! of two such objects is meant is not decided here, it is an error.

use std::collections::HashMap;

use kustomize_engine::is_cluster_scoped;
use manifest::Gvk;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Identity {
    gvk: Gvk,
    namespace: String,
    name: String,
}

impl Identity {
    fn of(object: &Value) -> Self {
        let api_version = field(object, &["apiVersion"]);
        let gvk = Gvk::parse(&api_version, &field(object, &["kind"]));
        let namespace = field(object, &["metadata", "namespace"]);
        let namespace = match namespace.as_str() {
            _ if is_cluster_scoped(&api_version, &gvk.kind) => String::new(),
            "" => "default".to_owned(),
            _ => namespace,
        };
        Self { gvk, namespace, name: field(object, &["metadata", "name"]) }
    }
}

/// The text of a field; a name may have come out as a number.
fn field(object: &Value, path: &[&str]) -> String {
    match path.iter().try_fold(object, |value, key| value.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        _ => String::new(),
    }
}

/// The identities of the objects of a build, as they change.
pub(super) struct Identities {
    of: Vec<Identity>,
    count: HashMap<Identity, usize>,
}

impl Identities {
    pub(super) fn new(objects: &[Value]) -> Self {
        let of: Vec<Identity> = objects.iter().map(Identity::of).collect();
        let mut count = HashMap::new();
        for identity in &of {
            *count.entry(identity.clone()).or_default() += 1;
        }
        Self { of, count }
    }

    /// An object becomes another. How many objects have its identity now.
    pub(super) fn change(&mut self, index: usize, object: &Value) -> usize {
        let new = Identity::of(object);
        let Some(old) = self.of.get_mut(index) else { return 0 };
        if *old != new {
            if let Some(count) = self.count.get_mut(old) {
                *count -= 1;
            }
            *self.count.entry(new.clone()).or_default() += 1;
            *old = new;
        }
        self.count.get(old).copied().unwrap_or_default()
    }
}

/// An object in a message, as `<Kind>.<version>.<group>/<name>`.
pub(crate) fn subject(object: &Value) -> String {
    let Identity { gvk, name, .. } = Identity::of(object);
    let or = |text: String, absent: &str| if text.is_empty() { absent.to_owned() } else { text };
    let text = format!(
        "{}.{}.{}/{}",
        or(gvk.kind, "[noKind]"),
        or(gvk.version, "[noVer]"),
        or(gvk.group, "[noGrp]"),
        or(name, "[noName]")
    );
    manifest::foreign::line(&text, 1024).into_owned()
}
