//! Which pool watches a kind, and whose kinds are up to date.

use crate::samples::{config_map, key, kind_watches, object};
use manifest::Gvk;
use serde_json::json;
use std::time::Duration;

fn pod() -> Gvk {
    object("v1", "Pod", "p", &json!({})).gvk()
}

#[tokio::test]
async fn without_a_drift_watch_nothing_is_ever_up_to_date() {
    let (watches, _news) = kind_watches(false);
    watches.use_by(&key("app"), std::iter::once(pod()));
    assert!(!watches.are_synced(&key("app")));
    watches.keep_only(&key("app"), |_, _| true);
    watches.release(&key("app"));
}

#[tokio::test]
async fn one_without_kinds_is_up_to_date_and_each_has_its_own() {
    let (watches, _news) = kind_watches(true);
    assert!(watches.are_synced(&key("app")));
    watches.use_by(&key("app"), [pod(), config_map("a").gvk()].into_iter());
    assert!(!watches.are_synced(&key("app")), "its watches have just begun");
    assert!(watches.are_synced(&key("other")));
    watches.keep_only(&key("app"), |group, kind| (group, kind) == ("", "Pod"));
    assert!(!watches.are_synced(&key("app")));
    watches.keep_only(&key("app"), |_, _| false);
    assert!(watches.are_synced(&key("app")));
    watches.use_by(&key("app"), std::iter::once(pod()));
    watches.release(&key("app"));
    assert!(watches.are_synced(&key("app")));
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_news_or_with_patience() {
    let (watches, news) = kind_watches(true);
    let (key, patience) = (key("app"), Duration::from_secs(10));
    assert!(watches.await_synced(&key, patience).await);
    watches.use_by(&key, std::iter::once(pod()));
    let begun = tokio::time::Instant::now();
    assert!(!watches.await_synced(&key, patience).await);
    assert_eq!(begun.elapsed(), patience);
    let tell = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        watches.keep_only(&key, |_, _| false);
        news.send_modify(|news| *news += 1);
    };
    let begun = tokio::time::Instant::now();
    let (synced, ()) = tokio::join!(watches.await_synced(&key, patience), tell);
    assert!(synced && begun.elapsed() < patience);
    // Nobody is left who could tell.
    watches.use_by(&key, std::iter::once(pod()));
    drop(news);
    assert!(!watches.await_synced(&key, patience).await);
}
