//! Which ignored fields of a live object somebody else has set. Pure: it is all that can be told without the manifest.

use api::labels::APPLY_MANAGER;
use apply::difference::{Masking, all_differences, managed_fields};
use apply::{IgnoreRules, directive};
use manifest::ObjectId;
use serde_json::Value;

use super::rows::{Row, named};
use crate::look::Key;
use crate::pointer::remove;

#[cfg(test)]
mod tests;

/// Characters of a value that are shown.
const SHOWN: usize = 128;

/// A Kustomization's rules, one by one.
pub(super) struct Rules(Vec<IgnoreRules>);

impl Rules {
    /// By the spec's rules, in its order.
    pub(super) const fn new(rules: Vec<IgnoreRules>) -> Self {
        Self(rules)
    }

    /// The fields of one object.
    ///
    /// # Errors
    /// A selector that cannot be read.
    pub(super) fn fields(
        &self,
        key: &Key,
        id: &ObjectId,
        live: &Value,
    ) -> Result<Vec<Row>, apply::ignore::BadRule> {
        // As kustomize-controller tells it.
        let exempt = directive::that_holds(live).map(|rule| format!("{rule} (live)"));
        let mut rows: Vec<Row> = exempt.map(|rule| row(key, id, &rule)).into_iter().collect();
        for (number, rule) in self.0.iter().enumerate() {
            for path in rule.paths_of(live)? {
                rows.extend(set_by_others(key, id, live, &path, &format!("spec.ignore[{number}]")));
            }
        }
        Ok(rows)
    }
}

/// What stands at a path, if somebody else than kustomize-controller has set it.
fn set_by_others(key: &Key, id: &ObjectId, live: &Value, path: &str, rule: &str) -> Vec<Row> {
    let mut without = live.clone();
    if !remove(&mut without, path) {
        return Vec::new();
    }
    // What is missing in the one is the field, with who set it, as it may be shown.
    let found = all_differences(&without, live, &managed_fields(live), &Masking::default());
    let others = found
        .into_iter()
        .filter(|difference| difference.manager.as_deref().is_some_and(|manager| manager != APPLY_MANAGER));
    others
        .map(|difference| {
            let (_, shown) = difference.excerpts(SHOWN);
            Row {
                path: difference.pointer,
                live: shown,
                manager: difference.manager,
                since: difference.time,
                ..row(key, id, rule)
            }
        })
        .collect()
}

fn row(key: &Key, id: &ObjectId, rule: &str) -> Row {
    Row {
        kustomization: format!("{}/{}", key.0, key.1),
        object: id.to_string(),
        name: named(id),
        path: String::new(),
        rule: rule.to_owned(),
        desired: None,
        live: None,
        manager: None,
        since: None,
        is_reported: false,
    }
}
