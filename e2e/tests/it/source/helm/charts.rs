//! Charts of a repository: pulled as they are or packaged with values, renewed when the index is, refused in Flux's words.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Charts, apply, conditions, failed, fetched, file_of, index, package, ready, wait};

const KIND: &str = "HelmChart";
const VALUES: &str = "a: 1\nb:\n  c: 2\n";

fn spec(range: &str) -> serde_json::Value {
    json!({ "chart": "app", "version": range, "interval": "10m", "sourceRef": { "kind": "HelmRepository", "name": "app" } })
}

#[tokio::test]
async fn a_chart_follows_its_repository() -> Result<()> {
    let bench = Bench::start("helm-chart").await?;
    let charts = Charts::start().await?;
    let files =
        [("values.yaml", VALUES), ("values-prod.yaml", "b: {d: 3}\n"), ("templates/a.yaml", "kind: A\n")];
    let one = package(bench.ns.folder(), "app", "1.0.0", &files)?;
    let two = package(bench.ns.folder(), "app", "1.2.0", &files)?;
    charts.put("/app-1.0.0.tgz", one.clone());
    charts.put("/app-1.2.0.tgz", two.clone());
    charts.put("/index.yaml", index(&[("1.0.0", "app-1.0.0.tgz")]));

    // The chart is there before its repository.
    apply(&bench.ns, KIND, "app", spec("1.x")).await?;
    let object = failed(&bench, KIND, "app", "SourceUnavailable").await?;
    let text = "failed to get source: HelmRepository.source.toolkit.fluxcd.io \"app\" not found";
    assert!(conditions(&object).iter().any(|line| line.ends_with(text)), "{:?}", conditions(&object));
    apply(&bench.ns, "HelmRepository", "app", json!({ "url": charts.url, "interval": "10m" })).await?;
    let object = ready(&bench, KIND, "app").await?;
    let message = "ChartPullSucceeded pulled 'app' chart with version '1.0.0'";
    assert_eq!(
        conditions(&object),
        [format!("Ready=True {message}"), format!("ArtifactInStorage=True {message}")]
    );
    let status = &object["status"];
    assert_eq!(
        (&status["artifact"]["revision"], &status["observedChartName"]),
        (&json!("1.0.0"), &json!("app"))
    );
    assert_eq!(status["artifact"]["path"], format!("helmchart/{}/app/app-1.0.0.tgz", bench.ns.name()));
    assert_eq!(fetched(&status["artifact"]["url"]).await?, one, "as it was sent");
    assert_eq!(fetched(&status["url"]).await?, one, "the link");
    bench.event("app", "ChartPullSucceeded", "pulled 'app' chart with version '1.0.0'").await?;

    // A new version wakes it.
    charts.put("/index.yaml", index(&[("1.0.0", "app-1.0.0.tgz"), ("1.2.0", "app-1.2.0.tgz")]));
    super::ask(&bench, "HelmRepository", "app", "1").await?;
    let object =
        wait(&bench, KIND, "app", |object| object["status"]["artifact"]["revision"] == "1.2.0").await?;
    assert_eq!(fetched(&object["status"]["url"]).await?, two);

    let mut packaged = spec("1.0.0");
    packaged["valuesFiles"] = json!(["values.yaml", "values-prod.yaml"]);
    apply(&bench.ns, KIND, "app", packaged).await?;
    let object = ready(&bench, KIND, "app").await?;
    assert_eq!(object["status"]["artifact"]["revision"], "1.0.0+2");
    let message =
        "packaged 'app' chart with version '1.0.0+2' and merged values files [values.yaml values-prod.yaml]";
    bench.event("app", "ChartPackageSucceeded", message).await?;
    assert_eq!(file_of(&object, "values.yaml").await?.as_deref(), Some("a: 1\nb:\n  c: 2\n  d: 3\n"));
    assert_eq!(file_of(&object, "templates/a.yaml").await?.as_deref(), Some("kind: A\n"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_had_is_said() -> Result<()> {
    let bench = Bench::start("helm-causes").await?;
    let charts = Charts::start().await?;
    charts.put("/broken.tgz", "no archive at all");
    charts.put("/index.yaml", index(&[("1.0.0", "broken.tgz"), ("2.0.0", "absent.tgz")]));
    apply(&bench.ns, "HelmRepository", "app", json!({ "url": charts.url, "interval": "10m" })).await?;
    ready(&bench, "HelmRepository", "app").await?;
    let pulling = "chart pull error: failed to ";
    let choosing = "invalid chart reference: failed to get chart version for remote reference: ";
    for (name, range, reason, message, is_stalled) in [
        (
            "range",
            "9.x",
            "InvalidChartReference",
            format!("{choosing}no 'app' chart with version matching '9.x' found"),
            true,
        ),
        (
            "improper",
            "a range",
            "InvalidChartReference",
            format!("{choosing}improper constraint: \"a range\""),
            true,
        ),
        (
            "broken",
            "1.0.0",
            "ChartPullError",
            format!("{pulling}load chart metadata from written chart: gzip: invalid header"),
            false,
        ),
        (
            "absent",
            "2.0.0",
            "ChartPullError",
            format!(
                "{pulling}download chart for remote reference: failed to fetch {}/absent.tgz : 404 Not Found",
                charts.url
            ),
            false,
        ),
    ] {
        apply(&bench.ns, KIND, name, spec(range)).await?;
        let object = failed(&bench, KIND, name, reason).await?;
        let first = if is_stalled {
            format!("Stalled=True {reason} {message}")
        } else {
            "Reconciling=True ProgressingWithRetry building artifact".to_owned()
        };
        assert_eq!(
            conditions(&object),
            [
                first,
                format!("Ready=False {reason} {message}"),
                format!("FetchFailed=True {reason} {message}")
            ]
        );
    }
    let other = json!({ "chart": "other", "interval": "10m", "sourceRef": { "kind": "HelmRepository", "name": "app" } });
    apply(&bench.ns, KIND, "other", other).await?;
    let object = failed(&bench, KIND, "other", "InvalidChartReference").await?;
    assert!(conditions(&object).iter().any(|line| line.ends_with(&format!("{choosing}no chart name found"))));
    assert!(charts.asked().iter().all(|(_, login)| !login));
    Ok(())
}
