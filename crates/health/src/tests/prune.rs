//! What stays of an object. That verdicts and explanations stay the same is checked wherever an object is judged here.

use proptest::prelude::*;
use serde_json::{Value, json};

use api::health_rule::{HealthRuleSpec, RuleState, StateRule};

use crate::Rules;
use crate::prune::{Reads, cut, pruned, pruned_as};

/// A rule for a kind that reads what an expression reads.
fn reading(group: &str, kind: &str, when: &str) -> Rules {
    let state = StateRule { state: RuleState::Healthy, when: when.to_owned(), ..StateRule::default() };
    let spec = HealthRuleSpec {
        group: group.to_owned(),
        kinds: vec![kind.to_owned(), "Secret".to_owned()],
        states: vec![state],
        ..HealthRuleSpec::default()
    };
    let (rules, results) = Rules::default().with_health_rules(vec![("r".to_owned(), spec)]);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    rules
}

#[test]
fn what_a_health_rule_reads_stays() {
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": "w", "labels": {"a": "b", "c": "d"}, "annotations": {"x.y/z": "1", "more": "2"}},
        "spec": {"size": 3, "parts": [{"name": "p"}], "password": "canary"}, "status": {"load": {"now": 1, "then": 2}}});
    let rules = reading(
        "example.com",
        "Widget",
        "metadata.labels.a == 'b' && metadata.annotations['x.y/z'] == '1' && spec.parts.all(p, has(p.name)) && status.load.now > spec.size",
    );
    assert_eq!(
        pruned(widget, &rules),
        json!({"apiVersion": "example.com/v1", "kind": "Widget",
            "metadata": {"name": "w", "labels": {"a": "b"}, "annotations": {"x.y/z": "1"}},
            "spec": {"size": 3, "parts": [{"name": "p"}]}, "status": {"load": {"now": 1}}})
    );
}

#[test]
fn whatever_a_health_rule_reads_secrets_and_copies_go() {
    let object = |kind: &str| {
        json!({"apiVersion": "v1", "kind": kind, "data": {"k": "canary"}, "stringData": {"k": "canary"},
            "metadata": {"name": "s", "managedFields": [{"manager": "canary"}],
                "annotations": {"a": "b", "kubectl.kubernetes.io/last-applied-configuration": "canary"}}})
    };
    let rules = reading("", "Widget", "size(metadata) > 0 && size(data) > 0 && size(stringData) > 0");
    assert_eq!(
        pruned(object("Secret"), &rules),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "annotations": {"a": "b"}}})
    );
    let widget = pruned(object("Widget"), &rules);
    assert_eq!(widget["metadata"], json!({"name": "s", "annotations": {"a": "b"}}));
    assert_eq!(widget["data"], json!({"k": "canary"}), "only Secrets and ConfigMaps are held back");
}

#[test]
fn a_name_with_dots_is_one_field() {
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c", "annotations": {"volume.kubernetes.io/selected-node": "n1", "a": "b"}}});
    assert_eq!(
        pruned(claim, Rules::built_in())["metadata"],
        json!({"name": "c", "annotations": {"volume.kubernetes.io/selected-node": "n1"}})
    );
}

#[test]
fn data_templates_and_messages_of_applications_go() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": {"a": "b"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "canary"}, "managedFields": [{}]},
        "type": "Opaque", "data": {"k": "canary"}, "stringData": {"k": "canary"}});
    assert_eq!(
        pruned(secret, Rules::built_in()),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})
    );
    let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p"},
        "spec": {"containers": [{"env": [{"name": "A", "value": "canary"}]}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": [{"name": "c", "image": "i", "containerID": "x",
            "ready": false, "restartCount": 3, "state": {"running": {"startedAt": "t"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "canary", "containerID": "x"}}}]}});
    assert_eq!(
        pruned(pod, Rules::built_in()),
        json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p"}, "spec": {},
            "status": {"phase": "Running", "containerStatuses": [{"name": "c", "image": "i", "ready": false, "restartCount": 3,
                "state": {"running": {"startedAt": "t"}}, "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}})
    );
}

#[test]
fn only_the_fields_of_its_kind_stay() {
    let rest = json!({"metadata": {"name": "x", "uid": "u", "labels": {"a": "b"}, "resourceVersion": "5"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "clusterIP": "10.0.0.1", "suspend": true},
        "status": {"replicas": 2, "phase": "Bound", "conditions": [{"type": "Ready", "status": "True"}]}});
    let of = |group: &str, kind: &str| pruned_as(rest.clone(), Rules::built_in(), group, kind);
    assert_eq!(
        of("apps", "Deployment"),
        json!({"metadata": {"name": "x", "uid": "u"},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "suspend": true},
            "status": {"replicas": 2, "conditions": [{"type": "Ready", "status": "True"}]}})
    );
    assert_eq!(
        of("example.com", "Thing"),
        json!({"metadata": {"name": "x", "uid": "u"}, "spec": {"suspend": true},
            "status": {"phase": "Bound", "conditions": [{"type": "Ready", "status": "True"}]}})
    );
    assert_eq!(of("", "PersistentVolumeClaim")["status"]["phase"], "Bound");
    assert_eq!(of("", "Pod")["metadata"]["labels"], json!({"a": "b"}), "a selector looks for them");
}

#[test]
fn of_what_has_a_wrong_type_the_type_stays() {
    let pod =
        |status: Value| pruned_as(json!({"status": status}), Rules::built_in(), "", "Pod")["status"].clone();
    for (odd, kept) in [
        (json!("canary"), json!("canary")),
        (json!(["canary"]), json!([])),
        (Value::Null, Value::Null),
        (json!({"containerStatuses": {"a": "canary"}}), json!({"containerStatuses": {}})),
        (json!({"containerStatuses": [["canary"], 3]}), json!({"containerStatuses": [[], 3]})),
        (
            json!({"containerStatuses": [{"state": ["canary"]}]}),
            json!({"containerStatuses": [{"state": []}]}),
        ),
    ] {
        assert_eq!(pod(odd), kept);
    }
    assert_eq!(pruned(json!("x"), Rules::built_in()), json!("x"));
}

/// What is in either of two parts of one object.
fn merged(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            for (field, value) in other {
                let value = match one.remove(&field) {
                    Some(known) => merged(known, value),
                    None => value,
                };
                one.insert(field, value);
            }
            Value::Object(one)
        }
        // A list is cut item by item, or to an empty one.
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.into_iter().zip(other).map(|(one, other)| merged(one, other)).collect()
        }
        (Value::Array(one), Value::Array(other)) => {
            Value::Array(if one.len() > other.len() { one } else { other })
        }
        (one, _) => one,
    }
}

