//! A namespace with the three controllers and a Git repository in which every fault has a folder; runs the command line
//! and holds what it says against what it has to say.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, Objects, TestNamespace};
use testkit::git::{GitServer, Repository};
use testkit::stack::Flyball;
use testkit::{binaries, ports};

use super::fault::Fault;

pub(super) const SOURCES: &str = "source.toolkit.fluxcd.io/v1";
pub(super) const KUSTOMIZATIONS: &str = "kustomize.toolkit.fluxcd.io/v1";
/// What is read of an explanation.
const LINES: usize = 60;
/// How long all faults of a test may take to be said.
const LIMIT: Duration = Duration::from_secs(150);

pub(super) struct Bench {
    pub(super) ns: TestNamespace,
    pub(super) other: String,
    pub(super) git: GitServer,
    pub(super) repository: Repository,
    _flyball: Flyball,
    command: PathBuf,
    closed: String,
}

impl Bench {
    pub(super) async fn start(name: &str) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace(name).await?;
        let git = GitServer::start().await?;
        let repository = git.repository("app")?;
        let flyball = Flyball::start(&ns).await?;
        let other = format!("{}-q", ns.name());
        ns.apply_value(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": other } }))
            .await?;
        let closed = format!("127.0.0.1:{}", ports::free()?);
        Ok(Self { ns, other, git, repository, _flyball: flyball, command: binaries::own("flyball")?, closed })
    }

    /// Puts in what stands for the namespaces and addresses.
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("CLOSED", &self.closed)
            .replace("GIT", self.git.url())
            .replace("NS", self.ns.name())
            .replace("Q/", &format!("{}/", self.other))
            .replace("\"Q\"", &format!("\"{}\"", self.other))
    }

    fn filled(&self, value: &Value) -> Result<Value> {
        Ok(serde_json::from_str(&self.fill(&value.to_string()))?)
    }

    /// The objects of a namespace that an object names, or of ours.
    fn place(&self, object: &Value) -> Objects {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or(self.ns.name());
        self.ns.objects_in(namespace)
    }

    pub(super) async fn apply(&self, object: &Value) -> Result<Value> {
        let object = self.filled(object)?;
        self.place(&object).apply_value(object.clone()).await.with_context(|| object.to_string())
    }

    /// Brings faults in: their folders in one commit, then what is beside them, then their Kustomizations.
    pub(super) async fn inject(&self, faults: &[Fault]) -> Result<()> {
        let mut files = vec![("well/map.yaml".to_owned(), super::fault::config_map("well").to_string())];
        for fault in faults {
            files.extend(
                fault
                    .files
                    .iter()
                    .map(|(path, content)| (format!("{}/{path}", fault.name), self.fill(content))),
            );
        }
        self.repository.commit("main", "faults", files)?;
        for fault in faults {
            for object in &fault.beside {
                self.apply(object).await?;
            }
        }
        self.source("app", json!({})).await?;
        self.ns.wait_ready(SOURCES, "GitRepository", "app", "True").await?;
        for fault in faults {
            self.kustomization(fault.name, &fault.spec).await?;
        }
        Ok(())
    }

    /// A GitRepository of the repository, with fields over it.
    pub(super) async fn source(&self, name: &str, over: Value) -> Result<()> {
        let spec = json!({ "url": self.repository.url(), "ref": { "branch": "main" }, "interval": "1h" });
        let spec = merged(spec, over);
        let object = json!({ "apiVersion": SOURCES, "kind": "GitRepository", "metadata": { "name": name }, "spec": spec });
        self.apply(&object).await.map(drop)
    }

    pub(super) async fn kustomization(&self, name: &str, over: &Value) -> Result<()> {
        let spec = json!({ "sourceRef": { "kind": "GitRepository", "name": "app" }, "path": format!("./{name}"),
            "interval": "1h", "retryInterval": "5s", "timeout": "20s", "prune": true, "targetNamespace": "NS" });
        let spec = merged(spec, over.clone());
        let object = json!({ "apiVersion": KUSTOMIZATIONS, "kind": "Kustomization", "metadata": { "name": name }, "spec": spec });
        self.apply(&object).await.map(drop)
    }

    /// Asks for another run, with the source's newest revision.
    pub(super) async fn push(&self, files: Vec<(String, String)>) -> Result<()> {
        let revision = self.repository.commit("main", "next", files)?;
        let asked = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": revision } } });
        self.ns.patch(SOURCES, "GitRepository", "app", asked).await.map(drop)
    }

    /// The first lines of an explanation, and the exit code.
    pub(super) fn explain(&self, object: &str) -> Result<(i32, String)> {
        let output = Command::new(&self.command)
            .args(["explain", object, "-n", self.ns.name()])
            .env("KUBECONFIG", &self.ns.plane().description().kubeconfig)
            .env_remove("HTTPS_PROXY")
            .env_remove("https_proxy")
            .stdin(Stdio::null())
            .output()
            .context("flyball explain")?;
        let mut text = String::from_utf8(output.stdout)?;
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        let first: Vec<&str> = text.lines().take(LINES).collect();
        Ok((output.status.code().context("an exit code")?, first.join("\n")))
    }

    /// Explains every fault until all that has to be said of it is said.
    pub(super) async fn told(&self, faults: &[Fault]) -> Result<()> {
        let begun = Instant::now();
        let mut open: Vec<&Fault> = faults.iter().collect();
        let mut last: Vec<String> = Vec::new();
        while !open.is_empty() {
            last.clear();
            let mut left = Vec::new();
            for fault in open {
                let (code, text) = self.explain(&format!("kustomization/{}", fault.name))?;
                let mut missing = fault.missing_in(&text, |word| self.fill(word));
                if code != 1 {
                    missing.push(format!("exit code 1, not {code}"));
                }
                if !missing.is_empty() {
                    last.push(format!("=== {}: missing {missing:?} in\n{text}\n", fault.name));
                    left.push(fault);
                }
            }
            open = left;
            if !open.is_empty() && begun.elapsed() > LIMIT {
                bail!("{} of {} faults are not explained:\n{}", open.len(), faults.len(), last.join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Ok(())
    }
}

/// The first with the fields of the second over it; null takes a field away.
fn merged(mut spec: Value, over: Value) -> Value {
    if let (Some(fields), Value::Object(over)) = (spec.as_object_mut(), over) {
        fields.extend(over);
        fields.retain(|_, value| !value.is_null());
    }
    spec
}
