//! What no single object says: deletions that a finalizer holds, two owners, fights, drift that stays, Services that lead
//! nowhere, cycles.

use super::*;
use crate::dependencies::{self, Link};

fn leaving(case: &mut Case, at: &str) {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", "namespace": "apps",
        "deletionTimestamp": at, "finalizers": ["example.com/guard"]}});
    let Visibility::Seen(seen) = seen(object) else { panic!("not seen") };
    case.leaving = vec![(id("apps_old__ConfigMap"), seen)];
}

#[test]
fn what_was_pruned_and_is_not_gone_is_in_the_way_until_it_is() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    leaving(&mut case, "2026-11-25T10:00:00Z");
    let status = case.go();
    let summary = "ConfigMap/apps/old: it was pruned and is not gone: it is being deleted and waits for example.com/guard";
    check(&status, "False Progressing", SyncState::Applied, HealthState::Healthy, summary);
    assert_eq!(case.recheck, Some(Duration::from_secs(30)));
    case.later(30);
    let status = case.go();
    check(&status, "False FinalizerStuck", SyncState::Applied, HealthState::Healthy, summary);
    let blocker = &status.blockers[0];
    assert!(
        blocker.evidence[0].contains("belongs to the controller of example.com"),
        "{:?}",
        blocker.evidence
    );
    assert!(blocker.hint.as_deref().unwrap().contains("kubectl -n apps patch configmap old"));
    case.memory = Memory::restored(case.memory.published.clone());
    case.later(3000);
    assert_eq!(case.go(), status, "it stays, also over a restart");
    case.leaving.clear();
    assert_eq!(case.go().conditions[0].reason, "Converged");
}

#[test]
fn two_owners_are_told_at_once() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    let other = id("apps_other_kustomize.toolkit.fluxcd.io_Kustomization");
    case.rivals = vec![Rival { object: id("apps_a__ConfigMap"), kustomization: Some(other) }];
    let status = case.go();
    let summary = "ConfigMap/apps/a: Kustomization apps/other applies it, too: whichever runs last wins";
    check(&status, "False OwnershipConflict", SyncState::Applied, HealthState::Healthy, summary);
    assert!(status.blockers[0].hint.as_deref().unwrap().contains("apps/web or apps/other"));
    // The other one has written it last.
    let labels = Some(Owner::new("apps", "other"));
    let object = health::prune::pruned(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}),
        rules(),
    );
    case.objects[0].1 = Visibility::Seen(Arc::new(Seen::new(
        object,
        2,
        "u".to_owned(),
        mark(1, 9),
        labels,
        rules(),
        start(),
    )));
    let status = case.go();
    assert_eq!(status.conditions[0].reason, "OwnershipConflict");
    assert_eq!(status.objects[0].message.as_deref(), Some("another Kustomization applied it last"));
}

fn report(value: Value) -> Option<DriftReportStatus> {
    Some(serde_json::from_value(value).unwrap())
}

#[test]
fn a_fight_is_told_as_long_as_it_lasts() {
    let mut case = Case::new(vec![("apps_web_apps_Deployment", seen(deployment()))]);
    let fight = |corrections: i64| {
        report(
            json!({"mode": "Heal", "fights": [{"id": "apps_web_apps_Deployment", "path": "/spec/replicas", "desired": "1",
            "live": "5", "manager": "some-operator", "corrections": corrections, "since": "2026-11-25T10:00:00Z"}]}),
        )
    };
    case.drift = fight(3);
    let status = case.go();
    assert_eq!(status.conditions[0].reason, "DriftFight");
    assert_eq!(
        status.summary.as_deref(),
        Some(
            "Deployment/apps/web: some-operator changes /spec/replicas again as often as kustomize-controller puts it back"
        )
    );
    case.drift = fight(30);
    case.later(300);
    assert_eq!(case.go().blockers, status.blockers, "no counter is in the words");
    case.drift =
        report(json!({"mode": "Heal", "objects": [{"id": "apps_web_apps_Deployment", "state": "Healed",
        "since": "2026-11-25T10:00:00Z", "healedAt": "2026-11-25T10:00:01Z"}]}));
    assert_eq!(case.go().blockers, []);
}

