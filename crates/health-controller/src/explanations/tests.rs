//! What is kept, for whom, and how much it is.

use api::explain::{Explanation, ObjectExplanation};
use reconcile_core::Store;
use serde_json::json;

use super::{Explanations, Found};
use crate::samples::{key, kustomization};

/// `apps/<name>` with so many objects that are well.
pub(crate) fn explanation(name: &str, objects: usize) -> Explanation {
    let since = "2026-11-25T10:00:00Z";
    let objects: Vec<_> = (0..objects)
        .map(|number| {
            json!({"id": format!("apps_config-{number:05}__ConfigMap"), "sync": "Applied", "health": "Healthy",
                "since": since})
        })
        .collect();
    let explanation = json!({
        "version": 1,
        "target": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "namespace": "apps", "name": name},
        "verdict": {"status": "True", "reason": "Converged", "summary": "all is well", "generation": 1, "since": since},
        "sync": {"state": "Applied", "since": since}, "health": {"state": "Healthy", "since": since},
        "counts": {"total": objects.len()}, "objects": objects, "blockers": [],
    });
    serde_json::from_value(explanation).unwrap()
}

#[test]
fn nothing_is_said_before_all_kustomizations_are_known() {
    let explanations = Explanations::new(true);
    assert!(!explanations.is_open());
    let store = Store::new();
    store.insert(std::sync::Arc::new(kustomization(&[], &json!({}), &json!({}))));
    explanations.open(&store);
    assert!(explanations.is_open());
    assert_eq!(explanations.find(&key("web")), Found::NotYet);
    assert_eq!(explanations.find(&key("other")), Found::Absent);
    explanations.keep(&key("web"), explanation("web", 1));
    assert!(matches!(explanations.find(&key("web")), Found::Explained(found) if found.objects.len() == 1));
    explanations.forget(&key("web"));
    assert_eq!(explanations.find(&key("web")), Found::NotYet);
}

#[test]
fn nothing_is_kept_where_nobody_can_ask() {
    let explanations = Explanations::new(false);
    explanations.keep(&key("web"), explanation("web", 1));
    assert!(explanations.of(None).is_empty());
}

#[test]
fn those_of_a_namespace_are_in_the_order_of_their_names() {
    let explanations = Explanations::new(true);
    for name in ["c", "a", "b"] {
        explanations.keep(&key(name), explanation(name, 0));
    }
    let names = |namespace| -> Vec<String> {
        explanations.of(namespace).iter().map(|explanation| explanation.target.name.clone()).collect()
    };
    assert_eq!(names(Some("apps")), ["a", "b", "c"]);
    assert_eq!(names(None), ["a", "b", "c"]);
    assert!(names(Some("other")).is_empty());
}

#[test]
fn ten_thousand_objects_that_are_well_are_a_few_megabytes() {
    let each = size_of::<ObjectExplanation>() + "apps_config-00000__ConfigMap".len() * 2;
    assert!(each <= 320, "{each} bytes");
    let all = explanation("web", 10_000);
    assert!(all.objects.capacity() * size_of::<ObjectExplanation>() < 6 << 20);
}

#[test]
fn a_list_is_whole_once_all_are_assessed_that_were_there_at_first() {
    let explanations = Explanations::new(true);
    let store = Store::new();
    for name in ["a", "b", "c"] {
        let mut object = kustomization(&[], &json!({}), &json!({}));
        object.metadata.name = Some(name.to_owned());
        store.insert(std::sync::Arc::new(object));
    }
    explanations.keep(&key("a"), explanation("a", 0));
    explanations.open(&store);
    let now = std::time::Instant::now();
    assert!(!explanations.is_whole(now));
    explanations.keep(&key("b"), explanation("b", 0));
    assert!(!explanations.is_whole(now));
    assert!(explanations.is_whole(now + super::PATIENCE), "one that does not come holds up nobody");
    explanations.forget(&key("c"));
    assert!(explanations.is_whole(now), "it is gone");
    explanations.open(&store);
    assert!(explanations.is_whole(now), "what comes later is not awaited");
}
