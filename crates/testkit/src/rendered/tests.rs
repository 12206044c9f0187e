//! Tests of the parent module.

use super::*;

const TEXT: &str = r#"
apiVersion: v1
kind: ServiceAccount
metadata: {name: k, namespace: here}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: a}
rules: [{apiGroups: [a.b], resources: [cs], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: nobodys}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: a}
roleRef: {kind: ClusterRole, name: a}
subjects:
- {kind: ServiceAccount, name: k, namespace: here}
- {kind: ServiceAccount, name: other, namespace: elsewhere}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: k-deployment, namespace: here}
spec:
  template:
    spec:
      serviceAccountName: k
      containers:
      - name: manager
        args: ["--a=$(NS)/$(NONE)/$$(NS)", "--b", "--address=:1"]
        env:
        - {name: NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        - {name: MEMORY, valueFrom: {resourceFieldRef: {containerName: manager, resource: limits.memory}}}
        - {name: CPU, valueFrom: {resourceFieldRef: {containerName: manager, resource: limits.cpu}}}
        - {name: EMPTY}
        - {name: BOTH, value: "$(NS)-$(CPU)"}
        resources: {limits: {memory: 1Mi, cpu: 1500m}}
"#;

#[test]
fn a_process_gets_what_the_kubelet_would_give_it() {
    let rendered = Rendered::parse(TEXT).expect("text");
    assert_eq!(rendered.namespace(), "here");
    let manager = Manager::of(rendered.deployment("k").expect("deployment"), "there").expect("manager");
    assert_eq!(manager.arguments, ["--a=there/$(NONE)/$(NS)", "--b", "--address=:1"]);
    let environment: Vec<_> = manager.environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(environment, ["BOTH=there-2", "CPU=2", "EMPTY=", "MEMORY=1048576", "NS=there"]);
    assert_eq!(manager.value("--address"), Some(":1"));
    let changed = manager.with("--address", ":2").without("--b").with("--new", true);
    assert_eq!(changed.arguments, ["--a=there/$(NONE)/$(NS)", "--address=:2", "--new=true"]);
    assert!(rendered.deployment("other").is_err());
}

#[test]
fn what_only_a_cluster_knows_is_refused() {
    let secret = TEXT.replace("{name: EMPTY}", "{name: E, valueFrom: {secretKeyRef: {name: s, key: k}}}");
    let rendered = Rendered::parse(&secret).expect("text");
    let error = Manager::of(rendered.deployment("k").expect("deployment"), "there").expect_err("refused");
    assert!(format!("{error:#}").contains("E of k-deployment"), "{error:#}");
}

#[test]
fn rights_move_with_their_namespace() {
    let rendered = Rendered::parse(TEXT).expect("text");
    let rights = rendered.rights_in("there");
    assert_eq!(rights.len(), 4);
    assert_eq!(rights[0]["metadata"]["namespace"], "there");
    assert_eq!(rights[3]["subjects"][0]["namespace"], "there");
    assert_eq!(rights[3]["subjects"][1]["namespace"], "elsewhere");
    let names = |account: &str| -> Vec<String> {
        let roles = rendered.roles_of(account);
        roles.map(|role| role["metadata"]["name"].to_string()).collect()
    };
    assert_eq!(names("k"), ["\"a\""]);
    assert!(names("other").is_empty());
}
