//! Manifests that cannot be built: files, patches, encryption, variables.

use anyhow::Result;
use serde_json::json;

use super::bench::Bench;
use super::fault::{Fault, config_map};

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {key: value}\n";
const ENCRYPTED: &str = include_str!("../../../../crates/sops/tests/vectors/encrypted/rules.yaml");

fn faults() -> Vec<Fault> {
    vec![
        Fault::new("no-path").with(json!({ "path": "./nowhere" })).says(
            &["Kustomization/NS/no-path"],
            &["path not found", "nowhere"],
            &["spec.path"],
        ),
        Fault::new("no-file").file("kustomization.yaml", "resources: [absent.yaml]\n").says(
            &["Kustomization/NS/no-file", "absent.yaml"],
            &["no such file"],
            &["absent.yaml", "resources"],
        ),
        Fault::new("no-yaml").file("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [\n").says(
            &["Kustomization/NS/no-yaml"],
            &["yaml"],
            &["a.yaml", "flyball build"],
        ),
        Fault::new("twice").file("a.yaml", MAP).file("b.yaml", MAP).says(
            &["settings"],
            &["declared twice"],
            &["rename", "remove", "once"],
        ),
        Fault::new("no-target")
            .file("kustomization.yaml", "resources: [a.yaml]\npatchesStrategicMerge: [patch.yaml]\n")
            .file("a.yaml", MAP)
            .file("patch.yaml", MAP.replace("settings", "others"))
            .says(&["others"], &["no matches"], &["patch"]),
        Fault::new("no-variables")
            .object_of(&config_map("settings"))
            .with(json!({ "postBuild": { "substituteFrom": [{ "kind": "ConfigMap", "name": "variables" }] } }))
            .says(&["ConfigMap", "variables"], &["not found"], &["create", "optional"]),
        Fault::new("not-decrypted")
            .file(
                "secret.yaml",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ndata:\n  password: ENC[AES256_GCM,data:aa,iv:bb,tag:cc,type:str]\nsops: {mac: aa, version: 3.9.0}\n",
            )
            .says(&["Secret", "login"], &["encrypted"], &["spec.decryption"]),
        Fault::new("no-keys")
            .object_of(&config_map("settings"))
            .with(json!({ "decryption": { "provider": "sops", "secretRef": { "name": "sops-keys" } } }))
            .says(&["sops-keys"], &["not found"], &["create", "spec.decryption"]),
        Fault::new("other-key")
            .file("rules.yaml", ENCRYPTED)
            .file("kustomization.yaml", "secretGenerator: [{name: rules, files: [rules.yaml]}]\n")
            .beside(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "other-keys" },
                "stringData": { "a.agekey": "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX" } }))
            .with(json!({ "decryption": { "provider": "sops", "secretRef": { "name": "other-keys" } } }))
            .says(&["Kustomization/NS/other-key"], &["data key"], &["key"]),
        Fault::new("no-expression")
            .object_of(&config_map("settings"))
            .with(json!({ "healthCheckExprs": [{ "apiVersion": "v1", "kind": "ConfigMap", "current": "status.((" }] }))
            .says(&["Kustomization/NS/no-expression"], &["CEL"], &["healthCheckExprs"]),
    ]
}

#[tokio::test]
async fn manifests_that_cannot_be_built() -> Result<()> {
    let bench = Bench::start("explain-builds").await?;
    let faults = faults();
    bench.inject(&faults).await?;
    bench.told(&faults).await
}
