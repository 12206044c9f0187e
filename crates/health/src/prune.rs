//! Keeps of an object only what is read when it is judged or explained, so that many can be held. Data of ConfigMaps
//! and Secrets, Pod templates, annotations and managedFields go.

use serde_json::{Map, Value};

const TOP: &[&str] = &["apiVersion", "kind"];
const METADATA: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "finalizers",
    "labels",
    "ownerReferences",
];
const SPEC: &[&str] = &[
    "clusterIP",
    "completions",
    "parallelism",
    "paused",
    "progressDeadlineSeconds",
    "replicas",
    "selector",
    "storageClassName",
    "suspend",
    "ttlSecondsAfterFinished",
    "type",
    "updateStrategy",
];
const STATUS: &[&str] = &[
    "availableReplicas",
    "conditions",
    "currentNumberScheduled",
    "currentReplicas",
    "currentRevision",
    "desiredNumberScheduled",
    "failed",
    "fullyLabeledReplicas",
    "numberAvailable",
    "numberReady",
    "observedGeneration",
    "phase",
    "readyReplicas",
    "reason",
    "replicas",
    "startTime",
    "succeeded",
    "unavailableReplicas",
    "updateRevision",
    "updatedNumberScheduled",
    "updatedReplicas",
];
const CONTAINERS: &[&str] = &["initContainerStatuses", "containerStatuses"];

/// The object without what no rule looks at. Judging and explaining the rest gives the same answers.
#[must_use]
pub fn pruned(object: Value) -> Value {
    let Value::Object(mut object) = object else { return object };
    let mut kept = Map::new();
    take(&mut object, TOP, &mut kept);
    for (field, names) in [("metadata", METADATA), ("spec", SPEC), ("status", STATUS)] {
        match object.remove(field) {
            Some(Value::Object(mut map)) => {
                let mut part = Map::new();
                take(&mut map, names, &mut part);
                if field == "status" {
                    for name in CONTAINERS {
                        if let Some(list) = map.remove(*name) {
                            part.insert((*name).to_owned(), containers(list));
                        }
                    }
                }
                kept.insert(field.to_owned(), Value::Object(part));
            }
            // What is of the wrong type stays: it is an error to the judge.
            Some(other) => {
                kept.insert(field.to_owned(), scalar(other));
            }
            None => {}
        }
    }
    Value::Object(kept)
}

fn take(from: &mut Map<String, Value>, names: &[&str], to: &mut Map<String, Value>) {
    for name in names {
        if let Some(value) = from.remove(*name) {
            to.insert((*name).to_owned(), value);
        }
    }
}

/// Of a list that stands where a map should be, that it is a list.
fn scalar(value: Value) -> Value {
    if value.is_array() { Value::Array(Vec::new()) } else { value }
}

fn containers(list: Value) -> Value {
    let Value::Array(items) = list else { return scalar(list) };
    Value::Array(items.into_iter().map(container).collect())
}

/// Termination messages go too: an application writes them, with what it likes in them.
fn container(item: Value) -> Value {
    let Value::Object(mut item) = item else { return scalar(item) };
    let mut kept = Map::new();
    take(&mut item, &["name", "image", "ready", "restartCount", "state", "lastState"], &mut kept);
    for state in ["state", "lastState"] {
        if let Some(Value::Object(terminated)) =
            kept.get_mut(state).and_then(|state| state.get_mut("terminated"))
        {
            terminated.retain(|field, _| matches!(field.as_str(), "exitCode" | "reason" | "signal"));
        }
    }
    Value::Object(kept)
}
