//! Brings objects into the form that is applied, in Flux's order (contracts/kustomize-controller.md 11): owner labels,
//! what a round trip through Go's types changes as far as the server tells the difference, common metadata, and the check
//! for encrypted Secrets. It adds none of the empty fields that the round trip adds (docs/compat.md), and drops no field
//! that only the server's schema knows to be undeclared.

mod builtin;
mod ca_bundle;
mod nulls;
mod secret;
mod type_meta;

use std::collections::BTreeMap;

use kustomize_engine::weight;
use manifest::Manifest;
use manifest::budget::Budget;
use manifest::labels::{DECRYPT, DISABLED, OWNER_NAME, OWNER_NAMESPACE};
use manifest::yaml::Node;
use serde_json::{Map, Value};

use crate::error::RenderError;
use crate::request::Request;
use crate::work::WEIGHT_PER_STEP;

use type_meta::TypeMeta;

/// All objects of a build, labelled and normalised. A Secret that is still encrypted is refused, unless it asks to be left
/// alone.
pub(crate) fn normalize(
    objects: Vec<Value>,
    request: &Request,
    digest: &str,
    budget: &Budget,
) -> Result<Vec<Manifest>, RenderError> {
    let normalized = normalize_all(objects, request, budget)?;
    match normalized.iter().find(|object| is_encrypted(object)) {
        Some(secret) => {
            Err(RenderError::Encrypted { subject: secret.id().to_string(), digest: digest.to_owned() })
        }
        None => Ok(normalized),
    }
}

/// The same, whatever is still encrypted.
pub(crate) fn normalize_all(
    objects: Vec<Value>,
    request: &Request,
    budget: &Budget,
) -> Result<Vec<Manifest>, RenderError> {
    let owner = BTreeMap::from([
        (OWNER_NAME.to_owned(), request.owner.name.clone()),
        (OWNER_NAMESPACE.to_owned(), request.owner.namespace.clone()),
    ]);
    let common = request.common_metadata.as_ref();
    // The maps themselves may be new, and metadata may need room for them.
    let map = weight(&Value::Object(Map::from_iter([(String::new(), Value::Null)])));
    let maps = 3 * (map + "annotations".len());
    let added: usize = common
        .into_iter()
        .flat_map(|common| common.labels.iter().chain(&common.annotations))
        .chain(&owner)
        .map(|(key, value)| 2 * Node::WEIGHT + key.len() + value.len())
        .sum::<usize>()
        + maps;
    let normalized = objects.into_iter().map(|mut object| {
        let weight = weight(&object);
        budget.step(1 + (weight + added) as u64 / WEIGHT_PER_STEP)?;
        // Base64 is a third longer than what it stands for; there are two of it while it is made.
        let recoded = if text(&object, "kind") == "Secret" { weight } else { 0 };
        budget.hold((added + 2 * recoded) as u64)?;
        budget.release(recoded as u64);
        set_metadata(&mut object, "labels", &owner);
        shape(&mut object);
        if let Some(common) = &request.common_metadata {
            set_metadata(&mut object, "labels", &common.labels);
            set_metadata(&mut object, "annotations", &common.annotations);
        }
        Ok(Manifest::new(object)?)
    });
    normalized.collect()
}

/// What a kind's Go type, or lack of one, does to an object.
fn shape(object: &mut Value) {
    let api_version = text(object, "apiVersion");
    let kind = text(object, "kind");
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let meta = TypeMeta { group, version, kind: &kind };
    let Some(fields) = object.as_object_mut() else { return };
    if meta.is_role() {
        return;
    }
    builtin::round_trip(fields, meta);
    if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
        metadata.remove("creationTimestamp");
    }
    if meta.is_definition() {
        ca_bundle::drop_invalid(fields);
    } else {
        fields.remove("status");
    }
}

/// Sets labels or annotations over those that are there. Numbers and booleans among them become strings: Flux would drop
/// the whole map, the API server would refuse it.
fn set_metadata(object: &mut Value, field: &str, entries: &BTreeMap<String, String>) {
    if entries.is_empty() {
        return;
    }
    let Some(Value::Object(metadata)) = object.get_mut("metadata") else { return };
    let map = metadata.entry(field).or_insert_with(|| Value::Object(Map::new()));
    if !map.is_object() {
        *map = Value::Object(Map::new());
    }
    let Some(map) = map.as_object_mut() else { return };
    for value in map.values_mut() {
        match value {
            Value::Null => *value = "".into(),
            Value::Bool(_) | Value::Number(_) => *value = value.to_string().into(),
            _ => {}
        }
    }
    for (key, value) in entries {
        map.insert(key.clone(), value.clone().into());
    }
}

fn is_encrypted(object: &Manifest) -> bool {
    let secret = object.kind() == "Secret" && object.api_version() == "v1";
    let opted_out = object.annotation(DECRYPT).is_some_and(|value| value.eq_ignore_ascii_case(DISABLED));
    secret && object.value().get("sops").is_some() && !opted_out
}

fn text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}
