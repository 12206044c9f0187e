//! Who is at home where, and what is kept of kubeconfigs.

use super::{Clusters, Read};
use crate::references::{Access, Version};
use crate::samples::{Fixture, key, kustomization, options};
use crate::target::Place;
use api::kustomization::Kustomization;
use cluster::{Allow, RemoteConfig, TargetId};
use serde_json::{Value, json};
use std::sync::Arc;

fn remote(name: &str, more: Value) -> Kustomization {
    let mut spec = json!({"kubeConfig": {"secretRef": {"name": name}}});
    crate::samples::merge(&mut spec, &more);
    kustomization(&json!({ "spec": spec }))
}

fn place(object: &Kustomization) -> Place {
    Place::of(&options(), "ns", &object.spec)
}

fn access(object: &Kustomization) -> Access {
    match place(object) {
        Place::Remote { access, .. } => access,
        Place::Local => panic!("remote"),
    }
}

fn learn(
    clusters: &Clusters,
    object: &Kustomization,
    token: &str,
) -> Arc<crate::watched_target::WatchedTarget> {
    let text = format!(
        "current-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: 'https://h'}}}}]\nusers: [{{name: u, user: {{token: {token}}}}}]\n"
    );
    let (config, digest) = RemoteConfig::of_kubeconfig(text.as_bytes(), Allow::default()).unwrap();
    let read = Read { version: Version::Present(token.to_owned()), digest, again: None };
    let Place::Remote { user, .. } = place(object) else { panic!("remote") };
    clusters.learn(&access(object), user.as_ref(), read, config).unwrap()
}

#[tokio::test]
async fn a_home_is_where_the_last_run_found_it_for_the_same_spec() {
    cluster::install_crypto();
    let fixture = Fixture::with_spec(json!({})).await;
    let (clusters, own) = (&fixture.ctx.clusters, kustomization(&json!({})));
    let object = remote("s", json!({}));
    let home = |object: &Kustomization| clusters.home(&key("app"), &options(), &object.spec);
    assert!(home(&own).unwrap().id().is_local());
    assert!(home(&object).is_none() && clusters.id_of(&place(&object)).is_none());
    let there = learn(clusters, &object, "a");
    assert_eq!(clusters.id_of(&place(&object)).as_ref(), Some(there.id()));
    assert!(home(&object).is_none(), "known, and nobody's home yet");
    assert!(clusters.settle(&key("app"), &place(&object), &there).is_none());
    assert!(Arc::ptr_eq(&home(&object).unwrap(), &there));
    assert_eq!(clusters.at(there.id()), [key("app")]);
    // Another Secret, key or account is another place.
    for other in [
        remote("t", json!({})),
        remote("s", json!({"kubeConfig": {"secretRef": {"key": "k"}}})),
        remote("s", json!({"serviceAccountName": "a"})),
    ] {
        assert!(home(&other).is_none());
    }
    assert!(home(&own).unwrap().id().is_local());
}

#[tokio::test]
async fn another_content_is_another_target_and_the_first_is_left() {
    cluster::install_crypto();
    let fixture = Fixture::with_spec(json!({})).await;
    let (clusters, object) = (&fixture.ctx.clusters, remote("s", json!({})));
    let (one, other) = (learn(clusters, &object, "a"), learn(clusters, &object, "b"));
    assert_ne!(one.id(), other.id());
    assert_eq!(clusters.id_of(&place(&object)).as_ref(), Some(other.id()), "the newest counts");
    assert!(clusters.settle(&key("app"), &place(&object), &one).is_none());
    let left = clusters.settle(&key("app"), &place(&object), &other).unwrap();
    assert!(Arc::ptr_eq(&left, &one));
    assert!(clusters.settle(&key("app"), &place(&object), &other).is_none(), "it stays");
    let left = clusters.settle(&key("app"), &Place::Local, clusters.local()).unwrap();
    assert!(Arc::ptr_eq(&left, &other));
    assert!(clusters.at(other.id()).is_empty() && clusters.leave(&key("app")).is_none());
}

/// One kubeconfig, several accounts: targets of their own in one cluster.
#[tokio::test]
async fn accounts_share_a_cluster() {
    cluster::install_crypto();
    let fixture = Fixture::with_spec(json!({})).await;
    let clusters = &fixture.ctx.clusters;
    let (plain, account) = (remote("s", json!({})), remote("s", json!({"serviceAccountName": "a"})));
    let (one, other) = (learn(clusters, &plain, "a"), learn(clusters, &account, "a"));
    assert_ne!(one.id(), other.id());
    assert_eq!(one.id().cluster(), other.id().cluster());
    assert_eq!(clusters.all().len(), 3);
    assert!(clusters.all().iter().all(|target| target.places.is_none() == target.id().is_local()));
}

#[tokio::test]
async fn what_nobody_uses_is_forgotten() {
    cluster::install_crypto();
    let fixture = Fixture::with_spec(json!({})).await;
    let clusters = &fixture.ctx.clusters;
    for name in ["a", "b", "c"] {
        let object = remote(name, json!({}));
        let there = learn(clusters, &object, name);
        clusters.settle(&key(name), &place(&object), &there);
    }
    clusters.leave(&key("a"));
    clusters.leave(&key("b"));
    assert!(clusters.read(&access(&remote("a", json!({})))).is_none());
    assert!(clusters.read(&access(&remote("c", json!({})))).is_some());
    assert_eq!(clusters.nowhere().id(), &TargetId::remote([0; 32], None));
}
