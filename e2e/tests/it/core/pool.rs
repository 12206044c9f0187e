//! The watch pool: kinds come and go, CRDs and rights appear while it watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use cluster::{Class, Impersonator, Mapper};
use kube::Client;
use reconcile_core::watch_pool::{Body, Options, PoolEvent, Prune, State, WatchPool, WatchedKind};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    apply, config_map, connector, definition, definitions, delete_config_map, kubeconfig, next, undefine,
};

type Events = mpsc::UnboundedReceiver<PoolEvent>;

fn pool(client: Client, namespace: &str, body: Body) -> (WatchPool, Events) {
    let (sender, queue) = mpsc::unbounded_channel();
    let options = Options {
        namespace: Some(namespace.to_owned()),
        labels: Some("core-test=yes".to_owned()),
        body,
        linger: Duration::from_millis(200),
        ..Options::default()
    };
    let mapper = Mapper::new(client.clone());
    let sink = move |event| drop(sender.send(event));
    (WatchPool::new(client, mapper, options, None, CancellationToken::new(), sink), queue)
}

async fn synced(queue: &mut Events, kind: &WatchedKind) -> Result<()> {
    next(queue, "a synced kind", |event| {
        matches!(event, PoolEvent::Synced(found) if found == *kind).then_some(())
    })
    .await
}

fn config_map_kind() -> WatchedKind {
    WatchedKind::gvk("", "v1", "ConfigMap")
}

#[tokio::test]
async fn a_kind_is_watched_once_for_all_its_users() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-pool").await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    config_map(&admin, &ns, "a", "1").await?;
    let (pool, mut queue) = pool(admin.clone(), &ns, Body::Metadata);
    let kind = config_map_kind();
    assert_eq!(pool.state(&kind), State::Absent);
    let first = pool.acquire(&kind);
    let second = pool.acquire(&kind);
    let seen = next(&mut queue, "the object", |event| match event {
        PoolEvent::Applied(seen) => Some(seen),
        _ => None,
    })
    .await?;
    assert_eq!(seen.key().name, "a");
    assert!(seen.body.is_null());
    assert!(seen.metadata.managed_fields.is_some_and(|fields| !fields.is_empty()), "fingerprints need them");
    synced(&mut queue, &kind).await?;
    assert!(pool.is_synced(&kind));

    // One user is left: it goes on.
    drop(first);
    tokio::time::sleep(Duration::from_millis(400)).await;
    config_map(&admin, &ns, "b", "1").await?;
    next(&mut queue, "b", |event| {
        matches!(event, PoolEvent::Applied(seen) if seen.key().name == "b").then_some(())
    })
    .await?;
    // The last one goes and comes back in time.
    drop(second);
    let third = pool.acquire(&kind);
    delete_config_map(&admin, &ns, "a").await?;
    next(&mut queue, "the deletion", |event| match event {
        PoolEvent::Deleted { gone, .. } => (gone.key.name == "a").then_some(()),
        PoolEvent::Stopped(_) => panic!("stopped although it is used"),
        _ => None,
    })
    .await?;
    drop(third);
    next(&mut queue, "the end", |event| matches!(event, PoolEvent::Stopped(_)).then_some(())).await?;
    assert_eq!((pool.state(&kind), pool.kinds().len()), (State::Absent, 0));
    // A later user starts it again.
    let _fourth = pool.acquire(&kind);
    synced(&mut queue, &kind).await
}

#[tokio::test]
async fn bodies_are_pruned_before_they_leave_the_pool() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-prune").await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    config_map(&admin, &ns, "a", "secret").await?;
    let body = Body::Full(Arc::new(|_, body: &mut serde_json::Value| {
        if let Some(map) = body.as_object_mut() {
            map.remove("data");
            map.insert("kept".to_owned(), true.into());
        }
    }));
    let (pool, mut queue) = pool(admin, &ns, body);
    let _lease = pool.acquire(&config_map_kind());
    let seen = next(&mut queue, "the object", |event| match event {
        PoolEvent::Applied(seen) => Some(seen),
        _ => None,
    })
    .await?;
    assert_eq!(seen.body, json!({"kept": true}));
    assert!(seen.metadata.managed_fields.is_none());
    Ok(())
}

