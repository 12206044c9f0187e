//! Since when things are as they are, told without anybody who watched.

use api::blocker::BlockerCode;
use convergence::{Owner, Source, dependencies};
use health::beside::Nothing;
use serde_json::{Value, json};

use super::*;

fn at(time: &str) -> Timestamp {
    format!("2026-11-25T{time}Z").parse().expect("a time")
}

const REVISION: &str = "main@sha1:0123456789";

fn kustomization(more: &Value) -> Kustomization {
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps", "generation": 2},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"observedGeneration": 2, "lastAppliedRevision": REVISION, "lastAttemptedRevision": REVISION,
            "conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded",
                "message": "Applied revision", "lastTransitionTime": "2026-11-25T09:00:00Z"}]},
    });
    for (path, value) in more.as_object().into_iter().flatten() {
        *object.pointer_mut(path).expect("a field") = value.clone();
    }
    serde_json::from_value(object).expect("a Kustomization")
}

fn source(revision: &str, since: &str) -> Since<SourceView> {
    let source = Source { revision: Some(revision.to_owned()), ..Source::default() };
    Since { what: SourceView::Known(source), since: Some(at(since)) }
}

fn seen(object: Value, since: &str) -> Since<Arc<Seen>> {
    let owner = Some(Owner::new("apps", "web"));
    let seen = Seen::new(object, 1, "1".to_owned(), None, owner, Rules::built_in(), at("10:00:00"));
    Since { what: Arc::new(seen), since: Some(at(since)) }
}

fn deployment(ready: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "apps", "generation": 1},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": ready,
            "availableReplicas": ready, "conditions": [
                {"type": "Available", "status": if ready > 0 { "True" } else { "False" }}]}})
}

fn gathered(
    object: Kustomization,
    source: Since<SourceView>,
    objects: &[(&str, Since<Arc<Seen>>)],
) -> Gathered {
    let objects = objects
        .iter()
        .map(|(id, seen)| {
            let what = Visibility::Seen(Arc::clone(&seen.what));
            (ObjectId::from_inventory(id).expect("an id"), Since { what, since: seen.since })
        })
        .collect();
    Gathered {
        kustomization: Since { what: object, since: Some(at("08:00:00")) },
        source,
        chain: dependencies::chain(&kustomization(&json!({})), dependencies::Reach::AllNamespaces, |_| None),
        objects,
        leaving: Vec::new(),
        rivals: Vec::new(),
        drift: None,
        published: None,
        last_words: None,
    }
}

fn explained(gathered: &Gathered) -> Explanation {
    gathered.explain(&Nothing, Rules::built_in(), at("10:00:00"))
}

fn blockers(explanation: &Explanation) -> Vec<(BlockerCode, String)> {
    explanation.blockers.iter().map(|blocker| (blocker.code, blocker.since.0.to_string())).collect()
}

#[test]
fn what_is_well_is_converged() {
    let objects = [("apps_web_apps_Deployment", seen(deployment(1), "09:30:00"))];
    let explanation = explained(&gathered(kustomization(&json!({})), source(REVISION, "08:30:00"), &objects));
    assert!(explanation.is_converged(), "{explanation:?}");
}

#[test]
fn what_is_unwell_for_long_is_so_since_it_turned() {
    let objects = [("apps_web_apps_Deployment", seen(deployment(0), "09:30:00"))];
    let explanation = explained(&gathered(kustomization(&json!({})), source(REVISION, "08:30:00"), &objects));
    assert_eq!(explanation.objects[0].since.0, at("09:30:00"));
    assert!(!explanation.is_converged());
    let young = [("apps_web_apps_Deployment", seen(deployment(0), "09:59:58"))];
    let explanation = explained(&gathered(kustomization(&json!({})), source(REVISION, "08:30:00"), &young));
    assert!(explanation.blockers.is_empty(), "a rollout that has just begun is none: {explanation:?}");
}

#[test]
fn a_revision_waits_since_the_source_has_it() {
    let told = |since: &str| {
        blockers(&explained(&gathered(kustomization(&json!({})), source("main@sha1:99", since), &[])))
    };
    assert_eq!(told("09:59:50"), [], "it has just come");
    let stale = told("09:30:00");
    assert_eq!(stale.len(), 1, "{stale:?}");
    assert_eq!(stale[0].0, BlockerCode::StaleStatus);
}

#[test]
fn a_change_of_the_spec_waits_since_it_was_made() {
    let unseen = || kustomization(&json!({"/metadata/generation": 3}));
    let told = |changed: &str| {
        let mut gathered = gathered(unseen(), source(REVISION, "08:30:00"), &[]);
        gathered.kustomization.since = Some(at(changed));
        blockers(&explained(&gathered))
    };
    assert_eq!(told("09:59:50"), []);
    assert_eq!(
        told("09:30:00").iter().map(|(code, _)| *code).collect::<Vec<_>>(),
        [BlockerCode::StaleStatus]
    );
}

