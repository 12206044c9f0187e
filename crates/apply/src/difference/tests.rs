//! Which fields differ, how their values are shown, and who set them.

mod apply_model;

use super::{Difference, Masking, all_differences, differences, differences_of_applied, managed_fields};
use proptest::prelude::*;
use serde_json::{Value, json};

fn told(found: &[Difference]) -> String {
    let side = |shown: &Option<super::Shown>| shown.as_ref().map_or("-".to_owned(), ToString::to_string);
    let line = |found: &Difference| {
        let by = found.manager.as_deref().unwrap_or("?");
        format!("{} {} -> {} by {by}", found.pointer, side(&found.desired), side(&found.live))
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn declared(desired: &Value, live: &Value) -> String {
    told(&differences(desired, live, &managed_fields(live), &Masking::default()))
}

fn all(desired: &Value, live: &Value) -> String {
    told(&all_differences(desired, live, &managed_fields(live), &Masking::default()))
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [
            {"name": "app", "image": "app:1", "args": ["a", "b"], "resources": {"limits": {"cpu": "1000m"}}},
            {"name": "side", "image": "side:1"},
        ]}}},
    })
}

fn entry(manager: &str, operation: &str, day: u8, fields: Value) -> Value {
    json!({
        "manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
        "time": format!("2026-01-{day:02}T00:00:00Z"), "fieldsV1": fields,
    })
}

fn containers(fields: Value) -> Value {
    json!({"f:spec": {"f:template": {"f:spec": {"f:containers": fields}}}})
}

