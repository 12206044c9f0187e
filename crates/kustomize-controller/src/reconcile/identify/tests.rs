//! Namespaces of kinds that have none.

use super::identified;
use crate::samples::{Fixture, config_map, object};
use serde_json::json;

/// Namespaces by kind. A definition in the set decides before discovery does; of what nobody knows nothing is taken.
#[tokio::test]
async fn cluster_scoped_objects_lose_their_namespace() {
    let fixture = Fixture::with_spec(json!({})).await;
    let definition = |kind: &str, scope: &str| {
        let spec = json!({"spec": {"group": "example.com", "names": {"kind": kind}, "scope": scope}});
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition", kind, &spec)
    };
    let objects = vec![
        config_map("a"),
        object("v1", "Namespace", "n", &json!({})),
        definition("Wide", "Cluster"),
        definition("Narrow", "Namespaced"),
        object("example.com/v1", "Wide", "w", &json!({})),
        object("example.com/v1", "Narrow", "n", &json!({})),
        object("example.org/v1", "Unknown", "u", &json!({})),
    ];
    let said: Vec<String> = identified(fixture.ctx.clusters.local().mapper(), objects)
        .await
        .iter()
        .map(|object| object.id().to_string())
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    ConfigMap/ns/a
    Namespace/n
    CustomResourceDefinition/Wide
    CustomResourceDefinition/Narrow
    Wide/w
    Narrow/ns/n
    Unknown/ns/u
    ");
}
