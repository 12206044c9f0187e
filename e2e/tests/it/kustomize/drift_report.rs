//! What is told of drift: the DriftReport, fights, the mode that only reports, and fields that are left alone.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::cluster::{Mark, Requests};

use super::rig::{Rig, condition, config_map};

const KUSTOMIZATIONS: &str = "kustomize.toolkit.fluxcd.io/v1";
const REPORT: (&str, &str, &str) = ("flyball.dev/v1alpha1", "DriftReport", "app");
const SETTINGS: (&str, &str, &str) = ("v1", "ConfigMap", "settings");
const WEB: (&str, &str, &str) = ("apps/v1", "Deployment", "web");
const MODE: &str = "kustomize.flyball.dev/driftMode";

async fn with_settings(name: &str) -> Result<(Rig, String)> {
    let rig = Rig::start(name).await?;
    let revision = rig.publish(&settings(&rig, "declared")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    Ok((rig, revision))
}

fn settings(rig: &Rig, value: &str) -> String {
    let (ns, other) = (rig.namespace(), "other");
    format!(
        "-- a.yaml --\n{}-- b.yaml --\n{}",
        config_map(ns, SETTINGS.2, value),
        config_map(ns, other, value)
    )
}

async fn edit(rig: &Rig, who: &str, name: &str, value: &str) -> Result<()> {
    rig.patch_as(who, "v1", "ConfigMap", name, json!({"data": {"key": value}})).await.map(drop)
}

async fn set_mode(rig: &Rig, mode: Value) -> Result<()> {
    let patch = json!({"metadata": {"annotations": {MODE: mode}}});
    rig.patch_as("test", KUSTOMIZATIONS, "Kustomization", "app", patch).await.map(drop)
}

fn is_declared(map: &Value) -> bool {
    map["data"]["key"] == "declared"
}

/// The entry of an object of this name.
fn entry<'v>(report: &'v Value, name: &str) -> &'v Value {
    let objects = report["status"]["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_name = |object: &&Value| object["id"].as_str().is_some_and(|id| id.contains(&format!("_{name}_")));
    objects.iter().find(of_name).unwrap_or(&Value::Null)
}

async fn told(rig: &Rig, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    rig.until_object(REPORT, what, wanted).await
}

async fn reports(rig: &Rig, mark: &Mark) -> Result<Requests> {
    Ok(rig.requests(mark).await?.filter(|request| request.resource.starts_with("driftreports")))
}