/// Values of the few fields that paths are made of, lists and odd types among them.
fn any_value() -> impl Strategy<Value = Value> {
    let scalar =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..3).prop_map(Value::from)];
    scalar.prop_recursive(4, 40, 4, |inner| {
        let field = prop::sample::select(vec!["a", "b", "metadata", "annotations", "managedFields"]);
        prop_oneof![
            prop::collection::vec((field, inner.clone()), 0..4).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
            prop::collection::vec(inner, 0..3).prop_map(Value::Array),
        ]
    })
}

/// What some rules read: paths as rows write them, and as expressions give them.
fn any_reads() -> impl Strategy<Value = Reads> {
    let name = || prop::sample::select(vec!["a", "b", "metadata", "annotations", "managedFields"]);
    let path = (name(), prop::collection::vec((prop::sample::select(vec![".", "[]."]), name()), 0..3));
    let written = path
        .prop_map(|(first, rest)| rest.iter().fold(first.to_owned(), |path, (way, name)| path + way + name));
    let fields = prop::collection::vec(name().prop_map(Box::from), 0..4);
    (prop::collection::vec(written, 0..4), prop::collection::vec(fields, 0..4)).prop_map(
        |(written, fields)| {
            let mut reads = Reads::default();
            written.iter().for_each(|path| reads.keep(path));
            fields.iter().for_each(|path: &Vec<Box<str>>| reads.keep_fields(path));
            reads
        },
    )
}

proptest! {
    #[test]
    fn one_cut_for_all_leaves_what_a_cut_for_each_leaves(value in any_value(), all in prop::collection::vec(any_reads(), 1..5)) {
        let each = all.iter().map(|reads| cut(value.clone(), reads)).reduce(merged);
        let together = all.iter().fold(Reads::default(), |mut joined, reads| {
            joined.join(reads);
            joined
        });
        prop_assert_eq!(Some(cut(value.clone(), &together)), each);
        for reads in &all {
            prop_assert!(together.cover(reads));
            // What is cut for all can still be cut for one.
            prop_assert_eq!(cut(cut(value.clone(), &together), reads), cut(value.clone(), reads));
        }
    }

    #[test]
    fn who_reads_no_more_leaves_no_more(value in any_value(), one in any_reads(), other in any_reads()) {
        let left = |reads: &Reads| cut(value.clone(), reads);
        if one.cover(&other) {
            prop_assert_eq!(merged(left(&one), left(&other)), left(&one));
        }
        prop_assert!(one.cover(&one) && one.cover(&Reads::default()));
    }
}

#[test]
fn what_covers_reads_all_of_it() {
    let reads = |paths: &[&str]| {
        let mut reads = Reads::default();
        paths.iter().for_each(|path| reads.keep(path));
        reads
    };
    let known = reads(&["status.conditions", "spec.parts[].name"]);
    for (covered, path) in [
        (true, "status.conditions"),
        (true, "status.conditions[].type"),
        (false, "status"),
        (false, "status.phase"),
        (true, "spec.parts[].name"),
        (false, "spec.parts[].size"),
        (false, "spec.parts"),
        (false, "spec.parts.name"),
    ] {
        assert_eq!(known.cover(&reads(&[path])), covered, "{path}");
    }
}
