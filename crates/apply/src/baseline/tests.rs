//! What moves a fingerprint, what moves a content digest, and what does not.

use serde_json::{Value, json};

use super::{Baseline, Fingerprint, content, entry_second, meta_of, set_hash, version_number};
use crate::samples::{MANAGER, NOON, entry, live, object, ours, with};

fn fingerprint(live: &Value) -> Option<Fingerprint> {
    Baseline::of_answer(live, &json!({}), MANAGER).fingerprint
}

#[test]
fn a_fingerprint_follows_our_entry_and_the_uid_alone() {
    let base = fingerprint(&live(json!([ours()]), json!({})));
    let same = |live: &Value| assert_eq!(fingerprint(live), base, "{live}");
    let differs = |live: &Value| assert_ne!(fingerprint(live), base, "{live}");

    let theirs = entry("kubectl", "Update", json!({"f:x": {}}));
    same(&live(json!([ours(), theirs.clone()]), json!({})));
    same(&live(json!([theirs, ours()]), json!({})));
    same(&live(json!([ours()]), json!({"data": {"a": "x"}, "metadata": {"resourceVersion": "11"}})));
    // Fractions of a second are not written by Kubernetes, and would not be kept.
    same(&live(json!([with(ours(), json!({"time": "2026-01-01T12:00:00.5Z"}))]), json!({})));

    differs(&live(json!([with(ours(), json!({"time": "2026-01-01T12:00:01Z"}))]), json!({})));
    differs(&live(json!([with(ours(), json!({"apiVersion": "v2"}))]), json!({})));
    differs(&live(json!([with(ours(), json!({"fieldsV1": {"f:data": {"f:b": {}}}}))]), json!({})));
    differs(&live(json!([ours()]), json!({"metadata": {"uid": "u2"}})));
}

#[test]
fn without_an_entry_of_ours_there_is_no_fingerprint() {
    for other in [
        entry("kubectl", "Apply", json!({})),
        entry(MANAGER, "Update", json!({})),
        with(ours(), json!({"subresource": "status"})),
    ] {
        assert_eq!(fingerprint(&live(json!([other]), json!({}))), None);
    }
    assert_eq!(fingerprint(&live(json!([]), json!({}))), None);
}

#[test]
fn metadata_gives_what_an_answer_gives_but_for_the_content() {
    let live = live(json!([ours()]), json!({"data": {"a": "1"}}));
    let answer = Baseline::of_answer(&live, &object(json!({})), MANAGER);
    let meta = Baseline::of_meta(&meta_of(&live), MANAGER);
    assert_eq!((answer.uid.as_str(), answer.resource_version), ("u1", 10));
    assert_eq!(meta.content, None);
    assert!(answer.content.is_some());
    assert_eq!(Baseline { content: None, ..answer }, meta);
    // Metadata that does not decode is like none.
    let none = Baseline::of_answer(&json!({"metadata": {"uid": 5}}), &json!({}), MANAGER);
    assert_eq!((none.uid.as_str(), none.resource_version, none.fingerprint), ("", 0, None));
}

#[test]
fn content_leaves_out_what_no_apply_of_the_manifest_changes() {
    let desired = object(json!({"data": {"a": "1"}}));
    let answer = live(json!([ours()]), json!({"data": {"a": "1"}, "status": {"phase": "x"}}));
    let base = content(&answer, &desired);
    let changed = |extra: Value| content(&with(answer.clone(), extra), &desired) != base;
    assert!(!changed(json!({"metadata": {"resourceVersion": "99"}})));
    assert!(!changed(json!({"metadata": {"managedFields": []}})));
    assert!(!changed(json!({"status": {"phase": "y"}})));
    assert!(changed(json!({"data": {"a": "2"}})));
    assert!(changed(json!({"metadata": {"labels": {"l": "1"}}})));
    assert!(changed(json!({"metadata": {"generation": 2}})));
    // Where the manifest has a status, it counts.
    let with_status = object(json!({"status": {}}));
    let other = with(answer.clone(), json!({"status": {"phase": "y"}}));
    assert_ne!(content(&answer, &with_status), content(&other, &with_status));
}

#[test]
fn the_second_of_our_entry() {
    let second = |entries: Value| {
        let meta = meta_of(&live(entries, json!({})));
        entry_second(&meta.managed_fields.unwrap_or_default(), MANAGER)
    };
    let noon = NOON.parse::<jiff::Timestamp>().expect("a time").as_second();
    assert_eq!(second(json!([entry("a", "Apply", json!({})), ours()])), Some(noon));
    assert_eq!(second(json!([with(ours(), json!({"time": null}))])), None);
    assert_eq!(second(json!([])), None);
}

#[test]
fn a_resource_version_is_a_number_or_nothing() {
    assert_eq!(version_number(Some("12")), 12);
    assert_eq!(version_number(Some("v12")), 0);
    assert_eq!(version_number(None), 0);
}

#[test]
fn the_hash_of_a_set_knows_ids_and_fingerprints_but_no_order() {
    let one = Some(Fingerprint([1; 16]));
    let pairs = [("b", one), ("a", None)];
    let base = set_hash(pairs.into_iter());
    assert_eq!(base, set_hash(pairs.into_iter().rev()));
    assert_eq!(base.len(), 32, "16 bytes in hexadecimal digits: {base}");
    assert_ne!(base, set_hash([("b", None), ("a", one)].into_iter()));
    assert_ne!(base, set_hash([("b", one)].into_iter()));
    assert_ne!(base, set_hash([("b", one), ("a", Some(Fingerprint([2; 16])))].into_iter()));
    // The mark stands in history; a process of another version must find the same.
    insta::assert_snapshot!(set_hash(std::iter::empty()), @"e3b0c44298fc1c149afbf4c8996fb924");
    insta::assert_snapshot!(base, @"5fcfa8ccc62f6238baccb38b8940701d");
}

#[test]
fn a_fingerprint_prints_as_hexadecimal_digits() {
    let mut bytes = [0; 16];
    bytes[0] = 0xaf;
    assert_eq!(format!("{:?}", Fingerprint(bytes)), format!("af{}", "0".repeat(30)));
}
