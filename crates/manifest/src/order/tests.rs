//! The order of kinds, and of objects within a kind.

use super::{FIRST, LAST, apply_order};
use crate::ObjectId;

fn id(group: &str, kind: &str, namespace: &str, name: &str) -> ObjectId {
    let [namespace, name, group, kind] = [namespace, name, group, kind].map(str::to_owned);
    ObjectId { namespace, name, group, kind }
}

fn sorted(mut ids: Vec<ObjectId>) -> Vec<String> {
    ids.sort_by(apply_order);
    ids.iter().map(|id| format!("{}/{}", id.group, id)).collect()
}

#[test]
fn kinds_stand_in_the_order_of_the_lists_with_all_others_between() {
    let kinds = || FIRST.iter().chain(&["Aardvark", "Pod", "Zebra"]).chain(LAST);
    let mut ids: Vec<ObjectId> = kinds().map(|kind| id("", kind, "", "a")).collect();
    ids.reverse();
    let wanted: Vec<String> = kinds().map(|kind| format!("/{kind}/a")).collect();
    assert_eq!(sorted(ids), wanted);
}

#[test]
fn what_others_need_goes_first() {
    let ids =
        ["ValidatingWebhookConfiguration", "Pod", "Deployment", "Namespace", "CustomResourceDefinition"]
            .map(|kind| id("", kind, "", "a"));
    assert_eq!(
        sorted(ids.to_vec()),
        [
            "/CustomResourceDefinition/a",
            "/Namespace/a",
            "/Deployment/a",
            "/Pod/a",
            "/ValidatingWebhookConfiguration/a"
        ]
    );
}

#[test]
fn within_a_rank_by_group_kind_namespace_and_name() {
    let ids = vec![
        id("b", "Widget", "x", "a"),
        id("a", "Widget", "y", "a"),
        id("a", "Widget", "x", "b"),
        id("a", "Widget", "x", "a"),
        id("a", "Gadget", "z", "z"),
        id("z", "ConfigMap", "z", "z"),
    ];
    assert_eq!(
        sorted(ids),
        ["z/ConfigMap/z/z", "a/Gadget/z/z", "a/Widget/x/a", "a/Widget/x/b", "a/Widget/y/a", "b/Widget/x/a"]
    );
    // The rank goes by kind alone, whatever the group.
    assert!(apply_order(&id("z", "Namespace", "", "z"), &id("a", "ConfigMap", "a", "a")).is_lt());
    assert!(apply_order(&id("a", "Widget", "x", "a"), &id("a", "Widget", "x", "a")).is_eq());
}
