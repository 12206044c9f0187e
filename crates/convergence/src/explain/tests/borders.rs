//! What is not this Kustomization's, in its namespace and in others.

use super::*;

/// An object with somebody's labels, or none, that has much to say.
fn of_others(owner: Option<Owner>, mark: Option<Mark>) -> Visibility {
    let rules = Rules::built_in();
    let object = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Hidden", "message": "hidden words"}]}});
    let object = health::prune::pruned(object, rules);
    Visibility::Seen(Arc::new(Seen::new(object, 1, "u".to_owned(), mark, owner, rules, start())))
}

fn everything_of(id: &str, visibility: Visibility) -> String {
    let mut case = Case::new(vec![(id, visibility)]);
    serde_json::to_string(&case.explain()).unwrap()
}

#[test]
fn whatever_another_namespace_has_under_a_forged_name_looks_the_same() {
    for id in ["victim_x_example.com_Thing", "_x_example.com_Thing"] {
        let absent = everything_of(id, Visibility::Absent);
        for (owner, mark) in [
            (None, None),
            (None, mark(1, 1)),
            (Some(Owner::new("victim", "web")), mark(1, 1)),
            (Some(Owner::new("apps", "other")), None),
        ] {
            assert_eq!(everything_of(id, of_others(owner, mark)), absent, "{id}");
        }
        assert!(absent.contains("NotOwned") && !absent.contains("hidden words"), "{absent}");
    }
}

#[test]
fn an_object_of_the_own_namespace_without_labels_exists() {
    let mut case = Case::new(vec![("apps_x_example.com_Thing", of_others(None, None))]);
    let status = case.go();
    let object = &status.objects[0];
    assert_eq!((object.sync, object.health), (SyncState::Applied, HealthState::NotObserved));
    assert_eq!(object.reason.as_deref(), Some("NotLabelled"));
    assert!(!serde_json::to_string(&status).unwrap().contains("hidden words"));
}

#[test]
fn labels_that_somebody_took_away_are_drift() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map()), ("other_b__ConfigMap", config_map())]);
    assert_eq!(case.go().conditions[0].reason, "Converged", "what is its own is shown wherever it is");
    for number in [0, 1] {
        case.objects[number].1 = of_others(None, mark(1, 1));
    }
    let status = case.go();
    let summary = "ConfigMap/apps/a: somebody changed the owner labels (and 1 more)";
    check(&status, "False Drifted", SyncState::Drifted, HealthState::Progressing, summary);
    let healths: Vec<HealthState> = status.objects.iter().map(|object| object.health).collect();
    assert_eq!(
        healths,
        [HealthState::Progressing, HealthState::NotObserved],
        "in its own namespace, its state"
    );
    assert!(!serde_json::to_string(&status).unwrap().contains("hidden words"));
}

#[test]
fn what_was_its_own_is_missed_in_other_namespaces_too_and_after_a_restart() {
    let mut case = Case::new(vec![("other_b__ConfigMap", config_map())]);
    let before = case.go();
    case.objects[0].1 = Visibility::Absent;
    let summary = "ConfigMap/other/b: it does not exist";
    check(&case.go(), "False Missing", SyncState::Missing, HealthState::Missing, summary);
    case.memory = Memory::restored(Some(before));
    check(&case.go(), "False Missing", SyncState::Missing, HealthState::Missing, summary);
}

#[test]
fn an_unknown_kind_makes_nothing_its_own() {
    let mut case = Case::new(vec![("victim_x_example.com_Thing", Visibility::KindUnknown)]);
    case.memory = Memory::restored(Some(case.go()));
    case.objects[0].1 = Visibility::Absent;
    assert_eq!(case.go().objects[0].reason.as_deref(), Some("NotOwned"));
}

#[test]
fn of_a_source_elsewhere_is_said_what_its_kustomization_says() {
    let mut case = Case::new(vec![]);
    case.source = SourceView::Elsewhere;
    let status = case.go();
    assert_eq!(status.desired.map(|desired| desired.revision).as_deref(), Some(REVISION));
    assert_eq!(status.conditions[0].reason, "Converged");
    case.object.status.as_mut().unwrap().last_attempted_revision = Some("main@sha1:9".to_owned());
    assert_eq!(case.go().conditions[0].reason, "RevisionPending");
    case.object = failed(kustomization(), "ArtifactFailed", "Source artifact not found, retrying in 30s");
    let status = case.go();
    assert_eq!(status.conditions[0].reason, "ArtifactMissing");
    assert_eq!(status.blockers.len(), 1);
}

#[test]
fn what_is_too_much_is_one_blocker() {
    let hidden = || Visibility::Hidden(Hidden::Excess);
    let mut case = Case::new(vec![("apps_a__ConfigMap", hidden()), ("apps_b__ConfigMap", hidden())]);
    let status = case.go();
    assert_eq!(status.blockers.len(), 1);
    assert!(status.blockers[0].hint.is_some());
    assert_eq!(status.objects[0].reason.as_deref(), Some("TooMany"));
}

#[test]
fn whoever_has_looked_for_themselves_is_told_what_is_missing_anywhere() {
    let mut case = Case::new(vec![("victim_x_example.com_Thing", Visibility::Absent)]);
    case.onlooker = Onlooker::Person;
    let status = case.go();
    let object = &status.objects[0];
    assert_eq!((object.sync, object.health), (SyncState::Missing, HealthState::Missing));
    let mut case = Case::new(vec![("apps_x_example.com_Thing", Visibility::Hidden(Hidden::Forbidden))]);
    case.onlooker = Onlooker::Person;
    let blocker = case.go().blockers.remove(0);
    assert_eq!(blocker.message, "you may not read objects of kind Thing.example.com");
    assert!(blocker.hint.is_some_and(|hint| hint.contains("kubectl auth can-i list Thing.example.com")));
}