#[tokio::test]
async fn a_changed_value_is_healed_and_told_with_both_sides() -> Result<()> {
    let (rig, _) = with_settings("report").await?;
    let before = rig.state("app").await?;
    edit(&rig, "somebody", "settings", "edited").await?;
    rig.until_object(SETTINGS, "is healed", is_declared).await?;
    let report = told(&rig, "tells of it", |report| entry(report, "settings")["state"] == "Healed").await?;
    let owner = &report["metadata"]["ownerReferences"][0];
    assert_eq!((&owner["kind"], &owner["uid"]), (&json!("Kustomization"), &before["metadata"]["uid"]));
    assert_eq!(
        (&report["status"]["mode"], &report["status"]["target"]["name"]),
        (&json!("Heal"), &json!("app"))
    );
    assert_eq!(report["status"]["counts"]["healed"], 1);
    let found = entry(&report, "settings");
    assert!(found["healedAt"].is_string() && found["since"].is_string(), "{found}");
    let path = &found["paths"][0];
    assert_eq!(path["path"], "/data/key");
    assert_eq!((&path["desired"], &path["live"]), (&json!("\"declared\""), &json!("\"edited\"")));
    assert_eq!(path["manager"], "somebody");
    assert!(path["changedAt"].is_string(), "{path}");
    assert_eq!(found["paths"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(
        before["status"],
        rig.state("app").await?["status"],
        "a heal writes no status of the Kustomization"
    );

    rig.delete("v1", "ConfigMap", "other").await?;
    rig.until_object(("v1", "ConfigMap", "other"), "is back", is_declared).await?;
    let report =
        told(&rig, "tells of the deletion", |report| entry(report, "other")["state"] == "Healed").await?;
    assert_eq!(entry(&report, "other")["deleted"], true);
    assert_eq!(report["status"]["counts"]["healed"], 2);
    Ok(())
}

#[tokio::test]
async fn nothing_is_written_while_nothing_drifts() -> Result<()> {
    let (rig, _) = with_settings("report-quiet").await?;
    let mark = rig.mark()?;
    rig.run("app").await?;
    let patch = json!({"metadata": {"annotations": {"flyball.dev/fullPassAt": "now"}}});
    rig.patch_as("test", KUSTOMIZATIONS, "Kustomization", "app", patch).await?;
    let revision = rig.publish(&settings(&rig, "changed")).await?;
    rig.ready("app", &revision).await?;
    rig.run("app").await?;
    let requests = reports(&rig, &mark).await?;
    assert!(requests.is_empty(), "{requests}");
    assert!(rig.get(REPORT.0, REPORT.1, REPORT.2).await?.is_none(), "it never drifted");

    // Nor while nothing happens after it has.
    edit(&rig, "somebody", "settings", "edited").await?;
    told(&rig, "tells of it", |report| entry(report, "settings")["state"] == "Healed").await?;
    let mark = rig.mark()?;
    rig.run("app").await?;
    rig.run("app").await?;
    let requests = reports(&rig, &mark).await?;
    assert!(requests.is_empty(), "{requests}");
    Ok(())
}

#[tokio::test]
async fn values_of_secrets_are_masked_on_both_sides() -> Result<()> {
    let rig = Rig::start("report-secrets").await?;
    let ns = rig.namespace();
    let (declared, edited) =
        (rig.ns.canaries().issue("a password"), rig.ns.canaries().issue("another password"));
    let variable = "for-the-url-7351";
    rig.apply(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vars", "namespace": ns},
        "stringData": {"token": variable},
    }))
    .await?;
    let files = format!(
        "-- a.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {{name: login, namespace: {ns}}}\nstringData: {{password: {declared}}}\n\
         -- b.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: url, namespace: {ns}}}\ndata: {{url: \"https://u:${{token}}@x\", plain: a}}\n"
    );
    let revision = rig.publish(&files).await?;
    let from = json!({"substituteFrom": [{"kind": "Secret", "name": "vars"}]});
    rig.kustomization("app", json!({"postBuild": from})).await?;
    rig.ready("app", &revision).await?;

    let annotation = json!({"example.com/token": edited, "example.com/note": "readable"});
    let patch = json!({"stringData": {"password": edited}, "metadata": {"annotations": annotation}});
    rig.patch_as("somebody", "v1", "Secret", "login", patch).await?;
    let patch = json!({"data": {"url": "https://nobody@x", "plain": "b"}});
    rig.patch_as("somebody", "v1", "ConfigMap", "url", patch).await?;
    let both = |report: &Value| ["login", "url"].iter().all(|name| entry(report, name)["state"] == "Healed");
    let report = told(&rig, "tells of both", both).await?;
    let password = &entry(&report, "login")["paths"][0];
    assert_eq!(password["path"], "/data/password", "{report}");
    assert_eq!((&password["desired"], &password["live"]), (&json!("***"), &json!("***")));
    let url = entry(&report, "url")["paths"].as_array().cloned().unwrap_or_default();
    let side = |path: &str, side: &str| {
        url.iter().find(|found| found["path"] == path).map(|found| found[side].clone())
    };
    assert_eq!(side("/data/url", "desired"), Some(json!("***")), "{report}");
    assert_eq!(side("/data/url", "live"), Some(json!("***")), "{report}");
    assert_eq!(side("/data/plain", "live"), Some(json!("\"b\"")), "{report}");
    let text = report.to_string();
    for value in [declared.as_str(), &edited, variable] {
        assert!(!text.contains(value), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_fight_is_told_with_both_sides() -> Result<()> {
    let (rig, _) = with_settings("report-fight").await?;
    for round in 0..20 {
        edit(&rig, "rival", "settings", &format!("theirs {round}")).await?;
        let back = rig.until_object(SETTINGS, "is healed", is_declared);
        if tokio::time::timeout(std::time::Duration::from_secs(2), back).await.is_err() {
            break;
        }
    }
    let report = told(&rig, "tells of the fight, which the brake holds", |report| {
        report["status"]["fights"][0]["retryAt"].is_string()
    })
    .await?;
    let fight = &report["status"]["fights"][0];
    assert_eq!((&fight["path"], &fight["manager"]), (&json!("/data/key"), &json!("rival")), "{fight}");
    assert_eq!(fight["desired"], "\"declared\"");
    assert!(fight["live"].as_str().is_some_and(|live| live.contains("theirs")), "{fight}");
    assert!(fight["corrections"].as_i64().is_some_and(|corrections| corrections >= 3), "{fight}");
    assert_eq!(report["status"]["counts"]["fights"], 1);
    assert_eq!(entry(&report, "settings")["state"], "Drifted", "it differs as long as the brake holds it");
    Ok(())
}

#[tokio::test]
async fn in_mode_report_drift_is_told_and_stays_and_turning_back_heals() -> Result<()> {
    let (rig, revision) = with_settings("report-mode").await?;
    set_mode(&rig, json!("Report")).await?;
    rig.run("app").await?;
    edit(&rig, "somebody", "settings", "edited").await?;
    rig.delete("v1", "ConfigMap", "other").await?;
    let both =
        |report: &Value| ["settings", "other"].iter().all(|name| entry(report, name)["state"] == "Drifted");
    let report = told(&rig, "tells of both", both).await?;
    assert_eq!(
        (&report["status"]["mode"], &report["status"]["counts"]["drifted"]),
        (&json!("Report"), &json!(2))
    );
    assert_eq!(entry(&report, "settings")["paths"][0]["live"], "\"edited\"");
    assert_eq!(entry(&report, "other")["deleted"], true);

    // Neither a run nor a full pass that somebody asks for heals.
    rig.run("app").await?;
    let patch = json!({"metadata": {"annotations": {"flyball.dev/fullPassAt": "now"}}});
    rig.patch_as("test", KUSTOMIZATIONS, "Kustomization", "app", patch).await?;
    let state = rig.run("app").await?;
    assert_eq!(condition(&state, "Ready")["status"], "True");
    let edited = |map: &Value| map["data"]["key"] == "edited";
    assert!(edited(&rig.get(SETTINGS.0, SETTINGS.1, SETTINGS.2).await?.unwrap()));
    assert!(rig.get("v1", "ConfigMap", "other").await?.is_none());
    // What Git changes is applied: the deleted one comes back, because its manifest is another one now.
    let ns = rig.namespace();
    let files = format!(
        "-- a.yaml --\n{}-- b.yaml --\n{}",
        config_map(ns, SETTINGS.2, "declared"),
        config_map(ns, "other", "second")
    );
    let second = rig.publish(&files).await?;
    rig.ready("app", &second).await?;
    assert_ne!(revision, second);
    let other = rig.get("v1", "ConfigMap", "other").await?.unwrap_or_default();
    assert_eq!(other["data"]["key"], "second");
    assert!(edited(&rig.get(SETTINGS.0, SETTINGS.1, SETTINGS.2).await?.unwrap()));
    told(&rig, "tells of one", |report| report["status"]["counts"]["drifted"] == 1).await?;

    set_mode(&rig, json!("Heal")).await?;
    rig.until_object(SETTINGS, "is healed", is_declared).await?;
    let report = told(&rig, "tells of none", |report| report["status"]["counts"]["drifted"] == 0).await?;
    assert_eq!(
        (&report["status"]["mode"], &entry(&report, "settings")["state"]),
        (&json!("Heal"), &json!("Healed"))
    );
    Ok(())
}

#[tokio::test]
async fn mode_report_outlives_the_process() -> Result<()> {
    let (mut rig, revision) = with_settings("report-restart").await?;
    set_mode(&rig, json!("Report")).await?;
    rig.run("app").await?;
    edit(&rig, "somebody", "settings", "edited").await?;
    let before = told(&rig, "tells of it", |report| entry(report, "settings")["state"] == "Drifted").await?;
    rig.kill_controller().await?;
    edit(&rig, "somebody", "other", "edited while nobody looked").await?;
    rig.start_controller().await?;
    let report = told(&rig, "tells of both", |report| report["status"]["counts"]["drifted"] == 2).await?;
    assert_eq!(entry(&report, "settings")["since"], entry(&before, "settings")["since"]);
    rig.run("app").await?;
    rig.ready("app", &revision).await?;
    assert!(!is_declared(&rig.get(SETTINGS.0, SETTINGS.1, SETTINGS.2).await?.unwrap()));
    set_mode(&rig, Value::Null).await?;
    rig.until_object(SETTINGS, "is healed", is_declared).await?;
    rig.until_object(("v1", "ConfigMap", "other"), "is healed", is_declared).await?;
    Ok(())
}

#[tokio::test]
async fn a_mode_that_there_is_not_is_told_and_drift_is_healed() -> Result<()> {
    let (rig, _) = with_settings("report-unknown").await?;
    set_mode(&rig, json!("Observe")).await?;
    rig.run("app").await?;
    let message = rig.event("app", "the mode", |reason, _| reason == "InvalidDriftMode").await?;
    assert!(message.contains("\"Observe\"") && message.contains("Heal"), "{message}");
    edit(&rig, "somebody", "settings", "edited").await?;
    rig.until_object(SETTINGS, "is healed", is_declared).await?;
    Ok(())
}

fn web(ns: &str) -> String {
    format!(
        "-- web.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {ns}}}\nspec:\n  replicas: 1\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
         containers: [{{name: main, image: \"example.com/web:1\"}}]\n\
         -- once.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: once\n  namespace: {ns}\n  \
         annotations: {{kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}}\ndata: {{key: declared}}\n"
    )
}

#[tokio::test]
async fn fields_that_are_left_alone_are_told_by_their_rule() -> Result<()> {
    let rig = Rig::start("report-ignored").await?;
    let revision = rig.publish(&web(rig.namespace())).await?;
    let ignore = json!([{"paths": ["/metadata/labels/x"]}, {"paths": ["/spec/replicas"], "target": {"kind": "Deployment"}}]);
    rig.kustomization("app", json!({"ignore": ignore})).await?;
    rig.ready("app", &revision).await?;
    rig.patch_as("autoscaler", WEB.0, WEB.1, WEB.2, json!({"spec": {"replicas": 5}})).await?;
    let report =
        told(&rig, "tells of the replicas", |report| report["status"]["counts"]["ignored"] == 1).await?;
    let ignored = &report["status"]["ignored"][0];
    assert_eq!((&ignored["path"], &ignored["rule"]), (&json!("/spec/replicas"), &json!("spec.ignore[1]")));
    assert_eq!((&ignored["desired"], &ignored["live"]), (&json!("1"), &json!("5")));
    assert_eq!(ignored["manager"], "autoscaler");
    assert_eq!(report["status"]["counts"]["drifted"], 0, "{report}");
    assert_eq!(rig.get(WEB.0, WEB.1, WEB.2).await?.unwrap()["spec"]["replicas"], 5);

    // What only has to exist is compared in a full pass.
    edit(&rig, "somebody", "once", "edited").await?;
    let patch = json!({"metadata": {"annotations": {"flyball.dev/fullPassAt": "now"}}});
    rig.patch_as("test", KUSTOMIZATIONS, "Kustomization", "app", patch).await?;
    let report = told(&rig, "tells of both", |report| report["status"]["counts"]["ignored"] == 2).await?;
    let all = report["status"]["ignored"].as_array().cloned().unwrap_or_default();
    let once = all.iter().find(|found| found["path"] == "/data/key").unwrap_or(&Value::Null);
    assert_eq!(once["rule"], "kustomize.toolkit.fluxcd.io/ssa: IfNotPresent");
    assert_eq!(once["live"], "\"edited\"");

    // Without the rule it is drift, and healed.
    rig.kustomization("app", json!({"ignore": []})).await?;
    rig.until_object(WEB, "is as declared", |web| web["spec"]["replicas"] == 1).await?;
    told(&rig, "tells of one", |report| report["status"]["counts"]["ignored"] == 1).await?;
    Ok(())
}
