//! Kustomizations that would have health-controller tell of what is in other namespaces.

use serde_json::{Value, json};

use super::input::Ending::Open;
use super::input::{Build, Family, Input, Matter, VICTIM, files};

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let refers = |fields: Value| (fields, Value::Null);
    let lists = |id: &str| {
        let entry = json!({ "id": format!("{VICTIM}_{id}"), "v": "v1" });
        (json!({ "suspend": true }), json!({ "inventory": { "entries": [entry] } }))
    };
    let depends = |name: &str| json!({ "dependsOn": [{ "name": name, "namespace": VICTIM }] });
    let source =
        |kind: &str, name: &str| json!({ "sourceRef": { "kind": kind, "name": name, "namespace": VICTIM } });
    let cases = [
        ("depends-on-another", refers(depends("inner"))),
        ("depends-on-a-chain", refers(depends("outer"))),
        ("depends-on-what-is-not-there", refers(depends("gone"))),
        ("source-of-another", refers(source("GitRepository", "private"))),
        ("source-that-is-well", refers(source("GitRepository", "well"))),
        ("source-of-another-kind", refers(source("Bucket", "private"))),
        ("source-that-is-not-there", refers(source("GitRepository", "gone"))),
        (
            "suspended-with-source-of-another",
            refers(json!({
                "suspend": true, "sourceRef": { "kind": "GitRepository", "name": "private", "namespace": VICTIM },
            })),
        ),
        (
            "health-check-of-another",
            refers(json!({
                "wait": false,
                "healthChecks": [{ "apiVersion": "v1", "kind": "ConfigMap", "name": "plain", "namespace": VICTIM }],
            })),
        ),
        ("lists-a-config-map", lists("plain__ConfigMap")),
        ("lists-a-secret", lists("hidden__Secret")),
        ("lists-a-deployment", lists("hidden_apps_Deployment")),
        ("lists-a-kustomization", lists("inner_kustomize.toolkit.fluxcd.io_Kustomization")),
        ("lists-a-source", lists("private_source.toolkit.fluxcd.io_GitRepository")),
        ("lists-what-is-not-there", lists("gone_apps_Deployment")),
    ];
    let build = |(name, (spec, status)): (&str, (Value, Value))| {
        Input::new(Family::Health, name, Open, move |_| {
            let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n";
            Matter::Build(Build {
                files: files([("own.yaml", map)]),
                spec: spec.clone(),
                status: status.clone(),
            })
        })
    };
    cases.into_iter().map(build).collect()
}
