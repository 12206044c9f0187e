//! Charts of a Bucket's artifact: packaged, renewed with each version or with each revision.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::buckets::ObjectStore;

use super::{Bench, apply, ask, file_of, ready, wait};

const KIND: &str = "HelmChart";

#[tokio::test]
async fn a_chart_of_a_bucket() -> Result<()> {
    let bench = Bench::start("helm-bucket").await?;
    let store = ObjectStore::start().await?;
    for (key, content) in [
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("web/values.yaml", "a: 1\n"),
        ("prod.yaml", "b: 2\n"),
    ] {
        store.put("app", key, content);
    }
    let spec = |strategy: &str| {
        json!({ "chart": "web", "interval": "10m", "reconcileStrategy": strategy,
            "valuesFiles": ["web/values.yaml", "prod.yaml"], "sourceRef": { "kind": "Bucket", "name": "app" } })
    };
    apply(&bench.ns, KIND, "version", spec("ChartVersion")).await?;
    apply(&bench.ns, KIND, "revision", spec("Revision")).await?;
    let bucket =
        json!({ "bucketName": "app", "endpoint": store.address(), "insecure": true, "interval": "10m" });
    apply(&bench.ns, "Bucket", "app", bucket).await?;
    let bucket = ready(&bench, "Bucket", "app").await?;
    let object = ready(&bench, KIND, "version").await?;
    assert_eq!(object["status"]["artifact"]["revision"], "0.1.0+1");
    assert_eq!(file_of(&object, "values.yaml").await?.as_deref(), Some("a: 1\nb: 2\n"));
    let digits = |bucket: &Value| -> Result<String> {
        let revision = bucket["status"]["artifact"]["revision"].as_str().context("a revision")?;
        Ok(revision.trim_start_matches("sha256:").chars().take(12).collect())
    };
    let object = ready(&bench, KIND, "revision").await?;
    assert_eq!(object["status"]["artifact"]["revision"], format!("0.1.0+{}.1", digits(&bucket)?));

    // The same version with other content is new for the one only.
    let before = bucket["status"]["artifact"]["revision"].clone();
    store.put("app", "web/values.yaml", "a: 3\n");
    ask(&bench, "Bucket", "app", "changed").await?;
    let bucket =
        wait(&bench, "Bucket", "app", |object| object["status"]["artifact"]["revision"] != before).await?;
    let revision = format!("0.1.0+{}.1", digits(&bucket)?);
    let object = wait(&bench, KIND, "revision", |object| {
        object["status"]["artifact"]["revision"] == revision.as_str()
    })
    .await?;
    assert_eq!(file_of(&object, "values.yaml").await?.as_deref(), Some("a: 3\nb: 2\n"));
    let seen = &bucket["status"]["artifact"]["revision"];
    let object =
        wait(&bench, KIND, "version", |object| object["status"]["observedSourceArtifactRevision"] == *seen)
            .await?;
    assert_eq!(file_of(&object, "values.yaml").await?.as_deref(), Some("a: 1\nb: 2\n"));
    Ok(())
}
