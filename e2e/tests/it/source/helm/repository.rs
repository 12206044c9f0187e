//! The index of a repository: published as JSON, renewed, refused; and registries, which are only a name.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Bench, Charts, apply, ask, conditions, failed, fetched, index, ready, wait};

const KIND: &str = "HelmRepository";

#[tokio::test]
async fn an_index_becomes_an_artifact() -> Result<()> {
    let bench = Bench::start("helm-index").await?;
    let charts = Charts::start().await?;
    charts.put("/c/index.yaml", index(&[("1.0.0", "app-1.0.0.tgz"), ("1.1.0", "app-1.1.0.tgz")]));
    apply(&bench.ns, KIND, "app", json!({ "url": format!("{}/c", charts.url) })).await?;
    let object = ready(&bench, KIND, "app").await?;
    let artifact = &object["status"]["artifact"];
    let revision = artifact["revision"].as_str().unwrap_or_default();
    let message = format!("Succeeded stored artifact: revision '{revision}'");
    assert_eq!(
        conditions(&object),
        [format!("Ready=True {message}"), format!("ArtifactInStorage=True {message}")]
    );
    let hex = revision.trim_start_matches("sha256:");
    assert_eq!(artifact["path"], format!("helmrepository/{}/app/index-{hex}.yaml", bench.ns.name()));
    let bytes = fetched(&artifact["url"]).await?;
    assert_eq!(fetched(&object["status"]["url"]).await?, bytes, "the link");
    assert!(object["status"]["url"].as_str().is_some_and(|url| url.ends_with("/app/index.yaml")));
    let stored: Value = serde_json::from_slice(&bytes)?;
    assert_eq!(stored["entries"]["app"][0]["version"], "1.1.0");
    let told = format!("stored fetched index of size {}B from '{}/c'", bytes.len(), charts.url);
    bench.event("app", "NewArtifact", &told).await?;

    charts.put("/c/index.yaml", index(&[("2.0.0", "app-2.0.0.tgz")]));
    ask(&bench, KIND, "app", "1").await?;
    let object = wait(&bench, KIND, "app", |object| {
        object["status"]["artifact"]["revision"] != revision
            && object["status"]["lastHandledReconcileAt"] == "1"
    })
    .await?;
    let stored: Value = serde_json::from_slice(&fetched(&object["status"]["url"]).await?)?;
    assert_eq!(stored["entries"]["app"][0]["version"], "2.0.0");

    // What is no index any more leaves the old one.
    charts.put("/c/index.yaml", "entries: {}\n");
    ask(&bench, KIND, "app", "2").await?;
    let broken = failed(&bench, KIND, "app", "IndexationFailed").await?;
    let text = format!(
        "IndexationFailed failed to load Helm repository from index YAML at {}/c: failed to load index: no API version specified",
        charts.url
    );
    assert!(conditions(&broken).contains(&format!("FetchFailed=True {text}")), "{:?}", conditions(&broken));
    assert_eq!(broken["status"]["artifact"], object["status"]["artifact"]);

    bench.ns.delete(super::API, KIND, "app").await?;
    bench.ns.wait_gone(super::API, KIND, "app", super::SOON).await
}

#[tokio::test]
async fn logins_and_registries() -> Result<()> {
    let bench = Bench::start("helm-login").await?;
    let charts = Charts::start().await?;
    charts.put("/index.yaml", index(&[("1.0.0", "app-1.0.0.tgz")]));
    let password = bench.ns.canaries().issue("the password for charts");
    charts.protect(&format!(
        "Basic {}",
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("user:{password}"))
    ));
    let url = charts.url.clone();
    apply(&bench.ns, KIND, "none", json!({ "url": url, "interval": "1h" })).await?;
    let object = failed(&bench, KIND, "none", "Failed").await?;
    let text = format!(
        "Failed failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch \
         {url}/index.yaml : 401 Unauthorized"
    );
    assert_eq!(
        conditions(&object),
        [
            "Reconciling=True ProgressingWithRetry building artifact".to_owned(),
            format!("Ready=False {text}"),
            format!("FetchFailed=True {text}"),
        ]
    );
    for (name, data) in [
        ("half", json!({ "username": "user" })),
        ("whole", json!({ "username": "user", "password": password })),
    ] {
        let secret =
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": data });
        bench.ns.apply_value(secret).await?;
    }
    apply(&bench.ns, KIND, "half", json!({ "url": url, "secretRef": { "name": "half" } })).await?;
    let object = failed(&bench, KIND, "half", "AuthenticationFailed").await?;
    let text = format!(
        "failed to detect authentication methods: secret '{}/half': malformed basic auth - has 'username' but missing 'password'",
        bench.ns.name()
    );
    assert!(conditions(&object).iter().any(|line| line.ends_with(&text)), "{:?}", conditions(&object));
    apply(&bench.ns, KIND, "whole", json!({ "url": url, "secretRef": { "name": "whole" } })).await?;
    ready(&bench, KIND, "whole").await?;

    apply(&bench.ns, KIND, "wrong", json!({ "url": "oci://127.0.0.1:1/a" })).await?;
    let object = failed(&bench, KIND, "wrong", "URLInvalid").await?;
    assert!(conditions(&object).iter().any(|line| line.starts_with("Stalled=True URLInvalid")));
    // A registry is not run: what a run has left there goes.
    let registry = json!({ "url": "oci://127.0.0.1:1/a", "type": "oci" });
    apply(&bench.ns, KIND, "wrong", registry).await?;
    let object = wait(&bench, KIND, "wrong", |object| object["status"].get("conditions").is_none()).await?;
    assert_eq!((object["status"].get("artifact"), object["metadata"].get("finalizers")), (None, None));
    Ok(())
}
