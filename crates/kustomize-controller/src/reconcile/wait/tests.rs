//! What is known to be Current without asking, and what a watch's word changes.

use super::{End, is_self, is_settled, take, targets_of, wait};
use crate::object_follow::{Followed, Target};
use crate::samples::{Fixture, Reply, applied, change, config_map, id, object, present};
use ::apply::wait::Observed;
use ::apply::{Action, Change};
use health::kstatus::Status;
use manifest::ObjectId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(60);

fn target(id: ObjectId, version: &str, object: Option<Value>) -> Target {
    Target { id, version: version.into(), object, labelled: false, may_vanish: false }
}

fn deployment(generation: i64, observed: i64, failed: bool) -> Value {
    let progressing = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"});
    let conditions =
        if failed { json!([progressing]) } else { json!([{"type": "Available", "status": "True"}]) };
    let parts = json!({
        "metadata": {"generation": generation}, "spec": {"replicas": 1},
        "status": {"observedGeneration": observed, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
            "availableReplicas": 1, "conditions": conditions},
    });
    applied(object("apps/v1", "Deployment", "web", &parts).value(), 5)
}

fn web(object: Option<Value>) -> Target {
    let id = ObjectId {
        namespace: "ns".into(),
        name: "web".into(),
        group: "apps".into(),
        kind: "Deployment".into(),
    };
    target(id, "v1", object)
}

#[tokio::test]
async fn an_object_is_settled_by_what_is_at_hand_or_was_found_before() {
    let fixture = Fixture::with_spec(json!({})).await;
    let (scope, objects) = (fixture.scope(), &fixture.memory.objects);
    assert!(is_settled(&scope, &[]));
    assert!(!is_settled(&scope, &[target(id("a"), "v1", None)]), "never seen");
    assert!(!is_settled(&scope, &[web(Some(deployment(2, 1, false)))]));
    assert!(is_settled(&scope, &[web(Some(deployment(2, 2, false)))]));
    // Once Current, it is for as long as its resourceVersion stays.
    objects.settle(&config_map("a"), [0; 16], &change("a", Action::Created));
    let at_hand = Some(applied(config_map("a").value(), 5));
    assert!(is_settled(&scope, &[target(id("a"), "v1", at_hand.clone())]));
    assert!(is_settled(&scope, &[target(id("a"), "v1", None)]));
    objects.observe(&id("a"), present(9, 1));
    assert!(!is_settled(&scope, &[target(id("a"), "v1", None)]), "it is another now");
    assert!(!is_settled(&scope, &[target(id("a"), "v1", at_hand)]), "what is at hand is older");
}

#[tokio::test]
async fn a_kustomization_does_not_wait_for_itself() {
    let fixture = Fixture::with_spec(json!({})).await;
    let scope = fixture.scope();
    let own = object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", &json!({})).id();
    assert!(is_self(&scope, &own));
    for (field, value) in [
        ("kind", "ConfigMap"),
        ("group", "kustomize.config.k8s.io"),
        ("namespace", "other"),
        ("name", "other"),
    ] {
        let mut id = own.clone();
        match field {
            "kind" => id.kind = value.into(),
            "group" => id.group = value.into(),
            "namespace" => id.namespace = value.into(),
            _ => id.name = value.into(),
        }
        assert!(!is_self(&scope, &id), "{field}");
    }
    let changes = [Change { id: own, ..change("x", Action::Created) }, change("a", Action::Created)];
    assert_eq!(targets_of(&changes).len(), 2, "whoever asks for the wait leaves itself out");
}

/// Three open targets; what an event does to them.
fn after(event: Followed, may_vanish: bool) -> (Vec<usize>, Vec<Status>, Vec<usize>) {
    let targets: Vec<Target> =
        ["a", "b", "c"].iter().map(|name| Target { may_vanish, ..target(id(name), "v1", None) }).collect();
    let open: BTreeMap<ObjectId, usize> =
        targets.iter().enumerate().map(|(n, target)| (target.id.clone(), n)).collect();
    let mut observed: Vec<Observed> = targets
        .iter()
        .map(|target| Observed { id: target.id.clone(), status: Status::InProgress, error: None })
        .collect();
    let mut last = BTreeMap::from([(0, json!({}))]);
    let judged = take(event, &targets, &open, &mut observed, &mut last);
    (judged, observed.into_iter().map(|object| object.status).collect(), last.into_keys().collect())
}

