//! Which kind belongs to which stage, and that splitting loses nothing.

use manifest::{Gvk, Manifest, ObjectId, order};
use proptest::prelude::*;

use super::{Rank, Stage, rank_of, stage_of, stages};
use crate::samples::manifest;

fn check(api_version: &str, kind: &str, custom: &[&str], wanted: Stage) {
    let custom: Vec<String> = custom.iter().map(|entry| (*entry).to_owned()).collect();
    assert_eq!(stage_of(&Gvk::parse(api_version, kind), &custom), wanted, "{api_version} {kind} {custom:?}");
}

#[test]
fn definitions_and_classes_go_first_and_are_awaited() {
    check("apiextensions.k8s.io/v1", "CustomResourceDefinition", &[], Stage::Definitions);
    check("v1", "Namespace", &[], Stage::Definitions);
    check("rbac.authorization.k8s.io/v1", "ClusterRole", &[], Stage::Definitions);
    // Of another group, or nearly.
    check("example.com/v1", "Namespace", &[], Stage::Rest);
    check("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", &[], Stage::Rest);
    check("rbac.authorization.k8s.io/v1", "Role", &[], Stage::Rest);
    check("storage.k8s.io/v1", "StorageClass", &[], Stage::Classes);
    check("example.com/v1", "WidgetClass", &[], Stage::Classes);
    check("example.com/v1", "Classroom", &[], Stage::Rest);
    let awaited = [Stage::Definitions, Stage::Classes, Stage::Custom, Stage::Rest].map(Stage::is_awaited);
    assert_eq!(awaited, [true, true, false, false]);
}

#[test]
fn kinds_of_the_custom_stage_are_named_with_their_group() {
    check("example.com/v1", "Widget", &["example.com/Widget"], Stage::Custom);
    check("example.com/v1", "Widget", &["other.com/Widget"], Stage::Rest);
    check("example.com/v1", "Widget", &["Widget"], Stage::Rest);
    check("v1", "Secret", &["example.com/Widget", "Secret"], Stage::Custom);
    check("v1", "Secret", &["/Secret"], Stage::Custom);
    // No flag moves what has to be there first.
    check("v1", "Namespace", &["Namespace"], Stage::Definitions);
    check("storage.k8s.io/v1", "StorageClass", &["storage.k8s.io/StorageClass"], Stage::Classes);
}

#[test]
fn objects_are_split_and_sorted_inside() {
    let objects = vec![
        manifest("apps/v1", "Deployment", "ns", "d"),
        manifest("example.com/v1", "Widget", "ns", "w"),
        manifest("v1", "ConfigMap", "ns", "c"),
        manifest("storage.k8s.io/v1", "StorageClass", "", "s"),
        manifest("v1", "Namespace", "", "ns"),
        manifest("v1", "ConfigMap", "ns", "b"),
    ];
    let stages = stages(objects, &["example.com/Widget".to_owned()]);
    let names: Vec<(Stage, Vec<&str>)> = stages
        .iter()
        .map(|(stage, members)| (*stage, members.iter().map(Manifest::name).collect()))
        .collect();
    assert_eq!(
        names,
        vec![
            (Stage::Definitions, vec!["ns"]),
            (Stage::Classes, vec!["s"]),
            (Stage::Custom, vec!["w"]),
            (Stage::Rest, vec!["b", "c", "d"]),
        ]
    );
    assert!(super::stages(Vec::new(), &[]).is_empty());
}

const KINDS: [(&str, &str); 8] = [
    ("v1", "Namespace"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("example.com/v1", "Widget"),
    ("example.com/v2", "Widget"),
    ("v1", "ConfigMap"),
    ("apps/v1", "Deployment"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
];

fn objects() -> impl Strategy<Value = Vec<Manifest>> {
    let one = (prop::sample::select(&KINDS[..]), "[ab]{0,1}", "[a-d]")
        .prop_map(|((api_version, kind), namespace, name)| manifest(api_version, kind, &namespace, &name));
    prop::collection::vec(one, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every object is in one stage, its own; stages come in order, none is empty, and each is in apply order.
    #[test]
    fn splitting_loses_nothing_and_keeps_every_order(objects in objects(), custom in any::<bool>()) {
        let custom = if custom { vec!["example.com/Widget".to_owned()] } else { Vec::new() };
        let split = stages(objects.clone(), &custom);
        prop_assert!(split.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (stage, members) in &split {
            prop_assert!(!members.is_empty());
            prop_assert!(members.iter().all(|member| stage_of(&member.gvk(), &custom) == *stage));
            let ids: Vec<ObjectId> = members.iter().map(Manifest::id).collect();
            prop_assert!(ids.windows(2).all(|pair| order::apply_order(&pair[0], &pair[1]).is_le()));
        }
        let text = |objects: Vec<Manifest>| {
            let mut all: Vec<String> = objects.iter().map(|object| object.value().to_string()).collect();
            all.sort();
            all
        };
        let together: Vec<Manifest> = split.into_iter().flat_map(|(_, members)| members).collect();
        prop_assert_eq!(text(together), text(objects));
    }

    /// The order in which objects come does not matter, but between equals, which keep it.
    #[test]
    fn the_split_does_not_depend_on_the_order_of_objects(objects in objects()) {
        let ids = |split: &[(Stage, Vec<Manifest>)]| -> Vec<String> {
            split.iter().flat_map(|(_, members)| members.iter().map(|member| member.id().to_string())).collect()
        };
        let mut turned = objects.clone();
        turned.reverse();
        prop_assert_eq!(ids(&stages(objects, &[])), ids(&stages(turned, &[])));
    }
}

/// What somebody can see the order of.
#[test]
fn what_others_need_is_applied_before_them() {
    let rank = |api_version: &str, kind: &str| rank_of(&Gvk::parse(api_version, kind));
    let rbac = "rbac.authorization.k8s.io/v1";
    for ((before, before_kind), (after, after_kind)) in [
        (("v1", "ServiceAccount"), ("v1", "Secret")),
        (("v1", "ServiceAccount"), ("v1", "Pod")),
        (("v1", "LimitRange"), ("v1", "Pod")),
        (("v1", "ResourceQuota"), ("v1", "ConfigMap")),
        ((rbac, "Role"), (rbac, "RoleBinding")),
        ((rbac, "RoleBinding"), ("apps/v1", "Deployment")),
        ((rbac, "ClusterRoleBinding"), ("batch/v1", "Job")),
        (("v1", "Secret"), ("apps/v1", "StatefulSet")),
        (("v1", "Service"), ("apps/v1", "Deployment")),
        (("apps/v1", "Deployment"), ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration")),
        (("example.com/v1", "Widget"), ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration")),
        (
            ("example.com/v1", "Widget"),
            ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"),
        ),
    ] {
        assert!(rank(before, before_kind) < rank(after, after_kind), "{before_kind} before {after_kind}");
    }
}

/// Stages are awaited; a rank between their members would only cost time.
#[test]
fn definitions_and_classes_are_applied_side_by_side() {
    let kinds = [
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("v1", "Namespace"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("storage.k8s.io/v1", "StorageClass"),
        ("gateway.networking.k8s.io/v1", "GatewayClass"),
    ];
    assert!(kinds.iter().all(|(api_version, kind)| rank_of(&Gvk::parse(api_version, kind)) == Rank::Rest));
}
