//! Chains of dependencies that wait for each other.

use std::collections::HashMap;
use std::sync::Arc;

use api::kustomization::Kustomization;
use manifest::ObjectId;
use serde_json::json;

use super::{Reach, chain, id_of, of, within};

/// `apps/<name>` that depends on others; `ready` is Ready's status with its message, empty for none.
fn kustomization(name: &str, depends_on: &[&str], ready: &str) -> Kustomization {
    let depends_on: Vec<_> = depends_on.iter().map(|name| json!({"name": name})).collect();
    let mut object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "dependsOn": depends_on,
            "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap();
    if let Some((status, message)) = ready.split_once(' ') {
        let conditions = json!([{"type": "Ready", "status": status, "reason": "BuildFailed", "message": message,
            "lastTransitionTime": "2026-11-25T09:00:00Z"}]);
        object.status = Some(serde_json::from_value(json!({"conditions": conditions})).unwrap());
    }
    object
}

/// What is shown of the chain of the first one.
fn lines(all: Vec<Kustomization>) -> Vec<String> {
    lines_within(all, Reach::AllNamespaces)
}

fn lines_within(all: Vec<Kustomization>, reach: Reach) -> Vec<String> {
    let first = all[0].clone();
    let known: HashMap<ObjectId, Arc<Kustomization>> =
        all.into_iter().map(|object| (id_of(&object), Arc::new(object))).collect();
    chain(&first, reach, |id| known.get(id).cloned()).lines()
}

#[test]
fn it_ends_at_the_root_cause() {
    let all = vec![
        kustomization("web", &["ready", "db"], ""),
        kustomization("ready", &[], "True well"),
        kustomization("db", &["crds"], "False https://u:p@git/x"),
        kustomization("crds", &[], ""),
    ];
    insta::assert_snapshot!(lines(all).join("\n"), @r"
    Kustomization/apps/db: BuildFailed: https://***@git/x
    Kustomization/apps/crds has not been reconciled yet
    ");
    assert!(
        lines(vec![kustomization("web", &["ready"], ""), kustomization("ready", &[], "True well")])
            .is_empty()
    );
}

#[test]
fn what_is_not_there_and_circles_end_it_too() {
    insta::assert_snapshot!(lines(vec![kustomization("web", &["gone"], "")]).join("\n"), @"Kustomization/apps/gone does not exist");
    let circle = vec![kustomization("web", &["db"], "False a"), kustomization("db", &["web"], "False b")];
    insta::assert_snapshot!(lines(circle).join("\n"), @r"
    Kustomization/apps/db: BuildFailed: b
    a cycle: apps/web → apps/db → apps/web
    ");
    let further = vec![
        kustomization("web", &["db"], "False a"),
        kustomization("db", &["crds"], "False b"),
        kustomization("crds", &["db"], "False c"),
    ];
    insta::assert_snapshot!(lines(further).join("\n"), @r"
    Kustomization/apps/db: BuildFailed: b
    Kustomization/apps/crds: BuildFailed: c
    a cycle: apps/db → apps/crds → apps/db
    ");
    let itself = vec![kustomization("web", &["web"], "False a")];
    assert_eq!(lines(itself), ["a cycle: apps/web → apps/web"]);
    let beside = vec![
        kustomization("web", &["gone", "db"], "False a"),
        kustomization("db", &["x", "web"], "True well"),
        kustomization("x", &[], "True well"),
    ];
    insta::assert_snapshot!(lines(beside).join("\n"), @r"
    Kustomization/apps/gone does not exist
    a cycle: apps/web → apps/db → apps/web
    ");
    let names: Vec<String> = (0..20).map(|n| format!("k{n}")).collect();
    let long = names.windows(2).map(|pair| kustomization(&pair[0], &[&pair[1]], "False c")).collect();
    let long = lines(long);
    assert_eq!(long.len(), 10, "bounded");
    assert_eq!(long[9], "Kustomization/apps/k19 does not exist", "its root is shown");
}

#[test]
fn another_namespace_may_be_named() {
    let mut object = kustomization("web", &["a", "b"], "");
    object.spec.depends_on[1].namespace = Some("infra".to_owned());
    let ids: Vec<String> = of(&object).map(|id| id.to_string()).collect();
    assert_eq!(ids, ["Kustomization/apps/a", "Kustomization/infra/b"]);
}

/// `web` waits for `db` here, which waits for `inner` there, which waits for `deeper`.
fn across() -> Vec<Kustomization> {
    let mut all = vec![
        kustomization("web", &["db"], ""),
        kustomization("db", &["inner"], "False dependency 'secretive/inner' is not ready"),
        kustomization("inner", &["deeper"], "False the hidden words"),
        kustomization("deeper", &[], "False more hidden words"),
    ];
    all[1].spec.depends_on[0].namespace = Some("secretive".to_owned());
    for hidden in &mut all[2..] {
        hidden.metadata.namespace = Some("secretive".to_owned());
    }
    all
}

#[test]
fn a_chain_ends_at_the_border_of_its_namespace() {
    insta::assert_snapshot!(lines_within(across(), Reach::OwnNamespace).join("\n"), @"Kustomization/apps/db: BuildFailed: dependency 'secretive/inner' is not ready");
    let direct = across().split_off(1);
    assert!(
        lines_within(direct.clone(), Reach::OwnNamespace).is_empty(),
        "its own Ready condition says what may be said"
    );
    assert_eq!(within(&direct[0], Reach::OwnNamespace).count(), 0, "and nothing follows it");
    insta::assert_snapshot!(lines_within(across(), Reach::AllNamespaces).join("\n"), @r"
    Kustomization/apps/db: BuildFailed: dependency 'secretive/inner' is not ready
    Kustomization/secretive/inner: BuildFailed: the hidden words
    Kustomization/secretive/deeper: BuildFailed: more hidden words
    ");
}

#[test]
fn whether_another_namespace_has_something_cannot_be_seen() {
    let (mut there, mut gone) = (across(), across());
    gone.truncate(2);
    assert_eq!(lines_within(there.clone(), Reach::OwnNamespace), lines_within(gone, Reach::OwnNamespace));
    there.iter_mut().for_each(|object| object.status = None);
    assert_eq!(
        lines_within(there, Reach::OwnNamespace),
        ["Kustomization/apps/db has not been reconciled yet"]
    );
}

#[test]
fn only_so_many_dependencies_are_looked_at() {
    let names: Vec<String> = (0..5000).map(|n| format!("k{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(of(&kustomization("web", &names, "")).count(), 1000);
}

#[test]
fn names_and_words_of_others_steer_no_terminal() {
    let all = vec![
        kustomization("web", &["db\u{1b}[2J"], ""),
        kustomization("db\u{1b}[2J", &[], "False \u{1b}]0;x\u{7}\u{202e}"),
    ];
    for lines in [lines(all.clone()), lines(all[..1].to_vec())] {
        let acts = |c: char| c.is_control() || c == '\u{202e}';
        assert!(lines.len() == 1 && !lines[0].contains(acts), "{lines:?}");
    }
}
