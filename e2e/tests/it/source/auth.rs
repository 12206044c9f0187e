//! Credentials: basic, bearer, wrong, missing; and that they stay where they belong.

use anyhow::Result;
use serde_json::json;
use testkit::git::Behaviour;

use super::{Bench, condition, status_of};

fn secret(name: &str, data: serde_json::Value) -> serde_json::Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": data })
}

#[tokio::test]
async fn basic_and_bearer_credentials_are_sent() -> Result<()> {
    let bench = Bench::start("source-auth").await?;
    for (name, behaviour, data) in [
        (
            "basic",
            Behaviour::basic("user", "pass:word"),
            json!({ "username": "user", "password": "pass:word" }),
        ),
        ("bearer", Behaviour::bearer("s3cret-token"), json!({ "bearerToken": "s3cret-token" })),
    ] {
        let repo = bench.git.repository(name)?;
        repo.commit("main", "one", [("a", "1")])?;
        bench.git.behave(name, behaviour);
        bench.ns.apply_value(secret(name, data)).await?;
        let spec = json!({ "ref": { "branch": "main" }, "secretRef": { "name": name } });
        bench.source(name, repo.url(), spec).await?;
        bench.ready(name).await?;
    }
    let asked = bench.git.accesses();
    assert!(
        asked.iter().all(|access| access.status == 200),
        "credentials go with the first request: {asked:?}"
    );
    assert!(!bench.controller.process.log()?.contains("s3cret-token"));
    Ok(())
}

#[tokio::test]
async fn wrong_or_missing_credentials_are_explained() -> Result<()> {
    let bench = Bench::start("source-noauth").await?;
    let repo = bench.git.repository("private")?;
    repo.commit("main", "one", [("a", "1")])?;
    bench.git.behave("private", Behaviour::basic("user", "right"));

    bench.source("anonymous", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let spec = json!({ "ref": { "branch": "main" }, "secretRef": { "name": "absent" } });
    bench.source("absent", repo.url(), spec).await?;
    bench.ns.apply_value(secret("half", json!({ "password": "canary-4711" }))).await?;
    let spec = json!({ "ref": { "branch": "main" }, "secretRef": { "name": "half" } });
    bench.source("half", repo.url(), spec).await?;
    bench.ns.apply_value(secret("wrong", json!({ "username": "user", "password": "canary-4712" }))).await?;
    let spec = json!({ "ref": { "branch": "main" }, "secretRef": { "name": "wrong" } });
    bench.source("wrong", repo.url(), spec).await?;

    let ns = bench.ns.name();
    let missing = format!("failed to get secret '{ns}/absent'");
    let checkout = format!("failed to checkout and determine revision: unable to clone '{}': ", repo.url());
    for (name, reason, message) in [
        ("anonymous", "GitOperationFailed", format!("{checkout}authentication required: ")),
        ("wrong", "GitOperationFailed", format!("{checkout}authentication required: ")),
        ("absent", "AuthenticationFailed", format!("{missing}: {missing}: secrets \"absent\" not found")),
        (
            "half",
            "AuthenticationFailed",
            "failed to configure authentication options: invalid 'http' auth option: 'password' requires 'username' to be set".to_owned(),
        ),
    ] {
        let object = bench.failed(name).await?;
        let failed = condition(&object, "FetchFailed").cloned().unwrap_or_default();
        assert_eq!((&failed["reason"], status_of(&object, "FetchFailed")), (&json!(reason), "True"), "{name}");
        let text = failed["message"].as_str().unwrap_or_default();
        assert!(text.starts_with(&message), "{name}: {text:?}");
        bench.event(name, reason, text).await?;
    }
    assert!(!bench.controller.process.log()?.contains("canary-"));

    // A Secret that appears is used by the next try.
    bench.ns.apply_value(secret("absent", json!({ "username": "user", "password": "right" }))).await?;
    bench.ask("absent", "1").await?;
    bench.ready("absent").await?;
    Ok(())
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_is_given() -> Result<()> {
    let mut bench = Bench::start("source-tls").await?;
    bench.git = testkit::git::GitServer::start_tls().await?;
    let repo = bench.git.repository("app")?;
    let commit = repo.commit("main", "one", [("a", "1")])?;
    bench.git.behave("app", Behaviour::basic("user", "pass"));
    let authority = bench.git.authority().unwrap_or_default().to_owned();

    bench.source("untrusting", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let object = bench.failed("untrusting").await?;
    let text = condition(&object, "Ready").map(|ready| ready["message"].to_string()).unwrap_or_default();
    assert!(text.contains("certificate"), "{text}");

    bench.ns.apply_value(secret("broken", json!({ "ca.crt": "no certificate" }))).await?;
    let spec = json!({ "ref": { "branch": "main" }, "secretRef": { "name": "broken" } });
    bench.source("broken", repo.url(), spec).await?;
    let object = bench.failed("broken").await?;
    let failed = condition(&object, "FetchFailed").cloned().unwrap_or_default();
    assert_eq!(failed["reason"], "GitOperationFailed");
    let text = failed["message"].as_str().unwrap_or_default();
    let unknown = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    assert!(text.ends_with(unknown), "{text}");

    let data = json!({ "ca.crt": authority, "username": "user", "password": "pass" });
    bench.ns.apply_value(secret("trusting", data)).await?;
    let spec = json!({ "ref": { "branch": "main" }, "secretRef": { "name": "trusting" } });
    bench.source("trusting", repo.url(), spec).await?;
    bench.at_revision("trusting", &format!("main@sha1:{commit}")).await?;
    Ok(())
}
