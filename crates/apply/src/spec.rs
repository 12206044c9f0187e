//! What of a Kustomization's spec says how its objects are compared and applied: `spec.ignore` as [`IgnoreRules`]. What the
//! rules mean is `ignore`'s.

use api::kustomization::{self as spec, KustomizationSpec};

use crate::ignore::{IgnoreRule, IgnoreRules, ObjectSelector};

/// The rules of a spec, in its order.
#[must_use]
pub fn ignore_rules(spec: &KustomizationSpec) -> IgnoreRules {
    let rule = |rule: &spec::IgnoreRule| IgnoreRule {
        target: rule.target.as_ref().map(target),
        paths: rule.paths.clone(),
    };
    IgnoreRules::new(spec.ignore.iter().map(rule).collect())
}

fn target(selector: &spec::Selector) -> ObjectSelector {
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
