//! Trees as they are drawn.

use super::*;

fn node(subject: &str, health: HealthState, children: Vec<Node>) -> Node {
    Node { health: Some(health), children, ..Node::named(subject) }
}

#[test]
fn a_tree() {
    let pod = Node {
        message: Some("cannot pull image app:1".to_owned()),
        ..node("Pod/shop/web-1-x", HealthState::Degraded, Vec::new())
    };
    let set = Node { children: vec![pod], ..Node::named("ReplicaSet/shop/web-1") };
    let drifted =
        Node { sync: Some(SyncState::Drifted), ..node("ConfigMap/shop/a", HealthState::Healthy, Vec::new()) };
    let shop = node(
        "Kustomization/flux-system/shop",
        HealthState::Degraded,
        vec![node("Deployment/shop/web", HealthState::Degraded, vec![set]), drifted],
    );
    let root = node(
        "Kustomization/flux-system/all",
        HealthState::Healthy,
        vec![
            node("Secret/shop/tls", HealthState::NotObserved, Vec::new()),
            shop,
            Node::named("HelmRelease/shop/db"),
        ],
    );
    let drawn: String = lines(&root).iter().map(|line| format!("{}\n", line.text())).collect();
    insta::assert_snapshot!(drawn, @"
    ✔ Kustomization/flux-system/all
    ├── ? Secret/shop/tls not looked at
    ├── ✗ Kustomization/flux-system/shop Degraded
    │   ├── ✗ Deployment/shop/web Degraded
    │   │   └── ReplicaSet/shop/web-1
    │   │       └── ✗ Pod/shop/web-1-x Degraded: cannot pull image app:1
    │   └── ~ ConfigMap/shop/a Drifted
    └── HelmRelease/shop/db
    ");
}