#[test]
fn drift_that_is_only_reported_stays_and_is_said() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    case.drift = report(json!({"mode": "Report", "objects": [{"id": "apps_a__ConfigMap", "state": "Drifted",
        "paths": [{"path": "/data/key", "desired": "\"a\"", "live": "\"b\"", "manager": "kubectl-edit"}],
        "since": "2026-11-25T10:00:00Z"}]}));
    let explanation = case.explain();
    assert_eq!(explanation.verdict.reason, "Drifted");
    assert!(explanation.verdict.summary.starts_with("ConfigMap/apps/a: drifted, reported only (annotation "));
    assert_eq!(
        explanation.objects[0].evidence,
        ["/data/key: \"a\" by the manifests, \"b\" live, changed by kubectl-edit"]
    );
    assert_eq!(explanation.blockers, []);
}

fn service() -> Visibility {
    seen(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "apps",
        "creationTimestamp": "2026-11-25T09:00:00Z"}, "spec": {"clusterIP": "10.0.0.1", "selector": {"app": "web"}}}))
}

fn ready_pod() -> Value {
    json!({"metadata": {"name": "web-x", "namespace": "apps", "labels": {"app": "web"}},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})
}

#[test]
fn a_service_that_selects_nothing_is_told_after_half_a_minute() {
    let mut case = Case::new(vec![("apps_web__Service", service())]);
    case.pods = vec![ready_pod()];
    assert_eq!(case.go().conditions[0].reason, "Converged");
    case.pods.clear();
    assert_eq!(case.go().blockers, []);
    case.later(31);
    let status = case.go();
    let summary = "Service/apps/web: its selector app=web chooses no Pod";
    check(&status, "False HealthFailed", SyncState::Applied, HealthState::Degraded, summary);
    assert!(status.blockers[0].hint.as_deref().unwrap().contains("spec.selector of Service web"));
    case.pods = vec![ready_pod()];
    case.go();
    case.later(3);
    assert_eq!(case.go().conditions[0].reason, "Converged");
}

#[test]
fn what_makes_its_pods_speaks_for_it_or_rests() {
    let mut case =
        Case::new(vec![("apps_web__Service", service()), ("apps_web_apps_Deployment", seen(deployment()))]);
    for _ in 0..3 {
        let status = case.go();
        assert!(status.blockers.iter().all(|blocker| blocker.object.as_deref() != Some("Service/apps/web")));
        case.later(60);
    }
    let resting = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web", "generation": 1,
        "creationTimestamp": "2026-11-25T09:00:00Z"},
        "spec": {"replicas": 0, "template": {"metadata": {"labels": {"app": "web"}}}},
        "status": {"observedGeneration": 1, "replicas": 0, "currentRevision": "a", "updateRevision": "a"}});
    let mut case =
        Case::new(vec![("apps_web__Service", service()), ("apps_web_apps_StatefulSet", seen(resting))]);
    case.go();
    case.later(60);
    assert_eq!(case.go().conditions[0].reason, "Converged");
}

fn kustomization_of(name: &str, on: &[&str], ready: (&str, &str, &str)) -> Kustomization {
    let mut object = failed(kustomization(), ready.1, ready.2);
    ready.0.clone_into(&mut object.status.as_mut().unwrap().conditions[0].status);
    object.metadata.name = Some(name.to_owned());
    object.spec.depends_on =
        on.iter().map(|name| serde_json::from_value(json!({"name": name})).unwrap()).collect();
    object
}

fn chained(all: Vec<Kustomization>) -> Case {
    let first = all[0].clone();
    let all: Vec<(ObjectId, Arc<Kustomization>)> =
        all.into_iter().map(|object| (dependencies::id_of(&object), Arc::new(object))).collect();
    let mut case = Case::new(vec![]);
    case.chain = dependencies::chain(&first, dependencies::Reach::OwnNamespace, |id| {
        all.iter().find(|(known, _)| known == id).map(|(_, object)| Arc::clone(object))
    });
    case.object = first;
    case
}

#[test]
fn a_chain_of_ten_shows_the_one_at_its_root_with_its_own_cause() {
    let waits = ("False", "DependencyNotReady", "dependency is not ready");
    let mut all: Vec<Kustomization> =
        (0..10).map(|n| kustomization_of(&format!("k{n}"), &[&format!("k{}", n + 1)], waits)).collect();
    all.push(kustomization_of("k10", &[], ("False", "BuildFailed", "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'gone.yaml': open /tmp/kustomization-1/gone.yaml: no such file or directory': x")));
    let status = chained(all).go();
    let blocker = &status.blockers[0];
    assert_eq!(blocker.object.as_deref(), Some("Kustomization/apps/k10"));
    assert!(
        blocker.message.contains("gone.yaml, which resources of a kustomization file names, does not exist"),
        "{}",
        blocker.message
    );
    let hint = blocker.hint.as_deref().unwrap();
    assert!(
        hint.contains("add gone.yaml to the repository")
            && hint.contains("flyball explain kustomization/k10 -n apps"),
        "{hint}"
    );
    assert_eq!(blocker.evidence.len(), 10);
}

