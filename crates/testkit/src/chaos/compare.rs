//! Live objects beside what a commit declares, field by field. It shares no code with the controllers, and trusts
//! nothing they say: no condition, inventory or digest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::content::Declared;

/// One field of one object that is not as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The object's name.
    pub object: String,
    /// `data.KEY`, `labels.KEY`, `annotations.KEY`, or `object` for one that is missing or too many.
    pub field: String,
    /// What the commit says; nothing for a field that it does not have.
    pub expected: Option<String>,
    /// What is there; nothing for a field that is not.
    pub found: Option<String>,
}

/// Compares all live objects with all that are declared. `owner` are the labels that every object of ours has besides
/// its own.
#[must_use]
pub(super) fn compare(
    declared: &[Declared],
    owner: &BTreeMap<String, String>,
    live: &[Value],
) -> Vec<Difference> {
    let by_name: BTreeMap<&str, &Value> = live.iter().map(|object| (name(object), object)).collect();
    let mut differences: Vec<Difference> = declared
        .iter()
        .flat_map(|declared| compare_one(declared, owner, by_name.get(declared.name.as_str()).copied()))
        .collect();
    let names: BTreeSet<&str> = declared.iter().map(|declared| declared.name.as_str()).collect();
    let too_many = by_name.keys().filter(|name| !names.contains(*name));
    differences.extend(too_many.map(|name| whole(name, None, Some("present"))));
    differences
}

/// Compares one live object, if there is one.
#[must_use]
pub(super) fn compare_one(
    declared: &Declared,
    owner: &BTreeMap<String, String>,
    live: Option<&Value>,
) -> Vec<Difference> {
    let Some(live) = live else { return vec![whole(&declared.name, Some("present"), None)] };
    let mut labels = declared.labels.clone();
    labels.extend(owner.clone());
    let metadata = &live["metadata"];
    let mut differences = fields(&declared.name, "data", &declared.data, &live["data"]);
    differences.extend(fields(&declared.name, "binaryData", &BTreeMap::new(), &live["binaryData"]));
    differences.extend(fields(&declared.name, "labels", &labels, &metadata["labels"]));
    differences.extend(fields(
        &declared.name,
        "annotations",
        &declared.annotations,
        &metadata["annotations"],
    ));
    if !metadata["deletionTimestamp"].is_null() {
        differences.push(whole(&declared.name, Some("present"), Some("being deleted")));
    }
    differences
}

/// The name of a live object.
pub(super) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// Every key whose value differs, on either side.
fn fields(object: &str, map: &str, expected: &BTreeMap<String, String>, found: &Value) -> Vec<Difference> {
    let found: BTreeMap<&str, &Value> =
        found.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value)).collect();
    let keys: BTreeSet<&str> = expected.keys().map(String::as_str).chain(found.keys().copied()).collect();
    let differing = keys.into_iter().filter(|key| {
        let is = found.get(key).and_then(|value| value.as_str());
        // A value that is no string is never what was declared.
        found.contains_key(key) != expected.contains_key(*key) || is != expected.get(*key).map(String::as_str)
    });
    differing
        .map(|key| Difference {
            object: object.to_owned(),
            field: format!("{map}.{key}"),
            expected: expected.get(key).cloned(),
            found: found
                .get(key)
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        })
        .collect()
}

fn whole(object: &str, expected: Option<&str>, found: Option<&str>) -> Difference {
    Difference {
        object: object.to_owned(),
        field: "object".to_owned(),
        expected: expected.map(str::to_owned),
        found: found.map(str::to_owned),
    }
}