#[test]
fn a_failed_run_blocks_since_it_failed() {
    let failed = kustomization(&json!({"/status/conditions/0/status": "False",
        "/status/conditions/0/reason": "BuildFailed", "/status/conditions/0/message": "kustomize build failed: no such file"}));
    let explanation = explained(&gathered(failed, source(REVISION, "08:30:00"), &[]));
    assert_eq!(blockers(&explanation), [(BlockerCode::BuildFailed, "2026-11-25T09:00:00Z".to_owned())]);
}

#[test]
fn during_a_run_the_history_tells_how_the_last_one_ended() {
    let mut running = kustomization(&json!({"/status/conditions/0/status": "Unknown",
        "/status/conditions/0/reason": "Progressing", "/status/conditions/0/message": "reconciliation in progress"}));
    let history = json!([{"digest": "sha256:0", "firstReconciled": "2026-11-25T08:00:00Z",
        "lastReconciled": "2026-11-25T08:00:00Z", "lastReconciledDuration": "1s",
        "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 1, "metadata": {"revision": REVISION}}]);
    running.status.as_mut().expect("a status").history = serde_json::from_value(history).expect("a history");
    assert_eq!(failed_before(&running), None);
    let explanation = explained(&gathered(running.clone(), source(REVISION, "08:30:00"), &[]));
    assert!(explanation.is_converged(), "{explanation:?}");
    "BuildFailed"
        .clone_into(&mut running.status.as_mut().expect("a status").history[0].last_reconciled_status);
    assert_eq!(failed_before(&running), Some("BuildFailed"));
    let mut gathered = gathered(running, source(REVISION, "08:30:00"), &[]);
    gathered.last_words = Some("kustomize build failed: no such file".to_owned());
    let explanation = explained(&gathered);
    assert_eq!(explanation.blockers.first().map(|blocker| blocker.code), Some(BlockerCode::BuildFailed));
    assert!(explanation.blockers[0].message.contains("no such file"), "{explanation:?}");
}

#[test]
fn what_was_published_tells_since_when_as_long_as_it_is_so() {
    let objects = [("apps_web_apps_Deployment", seen(deployment(0), "09:30:00"))];
    let mut gathered = gathered(kustomization(&json!({})), source(REVISION, "08:30:00"), &objects);
    let mut published = project(&explained(&gathered));
    published.objects[0].since.0 = at("09:10:00");
    gathered.published = Some(published.clone());
    assert_eq!(explained(&gathered).objects[0].since.0, at("09:10:00"));
    published.objects[0].health = HealthState::Healthy;
    gathered.published = Some(published);
    assert_eq!(explained(&gathered).objects[0].since.0, at("09:30:00"), "nobody keeps it up");
}

#[test]
fn who_sees_more_than_was_published_tells_the_same_since_when() {
    let objects =
        [("apps_web__ConfigMap", seen(json!({"apiVersion": "v1", "kind": "ConfigMap"}), "09:30:00"))];
    let mut gathered = gathered(kustomization(&json!({})), source(REVISION, "08:30:00"), &objects);
    let mut published = project(&explained(&gathered));
    let converged =
        published.conditions.iter_mut().find(|known| known.type_ == CONVERGED).expect("an answer");
    "main@sha1:01234567 applied, not observed: 1".clone_into(&mut converged.message);
    converged.last_transition_time.0 = at("09:20:00");
    published.objects.clear();
    gathered.published = Some(published);
    let explanation = explained(&gathered);
    assert_eq!(explanation.verdict.since.0, at("09:20:00"));
    assert_eq!(explanation.objects[0].since.0, at("09:30:00"), "the object itself tells");
}

#[test]
fn steps_are_bounded() {
    let times: BTreeSet<Timestamp> =
        (0..100).map(|number| Timestamp::from_second(number).expect("a time")).collect();
    let kept: Vec<i64> = thinned(times.clone(), 5).iter().map(|time| time.as_second()).collect();
    assert_eq!(kept, [0, 24, 49, 74, 99]);
    assert_eq!(thinned(times, 200).len(), 100);
    let objects: Vec<(String, Since<Arc<Seen>>)> = (0..50)
        .map(|number| {
            (format!("apps_web{number}_apps_Deployment"), seen(deployment(0), &format!("09:{number:02}:00")))
        })
        .collect();
    let named: Vec<(&str, Since<Arc<Seen>>)> =
        objects.iter().map(|(id, seen)| (id.as_str(), seen.clone())).collect();
    let gathered = gathered(kustomization(&json!({})), source(REVISION, "08:30:00"), &named);
    assert!(gathered.steps(at("10:00:00")).len() <= MAX_STEPS.saturating_add(WAITS.len()));
}
