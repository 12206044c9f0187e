//! Flux's helm-controller on our charts: a HelmRelease installs, upgrades and removes what our source-controller publishes
//! of a registry.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::binaries::FLUX_HELM_CONTROLLER;
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::oci::{Distribution, Image};
use testkit::stack::Controller;
use testkit::wait::{Look, until};

use super::{LIMIT, SOURCE, theirs};
use crate::source::helm::package;

const HELM: &str = "helm.toolkit.fluxcd.io/v2";
const TEMPLATE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n  word: {{ .Values.word | quote }}\n  \
                        version: {{ .Chart.Version | quote }}\n";

/// The definition of HelmReleases, and what its controller needs to work in the namespace.
async fn prepare(ns: &TestNamespace) -> Result<()> {
    let module = FLUX_HELM_CONTROLLER.source_of("github.com/fluxcd/helm-controller")?;
    let bases = module.join("config/crd/bases");
    for file in std::fs::read_dir(&bases).with_context(|| bases.display().to_string())? {
        for applied in ns.apply(&std::fs::read_to_string(file?.path())?).await? {
            let name = applied["metadata"]["name"].as_str().context("a name")?;
            let definition = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
            let established = ("Established", "True");
            ns.wait_condition(definition.0, definition.1, name, established, LIMIT).await?;
        }
    }
    // Discovery learns of a definition some time after it is established.
    until("HelmReleases are served", LIMIT, || async {
        Ok(match ns.api(HELM, "HelmRelease").await {
            Ok(_) => Look::Found(()),
            Err(error) => Look::Not(error.to_string()),
        })
    })
    .await?;
    let rbac = "rbac.authorization.k8s.io";
    ns.apply_value(json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": {"name": "helm-controller"},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "helm-controller", "namespace": ns.name()}],
    }))
    .await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn flux_helm_controller_on_our_charts() -> Result<()> {
    let ns = ControlPlane::shared().await?.namespace("peers-helm").await?;
    prepare(&ns).await?;
    let registry = Distribution::start().await?;
    let push = async |version: &str| {
        let files = [("values.yaml", "word: none\n"), ("templates/app.yaml", TEMPLATE)];
        let image = Image::of_chart(package(ns.folder(), "app", version, &files)?);
        registry.push("charts/app", version, &image).await
    };
    push("1.0.0").await?;
    let source = Controller::new("source-controller").start(&ns).await?;
    let helm = theirs("helm-controller")?.start(&ns).await?;
    let repository =
        json!({"type": "oci", "url": registry.url("charts"), "insecure": true, "interval": "10m"});
    let chart = json!({
        "chart": "app", "version": "1.x", "interval": "10m", "sourceRef": {"kind": "HelmRepository", "name": "app"},
    });
    let release = json!({
        "interval": "1h", "chart": {"spec": chart}, "values": {"word": "hello"}, "timeout": "1m",
    });
    for (api_version, kind, spec) in [(SOURCE, "HelmRepository", repository), (HELM, "HelmRelease", release)]
    {
        let object =
            json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "app"}, "spec": spec});
        ns.apply_value(object).await?;
    }
    let logs = || format!("{}\n{}", source.process.log_tail(), helm.process.log_tail());
    let at = |version: &'static str| {
        move |object: &Value| {
            let conditions = object["status"]["conditions"].as_array();
            let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
            ready.is_some_and(|ready| ready["status"] == "True")
                && object["status"]["history"][0]["chartVersion"] == version
        }
    };
    ns.wait_for(HELM, "HelmRelease", "app", LIMIT, at("1.0.0")).await.with_context(logs)?;
    let installed = ns.get("v1", "ConfigMap", "app").await?.context("app")?;
    assert_eq!(installed["data"], json!({"word": "hello", "version": "1.0.0"}));

    push("1.1.0").await?;
    let name = format!("{}-app", ns.name());
    let asked = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "again"}}});
    ns.patch(SOURCE, "HelmChart", &name, asked).await?;
    ns.wait_for(HELM, "HelmRelease", "app", LIMIT, at("1.1.0")).await.with_context(logs)?;
    let upgraded = ns.get("v1", "ConfigMap", "app").await?.context("app")?;
    assert_eq!(upgraded["data"]["version"], "1.1.0");

    ns.delete(HELM, "HelmRelease", "app").await?;
    ns.wait_gone(HELM, "HelmRelease", "app", LIMIT).await.with_context(logs)?;
    ns.wait_gone("v1", "ConfigMap", "app", LIMIT).await?;
    ns.wait_gone(SOURCE, "HelmChart", &name, LIMIT).await.with_context(logs)
}