#[test]
fn roots_of_every_kind() {
    let waits = ("False", "DependencyNotReady", "dependency 'apps/db' is not ready");
    let of = |root: Option<Kustomization>| {
        let mut all = vec![kustomization_of("web", &["db"], waits)];
        all.extend(root);
        chained(all).go().blockers[0].clone()
    };
    let missing = of(None);
    assert_eq!(missing.object.as_deref(), Some("Kustomization/apps/db"));
    assert!(
        missing.message.contains("does not exist")
            && missing.hint.unwrap().contains("create Kustomization/apps/db")
    );
    let mut resting = kustomization_of("db", &[], ("False", "BuildFailed", "no"));
    resting.spec.suspend = true;
    let resting = of(Some(resting));
    assert!(
        resting.message.contains("is suspended")
            && resting.hint.unwrap().contains("flyball resume kustomization/db -n apps")
    );
    let mut fresh = kustomization_of("db", &[], ("False", "BuildFailed", "no"));
    fresh.status = None;
    let fresh = of(Some(fresh));
    assert!(
        fresh.message.contains("has not been reconciled yet")
            && fresh.hint.unwrap().contains("kustomize-controller runs")
    );
}

#[test]
fn a_cycle_is_named_and_never_starts_by_itself() {
    let waits = |on: &str| format!("dependency 'apps/{on}' is not ready");
    let all = vec![
        kustomization_of("a", &["b"], ("False", "DependencyNotReady", &waits("b"))),
        kustomization_of("b", &["c"], ("False", "DependencyNotReady", &waits("c"))),
        kustomization_of("c", &["a"], ("False", "DependencyNotReady", &waits("a"))),
    ];
    let status = chained(all).go();
    assert_eq!(
        status.summary.as_deref(),
        Some("the dependencies are a cycle: apps/a → apps/b → apps/c → apps/a")
    );
    assert_eq!(status.blockers.len(), 1);
    let hint = status.blockers[0].hint.as_deref().unwrap();
    assert!(
        hint.starts_with("break the cycle: ") && hint.contains("none of them starts by itself"),
        "{hint}"
    );
    // Where the others cannot be looked at, the controller's own words name it.
    let mut told = Case::new(vec![]);
    told.object = failed(
        kustomization(),
        "DependencyNotReady",
        "dependency 'infra/b' is not ready: the dependencies are a cycle: apps/web -> infra/b -> apps/web",
    );
    let blocker = told.go().blockers[0].clone();
    assert_eq!(blocker.message, "the dependencies are a cycle: apps/web -> infra/b -> apps/web");
    assert!(blocker.hint.unwrap().starts_with("break the cycle: "));
}

#[test]
fn a_dependency_out_of_sight_is_named() {
    for (message, next) in [
        ("dependency 'infra/b' is not ready", "flyball explain kustomization/b -n infra"),
        ("dependency 'infra/b' revision is not up to date", "flyball reconcile kustomization/b -n infra"),
        (
            "dependency 'infra/b' not found: kustomizations.kustomize.toolkit.fluxcd.io \"b\" not found",
            "create Kustomization infra/b",
        ),
        ("dependency 'infra/b' is not ready according to readyExpr eval", "readyExpr"),
        ("failed to evaluate the CEL expression 'dep.x': no such key: x", "readyExpr"),
    ] {
        let mut case = Case::new(vec![]);
        case.object = failed(kustomization(), "DependencyNotReady", message);
        let blocker = case.go().blockers[0].clone();
        let hint = blocker.hint.unwrap();
        assert!(hint.contains(next), "{message}: {hint}");
    }
    assert!(Link { id: id("a_b__C"), object: None }.ready().is_none());
}

#[test]
fn who_suspended_it_is_said() {
    let mut case = Case::new(vec![]);
    case.object.spec.suspend = true;
    case.object.metadata.annotations =
        Some([(api::labels::SUSPENDED_BY.to_owned(), "bob".to_owned())].into_iter().collect());
    let status = case.go();
    assert_eq!(
        status.summary.as_deref(),
        Some("Kustomization/apps/web: reconciliation of the Kustomization is suspended, by bob")
    );
    assert!(status.blockers[0].hint.as_deref().unwrap().contains("flyball resume kustomization/web -n apps"));
}
