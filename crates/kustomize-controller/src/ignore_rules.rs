//! `spec.ignore` as `apply` takes it. Pure; what the rules mean is decided there.

use ::apply::{IgnoreRule, IgnoreRules, ObjectSelector};
use api::kustomization::{KustomizationSpec, Selector};
use sha2::{Digest as _, Sha256};

/// The rules of a spec, in its order.
pub(crate) fn ignore_rules(spec: &KustomizationSpec) -> IgnoreRules {
    let rule = |rule: &api::kustomization::IgnoreRule| IgnoreRule {
        target: rule.target.as_ref().map(target),
        paths: rule.paths.clone(),
    };
    IgnoreRules::new(spec.ignore.iter().map(rule).collect())
}

/// Over the rules; nothing for none, so that digests from before there were rules stay what they are.
pub(crate) fn digest(spec: &KustomizationSpec) -> Option<[u8; 32]> {
    let json = serde_json::to_vec(&spec.ignore).unwrap_or_default();
    (!spec.ignore.is_empty()).then(|| Sha256::digest(json).into())
}

fn target(selector: &Selector) -> ObjectSelector {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    ObjectSelector {
        group: text(&selector.group),
        version: text(&selector.version),
        kind: text(&selector.kind),
        name: text(&selector.name),
        namespace: text(&selector.namespace),
        labels: text(&selector.label_selector),
        annotations: text(&selector.annotation_selector),
    }
}

#[cfg(test)]
mod tests;
