//! Whom a Kustomization contends with, for how long, and what it is told of that.

use api::convergence::Blocker;
use api::kustomization::Kustomization;
use convergence::claim::Claimant;
use convergence::dependencies::Reach;
use convergence::{Rival, Visibility};
use manifest::ObjectId;
use serde_json::{Value, json};

use super::Quarrels;

/// A Kustomization of this namespace and name that has applied these ConfigMaps, with Ready of this status.
fn of(namespace: &str, name: &str, inventory: &[&str], ready: &str, spec: &Value) -> Kustomization {
    let entries: Vec<Value> = inventory.iter().map(|id| json!({"id": id, "v": "v1"})).collect();
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace, "generation": 1},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": name}},
        "status": {"observedGeneration": 1, "lastAttemptedRevision": "main@sha1:1",
            "inventory": {"entries": entries},
            "conditions": [{"type": "Ready", "status": ready, "reason": "r", "message": "",
                "lastTransitionTime": "2026-11-25T10:00:00Z"}]},
    });
    for (field, value) in spec.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    serde_json::from_value(object).unwrap()
}

struct Case {
    own: Kustomization,
    other: Kustomization,
    quarrels: Quarrels,
    reach: Reach,
    known: bool,
}

impl Case {
    fn new(other: Kustomization) -> Self {
        let own = of("apps", "web", &["apps_a__ConfigMap", "infra_b__ConfigMap"], "True", &json!({}));
        Self { own, other, quarrels: Quarrels::default(), reach: Reach::OwnNamespace, known: false }
    }

    /// The rivals, as `object of other`.
    fn look(&mut self) -> Vec<String> {
        let claimant = |kustomization| Claimant { kustomization, desired: None };
        let ids: Vec<ObjectId> =
            super::entries(&self.own).map(|id| ObjectId::from_inventory(id).unwrap()).collect();
        let objects: Vec<_> = ids.iter().map(|id| (id, &Visibility::Absent)).collect();
        let known = self.known;
        let (own, others) = (claimant(&self.own), [claimant(&self.other)]);
        let (rivals, quarrels) = self.quarrels.look(&own, &others, &objects, |_| known, self.reach);
        self.quarrels = quarrels;
        rivals
            .into_iter()
            .map(|Rival { object, kustomization }| {
                let other = kustomization.map_or_else(|| "somebody".to_owned(), |other| other.name);
                format!("{} of {other}", object.name)
            })
            .collect()
    }
}

#[test]
fn who_has_applied_the_same_object_is_named() {
    let mut case =
        Case::new(of("apps", "api", &["apps_a__ConfigMap", "apps_c__ConfigMap"], "True", &json!({})));
    assert_eq!(case.look(), ["a of api"]);
}

#[test]
fn what_is_handed_over_is_no_quarrel_and_a_quarrel_does_not_end_with_a_run() {
    let mut case = Case::new(of("apps", "api", &["apps_a__ConfigMap"], "Unknown", &json!({})));
    assert_eq!(case.look(), [] as [String; 0], "its run is under way");
    case.other = of("apps", "api", &["apps_a__ConfigMap"], "True", &json!({}));
    assert_eq!(case.look(), ["a of api"]);
    case.other = of("apps", "api", &["apps_a__ConfigMap"], "Unknown", &json!({}));
    assert_eq!(case.look(), ["a of api"], "the next run");
    case.other = of("apps", "api", &["apps_a__ConfigMap"], "True", &json!({"suspend": true}));
    assert_eq!(case.look(), [] as [String; 0], "it writes nothing any more");
    case.other = of("apps", "api", &[], "True", &json!({}));
    assert_eq!(case.look(), [] as [String; 0], "it has let go");
    case.other = of("apps", "api", &["apps_a__ConfigMap"], "Unknown", &json!({}));
    assert_eq!(case.look(), [] as [String; 0], "a new quarrel begins like the first");
}

#[test]
fn after_a_restart_what_was_told_goes_on() {
    for object in ["ConfigMap/apps/a", "apps_a__ConfigMap"] {
        let told: Vec<Blocker> =
            serde_json::from_value(json!([{"code": "OwnershipConflict", "object": object,
            "message": "m", "since": "2026-11-25T10:00:00Z"}]))
            .unwrap();
        let mut case = Case::new(of("apps", "api", &["apps_a__ConfigMap"], "Unknown", &json!({})));
        case.quarrels = Quarrels::restored(&told);
        assert_eq!(case.look(), ["a of api"]);
        assert_eq!(case.look(), ["a of api"]);
    }
}

#[test]
fn of_another_cluster_it_is_another_object() {
    let far = json!({"kubeConfig": {"secretRef": {"name": "far"}}});
    let mut case = Case::new(of("apps", "api", &["apps_a__ConfigMap"], "True", &far));
    assert_eq!(case.look(), [] as [String; 0]);
}

#[test]
fn of_another_namespace_is_told_that_there_is_one_and_only_of_ones_own() {
    let both = ["apps_a__ConfigMap", "infra_b__ConfigMap"];
    let mut case = Case::new(of("infra", "api", &both, "True", &json!({})));
    assert_eq!(case.look(), ["a of somebody"], "whether infra has a ConfigMap b is infra's");
    case.known = true;
    assert_eq!(case.look(), ["a of somebody", "b of somebody"], "it has been seen with the labels of web");
    (case.known, case.reach) = (false, Reach::AllNamespaces);
    assert_eq!(case.look(), ["a of api", "b of api"]);
}
