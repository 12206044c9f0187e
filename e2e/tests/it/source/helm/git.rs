//! Charts of a GitRepository's artifact: packaged with what they need, renewed with each version or each commit.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Charts, apply, failed, file_of, index, package, ready, wait};

const KIND: &str = "HelmChart";

#[tokio::test]
async fn a_chart_of_a_folder() -> Result<()> {
    let bench = Bench::start("helm-git").await?;
    let charts = Charts::start().await?;
    charts.put("/app-1.0.0.tgz", package(bench.ns.folder(), "app", "1.0.0", &[("values.yaml", "x: 1\n")])?);
    charts.put("/index.yaml", index(&[("1.0.0", "app-1.0.0.tgz")]));
    let repo = bench.git.repository("app")?;
    let metadata = |version: &str| {
        format!(
            "apiVersion: v2\nname: web\nversion: {version}\ndependencies:\n- {{name: lib, version: 1.x, repository: \"file://../lib\"}}\n\
             - {{name: app, version: \"*\", repository: \"{}\"}}\n",
            charts.url
        )
    };
    let files = |version: &str, value: &str| {
        vec![
            ("charts/web/Chart.yaml".to_owned(), metadata(version)),
            ("charts/web/values.yaml".to_owned(), format!("a: {value}\n")),
            ("charts/web/.helmignore".to_owned(), "*.md\n".to_owned()),
            ("charts/web/README.md".to_owned(), "x".to_owned()),
            ("charts/lib/Chart.yaml".to_owned(), "apiVersion: v2\nname: lib\nversion: 1.1.0\n".to_owned()),
            ("prod.yaml".to_owned(), "b: 2\n".to_owned()),
        ]
    };
    let one = repo.commit("main", "one", files("0.1.0", "1"))?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let spec = |strategy: &str| {
        json!({ "chart": "./charts/web", "interval": "10m", "reconcileStrategy": strategy,
            "sourceRef": { "kind": "GitRepository", "name": "app" } })
    };
    apply(&bench.ns, KIND, "version", spec("ChartVersion")).await?;
    apply(&bench.ns, KIND, "revision", spec("Revision")).await?;
    let object = ready(&bench, KIND, "version").await?;
    assert_eq!(object["status"]["artifact"]["revision"], "0.1.0");
    assert_eq!(object["status"]["observedSourceArtifactRevision"], format!("main@sha1:{one}"));
    bench.event("version", "ChartPackageSucceeded", "packaged 'web' chart with version '0.1.0'").await?;
    bench.event("version", "ResolvedDependencies", "resolved 2 chart dependencies").await?;
    for (name, is_there) in [
        ("charts/lib/Chart.yaml", true),
        ("charts/app/values.yaml", true),
        (".helmignore", true),
        ("README.md", false),
    ] {
        assert_eq!(file_of(&object, name).await?.is_some(), is_there, "{name}");
    }
    let short = |commit: &str| commit.chars().take(12).collect::<String>();
    let object = ready(&bench, KIND, "revision").await?;
    assert_eq!(object["status"]["artifact"]["revision"], format!("0.1.0+{}", short(&one)));

    // The same version again is a new artifact for the one only.
    let two = repo.commit("main", "two", files("0.1.0", "2"))?;
    bench.ask("app", "1").await?;
    let revision = format!("0.1.0+{}", short(&two));
    let object = wait(&bench, KIND, "revision", |object| {
        object["status"]["artifact"]["revision"] == revision.as_str()
    })
    .await?;
    assert_eq!(file_of(&object, "values.yaml").await?.as_deref(), Some("a: 2\n"));
    let seen = format!("main@sha1:{two}");
    let object = wait(&bench, KIND, "version", |object| {
        object["status"]["observedSourceArtifactRevision"] == seen.as_str()
    })
    .await?;
    assert_eq!(file_of(&object, "values.yaml").await?.as_deref(), Some("a: 1\n"));

    let mut merged = spec("ChartVersion");
    merged["valuesFiles"] = json!(["charts/web/values.yaml", "prod.yaml"]);
    apply(&bench.ns, KIND, "version", merged).await?;
    let object = ready(&bench, KIND, "version").await?;
    assert_eq!(object["status"]["artifact"]["revision"], "0.1.0+2");
    assert_eq!(file_of(&object, "values.yaml").await?.as_deref(), Some("a: 2\nb: 2\n"));

    let mut nowhere = spec("ChartVersion");
    nowhere["chart"] = json!("../nope");
    apply(&bench.ns, KIND, "nowhere", nowhere).await?;
    failed(&bench, KIND, "nowhere", "InvalidChartReference").await?;
    Ok(())
}
