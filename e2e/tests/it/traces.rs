//! Traces: one from a commit to Ready across the three controllers, with its id in logs and events; and that a receiver
//! which is not there is nobody's trouble.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::{GitServer, Repository};
use testkit::process::Process;
use testkit::stack::{Controller, Flyball};
use testkit::wait::{Look, until};

mod sink;
use sink::{Sink, Span};

const SOURCES: &str = "source.toolkit.fluxcd.io/v1";
const KUSTOMIZATIONS: &str = "kustomize.toolkit.fluxcd.io/v1";
const SOON: Duration = Duration::from_secs(30);

/// A namespace, a repository with one ConfigMap, and the controllers with these flags.
struct Bench {
    ns: TestNamespace,
    repository: Repository,
    flyball: Flyball,
    _git: GitServer,
}

impl Bench {
    async fn start(name: &str, flags: &[String]) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace(name).await?;
        let git = GitServer::start().await?;
        let repository = git.repository("app")?;
        repository.commit("main", "first", [("map.yaml", map("one"))])?;
        let flagged = |controller: Controller| flags.iter().fold(controller, Controller::flag);
        let flyball = Flyball::start_with(&ns, flagged).await?;
        Ok(Self { ns, repository, flyball, _git: git })
    }

    /// A GitRepository and a Kustomization; waits until all is well, and gives the revision.
    async fn deploy(&self) -> Result<String> {
        let spec = json!({ "url": self.repository.url(), "ref": { "branch": "main" }, "interval": "1h" });
        self.apply(SOURCES, "GitRepository", spec).await?;
        let spec = json!({ "sourceRef": { "kind": "GitRepository", "name": "app" }, "interval": "1h",
            "prune": true, "wait": true, "targetNamespace": self.ns.name() });
        self.apply(KUSTOMIZATIONS, "Kustomization", spec).await?;
        let ready = self.ns.wait_ready(KUSTOMIZATIONS, "Kustomization", "app", "True").await?;
        let told = |found: &Value| found["status"]["conditions"][0]["status"] == "True";
        self.ns.wait_for("flyball.dev/v1alpha1", "Convergence", "app", SOON, told).await?;
        Ok(ready["status"]["lastAppliedRevision"].as_str().context("a revision")?.to_owned())
    }

    async fn apply(&self, version: &str, kind: &str, spec: Value) -> Result<()> {
        let object =
            json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "app" }, "spec": spec });
        self.ns.apply_value(object).await.map(drop)
    }
}

fn map(value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app}}\ndata: {{k: {value}}}\n")
}

/// Waits until the receiver has a span that is wanted.
async fn span(sink: &Sink, what: &str, wanted: impl Fn(&Span) -> bool) -> Result<Span> {
    until(what, SOON, || async {
        let spans = sink.spans();
        Ok(match spans.iter().find(|span| wanted(span)) {
            Some(span) => Look::Found(span.clone()),
            None => Look::Not(format!("{:?}", spans.iter().map(Span::title).collect::<Vec<_>>())),
        })
    })
    .await
}

/// Messages of a process' log lines that carry a trace's id.
fn logged(process: &Process, trace: &str) -> Result<Vec<String>> {
    let log = process.log()?;
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines = lines.filter(|line| line["traceID"] == trace);
    Ok(lines.map(|line| line["msg"].as_str().unwrap_or_default().to_owned()).collect())
}

/// Logs and events carry the trace's id, and what exporting needs is shown nowhere.
async fn carries(bench: &Bench, sink: &Sink, trace: &str) -> Result<()> {
    let Flyball { source, kustomize, health } = &bench.flyball;
    let says = |lines: &[String], text: &str| lines.iter().any(|line| line.contains(text));
    let lines = logged(&source.process, trace)?;
    assert!(says(&lines, "stored artifact for commit"), "{lines:?}");
    let lines = logged(&kustomize.process, trace)?;
    assert!(says(&lines, "server-side apply completed"), "{lines:?}");
    assert!(says(&lines, "Reconciliation finished"), "{lines:?}");
    assert!(!logged(&health.process, trace)?.is_empty());
    until("events carry its id", SOON, || async {
        let events = bench.ns.list("v1", "Event", "").await?;
        let of_trace = |event: &&Value| event["metadata"]["annotations"]["flyball.dev/traceID"] == trace;
        let mut reasons: Vec<&str> =
            events.iter().filter(of_trace).filter_map(|event| event["reason"].as_str()).collect();
        reasons.sort_unstable();
        let wanted = ["NewArtifact", "ReconciliationSucceeded"];
        let all = wanted.iter().all(|reason| reasons.contains(reason));
        Ok(if all { Look::Found(()) } else { Look::Not(format!("{reasons:?}")) })
    })
    .await?;

    // The header is sent, and shown nowhere.
    assert!(sink.headers().iter().all(|headers| headers["authorization"] == "Bearer hunter2"));
    for process in [&source.process, &kustomize.process, &health.process] {
        assert!(!process.log()?.contains("hunter2"), "{}", process.name());
    }
    Ok(())
}

