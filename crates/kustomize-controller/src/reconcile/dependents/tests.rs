//! Who is waited for, and for how long.

use super::{GRACE, PATIENCE, await_gone};
use crate::samples::{Fixture, key};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

fn depending(deleting: bool) -> Value {
    let timestamp = deleting.then_some("2026-01-01T00:00:00Z");
    json!({"metadata": {"deletionTimestamp": timestamp}, "spec": {"dependsOn": [{"name": "app"}]}})
}

/// How long a deletion waits.
async fn waited(fixture: &Fixture) -> Duration {
    let begun = Instant::now();
    await_gone(&fixture.scope(), &mut fixture.recorder()).await.unwrap();
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_those_that_depend_on_others() {
    let fixture = Fixture::new(&json!({})).await;
    fixture.add("other", &json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}));
    let elsewhere = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"dependsOn": [{"name": "app", "namespace": "another"}]}});
    fixture.add("elsewhere", &elsewhere);
    assert_eq!(waited(&fixture).await, Duration::ZERO);
    assert_eq!(fixture.requests(), "");
}

#[tokio::test(start_paused = true)]
async fn one_that_stays_is_waited_for_a_moment_and_one_that_goes_for_longer() {
    let fixture = Fixture::new(&json!({})).await;
    fixture.add("b", &depending(false));
    assert_eq!(waited(&fixture).await, GRACE);
    assert_eq!(fixture.requests(), "", "nothing is said of those that stay");
    let fixture = Fixture::new(&json!({})).await;
    fixture.add("b", &depending(true));
    assert_eq!(waited(&fixture).await, PATIENCE);
    let told = fixture.stored.conditions();
    assert!(told.contains("Waiting for dependents to be deleted: ns/b"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_as_soon_as_they_are_gone() {
    let fixture = Fixture::new(&json!({})).await;
    fixture.add("b", &depending(true));
    let gone = async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        fixture.ctx.kustomizations.remove(&key("b"), "uid of b");
        fixture.ctx.changes.send_modify(|version| *version += 1);
    };
    let (waited, ()) = tokio::join!(waited(&fixture), gone);
    assert_eq!(waited, Duration::from_secs(7));
}

/// Each would wait for the other.
#[tokio::test(start_paused = true)]
async fn of_a_cycle_nobody_is_waited_for() {
    let fixture = Fixture::new(&json!({"spec": {"dependsOn": [{"name": "b"}]}})).await;
    fixture.add("b", &depending(true));
    assert_eq!(waited(&fixture).await, Duration::ZERO);
}
