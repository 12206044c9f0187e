//! One kind's watch: outages, expired resourceVersions, refused streaming lists, objects that cannot be read.

use std::sync::atomic::Ordering;

use anyhow::Result;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::{ApiResource, GroupVersionKind, Object};
use kube::{Api, Client};
use reconcile_core::watch::{Change, Guarded, Scope, namespaced, objects};
use serde::Deserialize;
use serde_json::json;
use testkit::wait::Look;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::proxy::Proxy;
use super::{
    apply, config_map, connector, definition, definitions, delete_config_map, kubeconfig, next, undefine,
};

/// A change in short: what, which, and its value.
type Short = (&'static str, String, String);

fn short(change: Change<ConfigMap>) -> Short {
    match change {
        Change::Applied(object) => {
            let value = object.data.unwrap_or_default().remove("value").unwrap_or_default();
            ("applied", object.metadata.name.unwrap_or_default(), value)
        }
        Change::Deleted(gone) => ("deleted", gone.key.name, gone.uid),
        Change::Undecodable(bad) => ("bad", bad.key.name, bad.error),
        Change::Synced => ("synced", String::new(), String::new()),
        Change::Failed(error) => ("failed", format!("{:?}", error.classify()), String::new()),
    }
}

fn follow(client: Client, namespace: &str) -> (mpsc::UnboundedReceiver<Short>, CancellationToken) {
    let (sender, queue) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let scope = Scope { labels: Some("core-test=yes".to_owned()), ..Scope::default() };
    let sink = move |change| drop(sender.send(short(change)));
    drop(tokio::spawn(objects(namespaced(client, Some(namespace)), scope, None, stop.clone(), sink)));
    (queue, stop)
}

async fn until(queue: &mut mpsc::UnboundedReceiver<Short>, what: &'static str, name: &str) -> Result<String> {
    next(queue, &format!("{what} {name}"), |(kind, which, value)| {
        (kind == what && which == name).then_some(value)
    })
    .await
}

/// The first list, whatever of it comes before or after its end.
async fn listed(queue: &mut mpsc::UnboundedReceiver<Short>, names: &[&str]) -> Result<()> {
    let mut missing: Vec<(&str, &str)> = names.iter().map(|name| ("applied", *name)).collect();
    missing.push(("synced", ""));
    while !missing.is_empty() {
        let (what, which, _) = next(queue, "the list", Some).await?;
        missing.retain(|wanted| *wanted != (what, which.as_str()));
    }
    Ok(())
}

#[tokio::test]
async fn changes_during_an_outage_are_seen_afterwards() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-outage").await?;
    let proxy = Proxy::before(&kubeconfig(&plane)).await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    config_map(&admin, &ns, "stays", "1").await?;
    config_map(&admin, &ns, "goes", "1").await?;
    let client = connector(proxy.kubeconfig(), None).await?.client()?;
    let (mut queue, _stop) = follow(client, &ns);
    listed(&mut queue, &["stays", "goes"]).await?;

    proxy.down();
    until(&mut queue, "failed", "Transport").await?;
    delete_config_map(&admin, &ns, "goes").await?;
    config_map(&admin, &ns, "stays", "2").await?;
    proxy.up();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.push(
            next(&mut queue, "the missed changes", |(kind, name, _)| {
                (kind != "synced").then_some((kind, name))
            })
            .await?,
        );
    }
    seen.sort();
    assert_eq!(seen, [("applied", "stays".to_owned()), ("deleted", "goes".to_owned())]);
    Ok(())
}

#[tokio::test]
async fn a_broken_connection_is_resumed_without_a_word() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-cut").await?;
    let proxy = Proxy::before(&kubeconfig(&plane)).await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    config_map(&admin, &ns, "goes", "1").await?;
    let client = connector(proxy.kubeconfig(), None).await?.client()?;
    let (mut queue, _stop) = follow(client, &ns);
    listed(&mut queue, &["goes"]).await?;
    proxy.cut();
    delete_config_map(&admin, &ns, "goes").await?;
    let (what, which, _) = next(&mut queue, "the missed deletion", Some).await?;
    assert_eq!((what, which.as_str()), ("deleted", "goes"));
    assert_eq!(proxy.faults.streamed.load(Ordering::SeqCst), 1, "resumed, not listed again");
    Ok(())
}

