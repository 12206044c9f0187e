//! What stays of an object. That verdicts and explanations stay the same is checked wherever an object is judged here.

use serde_json::{Value, json};

use crate::Rules;
use crate::prune::{pruned, pruned_by};

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
    let of = |group: &str, kind: &str| pruned_by(rest.clone(), Rules::built_in().of(group, kind));
    assert_eq!(
        of("apps", "Deployment"),
        json!({"metadata": {"name": "x", "uid": "u"},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "suspend": true},
            "status": {"replicas": 2, "conditions": [{"type": "Ready", "status": "True"}]}})
    );
    assert_eq!(
        of("example.com", "Thing"),
        json!({"metadata": {"name": "x", "uid": "u"}, "spec": {"suspend": true},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    );
    assert_eq!(of("", "PersistentVolumeClaim")["status"]["phase"], "Bound");
    assert_eq!(of("", "Pod")["metadata"]["labels"], json!({"a": "b"}), "a selector looks for them");
}

#[test]
fn of_what_has_a_wrong_type_the_type_stays() {
    let pod = |status: Value| {
        pruned_by(json!({"status": status}), Rules::built_in().of("", "Pod"))["status"].clone()
    };
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