#[tokio::test]
async fn a_kind_that_comes_later_is_found_and_one_that_goes_is_told() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-kind").await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    let group = format!("{ns}.core-test.dev");
    let kind = WatchedKind::gvk(&group, "v1", "Later");
    let (pool, mut queue) = pool(admin.clone(), &ns, Body::Metadata);
    let _lease = pool.acquire(&kind);
    let class = next(&mut queue, "the failure", |event| match event {
        PoolEvent::Failed { error, .. } => Some(error.classify()),
        _ => None,
    })
    .await?;
    assert_eq!((class, pool.state(&kind)), (Class::NotFound, State::Failing));
    apply(&admin, &definitions(), None, &definition(&group, "Later")).await?;
    pool.retry(&kind);
    synced(&mut queue, &kind).await?;
    undefine(&admin, &group, "Later").await?;
    let class = next(&mut queue, "the failure", |event| match event {
        PoolEvent::Failed { error, .. } => Some(error.classify()),
        _ => None,
    })
    .await?;
    assert_eq!(class, Class::NotFound);
    Ok(())
}

#[tokio::test]
async fn a_missing_right_is_told_and_its_arrival_is_noticed() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-right").await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    let impersonator = Impersonator::new(connector(kubeconfig(&plane), None).await?);
    let (pool, mut queue) = pool(impersonator.client(&ns, "nobody")?, &ns, Body::Metadata);
    let kind = config_map_kind();
    let _lease = pool.acquire(&kind);
    let class = next(&mut queue, "the failure", |event| match event {
        PoolEvent::Failed { error, .. } => Some(error.classify()),
        _ => None,
    })
    .await?;
    assert_eq!(class, Class::Forbidden);
    let rbac = |kind: &str, plural: &str| {
        let gvk = WatchedKind::gvk("rbac.authorization.k8s.io", "v1", kind);
        kube::core::ApiResource::from_gvk_with_plural(&gvk, plural)
    };
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "look"},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "look"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "look"},
        "subjects": [{"kind": "ServiceAccount", "name": "nobody", "namespace": ns}],
    });
    apply(&admin, &rbac("Role", "roles"), Some(&ns), &role).await?;
    apply(&admin, &rbac("RoleBinding", "rolebindings"), Some(&ns), &binding).await?;
    pool.retry(&kind);
    synced(&mut queue, &kind).await
}

#[tokio::test]
async fn what_was_not_taken_for_a_panic_is_said_again() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-panic").await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    config_map(&admin, &ns, "a", "1").await?;
    let trouble = Arc::new(AtomicUsize::new(2));
    let counted = Arc::clone(&trouble);
    let prune: Prune = Arc::new(move |_, _| {
        let before = counted.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(before.is_err(), "trouble");
    });
    let (pool, mut queue) = pool(admin.clone(), &ns, Body::Full(prune));
    let kind = config_map_kind();
    let _interest = pool.acquire(&kind);
    let mut words = Vec::new();
    while words.last() != Some(&"synced") {
        words.push(
            next(&mut queue, "what the watch says", |event| match event {
                PoolEvent::Applied(_) => Some("applied"),
                PoolEvent::Stopped(_) => Some("stopped"),
                PoolEvent::Synced(_) => Some("synced"),
                PoolEvent::Deleted { .. } | PoolEvent::Failed { .. } => None,
            })
            .await?,
        );
    }
    assert_eq!(words, ["applied", "synced"]);
    assert_eq!(pool.state(&kind), State::Synced);
    // It goes on.
    delete_config_map(&admin, &ns, "a").await?;
    let gone = |event| matches!(event, PoolEvent::Deleted { .. }).then_some(());
    next(&mut queue, "the deletion", gone).await
}
