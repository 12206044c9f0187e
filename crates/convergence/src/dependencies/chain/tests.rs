//! What is shown of a chain.

use std::sync::Arc;

use api::kustomization::Kustomization;
use manifest::ObjectId;
use serde_json::json;

use super::{Chain, Link, Standing};

fn id(name: &str) -> ObjectId {
    let (namespace, name) = ("apps".to_owned(), name.to_owned());
    ObjectId { namespace, name, group: api::KUSTOMIZE_GROUP.to_owned(), kind: "Kustomization".to_owned() }
}

fn link(name: &str, suspend: bool, ready: Option<&str>) -> Link {
    let conditions: Vec<_> = ready
        .map(|status| {
            json!({"type": "Ready", "status": status, "reason": "BuildFailed", "message": "m",
                "lastTransitionTime": "2026-11-25T09:00:00Z"})
        })
        .into_iter()
        .collect();
    let object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "suspend": suspend,
            "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"conditions": conditions},
    }))
    .unwrap();
    Link { id: id(name), object: Some(Arc::new(object)) }
}

#[test]
fn how_links_stand() {
    for (link, standing, line) in [
        (Link { id: id("a"), object: None }, Standing::Missing, "Kustomization/apps/a does not exist"),
        (link("a", false, Some("True")), Standing::Ready, "Kustomization/apps/a: BuildFailed: m"),
        (link("a", true, Some("True")), Standing::Ready, "Kustomization/apps/a: BuildFailed: m"),
        (
            link("a", true, Some("False")),
            Standing::Suspended,
            "Kustomization/apps/a is suspended; BuildFailed: m",
        ),
        (
            link("a", true, None),
            Standing::Suspended,
            "Kustomization/apps/a is suspended and was never reconciled",
        ),
        (link("a", false, None), Standing::Unreconciled, "Kustomization/apps/a has not been reconciled yet"),
        (link("a", false, Some("Unknown")), Standing::Running, "Kustomization/apps/a: BuildFailed: m"),
        (link("a", false, Some("False")), Standing::Failed, "Kustomization/apps/a: BuildFailed: m"),
    ] {
        assert_eq!((link.standing(), link.line().as_str()), (standing, line));
    }
}

#[test]
fn long_chains_and_cycles_are_shown_by_their_ends() {
    let links: Vec<Link> = (0..30).map(|n| link(&format!("k{n}"), false, None)).collect();
    let chain = Chain { links: links.clone(), cycle: Vec::new() };
    let lines = chain.lines();
    assert_eq!((lines.len(), lines[5].as_str()), (10, "… 21 more …"));
    assert!(lines[9].contains("k29") && chain.root().is_some_and(|root| root.id == id("k29")));
    let short = Chain { links: links[..10].to_vec(), cycle: Vec::new() };
    assert!(short.lines().len() == 10 && short.lines().iter().all(|line| !line.contains('…')));
    let round = Chain { links: Vec::new(), cycle: (0..30).map(|n| id(&format!("k{n}"))).collect() };
    let shown = "apps/k0 → apps/k1 → apps/k2 → apps/k3 → apps/k4 → … → apps/k26 → apps/k27 → apps/k28 → apps/k29 → apps/k0";
    assert_eq!(round.round(), shown);
    assert!(round.root().is_none());
    assert!(Chain::default().lines().is_empty() && Chain::default().root().is_none());
}
