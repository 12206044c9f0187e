//! The chart, with the real Helm: that it renders with every set of values, that an API server takes every object,
//! that every Deployment can be started, and what an installation leaves. What the rights suffice for is `rights`'.

mod lifecycle;
mod readme;
pub(crate) mod release;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::rendered::{Manager, Rendered, chart};
use testkit::stack::Controller;
use testkit::tool::Terminal;

const SOON: Duration = Duration::from_secs(30);

/// The kinds of the Prometheus operator, with the fields that the chart knows and no others.
const MONITORING: &str = include_str!("chart/monitoring.yaml");

/// The files with values for common situations.
fn value_sets() -> Result<Vec<PathBuf>> {
    let folder = chart().join("ci");
    let files = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = files.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    assert!(files.len() > 4, "{files:?}");
    Ok(files)
}

struct Rig {
    ns: TestNamespace,
    terminal: Terminal,
}

impl Rig {
    async fn start() -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace("chart").await?;
        let terminal = Terminal::open(ns.folder(), &ns.plane().description().kubeconfig)?;
        Ok(Self { ns, terminal })
    }

    /// What Helm renders with a set of values for this namespace.
    async fn render(&self, values: &std::path::Path) -> Result<Rendered> {
        let (folder, values) = (chart(), values.to_string_lossy().into_owned());
        let text = self
            .terminal
            .ok(
                "helm",
                &[
                    "template",
                    "flyball",
                    &folder.to_string_lossy(),
                    "--namespace",
                    self.ns.name(),
                    "--values",
                    &values,
                    "--kube-version",
                    "v1.37.2",
                ],
            )
            .await?;
        Rendered::parse(&text).with_context(|| values)
    }
}

#[tokio::test]
async fn helm_finds_nothing_to_complain_about() -> Result<()> {
    let rig = Rig::start().await?;
    let folder = chart().to_string_lossy().into_owned();
    rig.terminal.ok("helm", &["lint", "--strict", &folder]).await?;
    for values in value_sets()? {
        rig.terminal
            .ok("helm", &["lint", "--strict", &folder, "--values", &values.to_string_lossy()])
            .await?;
    }
    Ok(())
}

/// Server-side dry-run with strict validation: a field that a kind does not have is refused.
async fn dry_run(ns: &TestNamespace, object: &Value) -> Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&object["metadata"]["name"]);
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or(ns.name());
    let api = ns.objects_in(namespace).api(&text(&object["apiVersion"]), &text(&object["kind"])).await?;
    let parameters = PatchParams { dry_run: true, ..PatchParams::apply("chart-test").force() };
    api.patch(&name, &parameters.validation_strict(), &Patch::Apply(object))
        .await
        .with_context(|| format!("{} {name}", object["kind"]))?;
    Ok(())
}

async fn make_namespace(ns: &TestNamespace, name: &str) -> Result<()> {
    ns.apply_value(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } })).await?;
    Ok(())
}

#[tokio::test]
async fn the_api_server_takes_every_rendered_object() -> Result<()> {
    let rig = Rig::start().await?;
    let ns = &rig.ns;
    for definition in ns.apply(MONITORING).await? {
        let name = definition["metadata"]["name"].as_str().context("a name")?;
        let established = ("Established", "True");
        let kind = "CustomResourceDefinition";
        ns.wait_condition("apiextensions.k8s.io/v1", kind, name, established, SOON).await?;
    }
    let mut kinds = BTreeSet::new();
    for values in value_sets()? {
        let rendered = rig.render(&values).await?;
        let namespaces: BTreeSet<&str> = rendered
            .objects()
            .iter()
            .filter_map(|object| object["metadata"]["namespace"].as_str())
            .filter(|name| *name != ns.name())
            .collect();
        for name in namespaces {
            make_namespace(ns, name).await?;
        }
        for object in rendered.objects() {
            dry_run(ns, object).await.with_context(|| values.display().to_string())?;
            kinds.extend(object["kind"].as_str().map(str::to_owned));
        }
    }
    // That the loop has seen what the chart can make; a template that renders nothing would pass all of the above.
    for kind in
        ["CustomResourceDefinition", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "PodMonitor"]
    {
        assert!(kinds.contains(kind), "no {kind} in {kinds:?}");
    }
    Ok(())
}

/// A Pod as a Deployment makes it, without what has to be in the cluster first.
fn pod(deployment: &Value) -> Value {
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("made-by-hand");
    if let Some(spec) = pod["spec"].as_object_mut() {
        for field in ["serviceAccountName", "priorityClassName", "runtimeClassName", "imagePullSecrets"] {
            spec.remove(field);
        }
    }
    pod
}

#[tokio::test]
async fn pods_pass_restricted_pod_security() -> Result<()> {
    let rig = Rig::start().await?;
    let ns = &rig.ns;
    let label = json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "restricted" } } });
    ns.patch("v1", "Namespace", ns.name(), label).await?;
    let pods = ns.api("v1", "Pod").await?;
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    for values in value_sets()? {
        for deployment in rig.render(&values).await?.of_kind("Deployment") {
            let made = serde_json::from_value(pod(deployment))?;
            pods.create(&dry_run, &made).await.with_context(|| values.display().to_string())?;
        }
    }
    let mut lax =
        json!({ "metadata": { "name": "lax" }, "spec": { "containers": [{ "name": "a", "image": "a" }] } });
    lax["apiVersion"] = json!("v1");
    lax["kind"] = json!("Pod");
    let refusal =
        pods.create(&dry_run, &serde_json::from_value(lax)?).await.err().context("it is enforced")?;
    assert!(refusal.to_string().contains("restricted"), "{refusal}");
    Ok(())
}

/// Every Deployment of every set is started with its own arguments, each combination once: a flag that a controller
/// does not have, or a value that it refuses, fails here.
#[tokio::test]
async fn every_deployment_can_be_started() -> Result<()> {
    let rig = Rig::start().await?;
    let mut seen = BTreeSet::new();
    for values in value_sets()? {
        for deployment in rig.render(&values).await?.of_kind("Deployment") {
            let component = &deployment["metadata"]["labels"]["app.kubernetes.io/component"];
            let name = component.as_str().context("which controller it is")?;
            let manager = Manager::of(deployment, rig.ns.name())?;
            if !seen.insert((name.to_owned(), manager.arguments)) {
                continue;
            }
            let mut controller = Controller::new(name)
                .flag("--watch-all-namespaces=false")
                .flag("--enable-leader-election=false");
            // Proxies of the example are not there.
            controller.environment.push(("HTTPS_PROXY".to_owned(), String::new()));
            let running = controller.start_deployed(deployment, &rig.ns.place()).await;
            let running = running.with_context(|| format!("{name} with {}", values.display()))?;
            running.process.kill().await?;
        }
    }
    assert!(seen.len() > 6, "{seen:?}");
    Ok(())
}
