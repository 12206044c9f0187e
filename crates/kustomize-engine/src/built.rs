//! What a build gives.

use serde_json::Value;

/// The outcome of a build.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// The objects, in output order.
    pub objects: Vec<Value>,
}

impl Built {
    /// The text `kustomize build` would print.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        manifest::yaml::write_all(self.objects.iter())
    }
}
