//! What is written for each decision.

use std::collections::BTreeMap;
use std::time::Duration;

use insta::assert_snapshot;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::core::ObjectMeta;

use super::{object, released, spec};
use crate::lease::decide::Decision;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("in range")
}

fn write(decision: Decision, old: Option<&LeaseSpec>, second: i64) -> Option<LeaseSpec> {
    spec(decision, old, "me", Duration::from_secs(35), at(second))
}

fn json(spec: &LeaseSpec) -> String {
    serde_json::to_string(spec).expect("JSON")
}

#[test]
fn a_lease_is_written_as_the_decision_says() {
    let created = write(Decision::Create, None, 0).expect("written");
    assert_snapshot!(json(&created), @r#"{"acquireTime":"2023-11-14T22:13:20.000000Z","holderIdentity":"me","leaseDurationSeconds":35,"leaseTransitions":0,"renewTime":"2023-11-14T22:13:20.000000Z"}"#);
    let acquired = write(Decision::Acquire { transitions: 4 }, Some(&created), 10).expect("written");
    assert_snapshot!(json(&acquired), @r#"{"acquireTime":"2023-11-14T22:13:30.000000Z","holderIdentity":"me","leaseDurationSeconds":35,"leaseTransitions":4,"renewTime":"2023-11-14T22:13:30.000000Z"}"#);
    let renewed = write(Decision::Renew, Some(&acquired), 20).expect("written");
    assert_snapshot!(json(&renewed), @r#"{"acquireTime":"2023-11-14T22:13:30.000000Z","holderIdentity":"me","leaseDurationSeconds":35,"leaseTransitions":4,"renewTime":"2023-11-14T22:13:40.000000Z"}"#);
    assert_snapshot!(json(&released(4, at(30))), @r#"{"acquireTime":"2023-11-14T22:13:50.000000Z","holderIdentity":"","leaseDurationSeconds":1,"leaseTransitions":4,"renewTime":"2023-11-14T22:13:50.000000Z"}"#);
    assert_eq!(write(Decision::Wait, Some(&acquired), 20), None);
    assert_eq!(write(Decision::Lost, Some(&acquired), 20), None);
}

#[test]
fn a_renewal_fills_in_what_is_missing() {
    let renewed = write(Decision::Renew, None, 5).expect("written");
    assert_eq!((renewed.lease_transitions, renewed.acquire_time), (Some(0), renewed.renew_time));
}

#[test]
fn a_duration_beyond_the_field_is_the_longest_it_holds() {
    let long = spec(Decision::Create, None, "me", Duration::MAX, at(0)).expect("written");
    assert_eq!(long.lease_duration_seconds, Some(i32::MAX));
}

#[test]
fn what_others_wrote_on_a_lease_is_kept_and_the_write_is_conditional() {
    let metadata = ObjectMeta {
        name: Some("lease".to_owned()),
        resource_version: Some("7".to_owned()),
        labels: Some(BTreeMap::from([("team".to_owned(), "blue".to_owned())])),
        managed_fields: Some(vec![ManagedFieldsEntry::default()]),
        ..ObjectMeta::default()
    };
    let old = Lease { metadata: metadata.clone(), spec: None };
    let new = object("lease", Some(&old), LeaseSpec::default());
    assert_eq!(new.metadata, ObjectMeta { managed_fields: None, ..metadata });
    let first = object("lease", None, LeaseSpec::default());
    assert_eq!((first.metadata.name.as_deref(), first.metadata.resource_version), (Some("lease"), None));
}
