//! Drift from managedFields alone.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use serde_json::json;

use super::{Baseline, Mark, of};

/// Fewer fields with each number.
fn mark(fields: u8, second: i64) -> Option<Mark> {
    Some(Mark {
        fields: [fields; 16],
        size: 100 - usize::from(fields),
        time: jiff::Timestamp::from_second(second).ok(),
    })
}

#[test]
fn a_changed_mark_of_the_same_time_is_drift() {
    let mut baseline = Baseline::begin(mark(1, 10), false);
    assert!(!baseline.drifted(mark(1, 10)));
    assert!(baseline.drifted(mark(2, 10)), "somebody took a field away");
    assert!(!baseline.drifted(mark(1, 10)), "and gave it back");
    assert!(baseline.drifted(None), "the entry is gone");
    assert!(!baseline.drifted(mark(1, 11)), "healed");
    assert!(!baseline.drifted(mark(3, 12)), "another revision");
    assert!(baseline.drifted(mark(4, 12)));
    baseline.renew(mark(4, 12));
    assert!(!baseline.drifted(mark(4, 12)), "a run ended well within the same second");
    assert!(!baseline.drifted(mark(3, 12)), "first seen when a field was gone, and healed within the second");
    assert!(baseline.drifted(mark(4, 12)));
}

#[test]
fn what_had_drifted_before_a_restart_has_drifted_until_it_is_applied() {
    let mut baseline = Baseline::begin(mark(2, 10), true);
    assert!(baseline.drifted(mark(2, 10)));
    assert!(!baseline.drifted(mark(1, 20)));
    let mut foreign = Baseline::begin(None, false);
    assert!(!foreign.drifted(None), "an object that was never applied cannot drift");
    assert!(!foreign.drifted(mark(1, 10)));
    assert!(foreign.drifted(mark(2, 10)));
}

#[test]
fn only_the_apply_entry_counts() {
    let entry =
        |manager: &str, operation: &str, subresource: Option<&str>, fields: serde_json::Value, time: &str| {
            serde_json::from_value::<ManagedFieldsEntry>(
                json!({"manager": manager, "operation": operation, "apiVersion": "v1",
            "subresource": subresource, "fieldsV1": fields, "time": time}),
            )
            .unwrap()
        };
    let early = "2026-11-25T10:00:00Z";
    let ours = entry("kustomize-controller", "Apply", None, json!({"f:data": {}}), early);
    let others = [
        entry("kustomize-controller", "Update", None, json!({"f:x": {}}), early),
        entry("kustomize-controller", "Apply", Some("status"), json!({"f:x": {}}), early),
        entry("kubectl", "Apply", None, json!({"f:x": {}}), early),
    ];
    assert_eq!(of(&others), None);
    let mut all = others.to_vec();
    all.push(ours.clone());
    assert_eq!(of(&all), of(std::slice::from_ref(&ours)));
    let moved = entry("kustomize-controller", "Apply", None, json!({"f:data": {}}), "2026-11-25T10:00:05Z");
    assert_eq!(
        of(&[moved]).unwrap().fields,
        of(std::slice::from_ref(&ours)).unwrap().fields,
        "the time is not a field"
    );
    assert_eq!(of(std::slice::from_ref(&ours)).unwrap().size, 1);
    let smaller = entry("kustomize-controller", "Apply", None, json!({}), early);
    assert_ne!(of(&[smaller]).unwrap().fields, of(&[ours]).unwrap().fields);
}