#[tokio::test]
async fn a_deletion_that_the_history_no_longer_holds_is_found_by_comparing() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-expired").await?;
    let proxy = Proxy::before(&kubeconfig(&plane)).await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    let gone = config_map(&admin, &ns, "goes", "1").await?;
    let replaced = config_map(&admin, &ns, "replaced", "1").await?;
    config_map(&admin, &ns, "stays", "1").await?;
    let client = connector(proxy.kubeconfig(), None).await?.client()?;
    let (mut queue, _stop) = follow(client, &ns);
    listed(&mut queue, &["goes", "replaced", "stays"]).await?;

    proxy.down();
    delete_config_map(&admin, &ns, "goes").await?;
    delete_config_map(&admin, &ns, "replaced").await?;
    config_map(&admin, &ns, "replaced", "2").await?;
    proxy.faults.expire.store(1, Ordering::SeqCst);
    proxy.up();
    let mut seen = Vec::new();
    loop {
        let change = next(&mut queue, "the new list", Some).await?;
        match change.0 {
            "synced" => break,
            "failed" => {}
            _ => seen.push(change),
        }
    }
    let uid = |object: &kube::core::DynamicObject| object.metadata.uid.clone().unwrap_or_default();
    assert!(seen.contains(&("deleted", "goes".to_owned(), uid(&gone))), "{seen:?}");
    assert!(seen.contains(&("deleted", "replaced".to_owned(), uid(&replaced))), "{seen:?}");
    assert!(seen.contains(&("applied", "replaced".to_owned(), "2".to_owned())), "{seen:?}");
    assert!(!seen.iter().any(|(kind, name, _)| *kind == "deleted" && name == "stays"), "{seen:?}");
    assert_eq!(proxy.faults.expire.load(Ordering::SeqCst), 0, "the watch was told that it is too late");
    Ok(())
}

#[tokio::test]
async fn where_streaming_lists_are_refused_it_lists_and_watches() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-list").await?;
    let proxy = Proxy::before(&kubeconfig(&plane)).await?;
    proxy.faults.no_streaming.store(true, Ordering::SeqCst);
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    config_map(&admin, &ns, "a", "1").await?;
    let client = connector(proxy.kubeconfig(), None).await?.client()?;
    let (mut queue, _stop) = follow(client, &ns);
    listed(&mut queue, &["a"]).await?;
    config_map(&admin, &ns, "b", "1").await?;
    until(&mut queue, "applied", "b").await?;
    let faults = &proxy.faults;
    assert_eq!((faults.streamed.load(Ordering::SeqCst), faults.listed.load(Ordering::SeqCst)), (1, 1));
    Ok(())
}

/// Stricter than what the server stores.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
struct Strict {
    number: u32,
}

#[tokio::test]
async fn an_object_that_cannot_be_read_does_not_stop_its_kind() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-bad").await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    let group = format!("{ns}.core-test.dev");
    apply(&admin, &definitions(), None, &definition(&group, "Strict")).await?;
    let resource =
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(&group, "v1", "Strict"), "stricts");
    let object = |name: &str, number: serde_json::Value| json!({"apiVersion": format!("{group}/v1"), "kind": "Strict", "metadata": {"name": name}, "spec": {"number": number}});
    let made = testkit::wait::until("the kind is served", super::SOON, async || {
        let answer = apply(&admin, &resource, Some(&ns), &object("good", json!(1))).await.ok();
        Ok(answer.map_or_else(|| Look::Not("no".to_owned()), Look::Found))
    });
    made.await?;
    apply(&admin, &resource, Some(&ns), &object("bad", json!("one"))).await?;

    let (sender, mut queue) = mpsc::unbounded_channel();
    let api: Api<Guarded<Object<Strict, serde_json::Value>>> =
        Api::namespaced_with(admin.clone(), &ns, &resource);
    let sink = move |change: Change<Object<Strict, serde_json::Value>>| {
        let said = match change {
            Change::Applied(object) => {
                format!("{} {}", object.metadata.name.unwrap_or_default(), object.spec.number)
            }
            Change::Undecodable(bad) => format!("{} unreadable", bad.key.name),
            Change::Deleted(gone) => format!("{} deleted", gone.key.name),
            Change::Synced => "synced".to_owned(),
            Change::Failed(error) => format!("failed: {error}"),
        };
        drop(sender.send(said));
    };
    drop(tokio::spawn(objects(api, Scope::default(), None, CancellationToken::new(), sink)));
    // A list that is asked for as a watch may be a moment behind: what it lacks follows as events.
    let mut first = std::collections::BTreeSet::new();
    while first.len() < 3 {
        first.insert(next(&mut queue, "the list", Some).await?);
    }
    assert_eq!(first, ["bad unreadable", "good 1", "synced"].map(str::to_owned).into());
    apply(&admin, &resource, Some(&ns), &object("good", json!(2))).await?;
    next(&mut queue, "good 2", |said| (said == "good 2").then_some(())).await?;
    apply(&admin, &resource, Some(&ns), &object("bad", json!(3))).await?;
    next(&mut queue, "bad 3", |said| (said == "bad 3").then_some(())).await?;
    undefine(&admin, &group, "Strict").await
}
