//! Fields that a rule of `spec.ignore` or a directive leaves alone, and that differ now from what the manifest says. Pure:
//! the audit of what survives. That they are left alone is decided in `ignore`, `judge` and `cleanup`.

use crate::difference::{self, Difference, Masking};
use crate::ignore::{IgnoreRules, covering};
use crate::{cleanup, directive};
use serde_json::Value;

/// How many of one object are told.
const MOST: usize = 20;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// What leaves it alone: `spec.ignore[0]`, or a directive as it is written, with ` (live)` behind it where it stands on
    /// the live object only.
    pub rule: String,
    /// The field.
    pub field: Difference,
}

/// Divides what differs between a dry-run's answer and the live object: what the paths of rules leave alone, and the rest.
/// Where the object `is_written` for another reason, an ignored field that is not there is put back with it.
pub(crate) fn by_rules(
    found: Vec<Difference>,
    rules: &IgnoreRules,
    object: &Value,
    paths: &[String],
    is_written: bool,
) -> (Vec<LeftAlone>, Vec<Difference>) {
    let (mut left, mut rest) = (Vec::new(), Vec::new());
    for field in found {
        let covered = covering(paths, &field.path).filter(|_| !is_written || field.live.is_some());
        match covered {
            Some(_) if left.len() >= MOST => {}
            Some(path) => {
                let place = rules.rule_of(object, path).unwrap_or_default();
                left.push(LeftAlone { rule: format!("spec.ignore[{place}]"), field });
            }
            None => rest.push(field),
        }
    }
    (left, rest)
}

/// What differs of an object that a directive keeps us from changing.
pub(crate) fn by_directive(manifest: &Value, live: &Value, masking: &Masking) -> Vec<LeftAlone> {
    let Some(rule) = rule(manifest, live) else { return Vec::new() };
    let found = difference::differences(manifest, live, &difference::managed_fields(live), masking);
    found.into_iter().take(MOST).map(|field| LeftAlone { rule: rule.clone(), field }).collect()
}

/// What others than Git set with kubectl, and a clean-up would take away, stays by `ssa: Merge`.
pub(crate) fn by_merge(
    manifest: &Value,
    answer: &Value,
    manager: &str,
    overrides: &[String],
    masking: &Masking,
) -> Vec<LeftAlone> {
    if !directive::is_merge(manifest) && !directive::is_merge(answer) {
        return Vec::new();
    }
    let entries = cleanup::taken_over(answer, manager, overrides);
    let Some(rule) = rule(manifest, answer).filter(|_| !entries.is_empty()) else { return Vec::new() };
    let found = difference::owned_beside(manifest, answer, &entries, masking);
    found.into_iter().take(MOST).map(|field| LeftAlone { rule: rule.clone(), field }).collect()
}

fn rule(manifest: &Value, live: &Value) -> Option<String> {
    let on_live = || Some(format!("{} (live)", directive::that_holds(live)?));
    directive::that_holds(manifest).or_else(on_live)
}

#[cfg(test)]
mod tests;
