//! What can be read of a Kustomization that cannot, and what is said of it.

use super::{Problems, Salvaged, salvage};
use crate::context::Context;
use crate::samples::{Fixture, Reply, id, key, kustomization, merge};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

/// The sample Kustomization with `more` merged into it, as JSON.
fn with(more: &Value) -> Value {
    let mut object = serde_json::to_value(kustomization(&json!({}))).unwrap();
    merge(&mut object, more);
    object
}

fn salvaged(more: &Value) -> Salvaged {
    salvage(&with(more))
}

fn fields(more: &Value) -> Vec<String> {
    salvaged(more).problems.map(|problems| problems.fields).unwrap_or_default()
}

#[test]
fn what_can_be_read_is_kept_whole() {
    let whole = kustomization(&json!({"status": {"lastAppliedRevision": "r", "observedGeneration": 2}}));
    let Salvaged { object, problems } = salvage(&serde_json::to_value(&whole).unwrap());
    assert_eq!((object, problems), (whole, None));
}

#[test]
fn the_field_that_cannot_be_read_is_named() {
    let patches = json!([{"patch": "a"}, {"patch": 7}]);
    let rows = [
        (json!({"spec": {"interval": "99999999h"}}), vec!["spec.interval"]),
        (json!({"spec": {"interval": null}}), vec!["spec.interval"]),
        (
            json!({"spec": {"timeout": "99999999h", "retryInterval": "x"}}),
            vec!["spec.retryInterval", "spec.timeout"],
        ),
        (json!({"spec": {"patches": patches}}), vec!["spec.patches[1]"]),
        (json!({"spec": {"sourceRef": {"name": 7}}}), vec!["spec.sourceRef"]),
        (json!({"spec": 7}), vec!["spec.interval", "spec.prune", "spec.sourceRef"]),
        (json!({"status": {"history": [{"digest": 7}]}}), vec!["status.history[0]"]),
        (json!({"status": {"inventory": {"entries": 7}}}), vec!["status.inventory"]),
    ];
    for (more, wanted) in rows {
        assert_eq!(fields(&more), wanted, "{more}");
    }
}

#[test]
fn the_rest_is_there() {
    let entries = json!([{"id": id("a").to_inventory(), "v": "v1"}, {"id": 7}, "x"]);
    let Salvaged { object, problems } = salvaged(&json!({
        "spec": {"interval": "99999999h", "prune": true, "serviceAccountName": "tenant"},
        "status": {"inventory": {"entries": entries}, "lastAppliedRevision": "r"},
    }));
    assert_eq!(object.metadata, kustomization(&json!({})).metadata);
    assert_eq!((object.spec.prune, object.spec.service_account_name.as_deref()), (true, Some("tenant")));
    let status = object.status.unwrap();
    assert_eq!(status.inventory.unwrap().entries.len(), 1);
    assert_eq!(status.last_applied_revision.as_deref(), Some("r"));
    assert_eq!(problems.unwrap().fields, ["spec.interval", "status.inventory.entries"]);
}

#[test]
fn messages_say_what_to_do_and_never_what_stands_there() {
    let text = |more: &Value| salvaged(more).problems.unwrap().message();
    insta::assert_snapshot!(text(&json!({"spec": {"interval": "s3cret", "timeout": "s3cret"}})), @"spec.interval cannot be read (and 1 more fields): it has to be a duration of less than 292 years, like 10m. Nothing is applied, pruned or healed until then");
    insta::assert_snapshot!(text(&json!({"spec": {"patches": ["s3cret"]}})), @"spec.patches[0] cannot be read: it has not the form that the definition of Kustomizations asks for. Nothing is applied, pruned or healed until then");
    insta::assert_snapshot!(text(&json!({"status": {"history": "s3cret"}})), @"status.history cannot be read: nobody but this controller writes it: remove it (kubectl edit --subresource=status). Nothing is applied, pruned or healed until then");
}

#[test]
fn a_deletion_goes_on_unless_it_is_not_known_how() {
    for field in ["prune", "deletionPolicy", "serviceAccountName", "kubeConfig", "suspend"] {
        let problems = salvaged(&json!({"spec": {field: 7777}})).problems.unwrap();
        let text = problems.holds_deletion().unwrap();
        assert!(
            text.starts_with(&format!("spec.{field} cannot be read")) && !text.contains("7777"),
            "{text}"
        );
    }
    let harmless = Problems { fields: vec!["spec.interval".into(), "status.history".into()] };
    assert_eq!(harmless.holds_deletion(), None);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z0-9]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::hash_map("[a-z]{1,4}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever stands in the fields: there is an object, and it has no problem only if all of it can be read.
    #[test]
    fn anything_can_be_salvaged(spec in json_value(), field in "[a-zA-Z]{1,12}", value in json_value(), status in json_value()) {
        let fields = ["interval", "timeout", "prune", "patches", "dependsOn", "sourceRef", "kubeConfig", &field];
        for name in fields {
            let mut object = with(&json!({}));
            object["spec"][name] = value.clone();
            let read = serde_json::from_value::<api::kustomization::Kustomization>(object.clone());
            prop_assert_eq!(salvage(&object).problems.is_none(), read.is_ok(), "{}", object);
        }
        drop(salvage(&json!({"metadata": {"name": "a"}, "spec": spec, "status": status})));
        drop(salvage(&spec));
    }
}

async fn read(ctx: &Context) -> bool {
    crate::unreadable_read::read(ctx, &key("app")).await.is_some()
}

async fn served(object: Value) -> Fixture {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture
        .script
        .on(move |sent| sent.path.contains("kustomizations").then(|| Reply::ok(object.clone())).flatten());
    fixture
}

#[tokio::test(start_paused = true)]
async fn one_that_the_watch_reports_is_read_and_stored() {
    let broken = with(&json!({"metadata": {"resourceVersion": "2"}, "spec": {"interval": "99999999h"}}));
    let Fixture { ctx, .. } = served(broken).await;
    ctx.unreadable.report(&key("app"), "k");
    assert!(ctx.unreadable.contains(&key("app")) && ctx.unreadable.get(&key("app")).is_none());
    assert!(read(&ctx).await);
    assert_eq!(ctx.unreadable.get(&key("app")).unwrap().fields, ["spec.interval"]);
    let stored = ctx.kustomizations.get(&key("app")).unwrap();
    assert_eq!(stored.metadata.resource_version.as_deref(), Some("2"));
    // Reported again after a write of ours: what is known stands meanwhile.
    ctx.unreadable.report(&key("app"), "k");
    assert!(ctx.unreadable.get(&key("app")).is_some());
    assert!(ctx.unreadable.forget(&key("app")) && !ctx.unreadable.forget(&key("app")));
}

#[tokio::test(start_paused = true)]
async fn one_that_changed_meanwhile_is_left_to_the_watch() {
    let broken = json!({"metadata": {"resourceVersion": "2"}, "spec": {"interval": "99999999h"}});
    let fixture = served(with(&broken)).await;
    assert!(!read(&fixture.ctx).await, "it is gone, or readable by now");
    fixture.ctx.unreadable.report(&key("app"), "predecessor");
    assert!(!read(&fixture.ctx).await);
    let stored = fixture.ctx.kustomizations.get(&key("app")).unwrap();
    assert!(Arc::ptr_eq(&stored, &fixture.object), "nothing was stored");
    let readable = served(with(&json!({}))).await;
    readable.ctx.unreadable.report(&key("app"), "k");
    assert!(!read(&readable.ctx).await);
}