#[test]
fn elements_are_matched_by_their_keys_and_the_setter_is_named() {
    let mut live = deployment();
    live["spec"]["template"]["spec"]["containers"] = json!([
        {"name": "side", "image": "side:1", "imagePullPolicy": "Always"},
        {"name": "injected", "image": "proxy:9"},
        {"name": "app", "image": "app:2", "args": ["a", "c"], "resources": {"limits": {"cpu": "1"}}},
    ]);
    live["metadata"]["managedFields"] = json!([
        entry(
            "kustomize-controller",
            "Apply",
            1,
            containers(json!({r#"k:{"name":"app"}"#: {".": {}, "f:args": {}}}))
        ),
        entry("kubectl-edit", "Update", 2, containers(json!({r#"k:{"name":"app"}"#: {"f:image": {}}}))),
    ]);
    insta::assert_snapshot!(declared(&deployment(), &live), @r#"
    /spec/template/spec/containers/0/args/1 "b" -> "c" by kustomize-controller
    /spec/template/spec/containers/0/image "app:1" -> "app:2" by kubectl-edit
    "#);
    insta::assert_snapshot!(all(&deployment(), &live), @r#"
    /spec/template/spec/containers/0/args/1 "b" -> "c" by kustomize-controller
    /spec/template/spec/containers/0/image "app:1" -> "app:2" by kubectl-edit
    /spec/template/spec/containers/0/resources/limits/cpu "1000m" -> "1" by kubectl-edit
    /spec/template/spec/containers/1/imagePullPolicy - -> "Always" by kubectl-edit
    /spec/template/spec/containers/1 - -> {"image":"proxy:9","name":"injected"} by kubectl-edit
    "#);
}

#[test]
fn who_took_a_field_away_wrote_last() {
    let mut live = deployment();
    live["spec"].as_object_mut().unwrap().remove("replicas");
    live["metadata"]["managedFields"] = json!([
        entry("kustomize-controller", "Apply", 5, json!({"f:spec": {"f:template": {}}})),
        entry("before", "Update", 4, json!({"f:spec": {"f:paused": {}}})),
        entry("after", "Update", 6, json!({"f:metadata": {"f:annotations": {}}})),
    ]);
    assert_eq!(declared(&deployment(), &live), "/spec/replicas 2 -> - by after");
    live["metadata"]["managedFields"].as_array_mut().unwrap().pop();
    assert_eq!(declared(&deployment(), &live), "/spec/replicas 2 -> - by ?");
}

#[test]
fn what_the_server_writes_otherwise_and_means_the_same_does_not_differ() {
    let desired = json!({
        "kind": "Deployment",
        "metadata": {"labels": {"empty": ""}},
        "spec": {"paused": false, "strategy": {}, "note": null, "volumes": [], "overhead": {"memory": "1Gi"}},
        "status": {"replicas": 1},
    });
    let live = json!({
        "kind": "Deployment",
        "metadata": {"labels": {"empty": ""}, "uid": "u", "resourceVersion": "7"},
        "spec": {"overhead": {"memory": "1024Mi"}, "replicas": 1},
        "status": {"replicas": 3},
    });
    assert_eq!(declared(&desired, &live), "");
    let mut without = live.clone();
    without["metadata"]["labels"] = json!({});
    assert_eq!(
        declared(&desired, &without),
        "/metadata/labels/empty \"\" -> - by ?",
        "an empty label is one"
    );
    assert_eq!(all(&live, &live), "");
}

#[test]
fn both_sides_of_a_secret_and_of_what_may_hold_one_are_hidden() {
    let secret = |value: &str| {
        json!({
            "kind": "Secret", "type": "Opaque", "data": {"password": value, "same": "c2FtZQ=="},
            "metadata": {"labels": {"tier": value}},
        })
    };
    insta::assert_snapshot!(all(&secret("b25l"), &secret("dHdv")), @r#"
    /data/password *** -> *** by ?
    /metadata/labels/tier "***" -> "***" by ?
    "#);
    let annotated =
        |annotations: Value| json!({"kind": "ConfigMap", "metadata": {"annotations": annotations}});
    let live = annotated(json!({
        "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{}}", "example.com/api-token": "abc", "note": "n",
    }));
    insta::assert_snapshot!(all(&json!({"kind": "ConfigMap"}), &live), @r#"
    /metadata/annotations/example.com~1api-token - -> *** by ?
    /metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration - -> *** by ?
    /metadata/annotations/note - -> "n" by ?
    "#);
    let (desired, live) = (annotated(json!({"note": "a"})), annotated(json!({"note": "b"})));
    let found = differences(&desired, &live, &[], &Masking::hiding_all());
    assert_eq!(told(&found), "/metadata/annotations/note *** -> *** by ?");
}

#[test]
fn a_copy_of_a_secret_in_any_annotation_of_it_is_hidden() {
    let live = json!({"kind": "Secret", "metadata": {"annotations": {
        "example.com/before": "{\"data\":{\"pin\":\"b2xkLXBhc3N3b3Jk\"}}", "note": "n",
    }}});
    insta::assert_snapshot!(all(&json!({"kind": "Secret"}), &live), @r#"
    /metadata/annotations/example.com~1before - -> *** by ?
    /metadata/annotations/note - -> "n" by ?
    "#);
}

#[test]
fn a_secret_within_another_object_is_hidden_and_a_reference_to_one_is_not() {
    let object = |value: &str, more: Value| {
        let secret =
            json!({"kind": "Secret", "type": value, "data": {"pin": value}, "stringData": {"pin": value}});
        json!({"kind": "Object", "spec": {
            "manifest": secret.clone(), "from": {"kind": "Secret", "name": value}, "all": [secret, more],
        }})
    };
    insta::assert_snapshot!(all(&object("one", json!(1)), &object("two", json!(1))), @r#"
    /spec/all/0/data/pin *** -> *** by ?
    /spec/all/0/stringData/pin *** -> *** by ?
    /spec/all/0/type "one" -> "two" by ?
    /spec/from/name "one" -> "two" by ?
    /spec/manifest/data/pin *** -> *** by ?
    /spec/manifest/stringData/pin *** -> *** by ?
    /spec/manifest/type "one" -> "two" by ?
    "#);
    let whole = all(&object("one", json!({"pin": "shown"})), &json!({"kind": "Object", "spec": {"all": []}}));
    insta::assert_snapshot!(whole, @r#"
    /spec/all [{"data":{"pin":"***"},"kind":"Secret","stringData":{"pin":"***"},"type":"one"},{"pin":"shown"}] -> [] by ?
    /spec/from {"kind":"Secret","name":"one"} -> - by ?
    /spec/manifest {"data":{"pin":"***"},"kind":"Secret","stringData":{"pin":"***"},"type":"one"} -> - by ?
    "#);
}

#[test]
fn what_a_manifest_takes_away_is_hidden_where_it_may_have_been_encrypted() {
    let desired = json!({"kind": "Database", "spec": {"image": "b", "size": 1}});
    let live =
        json!({"kind": "Database", "spec": {"image": "a", "password": "hunter2", "pin": 7, "tls": true}});
    let masking = Masking::default().hiding_removed();
    insta::assert_snapshot!(told(&all_differences(&desired, &live, &[], &masking)), @r#"
    /spec/image "b" -> "a" by ?
    /spec/size 1 -> - by ?
    /spec/password - -> *** by ?
    /spec/pin - -> *** by ?
    /spec/tls - -> true by ?
    "#);
}

#[test]
fn values_of_secrets_that_were_put_into_other_objects_are_hidden() {
    let map =
        |value: &str| json!({"kind": "ConfigMap", "data": {"url": value, "port": "80", "x-hunter22": "1"}});
    let words = ["hunter2".to_owned(), "80".to_owned()];
    let masking = Masking::default().with_words(words);
    let live = json!({"kind": "ConfigMap", "data": {"url": "other", "port": "8080"}});
    let found = told(&differences(&map("u:hunter2@x"), &live, &[], &masking));
    insta::assert_snapshot!(found, @r#"
    /data/port *** -> *** by ?
    /data/url *** -> *** by ?
    /data/*** "1" -> - by ?
    "#);
    assert!(!format!("{masking:?}").contains("hunter"));
}

#[test]
fn long_values_are_cut_where_they_part() {
    let text = |end: &str| format!("{}{end}{}", "a".repeat(300), "z".repeat(300));
    let map = |end: &str| json!({"kind": "ConfigMap", "data": {"file": text(end)}});
    let found = differences(&map("ONE"), &map("TWO"), &[], &Masking::default());
    let (desired, live) = found[0].excerpts(128);
    let (desired, live) = (desired.unwrap(), live.unwrap());
    assert!(desired.contains("ONE") && live.contains("TWO"), "{desired} {live}");
    assert!(desired.starts_with('…') && desired.ends_with('…'), "{desired}");
    assert!(desired.chars().count() <= 128 && live.chars().count() <= 128);
    let short =
        differences(&json!({"data": {"a": "1"}}), &json!({"data": {"a": "2"}}), &[], &Masking::default());
    assert_eq!(short[0].excerpts(128), (Some("\"1\"".to_owned()), Some("\"2\"".to_owned())));
}

#[test]
fn lists_without_keys_are_told_by_place_or_whole() {
    let rules = |rules: Value| json!({"kind": "Role", "rules": rules});
    let (one, other) = (rules(json!([{"verbs": ["get"]}])), rules(json!([{"verbs": ["list"]}])));
    assert_eq!(declared(&one, &other), "/rules/0/verbs/0 \"get\" -> \"list\" by ?");
    let longer = rules(json!([{"verbs": ["get"]}, {"verbs": ["list"]}]));
    let wanted = "/rules [{\"verbs\":[\"get\"]}] -> [{\"verbs\":[\"get\"]},{\"verbs\":[\"list\"]}] by ?";
    assert_eq!(declared(&one, &longer), wanted);
    let mut live = json!({"kind": "X", "metadata": {"finalizers": ["b", "c"]}});
    live["metadata"]["managedFields"] =
        json!([entry("x", "Update", 1, json!({"f:metadata": {"f:finalizers": {"v:\"b\"": {}}}}))]);
    let desired = json!({"kind": "X", "metadata": {"finalizers": ["a", "b"]}});
    assert_eq!(declared(&desired, &live), "/metadata/finalizers/0 \"a\" -> - by x");
}

/// An API server puts the elements of a list that has keys, or is a set, into the order of what is applied.
#[test]
fn another_order_is_a_difference_where_it_would_be_put_back() {
    let env = |names: &[&str]| {
        let vars: Vec<Value> = names.iter().map(|name| json!({"name": name, "value": "1"})).collect();
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"env": vars}})
    };
    let keyed: serde_json::Map<String, Value> =
        ["A", "B", "C"].iter().map(|name| (format!("k:{{\"name\":\"{name}\"}}"), json!({".": {}}))).collect();
    let with = |mut live: Value| {
        live["metadata"] =
            json!({"managedFields": [entry("x", "Update", 1, json!({"f:spec": {"f:env": keyed}}))]});
        live
    };
    let (desired, turned) = (env(&["A", "B"]), with(env(&["B", "A"])));
    let whole = r#"/spec/env [{"name":"A","value":"1"},{"name":"B","value":"1"}] -> [{"name":"B","value":"1"},{"name":"A","value":"1"}] by x"#;
    assert_eq!((declared(&desired, &turned).as_str(), all(&desired, &turned).as_str()), (whole, whole));
    // Elements of others may stand wherever they like.
    assert_eq!(declared(&desired, &with(env(&["C", "A", "C", "B", "C"]))), "");
    let set = |hosts: &[&str]| json!({"apiVersion": "example.com/v1", "kind": "X", "spec": {"hosts": hosts}});
    let mut live = set(&["b", "a"]);
    live["metadata"] =
        json!({"managedFields": [entry("x", "Update", 1, json!({"f:spec": {"f:hosts": {"v:\"a\"": {}}}}))]});
    assert_eq!(declared(&set(&["a", "b"]), &live), r#"/spec/hosts ["a","b"] -> ["b","a"] by x"#);
}

/// Numbers with units are told apart by their text where the API server does not know them for what they are.
#[test]
fn a_quantity_is_one_where_kubernetes_has_one() {
    let limits = |api_version: &str, cpu: &str| json!({"apiVersion": api_version, "kind": "X", "spec": {"resources": {"limits": {"cpu": cpu}}}});
    assert_eq!(declared(&limits("apps/v1", "1000m"), &limits("apps/v1", "1")), "");
    let custom = declared(&limits("example.com/v1", "1000m"), &limits("example.com/v1", "1"));
    assert_eq!(custom, r#"/spec/resources/limits/cpu "1000m" -> "1" by ?"#);
    let map = |limits: &str| {
        let metadata = json!({"annotations": {"requests": limits}, "labels": {"limits": limits}});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"limits": limits}})
    };
    insta::assert_snapshot!(declared(&map("1000m"), &map("1")), @r#"
    /data/limits "1000m" -> "1" by ?
    /metadata/labels/limits "1000m" -> "1" by ?
    /metadata/annotations/requests "1000m" -> "1" by ?
    "#);
}

/// An API server leaves nothing out of what it has no type for.
#[test]
fn nothing_is_something_in_a_custom_resource() {
    let object = |spec: Value| json!({"apiVersion": "example.com/v1", "kind": "X", "spec": spec});
    let desired = object(json!({"enabled": false, "note": null, "replicas": 0}));
    insta::assert_snapshot!(declared(&desired, &object(json!({}))), @r"
    /spec/enabled false -> - by ?
    /spec/replicas 0 -> - by ?
    ");
}

/// A field that says nothing, and one that the API server leaves out: who owns it tells them apart.
#[test]
fn what_was_taken_away_is_not_what_is_left_out() {
    let desired = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {
        "paused": false, "automountServiceAccountToken": false, "cpu": {"limits": {"cpu": "1000m"}},
    }});
    let live = |ours: Value| {
        let entries = [entry("kustomize-controller", "Apply", 1, json!({"f:spec": ours}))];
        json!({"metadata": {"managedFields": entries}, "spec": {"cpu": {"limits": {"cpu": "1"}}}})
    };
    let of_applied = |live: &Value| {
        told(&differences_of_applied(&desired, live, &managed_fields(live), &Masking::default()))
    };
    let limits = json!({"f:limits": {"f:cpu": {}}});
    let whole = live(json!({"f:paused": {}, "f:automountServiceAccountToken": {}, "f:cpu": limits}));
    assert_eq!(of_applied(&whole), "");
    let removed = live(json!({"f:paused": {}}));
    assert_eq!(of_applied(&removed), "/spec/automountServiceAccountToken false -> - by ?");
    assert_eq!(
        declared(&desired, &removed),
        "",
        "of a manifest that may never have been applied nobody can tell"
    );
    assert_eq!(
        of_applied(&json!({"spec": {"cpu": {"limits": {"cpu": "1"}}}})),
        "",
        "there is no entry of ours"
    );
}

#[test]
fn there_is_an_end_to_it() {
    let map = |value: &str| json!({"kind": "X", "spec": (0..5000).map(|n| (format!("f{n}"), json!(value))).collect::<serde_json::Map<_, _>>()});
    let found = differences(&map("a"), &map("b"), &[], &Masking::default());
    assert_eq!(found.len(), super::MOST);
}

/// Of lists as long as an object may be large: looking at every element for every other one takes minutes.
#[test]
fn long_lists_are_compared_in_a_moment() {
    let hosts = |from: u32| (from..from + 20_000).map(|n| format!("h{n}")).collect::<Vec<_>>();
    let ports = |from: u32| (from..from + 10_000).map(|n| json!({"port": n, "x": from})).collect::<Vec<_>>();
    let object = |from| json!({"kind": "X", "spec": {"hosts": hosts(from), "ports": ports(from)}});
    let mut live = object(5_000);
    let set: serde_json::Map<String, Value> =
        hosts(5_000).into_iter().map(|host| (format!("v:\"{host}\""), json!({}))).collect();
    let keyed: serde_json::Map<String, Value> =
        (5_000..15_000).map(|n| (format!("k:{{\"port\":{n}}}"), json!({}))).collect();
    let fields = json!({"f:spec": {"f:hosts": set, "f:ports": keyed}});
    live["metadata"]["managedFields"] = json!([entry("x", "Update", 1, fields)]);
    let started = std::time::Instant::now();
    let found = all_differences(&object(0), &live, &managed_fields(&live), &Masking::default());
    assert_eq!(found.len(), super::MOST);
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d/~]{1,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Exactly what is equal does not differ, and every pointer leads to what is said to be there.
    #[test]
    fn pointers_lead_to_what_is_told(one in value(), other in value()) {
        let (desired, live) = (json!({"kind": "X", "spec": one}), json!({"kind": "X", "spec": other}));
        let found = all_differences(&desired, &live, &[], &Masking::default());
        prop_assert!(found.is_empty() || desired != live);
        for difference in &found {
            for (shown, object) in [(&difference.desired, &desired), (&difference.live, &live)] {
                let there = object.pointer(&difference.pointer).map(ToString::to_string);
                prop_assert_eq!(shown.as_ref().map(ToString::to_string), there);
            }
        }
        prop_assert_eq!(all_differences(&desired, &desired, &[], &Masking::default()), vec![]);
    }

    /// What a manifest names and the live object has just so never differs, whatever else is there.
    #[test]
    fn what_is_not_named_does_not_count(one in value(), more in value()) {
        let desired = json!({"kind": "X", "spec": {"named": one}});
        let live = json!({"kind": "X", "spec": {"named": one, "more": more}, "other": more});
        prop_assert_eq!(differences(&desired, &live, &[], &Masking::default()), vec![]);
    }
}
