//! What a run ended in, and whether two runs ended in the same: the applied objects with labels, annotations, content and
//! managers, the inventories, and what the Kustomizations say of themselves. Pure; it trusts no controller's word for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// So many differences say enough.
const MOST: usize = 12;

/// What a run ended in: a text for each thing that must be the same, by what it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome(BTreeMap<String, String>);

impl Outcome {
    /// Of live objects and Kustomizations. The namespace has another name in every run.
    pub(super) fn of(namespace: &str, objects: &[Value], kustomizations: &[Value]) -> Self {
        let mut facts = BTreeMap::new();
        let mut add = |about: String, fact: &Value| {
            facts.insert(about.replace(namespace, "NS"), fact.to_string().replace(namespace, "NS"));
        };
        for object in objects {
            let about = describe(object);
            add(format!("{about}: managers"), &managers(object));
            for (field, content) in content(object) {
                add(format!("{about}: {field}"), &content);
            }
        }
        for kustomization in kustomizations {
            let about = describe(kustomization);
            add(format!("{about}: inventory"), &inventory(kustomization));
            add(format!("{about}: Ready"), &ready(kustomization));
            add(format!("{about}: finalizers"), &kustomization["metadata"]["finalizers"]);
        }
        Self(facts)
    }

    /// Where another run ended differently, worded for people; empty if nowhere.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let none = "nothing".to_owned();
        let keys: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let differing = keys.into_iter().filter(|key| self.0.get(*key) != other.0.get(*key));
        let mut all: Vec<String> = differing
            .map(|key| {
                let side = |facts: &BTreeMap<String, String>| shortened(facts.get(key).unwrap_or(&none));
                format!("{key}: {} against {}", side(&self.0), side(&other.0))
            })
            .collect();
        let more = all.len().saturating_sub(MOST);
        all.truncate(MOST);
        if more > 0 {
            all.push(format!("and {more} more"));
        }
        all
    }

    /// Adds what another moment of the same run was.
    pub(super) fn absorb(&mut self, moment: &str, other: Self) {
        self.0.extend(other.0.into_iter().map(|(about, fact)| (format!("{moment}, {about}"), fact)));
    }

    /// How many facts were compared.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn shortened(text: &str) -> String {
    const LENGTH: usize = 160;
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn describe(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    format!("{} {}/{}", text(&object["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
}

/// Field managers with operation and subresource; when and what is not the same in any two runs.
fn managers(object: &Value) -> Value {
    let entries = object["metadata"]["managedFields"].as_array();
    let told = entries.into_iter().flatten().map(|entry| {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        format!("{} {} {}", text("manager"), text("operation"), text("subresource")).trim_end().to_owned()
    });
    told.collect::<BTreeSet<String>>().into_iter().map(Value::from).collect()
}

/// All of an object that its controllers do not fill in: labels, annotations, and every field but `status`.
fn content(object: &Value) -> Vec<(String, Value)> {
    let mut object = object.clone();
    let metadata = object["metadata"].take();
    let mut fields: Vec<(String, Value)> = ["labels", "annotations", "ownerReferences"]
        .into_iter()
        .map(|field| (field.to_owned(), metadata[field].clone()))
        .collect();
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        // Addresses are given out in the order of asking.
        for given in ["clusterIP", "clusterIPs"] {
            spec.remove(given);
        }
    }
    let all = object.as_object().into_iter().flatten();
    let kept = all.filter(|(field, _)| !matches!(field.as_str(), "metadata" | "status" | "kind"));
    fields.extend(kept.map(|(field, content)| (field.clone(), content.clone())));
    fields
}

/// Ids with versions, in no order.
fn inventory(kustomization: &Value) -> Value {
    let entries = kustomization["status"]["inventory"]["entries"].as_array();
    let told = entries.into_iter().flatten().map(|entry| {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        format!("{} {}", text("id"), text("v"))
    });
    told.collect::<BTreeSet<String>>().into_iter().map(Value::from).collect()
}

/// Type, status and reason of the condition that others wait for.
fn ready(kustomization: &Value) -> Value {
    let conditions = kustomization["status"]["conditions"].as_array();
    let found = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
    let Some(found) = found else { return Value::Null };
    let text = |field: &str| found[field].as_str().unwrap_or_default();
    Value::from(format!("{} {} {}", text("type"), text("status"), text("reason")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(namespace: &str, change: impl FnOnce(&mut Value)) -> Outcome {
        let mut map = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"key": "1"},
            "metadata": {
                "name": "a", "namespace": namespace, "uid": namespace, "resourceVersion": namespace,
                "labels": {"owner": namespace},
                "managedFields": [{"manager": "k", "operation": "Apply", "time": namespace}],
            },
        });
        change(&mut map);
        let kustomization = json!({
            "kind": "Kustomization", "metadata": {"name": "app", "namespace": namespace, "finalizers": ["f"]},
            "status": {
                "inventory": {"entries": [{"id": format!("{namespace}_a__ConfigMap"), "v": "v1"}]},
                "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": namespace}],
            },
        });
        Outcome::of(namespace, &[map], &[kustomization])
    }

    #[test]
    fn runs_differ_where_objects_do() {
        let same = map("one", |_| {});
        assert_eq!(same.differences(&map("two", |_| {})), [""; 0]);
        let check = |change: fn(&mut Value), said: &str| {
            let differences = same.differences(&map("two", change));
            assert_eq!(differences.len(), 1, "{differences:?}");
            assert!(differences.iter().all(|difference| difference.contains(said)), "{differences:?}");
        };
        check(|map| map["data"]["key"] = json!("2"), r#"data: {"key":"1"} against {"key":"2"}"#);
        check(|map| map["metadata"]["labels"]["x"] = json!("y"), "ConfigMap NS/a: labels");
        check(|map| map["metadata"]["managedFields"][0]["manager"] = json!("kubectl"), "managers");
        check(|map| map["metadata"]["annotations"] = json!({"x": "y"}), "annotations: null against");
        check(|map| map["immutable"] = json!(true), "immutable: nothing against true");
    }

    #[test]
    fn moments_are_told_apart() {
        let mut outcome = map("one", |_| {});
        let before = outcome.len();
        outcome.absorb("earlier", map("one", |map| map["data"]["key"] = json!("2")));
        assert_eq!(outcome.len(), 2 * before);
        let differences = map("one", |_| {}).differences(&outcome);
        assert!(differences.iter().all(|difference| difference.starts_with("earlier, ")), "{differences:?}");
    }

    #[test]
    fn what_others_fill_in_is_not_compared() {
        let service = |address: &str| {
            Outcome::of(
                "ns",
                &[json!({"kind": "Service", "spec": {"clusterIP": address}, "status": {"x": address}})],
                &[],
            )
        };
        assert_eq!(service("10.0.0.1").differences(&service("10.0.0.2")), [""; 0]);
    }

    #[test]
    fn an_object_too_many_is_told_once_for_each_fact_and_bounded() {
        let objects: Vec<Value> =
            (0..10).map(|n| json!({"kind": "A", "metadata": {"name": n.to_string()}})).collect();
        let differences = Outcome::default().differences(&Outcome::of("ns", &objects, &[]));
        assert_eq!(differences.len(), MOST + 1);
        assert_eq!(differences.last().map(String::as_str), Some("and 28 more"));
    }
}