#[tokio::test]
async fn one_trace_from_commit_to_ready() -> Result<()> {
    let sink = Sink::start().await?;
    let folder = tempfile::tempdir()?;
    let headers = folder.path().join("headers");
    std::fs::write(&headers, "Authorization: Bearer hunter2\n")?;
    let flags =
        [format!("--otlp-endpoint={}", sink.url()), format!("--otlp-headers-file={}", headers.display())];
    let bench = Bench::start("traces", &flags).await?;
    let revision = bench.deploy().await?;

    let root = span(&sink, "the run that published the revision", |span| {
        span.service == "source-controller" && span.name == "reconcile" && span.parent.is_empty()
    })
    .await?;
    let of = |service: &'static str, name: &'static str| {
        let root = root.clone();
        move |span: &Span| {
            (span.service.as_str(), span.name.as_str()) == (service, name) && span.parent == root.id
        }
    };
    let run = span(&sink, "the run that applied it", of("kustomize-controller", "reconcile")).await?;
    let health = span(&sink, "what health-controller told", |span| {
        of("health-controller", "health")(span) && span.attributes["flyball.reason"] == "Converged"
    })
    .await?;

    // All of it is one trace, of this revision, in the order in which it happened.
    let spans: Vec<Span> = sink.spans().into_iter().filter(|span| span.trace == root.trace).collect();
    for one in [&root, &run, &health] {
        assert_eq!(one.trace, root.trace, "{one:?}");
        assert_eq!(one.attributes["flyball.revision"], revision, "{one:?}");
        assert_eq!(one.attributes["k8s.namespace.name"], bench.ns.name());
        assert_eq!(one.attributes["k8s.object.name"], "app");
        assert!(!one.failed && one.links.is_empty(), "{one:?}");
        assert!(one.began <= one.ended, "{one:?}");
    }
    assert!(root.began < run.began && run.began < health.ended, "{root:?}\n{run:?}\n{health:?}");
    assert_eq!(spans.iter().filter(|span| span.parent.is_empty()).count(), 1, "one root");
    let children = |parent: &Span| {
        let mut children: Vec<&Span> = spans.iter().filter(|span| span.parent == parent.id).collect();
        children.sort_by_key(|span| span.began);
        children.iter().filter(|span| span.service == parent.service).map(|span| span.name.clone()).collect()
    };
    let steps: Vec<String> = children(&root);
    assert_eq!(steps, ["access", "resolve", "fetch", "pack", "store", "finish"]);
    let steps: Vec<String> = children(&run);
    assert_eq!(steps, ["resolve", "build", "plan", "permit", "execute", "health", "finish"]);
    let build = spans.iter().find(|span| span.name == "build").context("a build")?;
    let steps: Vec<String> = children(build);
    assert_eq!(steps, ["fetch", "render"]);
    let execute = spans.iter().find(|span| span.name == "execute").context("an execution")?;
    assert_eq!(execute.attributes["flyball.writes"], "1");
    assert_eq!(run.attributes["flyball.source"], format!("GitRepository/{}/app", bench.ns.name()));

    carries(&bench, &sink, &root.trace).await?;

    // Drift is later: it has a trace of its own that points at the revision's.
    bench.ns.patch("v1", "ConfigMap", "app", json!({ "data": { "k": "other" } })).await?;
    let heal = span(&sink, "the heal", |span| span.name == "heal").await?;
    assert_eq!((&heal.links, heal.parent.as_str()), (&vec![root.trace.clone()], ""));
    assert_ne!(heal.trace, root.trace);
    assert_eq!(heal.attributes["flyball.healed"], "1");

    // Another commit has another trace.
    bench.repository.commit("main", "second", [("map.yaml", map("two"))])?;
    let ask = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": "now" } } });
    bench.ns.patch(SOURCES, "GitRepository", "app", ask).await?;
    let second = span(&sink, "the second commit's run", |span| {
        span.title() == "kustomize-controller reconcile"
            && !span.parent.is_empty()
            && span.attributes.get("flyball.revision").is_some_and(|other| *other != revision)
    })
    .await?;
    assert_ne!(second.trace, root.trace);
    let root = span(&sink, "its root", |span| span.id == second.parent).await?;
    assert_eq!((&root.trace, root.title().as_str()), (&second.trace, "source-controller reconcile"));
    Ok(())
}

#[tokio::test]
async fn a_failed_run_says_where() -> Result<()> {
    let sink = Sink::start().await?;
    let bench = Bench::start("traces-failed", &[format!("--otlp-endpoint={}", sink.url())]).await?;
    bench.repository.commit("main", "broken", [("kustomization.yaml", "resources: [gone.yaml]\n")])?;
    let spec = json!({ "url": bench.repository.url(), "ref": { "branch": "main" }, "interval": "1h" });
    bench.apply(SOURCES, "GitRepository", spec).await?;
    let spec =
        json!({ "sourceRef": { "kind": "GitRepository", "name": "app" }, "interval": "1h", "prune": true });
    bench.apply(KUSTOMIZATIONS, "Kustomization", spec).await?;
    let run = span(&sink, "the failed run", |span| {
        span.title() == "kustomize-controller reconcile" && span.attributes["flyball.reason"] == "BuildFailed"
    })
    .await?;
    assert!(run.failed && !run.parent.is_empty(), "{run:?}");
    let spans = sink.spans();
    let failed: Vec<&str> = spans
        .iter()
        .filter(|span| span.failed && span.trace == run.trace && span.service == run.service)
        .map(|span| span.name.as_str())
        .collect();
    assert_eq!(failed, ["reconcile", "build", "render"]);
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_not_there_holds_nobody_up() -> Result<()> {
    let port = testkit::ports::free()?;
    let bench = Bench::start("traces-down", &[format!("--otlp-endpoint=http://127.0.0.1:{port}")]).await?;
    bench.deploy().await?;
    let kustomize = &bench.flyball.kustomize;
    let dropped = "flyball_trace_spans_total{result=\"unreachable\"}";
    until("the spans are given up", Duration::from_secs(60), || async {
        let metrics = kustomize.metrics().await?;
        Ok(if metrics.contains(dropped) { Look::Found(()) } else { Look::Not("none is dropped".to_owned()) })
    })
    .await?;
    let log = kustomize.process.log()?;
    let said = log.lines().filter(|line| line.contains("traces cannot be delivered")).count();
    assert_eq!(said, 1, "{log}");
    Ok(())
}
