//! Registries with charts for the stories, and the stories that are told of them. Both controllers are told of the same
//! registries, so that digests are equal.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::oci::{Distribution, Image, Signer};

use super::super::helm::package;
use super::super::oci::{HASH, PASSWORD};
use super::{Story, chart, git, repository, secret, story};

/// A registry for everybody and one for who logs in, with the same charts.
pub(super) struct Registries {
    open: Distribution,
    locked: Distribution,
    key: String,
    other_key: String,
}

impl Registries {
    pub(super) async fn start(folder: &std::path::Path) -> Result<Self> {
        let open = Distribution::start().await?;
        let locked = Distribution::with_login("user", PASSWORD, HASH).await?;
        let (signer, other) = (Signer::new()?, Signer::new()?);
        let files = [("values.yaml", "a: 1\nb:\n  c: 2\n"), ("prod.yaml", "b: {d: 3}\n")];
        for version in ["1.0.0", "1.0.1", "1.1.0", "2.0.0-rc.1"] {
            let image = Image::of_chart(package(folder, "app", version, &files)?);
            for registry in [&open, &locked] {
                registry.push("charts/app", version, &image).await?;
            }
            if version == "1.0.1" {
                let tag = format!("{}.sig", image.digest().replace(':', "-"));
                open.push("charts/app", &tag, &signer.tagged(&image.digest())?).await?;
            }
        }
        let image = Image::of_chart(package(folder, "plus", "1.0.0+b.1", &files)?);
        open.push("charts/plus", "1.0.0_b.1", &image).await?;
        open.push("charts/image", "1.0.0", &Image::of_files([("a", "1")])?).await?;
        open.push("charts/untagged", "latest", &Image::of_files([("a", "1")])?).await?;
        Ok(Self { open, locked, key: signer.pem(), other_key: other.pem() })
    }

    /// `@OPEN@`, `@LOCKED@`, `@KEY@` and `@OTHER@` become what they stand for. Keys have lines, which are escaped.
    pub(super) fn placed(&self, text: &str) -> String {
        let text = text.replace("@OPEN@", self.open.address()).replace("@LOCKED@", self.locked.address());
        text.replace("@KEY@", &self.key.replace('\n', "\\n"))
            .replace("@OTHER@", &self.other_key.replace('\n', "\\n"))
    }

    /// Without addresses.
    pub(super) fn plain(&self, text: &str) -> String {
        text.replace(self.open.address(), "OPEN").replace(self.locked.address(), "LOCKED")
    }
}

fn open(more: &Value) -> Value {
    at("@OPEN@", more)
}

fn at(registry: &str, more: &Value) -> Value {
    let mut all = json!({ "type": "oci", "url": format!("oci://{registry}/charts"), "insecure": true });
    if let (Some(all), Some(more)) = (all.as_object_mut(), more.as_object()) {
        all.extend(more.clone());
    }
    repository(all)
}

fn logins(type_: &str, data: Value) -> Value {
    let mut found = secret("auth", data);
    found["type"] = type_.into();
    found
}

fn verified(key: &str) -> Vec<Value> {
    let verify = json!({ "provider": "cosign", "secretRef": { "name": "keys" } });
    let chart = chart(json!({ "version": "1.0.1", "verify": verify }));
    vec![secret("keys", json!({ "cosign.pub": key })), open(&json!({})), chart]
}

/// The stories.
pub(super) fn stories() -> Vec<Story> {
    let plain = || open(&json!({}));
    let locked = || at("@LOCKED@", &json!({ "secretRef": { "name": "auth" } }));
    let docker = "kubernetes.io/dockerconfigjson";
    let config = |host: &str, password: &str| json!({ ".dockerconfigjson": format!(r#"{{"auths":{{"{host}":{{"username":"user","password":"{password}"}}}}}}"#) });
    // Peers of before 1.9.4 do not name the digest, and cosign's own words come first in Flux.
    let unsigned = &["chart verification error: "][..];
    vec![
        story("oci", vec![vec![plain(), chart(json!({}))], vec![chart(json!({ "version": "1.0.x" }))]]),
        story("oci-exact", vec![vec![plain(), chart(json!({ "version": "1.0.0" }))]]),
        story("oci-range", vec![vec![plain(), chart(json!({ "version": ">=1.0.0-0" }))]]),
        story("oci-plus", vec![vec![plain(), chart(json!({ "chart": "plus" }))]]),
        story(
            "oci-values",
            vec![vec![plain(), chart(json!({ "valuesFiles": ["values.yaml", "prod.yaml"] }))]],
        ),
        story("oci-none", vec![vec![plain(), chart(json!({ "version": "9.x" }))]]),
        story("oci-improper", vec![vec![plain(), chart(json!({ "version": "x.y.z.a" }))]]),
        story("oci-absent", vec![vec![plain(), chart(json!({ "version": "7.0.0" }))]]),
        // A page of tags has a size in ours.
        story("oci-unknown", vec![vec![plain(), chart(json!({ "chart": "unknown" }))]]).but(&["tags/list"]),
        story("oci-untagged", vec![vec![plain(), chart(json!({ "chart": "untagged" }))]]),
        story("oci-image", vec![vec![plain(), chart(json!({ "chart": "image", "version": "1.0.0" }))]]),
        story(
            "oci-http",
            vec![vec![repository(json!({ "type": "oci", "url": "@URL@/good" })), chart(json!({}))]],
        ),
        story(
            "oci-login",
            vec![vec![logins(docker, config("@LOCKED@", PASSWORD)), locked(), chart(json!({}))]],
        ),
        story(
            "oci-login-pair",
            vec![vec![
                logins("Opaque", json!({ "username": "user", "password": PASSWORD })),
                locked(),
                chart(json!({})),
            ]],
        ),
        story(
            "oci-login-wrong",
            vec![vec![logins(docker, config("@LOCKED@", "another-pass")), locked(), chart(json!({}))]],
        )
        .but(&["tags/list"]),
        story(
            "oci-login-elsewhere",
            vec![vec![logins(docker, config("other.example", PASSWORD)), locked(), chart(json!({}))]],
        ),
        // Flux does not call it a question of authentication: "basic credential not found".
        story("oci-login-none", vec![vec![at("@LOCKED@", &json!({})), chart(json!({}))]])
            .but(&["basic credential not found", "authentication required"]),
        story("oci-login-absent", vec![vec![locked(), chart(json!({}))]]),
        story("oci-verify", vec![verified("@KEY@"), vec![chart(json!({ "version": "1.0.1" }))]])
            .but(&["ArtifactUpToDate"]),
        story("oci-verify-other", vec![verified("@OTHER@")]).but(unsigned),
        story("oci-verify-no-keys", vec![verified("@KEY@").split_off(1)]).but(&["condition FetchFailed"]),
        story(
            "chart-verify",
            vec![vec![
                secret("keys", json!({ "cosign.pub": "@KEY@" })),
                repository(json!({ "url": "@URL@/good" })),
                chart(json!({ "verify": { "provider": "cosign", "secretRef": { "name": "keys" } } })),
            ]],
        ),
        story("git-oci-dependency", vec![vec![plain(), super::source(), git("charts/registry", json!({}))]]),
    ]
    .into_iter()
    // The default of the CRD is left where it is: what reads it takes both for "never".
    .map(|story| story.but(&["HelmRepository observedGeneration"]))
    .collect()
}
