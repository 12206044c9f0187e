//! `spec.decryption`: files that the real `sops` encrypted, keys in Secrets, a key service, and what is said when a key
//! is missing.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::put;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::rig::{Rig, condition};

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../../../crates/sops/tests/vectors/", $name))
    };
}

const SECRET: &str = vector!("manifests/secret.yaml");
const AGE: &str = vector!("keys/one.agekey");

fn keys(name: &str, entries: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": entries})
}

fn spec(rig: &Rig, secret: &str) -> Value {
    json!({"targetNamespace": rig.namespace(), "interval": "1h",
        "decryption": {"provider": "sops", "secretRef": {"name": secret}}})
}

async fn password(rig: &Rig, name: &str) -> Result<Option<String>> {
    let Some(secret) = rig.get("v1", "Secret", name).await? else { return Ok(None) };
    let text = secret["data"]["password"].as_str().unwrap_or_default();
    Ok(Some(String::from_utf8(STANDARD.decode(text)?)?))
}

#[tokio::test]
async fn a_repository_of_encrypted_files_is_applied_in_the_clear() -> Result<()> {
    let rig = Rig::start("sops").await?;
    rig.apply(keys("keys", json!({"a.agekey": AGE, "b.asc": vector!("keys/curve.asc")}))).await?;
    let kustomization = "resources: [secret.yaml, pgp.yaml, settings.yaml]\n\
        generatorOptions: {disableNameSuffixHash: true}\n\
        secretGenerator:\n- {name: env, envs: [app.env]}\n\
        patches:\n- path: patch.yaml\n";
    let files = [
        ("kustomization.yaml", kustomization),
        ("secret.yaml", SECRET),
        ("pgp.yaml", vector!("manifests/pgp.yaml")),
        ("settings.yaml", vector!("manifests/config-map.yaml")),
        ("app.env", vector!("manifests/app.env")),
        ("patch.yaml", &vector!("manifests/patch.yaml").replace("name: login", "name: env")),
    ];
    // The patch is bound to what it was encrypted as: under another name its MAC does not fit.
    let with = |without: &str| -> String {
        let kept = files.iter().filter(|(path, _)| *path != without);
        kept.map(|(path, content)| format!("-- {path} --\n{content}")).collect()
    };
    let altered = rig.publish(&with("")).await?;
    rig.kustomization("app", spec(&rig, "keys")).await?;
    let state = rig.failed("app", "BuildFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap_or_default();
    assert_eq!(
        message,
        "error decrypting sources: patch.yaml: failed to verify sops data integrity: MAC mismatch: values, keys or \
         their order were changed without sops"
    );
    assert_eq!(state["status"]["lastAttemptedRevision"], altered);
    let revision = rig.publish(&with("patch.yaml").replace("patches:\n- path: patch.yaml\n", "")).await?;
    rig.ready("app", &revision).await?;
    assert_eq!(password(&rig, "login").await?.as_deref(), Some("correct-horse"));
    assert_eq!(password(&rig, "by-pgp").await?.as_deref(), Some("opened-by-pgp"));
    let settings = rig.get("v1", "ConfigMap", "settings").await?.unwrap();
    assert_eq!(settings["data"], json!({"token": "battery-staple", "plain": "no"}));
    let env = rig.get("v1", "Secret", "env").await?.unwrap();
    assert_eq!(
        env["data"],
        json!({"USER": STANDARD.encode("admin"), "PASSWORD": STANDARD.encode("from-dotenv")})
    );
    Ok(())
}

#[tokio::test]
async fn keys_that_come_later_start_a_run_at_once() -> Result<()> {
    let rig = Rig::start("sops-keys").await?;
    let revision = rig.publish(&format!("-- secret.yaml --\n{SECRET}")).await?;
    rig.kustomization("app", spec(&rig, "keys")).await?;
    let says = async |message: &str| {
        rig.until("app", "says why", |state| {
            condition(state, "Ready")["reason"] == "BuildFailed"
                && condition(state, "Ready")["message"].as_str().unwrap_or_default().starts_with(message)
        })
        .await
    };
    says("secrets \"keys\" not found").await?;
    rig.apply(keys("keys", json!({"a.agekey": "no identity"}))).await?;
    let of = format!("sops decryption Secret '{}/keys'", rig.namespace());
    says(&format!("failed to import 'a.agekey' data from {of}: failed to parse and add to age identities: unknown identity type")).await?;
    rig.apply(keys("keys", json!({"a.agekey": vector!("keys/two.agekey")}))).await?;
    let object = format!("{}/login", rig.namespace());
    says(&format!("decryption failed for 'Secret.v1.[noGrp]/login': failed to decrypt and format '{object}' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.")).await?;
    rig.apply(keys("keys", json!({"a.agekey": AGE}))).await?;
    rig.ready("app", &revision).await?;
    assert_eq!(password(&rig, "login").await?.as_deref(), Some("correct-horse"));
    Ok(())
}

#[tokio::test]
async fn the_controller_may_have_a_key_for_everybody_and_look_at_no_mac() -> Result<()> {
    let mut rig =
        Rig::without_controller("sops-age", &["--sops-age-secret=shared", "--sops-verify-mac=false"]).await?;
    rig.apply(keys("shared", json!({"a.agekey": AGE, "b.asc": "skipped: not of age"}))).await?;
    rig.start_controller().await?;
    let revision = rig
        .publish(&format!("-- secret.yaml --\n{}", SECRET.replace("name: login", "name: renamed")))
        .await?;
    let spec = json!({"targetNamespace": rig.namespace(), "decryption": {"provider": "sops"}});
    rig.kustomization("app", spec).await?;
    rig.ready("app", &revision).await?;
    assert_eq!(password(&rig, "renamed").await?.as_deref(), Some("correct-horse"));
    Ok(())
}

/// A Vault that turns keys round, as the one did with which the vector was made.
#[derive(Clone, Default)]
struct Vault {
    tokens: Arc<Mutex<Vec<String>>>,
}

async fn decrypt(State(vault): State<Vault>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let token = headers.get("x-vault-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    vault.tokens.lock().push(token.to_owned());
    if token != "s.token" {
        return (StatusCode::FORBIDDEN, json!({"errors": ["permission denied"]}).to_string());
    }
    let text = body["ciphertext"].as_str().unwrap_or_default().trim_start_matches("vault:v1:");
    let mut key = STANDARD.decode(text).unwrap_or_default();
    key.reverse();
    (StatusCode::OK, json!({"data": {"plaintext": STANDARD.encode(key)}}).to_string())
}

#[tokio::test]
async fn a_key_service_opens_what_no_key_here_does() -> Result<()> {
    let rig = Rig::start("sops-vault").await?;
    let vault = Vault::default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let routes =
        Router::new().route("/v1/some/transit/decrypt/my-key", put(decrypt)).with_state(vault.clone());
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    rig.apply(keys("keys", json!({"sops.vault-token": "s.wrong"}))).await?;
    let secret = vector!("manifests/vault.yaml").replace("http://127.0.0.1:18299", &address);
    let revision = rig.publish(&format!("-- secret.yaml --\n{secret}")).await?;
    rig.kustomization("app", spec(&rig, "keys")).await?;
    let state = rig.failed("app", "BuildFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains(&format!("{address}/v1/some/transit/keys/my-key: FAILED")), "{message}");
    assert!(message.contains("Vault answered 403"), "{message}");
    assert!(!message.contains("s.wrong"), "{message}");
    rig.apply(keys("keys", json!({"sops.vault-token": "s.token"}))).await?;
    rig.ready("app", &revision).await?;
    assert_eq!(password(&rig, "by-vault").await?.as_deref(), Some("opened-by-vault"));
    assert_eq!(vault.tokens.lock().last().map(String::as_str), Some("s.token"));
    server.abort();
    Ok(())
}
