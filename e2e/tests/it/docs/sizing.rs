//! The figures of docs/operations/README.md: what the controllers take with so many Kustomizations of four objects each.
//! It judges nothing. `FLYBALL_BINARIES` names a folder with binaries of another build, for figures of a release.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use kube::api::{Api, DynamicObject, ListParams};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::GitServer;
use testkit::stack::{Flyball, Running};
use testkit::wait::{Look, until};

/// How many Kustomizations there are at each measurement.
const STAGES: [usize; 3] = [100, 300, 1000];
const LIMIT: Duration = Duration::from_secs(900);
/// How long everything rests before memory is read.
const REST: Duration = Duration::from_secs(15);
const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for documents: cargo xtask test --e2e sizing -- --ignored --nocapture"]
async fn sizing() -> Result<()> {
    let ns = ControlPlane::shared().await?.namespace("sizing").await?;
    let git = GitServer::start().await?;
    let repository = git.repository("fleet")?;
    let files = |greeting: &str| {
        let greeting = greeting.to_owned();
        (0..STAGES[2])
            .map(move |n| (format!("apps/{n}/all.yaml"), manifests(n, if n == 7 { &greeting } else { "1" })))
    };
    let first = repository.commit("main", "one", files("1"))?;
    let binaries = std::env::var_os("FLYBALL_BINARIES").map(PathBuf::from);
    let flyball = Flyball::start_with(&ns, |mut controller| {
        controller.binary = binaries.as_ref().map(|folder| folder.join(&controller.name));
        controller.flags.push("--log-level=info".to_owned());
        controller
    })
    .await?;
    let controllers = [&flyball.source, &flyball.kustomize, &flyball.health];
    ns.apply_value(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "fleet"},
        "spec": {"url": repository.url(), "interval": "1h", "ref": {"branch": "main"}}}))
        .await?;
    let mut revision = first;
    let names = controllers.map(|one| one.process.name().to_owned()).join(" | ");
    say(&format!("| Kustomizations | what | seconds | {names} |"));
    for (stage, count) in STAGES.into_iter().enumerate() {
        let from = stage.checked_sub(1).map_or(0, |before| STAGES[before]);
        let (start, cpu) = (Instant::now(), cpu(controllers)?);
        let made = futures::stream::iter(from..count)
            .map(|n| ns.apply_value(kustomization(ns.name(), n)))
            .buffer_unordered(16);
        for one in made.collect::<Vec<_>>().await {
            one?;
        }
        all_at(&ns, count, &revision).await?;
        tell(count, "first run of those that are new", start, cpu, controllers).await?;

        let (start, cpu) = (Instant::now(), self::cpu(controllers)?);
        revision = repository.commit("main", "next", files(&format!("{count}")))?;
        let token =
            json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": format!("{count}")}}});
        ns.patch("source.toolkit.fluxcd.io/v1", "GitRepository", "fleet", token).await?;
        all_at(&ns, count, &revision).await?;
        tell(count, "a commit that changes one of them", start, cpu, controllers).await?;
    }
    Ok(())
}

/// A line for whoever measures, even where the output of tests is caught.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

fn cpu(controllers: [&Running; 3]) -> Result<[Duration; 3]> {
    let [source, kustomize, health] = controllers.map(|one| one.process.cpu());
    Ok([source?, kustomize?, health?])
}

/// A row: CPU seconds since `before`, resident and highest memory in MiB.
async fn tell(
    count: usize,
    what: &str,
    start: Instant,
    before: [Duration; 3],
    controllers: [&Running; 3],
) -> Result<()> {
    let seconds = start.elapsed().as_secs_f64();
    tokio::time::sleep(REST).await;
    let after = cpu(controllers)?;
    let mut cells = Vec::new();
    for (index, one) in controllers.iter().enumerate() {
        let used = (after[index] - before[index]).as_secs_f64();
        let mib = |bytes: u64| bytes / (1 << 20);
        cells.push(format!(
            "{used:.1} s, {} MiB, {} MiB",
            mib(one.process.rss()?),
            mib(one.process.peak_rss()?)
        ));
    }
    say(&format!("| {count} | {what} | {seconds:.1} | {} |", cells.join(" | ")));
    Ok(())
}

async fn all_at(ns: &TestNamespace, count: usize, revision: &str) -> Result<()> {
    let api: Api<DynamicObject> = ns.api(KUSTOMIZE, "Kustomization").await?;
    let wanted = format!("main@sha1:{revision}");
    until(&format!("{count} Kustomizations at {revision}"), LIMIT, || async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let list = api.list(&ListParams::default()).await.context("list")?;
        let done =
            list.items.iter().filter(|one| one.data["status"]["lastAppliedRevision"] == wanted).count();
        Ok(if done >= count { Look::Found(()) } else { Look::Not(format!("{done} are")) })
    })
    .await
}

fn kustomization(ns: &str, n: usize) -> Value {
    json!({
        "apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": {"name": format!("app-{n}")},
        "spec": {
            "interval": "1h", "retryInterval": "30s", "prune": true, "wait": true, "targetNamespace": ns, "path": format!("./apps/{n}"),
            "sourceRef": {"kind": "GitRepository", "name": "fleet"},
        },
    })
}

/// A Deployment without replicas, a Service, a ConfigMap and a ServiceAccount, in the namespace of whoever applies them.
fn manifests(n: usize, greeting: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: app-{n}}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app-{n}}}\ndata: {{greeting: \"{greeting}\"}}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: app-{n}}}\nspec: {{selector: {{app: app-{n}}}, ports: [{{port: 80}}]}}\n---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{n}}}\nspec:\n  replicas: 0\n  \
         selector: {{matchLabels: {{app: app-{n}}}}}\n  template:\n    metadata: {{labels: {{app: app-{n}}}}}\n    \
         spec: {{containers: [{{name: main, image: \"example.com/app:1\"}}]}}\n"
    )
}
