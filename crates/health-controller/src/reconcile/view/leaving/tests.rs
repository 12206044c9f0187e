//! What has left the inventory and is not gone.

use std::sync::Arc;

use api::convergence::Blocker;
use convergence::{Seen, Visibility};
use health::Rules;
use manifest::ObjectId;
use reconcile_core::watch_pool::WatchedKind;
use serde_json::json;

use super::super::inventory::Entry;
use super::{LeftKind, outside, published};
use crate::samples::{job, key};

fn seen() -> Arc<Seen> {
    let now = "2026-11-25T10:00:00Z".parse().unwrap();
    let object = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"deletionTimestamp": "2026-11-25T10:00:00Z"}});
    Arc::new(Seen::new(object, 1, "u".to_owned(), None, None, Rules::built_in(), now))
}

fn entry(id: &str) -> Entry {
    Entry { id: ObjectId::from_inventory(id).unwrap(), kind: None, visibility: Visibility::Absent }
}

#[test]
fn what_is_in_the_inventory_is_told_of_there() {
    let old = WatchedKind::gvk("batch", "v1beta1", "Job");
    let deleted = vec![
        (job(), key("b"), seen()),
        (job(), key("a"), seen()),
        (job(), key("c"), seen()),
        (old, key("b"), seen()),
    ];
    let found = outside(deleted, &[entry("apps_c_batch_Job")]);
    let ids: Vec<String> = found.into_iter().map(|(id, _)| id.to_inventory()).collect();
    assert_eq!(ids, ["apps_a_batch_Job", "apps_b_batch_Job"], "each once, in order");
}

#[test]
fn the_kinds_of_what_was_stuck_are_read_from_what_was_published() {
    let stuck = |object: &str| json!({"code": "FinalizerStuck", "object": object, "message": "m", "since": "2026-11-25T10:00:00Z"});
    let blockers: Vec<Blocker> = serde_json::from_value(json!([
        stuck("apps_a_batch_Job"), stuck("apps_b_batch_Job"), stuck("Thing/apps/c"), stuck("Kustomization/apps/web"),
        stuck("nothing"), stuck("B=d/x"),
        {"code": "HealthFailed", "object": "apps_d_apps_Deployment", "message": "m", "since": "2026-11-25T10:00:00Z"},
    ]))
    .unwrap();
    let own = ObjectId::from_inventory("apps_web_kustomize.toolkit.fluxcd.io_Kustomization").unwrap();
    let kind =
        |group: Option<&str>, kind: &str| LeftKind { group: group.map(str::to_owned), kind: kind.to_owned() };
    assert_eq!(published(&own, &blockers, &[]), [kind(None, "Thing"), kind(Some("batch"), "Job")]);
    let entries = [entry("apps_c_example.com_Thing")];
    assert_eq!(published(&own, &blockers, &entries), [kind(Some("batch"), "Job")], "it is in the inventory");
}
