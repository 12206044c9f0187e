//! Versions as lines and as JSON.

use super::*;

fn versions() -> Versions {
    let controller = |name: &str, version: Option<&str>, maker| Installed {
        name: name.to_owned(),
        namespace: "flux-system".to_owned(),
        maker,
        version: version.map(str::to_owned),
        image: format!("ghcr.io/x/{name}"),
    };
    Versions {
        flyball: "0.1.0",
        kustomize: KUSTOMIZE,
        kubernetes: Some("v1.37.2".to_owned()),
        controllers: Some(vec![
            controller("helm-controller", None, Maker::Unknown),
            controller("source-controller", Some("v1.9.5"), Maker::Flux),
        ]),
    }
}

#[test]
fn lines() {
    insta::assert_snapshot!(versions().lines().join("\n"), @"
    flyball: 0.1.0
    kustomize: v5.8.1
    kubernetes: v1.37.2
    helm-controller: unknown (an unknown maker, in flux-system)
    source-controller: v1.9.5 (Flux, in flux-system)
    ");
}

#[test]
fn json() {
    let client = Versions { kubernetes: None, controllers: None, ..versions() };
    assert_eq!(client.json(), "{\n  \"flyball\": \"0.1.0\",\n  \"kustomize\": \"v5.8.1\"\n}\n");
    let all: serde_json::Value = serde_json::from_str(&versions().json()).expect("JSON");
    assert_eq!(all["controllers"][1]["maker"], "Flux");
    assert_eq!(all["controllers"][0]["version"], serde_json::Value::Null);
}