#[test]
fn a_watch_s_word_is_taken_in() {
    use Status::{Current, InProgress, NotFound, Unknown};
    let seen = |name: &str| Followed::Object { id: id(name), object: Box::new(json!({})) };
    assert_eq!(after(seen("b"), false), (vec![1], vec![InProgress; 3], vec![0, 1]));
    assert_eq!(after(seen("other"), false), (vec![], vec![InProgress; 3], vec![0]));
    let absent = |name: &str| Followed::Absent { id: id(name) };
    assert_eq!(after(absent("a"), false), (vec![], vec![NotFound, InProgress, InProgress], vec![]));
    assert_eq!(after(absent("a"), true), (vec![], vec![Current, InProgress, InProgress], vec![]));
    assert_eq!(after(absent("other"), true).1, [InProgress; 3]);
    let blind = Followed::Blind { ids: vec![id("a"), id("c"), id("other")], error: "no".into() };
    assert_eq!(after(blind, false).1, [Unknown, InProgress, Unknown]);
}

async fn awaited(fixture: &Fixture, targets: Vec<Target>, fail_fast: bool) -> End {
    wait(&fixture.scope(), targets, TIMEOUT, fail_fast).await
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_the_watch_shows_the_last_one_ready() {
    let fixture = Fixture::with_spec(json!({})).await;
    let event = |kind: &str, object: Value| json!({"type": kind, "object": object});
    let events = vec![event("ADDED", deployment(2, 1, false)), event("MODIFIED", deployment(2, 2, false))];
    fixture.script.on(move |sent| (sent.verb == "watch").then(|| Reply::Events(events.clone())));
    fixture.memory.objects.track([(web(None).id, None)]);
    let end = awaited(&fixture, vec![web(Some(deployment(2, 1, false)))], true).await;
    assert!(matches!(end, End::Ready), "{end:?}");
    insta::assert_snapshot!(fixture.requests(), @"watch ns/deployments fieldSelector=metadata.name=web");
    assert_eq!(fixture.memory.objects.verdict(&web(None).id).0, 5, "it is remembered");
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_the_wait_at_once_or_when_nothing_is_open() {
    let fixture = Fixture::with_spec(json!({})).await;
    let failed = || web(Some(deployment(2, 2, true)));
    let End::Failed(text) = awaited(&fixture, vec![failed(), target(id("late"), "v1", None)], true).await
    else {
        panic!("it goes on")
    };
    insta::assert_snapshot!(text, @"failed early due to stalled resources: [ConfigMap/ns/late status: 'NotFound', Deployment/ns/web status: 'Failed']");
    let begun = tokio::time::Instant::now();
    let End::Failed(text) = awaited(&fixture, vec![failed(), target(id("late"), "v1", None)], false).await
    else {
        panic!("it goes on")
    };
    assert_eq!(begun.elapsed(), TIMEOUT, "the other one has its time");
    insta::assert_snapshot!(text, @"timeout waiting for: [ConfigMap/ns/late status: 'NotFound', Deployment/ns/web status: 'Failed']");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_watched_is_said() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.script.on(|sent| {
        (sent.verb == "watch").then(|| Reply::refused(403, "Forbidden", "may not watch")).flatten()
    });
    let End::Failed(text) = awaited(&fixture, vec![web(None)], true).await else { panic!("it goes on") };
    insta::assert_snapshot!(text, @"timeout waiting for: [Deployment/ns/web status: 'Unknown': may not watch]");
    let unknown = ObjectId { group: "example.com".into(), kind: "Thing".into(), ..id("t") };
    let End::Failed(text) = awaited(&fixture, vec![target(unknown, "v1", None)], true).await else {
        panic!("it goes on")
    };
    insta::assert_snapshot!(text, @r#"timeout waiting for: [Thing/ns/t status: 'Unknown': no matches for kind "Thing" in group "example.com"]"#);
}

#[tokio::test(start_paused = true)]
async fn a_newer_input_ends_a_wait() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.lent.cancel();
    assert!(matches!(awaited(&fixture, vec![web(None)], true).await, End::Cancelled));
}
