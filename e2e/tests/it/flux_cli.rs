//! The unmodified `flux` command line on our controllers: what people type all day. It takes minutes to build, so
//! these tests run only when asked for: `cargo xtask control-plane --peers && cargo xtask test --e2e flux_cli -- --ignored`.
//! What needs the log of a Pod (`flux logs`) has no Pod that runs here.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use testkit::binaries::FLUX_CLI;
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::{GitServer, Repository};
use testkit::stack::Flyball;
use testkit::tool::Terminal;

use crate::chart::release::Cluster;

const LIMIT: Duration = Duration::from_secs(60);
const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
const SOURCE: &str = "source.toolkit.fluxcd.io/v1";

/// A person with `flux` who works in a namespace.
pub(crate) struct Person {
    terminal: Terminal,
    namespace: String,
}

impl Person {
    pub(crate) fn of(ns: &TestNamespace) -> Result<Self> {
        let terminal = Terminal::open(ns.folder(), &ns.plane().description().kubeconfig)?.with(&FLUX_CLI)?;
        Ok(Self { terminal, namespace: ns.name().to_owned() })
    }

    fn words<'a>(&'a self, line: &'a str) -> Vec<&'a str> {
        line.split(' ').chain(["--namespace", &self.namespace, "--timeout", "60s"]).collect()
    }

    /// What `flux` prints; it must succeed.
    pub(crate) async fn flux(&self, line: &str) -> Result<String> {
        self.terminal.ok("flux", &self.words(line)).await
    }

    /// What `flux` prints when it refuses, as it must.
    pub(crate) async fn refused(&self, line: &str) -> Result<String> {
        self.terminal.refused("flux", &self.words(line)).await
    }
}

fn map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  key: {value}\n")
}

async fn begin(ns: &TestNamespace, repository: &Repository) -> Result<String> {
    let commit = repository.commit("main", "first", [("app/map.yaml", map("app", "one"))])?;
    let source = json!({ "apiVersion": SOURCE, "kind": "GitRepository", "metadata": { "name": "app" },
        "spec": { "url": repository.url(), "ref": { "branch": "main" }, "interval": "1h" } });
    ns.apply_value(source).await?;
    let spec = json!({ "sourceRef": { "kind": "GitRepository", "name": "app" }, "interval": "1h", "prune": true,
        "path": "./app", "targetNamespace": ns.name(), "wait": true });
    ns.apply_value(
        json!({ "apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": { "name": "app" }, "spec": spec }),
    )
    .await?;
    ns.wait_condition(KUSTOMIZE, "Kustomization", "app", ("Ready", "True"), LIMIT).await?;
    Ok(commit)
}

/// Whether a line of a table has all of these words in it.
fn has_line(table: &str, words: &[&str]) -> bool {
    table.lines().any(|line| words.iter().all(|word| line.contains(word)))
}

