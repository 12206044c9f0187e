//! From a manifest, the API server's answer to its dry-run, and the live object to what is told of it. Pure.

use api::labels::{APPLY_MANAGER, OWNER_NAME, OWNER_NAMESPACE};
use apply::IgnoreRules;
use apply::difference::{Masking, Maskings, Shown, all_differences, differences, managed_fields, veiled};
use manifest::foreign::{Foreign, Secrets, Values};
use manifest::{ObjectId, redact};
use serde_json::{Value, json};

use super::report::{Act, Field, ObjectDiff};
use super::takeover;
use crate::pointer::remove;

#[cfg(test)]
mod tests;

/// What stands in the place of what is not shown.
const MASK: &str = "***";
/// More fields of one object are counted only.
const MAX_FIELDS: usize = 200;

/// What is the same for all objects of a set.
#[derive(Debug, Default)]
pub(super) struct Comparing {
    /// What may be shown.
    pub(super) maskings: Maskings,
    /// The values of the set's Secrets.
    pub(super) values: Values,
    /// Fields that are not compared.
    pub(super) rules: IgnoreRules,
    /// Field managers that are taken over, beside kubectl.
    pub(super) overrides: Vec<String>,
}

/// An object that exists, and what the API server says that it would be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Existing<'a> {
    pub(super) id: &'a ObjectId,
    pub(super) desired: &'a Value,
    pub(super) live: &'a Value,
    pub(super) answer: &'a Value,
    /// Whether it would be deleted first.
    pub(super) recreated: bool,
    /// Whether what other appliers own would be taken over.
    pub(super) taken_over: bool,
}

impl Comparing {
    /// What would change of it.
    pub(super) fn existing(&self, existing: Existing<'_>) -> ObjectDiff {
        let Existing { id, desired, live, answer, recreated, taken_over } = existing;
        let taken = taken_over
            .then(|| takeover::after(desired, live, answer, APPLY_MANAGER, &self.overrides))
            .flatten();
        let mut answer = taken.as_ref().unwrap_or(answer).clone();
        let mut seen = live.clone();
        // A selector that cannot be read is told before any object is asked about.
        for path in self.rules.paths_of(&answer).unwrap_or_default() {
            remove(&mut answer, &path);
            remove(&mut seen, &path);
        }
        let entries = managed_fields(live);
        let masking = self.maskings.of(desired, &self.values);
        let found = match recreated {
            // There is no answer to what it would be: what was sent is all that is known.
            true => differences(desired, &seen, &entries, &masking),
            false => all_differences(&answer, &seen, &entries, &masking),
        };
        let count = found.len();
        let fields: Vec<Field> = found.into_iter().take(MAX_FIELDS).map(Field::from).collect();
        let act = match (recreated, count, &taken) {
            (true, ..) => Act::Recreate,
            (false, 0, None) => Act::Unchanged,
            _ => Act::Change,
        };
        let mut diff = ObjectDiff { fields, ..ObjectDiff::new(id, act) };
        if recreated {
            diff = diff.remark("a field that cannot be changed is another: it is deleted and made again");
        }
        if taken.is_some() {
            diff = diff.remark("what other appliers own of it is taken over");
        }
        if count > MAX_FIELDS {
            diff = diff.remark(format!("{} more fields differ", count - MAX_FIELDS));
        }
        diff
    }

    /// An object that would be made.
    pub(super) fn created(&self, id: &ObjectId, desired: &Value) -> ObjectDiff {
        ObjectDiff { manifest: Some(self.shown(desired)), ..ObjectDiff::new(id, Act::Create) }
    }

    /// A manifest as it may be shown, without the owner labels that every object has.
    fn shown(&self, desired: &Value) -> Value {
        let masking = self.maskings.of(desired, &self.values);
        let mut shown = redact::masked(&veiled(desired));
        hide(&mut shown, &masking, &Secrets::of(desired).beside(&self.values));
        let nothing = json!({"kind": desired.get("kind")});
        for difference in all_differences(&shown, &nothing, &[], &masking) {
            if difference.desired != Some(Shown::Hidden) {
                continue;
            }
            match shown.pointer_mut(&difference.pointer) {
                Some(value) => *value = Value::from(MASK),
                // A path that is too long to be told whole: then all that it leads through goes.
                None => hide_below(&mut shown, &difference.pointer),
            }
        }
        if let Some(Value::Object(labels)) = shown.pointer_mut("/metadata/labels") {
            labels.retain(|key, _| key != OWNER_NAME && key != OWNER_NAMESPACE);
            if labels.is_empty() {
                remove(&mut shown, "/metadata/labels");
            }
        }
        shown
    }
}

/// Hides the scalars in which a value of a Secret stands.
fn hide(value: &mut Value, masking: &Masking, known: &Secrets) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, masking, known)),
        Value::Object(map) => map.values_mut().for_each(|value| hide(value, masking, known)),
        scalar if masking.is_told_by(scalar) => *scalar = Value::from(MASK),
        Value::String(text) => {
            let masked = Foreign::new(text.as_str()).masked(known);
            // What else is made of foreign texts does not matter to a manifest.
            if masked.contains(MASK) && !text.contains(MASK) {
                *text = masked;
            }
        }
        _ => {}
    }
}

/// Hides the labels or annotations, or the field at the top, that a path begins with.
fn hide_below(value: &mut Value, pointer: &str) {
    let depth = if pointer.starts_with("/metadata/") { 2 } else { 1 };
    let head: String = pointer.split('/').skip(1).take(depth).map(|segment| format!("/{segment}")).collect();
    if let Some(field) = value.pointer_mut(&head) {
        *field = Value::from(MASK);
    }
}
