//! Which kinds are awaited, and for how long.

use super::super::Site;
use super::{NAMED_WITHIN, defined};
use crate::reconcile::worker::Worker;
use crate::samples::{Fixture, change};
use ::apply::{Action, Change};
use manifest::ObjectId;
use serde_json::{Value, json};
use std::sync::atomic::AtomicUsize;
use tokio::time::Instant;

fn definition(group: &str, kind: &str, versions: &Value) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "spec": {"group": group, "names": {"kind": kind}, "versions": versions}})
}

#[test]
fn a_definition_has_the_kinds_that_it_serves() {
    let versions = json!([{"name": "v1", "served": true}, {"name": "v1beta1", "served": false}, {"name": "v2", "served": true}]);
    let kind = |version: &str| ("example.com".to_owned(), version.to_owned(), "Thing".to_owned());
    assert_eq!(defined(&definition("example.com", "Thing", &versions)), [kind("v1"), kind("v2")]);
    assert!(defined(&definition("example.com", "Thing", &json!(null))).is_empty());
}

async fn waited(written: &[(Action, Value)]) -> std::time::Duration {
    let fixture = Fixture::new(&json!({})).await;
    let (scope, resolved) = (fixture.scope(), fixture.resolved());
    let site = Site {
        applier: scope.applier().unwrap(),
        scope: &scope,
        resolved: &resolved,
        missed: AtomicUsize::new(0),
    };
    let changes: Vec<Change> = written
        .iter()
        .map(|(action, object)| {
            let change = change("a", *action);
            let id = ObjectId { kind: "CustomResourceDefinition".to_owned(), ..change.id };
            Change { id, object: Some(object.clone()), ..change }
        })
        .collect();
    let begun = Instant::now();
    site.await_kinds(&mut Worker::new(scope.control), &changes).await.unwrap();
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn what_discovery_does_not_name_is_awaited_for_a_while() {
    let served = json!([{"name": "v1", "served": true}]);
    let unknown = definition("example.com", "Thing", &served);
    let known = definition("apps", "Deployment", &served);
    assert!(waited(&[(Action::Created, known.clone())]).await.is_zero());
    assert!(waited(&[(Action::Unchanged, unknown.clone()), (Action::Created, known)]).await.is_zero());
    assert_eq!(waited(&[(Action::Configured, unknown)]).await, NAMED_WITHIN);
}