#[tokio::test]
#[ignore = "needs Flux's command line: cargo xtask control-plane --peers"]
async fn flux_reads_and_drives_our_controllers() -> Result<()> {
    let ns = ControlPlane::shared().await?.namespace("flux-cli").await?;
    let git = GitServer::start().await?;
    let repository = git.repository("app")?;
    let _flyball = Flyball::start(&ns).await?;
    let first = begin(&ns, &repository).await?;
    let person = Person::of(&ns)?;
    let short = &first[..8];

    let all = person.flux("get all").await?;
    assert!(has_line(&all, &["gitrepository/app", short, "True", "stored artifact"]), "{all}");
    assert!(has_line(&all, &["kustomization/app", short, "True", "Applied revision"]), "{all}");

    let second = repository.commit("main", "second", [("app/map.yaml", map("app", "two"))])?;
    person.flux("reconcile kustomization app --with-source").await?;
    let object = ns.get("v1", "ConfigMap", "app").await?.unwrap_or_default();
    assert_eq!(object["data"]["key"], "two", "it is applied when the command ends");
    person.flux("reconcile source git app").await?;

    person.flux("suspend kustomization app").await?;
    let told = person.flux("get kustomizations app").await?;
    assert!(has_line(&told, &["app", "True", &second[..8]]), "{told}");
    repository.commit("main", "third", [("app/map.yaml", map("app", "three"))])?;
    person.flux("reconcile source git app").await?;
    person.refused("reconcile kustomization app").await?;
    let object = ns.get("v1", "ConfigMap", "app").await?.unwrap_or_default();
    assert_eq!(object["data"]["key"], "two", "a suspended one does not apply");
    person.flux("resume kustomization app").await?;
    ns.wait_for("v1", "ConfigMap", "app", LIMIT, |object| object["data"]["key"] == "three").await?;

    let tree = person.flux("tree kustomization app").await?;
    assert!(tree.contains(&format!("ConfigMap/{}/app", ns.name())), "{tree}");
    let traced = person.flux("trace configmap app").await?;
    assert!(traced.contains("Managed by Flux") && traced.contains(repository.url()), "{traced}");
    let events = person.flux("events --for Kustomization/app").await?;
    assert!(events.contains("ReconciliationSucceeded"), "{events}");
    let events = person.flux("events --for GitRepository/app").await?;
    assert!(events.contains("NewArtifact"), "{events}");
    let stats = person.flux("stats").await?;
    assert!(
        has_line(&stats, &["GitRepository", "1"]) && has_line(&stats, &["Kustomization", "1"]),
        "{stats}"
    );
    let exported = person.flux("export kustomization app").await?;
    assert!(exported.contains("path: ./app") && !exported.contains("status:"), "{exported}");

    let folder = ns.folder().join("checkout");
    std::fs::create_dir_all(&folder)?;
    let diff = format!("diff kustomization app --progress-bar=false --path {}", folder.display());
    std::fs::write(folder.join("map.yaml"), map("app", "three"))?;
    person.flux(&diff).await?;
    std::fs::write(folder.join("map.yaml"), map("app", "four"))?;
    let drift = person.refused(&diff).await?;
    assert!(drift.contains("four"), "{drift}");
    person.flux("check --pre").await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs Flux's command line: cargo xtask control-plane --peers"]
async fn flux_check_finds_the_installation() -> Result<()> {
    let cluster = Cluster::start().await?;
    let install = "install flyball ./charts/flyball --namespace flyball-system --create-namespace --wait";
    cluster.helm(install).await?;
    let terminal = cluster.terminal.clone().with(&FLUX_CLI)?;
    let output = terminal.run("flux", &["check", "--namespace", "flyball-system"]).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    for name in ["source-controller", "kustomize-controller"] {
        assert!(has_line(&said, &[name, "deployment ready"]), "{said}");
    }
    for name in
        ["kustomizations.kustomize.toolkit.fluxcd.io/v1", "gitrepositories.source.toolkit.fluxcd.io/v1"]
    {
        assert!(said.contains(name), "{said}");
    }
    Ok(())
}

/// What the command line says of a namespace, in the words that a person would compare before and after a swap.
pub(crate) async fn picture(person: &Person, object: &Value, checkout: &std::path::Path) -> Result<String> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let mut said = String::new();
    for line in [
        "get kustomizations".to_owned(),
        "get sources git".to_owned(),
        format!("tree kustomization {name}"),
        format!("trace configmap {name}-one"),
        "stats".to_owned(),
        format!("diff kustomization {name} --progress-bar=false --path {}", checkout.display()),
    ] {
        let answer = person.flux(&line).await?;
        said.extend(["$ flux ", &line, "\n"]);
        for answer in answer.lines() {
            said.extend([steady(&line, answer), "\n"]);
        }
    }
    Ok(said)
}

/// What of a line does not depend on the moment, or on how well an archive is compressed.
fn steady<'a>(command: &str, line: &'a str) -> &'a str {
    const RECONCILED: &str = "Last reconciled at ";
    let end = match line.find(RECONCILED) {
        Some(at) => Some(at + RECONCILED.len()),
        // The last column is the size of all archives.
        None if command == "stats" => line.trim_end().rfind('\t'),
        None => None,
    };
    end.and_then(|end| line.get(..end)).unwrap_or(line)
}
