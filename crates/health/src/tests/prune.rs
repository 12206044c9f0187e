//! What stays of an object. That verdicts stay the same is checked by every row of `kstatus`.

use serde_json::json;

use crate::prune::pruned;

#[test]
fn data_templates_and_messages_of_applications_go() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": {"a": "b"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "canary"}, "managedFields": [{}]},
        "type": "Opaque", "data": {"k": "canary"}, "stringData": {"k": "canary"}});
    assert_eq!(
        pruned(secret),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": {"a": "b"}}})
    );
    let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p"},
        "spec": {"containers": [{"env": [{"name": "A", "value": "canary"}]}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": [{"name": "c", "image": "i", "containerID": "x",
            "ready": false, "restartCount": 3, "state": {"running": {"startedAt": "t"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "canary", "containerID": "x"}}}]}});
    assert_eq!(
        pruned(pod),
        json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p"}, "spec": {},
            "status": {"phase": "Running", "containerStatuses": [{"name": "c", "image": "i", "ready": false, "restartCount": 3,
                "state": {"running": {"startedAt": "t"}}, "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}})
    );
}
