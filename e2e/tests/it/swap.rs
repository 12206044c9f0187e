//! One controller of a running Flux is replaced by ours, and ours by Flux's again, under 30 Kustomizations, plain ones and
//! ones that use substitution, SOPS, another cluster and impersonation: nothing that was applied is written, no condition
//! fails meanwhile, histories go on, and the `flux` command line says the same. Sources of all five kinds are in `sources`.
//! `cargo xtask control-plane --peers && cargo xtask test --e2e swap -- --ignored`.

mod sources;
mod uses;
mod watcher;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::{GitServer, Repository};
use testkit::ports;
use testkit::stack::{Controller, Running};

use crate::flux_cli::{Person, picture};
use crate::kustomize::clusters::{Remote, second};
use crate::peers::theirs;
use uses::{OBJECTS, Use};
use watcher::{FLEET, Watcher};

const LIMIT: Duration = Duration::from_secs(120);
const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
const SOURCE: &str = "source.toolkit.fluxcd.io/v1";
const NUMBER: usize = 30;
/// Where the first object of `k07` is among the manifests.
const CHANGED: usize = 14;
const SWAPPED: [&str; 2] = ["source-controller", "kustomize-controller"];

fn names() -> impl Iterator<Item = String> {
    (0..NUMBER).map(|number| format!("k{number:02}"))
}

/// Two objects for each Kustomization, and what its use of Flux needs, by path in the repository.
fn manifests(value: &str) -> Vec<(String, String)> {
    let each = names().enumerate().flat_map(|(number, name)| {
        let mut files = ["one", "two"]
            .map(|which| {
                let data = Use::of(number).data();
                let text = format!(
                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-{which}\ndata:\n  key: {value}\n{data}"
                );
                (format!("{name}/{which}.yaml"), text)
            })
            .to_vec();
        files.extend(Use::of(number).file().map(|text| (format!("{name}/settings.yaml"), text.to_owned())));
        files
    });
    each.collect()
}

struct Fleet {
    ns: TestNamespace,
    // Only held: it ends with the value.
    _git: GitServer,
    repository: Repository,
    person: Person,
    checkout: PathBuf,
    /// Where artifacts are served; a Service keeps its address when its Pods are others.
    address: String,
    remote: Remote,
}

impl Fleet {
    async fn gather() -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace("swap").await?;
        let git = GitServer::start().await?;
        let repository = git.repository("app")?;
        repository.commit("main", "first", manifests("one"))?;
        let checkout = ns.folder().join("checkout");
        std::fs::create_dir_all(&checkout)?;
        for (path, text) in manifests("one") {
            if let Some(file) = path.strip_prefix("k00/") {
                std::fs::write(checkout.join(file), text)?;
            }
        }
        let person = Person::of(&ns)?;
        let address = format!("127.0.0.1:{}", ports::free()?);
        let remote = Remote::of(second().await?, ns.name()).await?;
        Ok(Self { ns, _git: git, repository, person, checkout, address, remote })
    }

    /// Starts Flux's controller, or ours in its place.
    async fn start(&self, name: &str, ours: bool) -> Result<Running> {
        let mut controller = if ours { Controller::new(name) } else { theirs(name)? };
        if name == "source-controller" {
            // What a Pod without a claim has of the one before: nothing.
            std::fs::remove_dir_all(self.ns.folder().join("storage")).ok();
            controller = controller
                .flag(format!("--storage-addr={}", self.address))
                .flag(format!("--storage-adv-addr={}", self.address));
        }
        controller.start(&self.ns).await
    }

    async fn apply(&self) -> Result<()> {
        let source = json!({ "apiVersion": SOURCE, "kind": "GitRepository", "metadata": { "name": "app" },
            "spec": { "url": self.repository.url(), "ref": { "branch": "main" }, "interval": "1h" } });
        self.ns.apply_value(source).await?;
        uses::prepare(&self.ns, &self.remote).await?;
        for (number, name) in names().enumerate() {
            let mut spec = json!({ "sourceRef": { "kind": "GitRepository", "name": "app" }, "interval": "1h",
                "retryInterval": "5s", "timeout": "1m", "prune": true, "wait": true, "path": format!("./{name}"),
                "targetNamespace": self.ns.name() });
            Use::of(number).ask(&name, &mut spec);
            self.ns
                .apply_value(
                    json!({ "apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": { "name": name }, "spec": spec }),
                )
                .await?;
        }
        for name in names() {
            self.ns.wait_condition(KUSTOMIZE, "Kustomization", &name, ("Ready", "True"), LIMIT).await?;
        }
        Ok(())
    }

    /// Has everything reconciled once more, by whatever runs now.
    async fn reconcile(&self, token: &str) -> Result<()> {
        let ask = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
        let handled = |object: &Value| {
            let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
            let mut ready = conditions.filter(|condition| condition["type"] == "Ready");
            object["status"]["lastHandledReconcileAt"] == token
                && ready.any(|condition| condition["status"] == "True")
        };
        self.ns.patch(SOURCE, "GitRepository", "app", ask.clone()).await?;
        self.ns.wait_for(SOURCE, "GitRepository", "app", LIMIT, handled).await?;
        for name in names() {
            self.ns.patch(KUSTOMIZE, "Kustomization", &name, ask.clone()).await?;
        }
        for name in names() {
            self.ns.wait_for(KUSTOMIZE, "Kustomization", &name, LIMIT, handled).await?;
        }
        Ok(())
    }

    /// The version of every applied object, in both clusters.
    async fn versions(&self) -> Result<BTreeMap<String, String>> {
        const OWNED: &str = "kustomize.toolkit.fluxcd.io/name";
        let mut maps = self.ns.list("v1", "ConfigMap", OWNED).await?;
        maps.extend(self.remote.objects.list("v1", "ConfigMap", OWNED).await?);
        let text = |map: &Value, field: &str| map["metadata"][field].as_str().unwrap_or_default().to_owned();
        let versions: BTreeMap<_, _> = maps
            .iter()
            .map(|map| (text(map, "name"), text(map, "uid") + "/" + &text(map, "resourceVersion")))
            .collect();
        assert_eq!(versions.len(), OBJECTS, "{versions:#?}");
        Ok(versions)
    }

    /// History by Kustomization.
    async fn histories(&self) -> Result<BTreeMap<String, Vec<Value>>> {
        let all = self.ns.list(KUSTOMIZE, "Kustomization", "").await?;
        Ok(all
            .into_iter()
            .map(|object| {
                let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                (name, object["status"]["history"].as_array().cloned().unwrap_or_default())
            })
            .collect())
    }

    /// Work by hand, which is the same whoever carries it out.
    async fn hand(&self) -> Result<()> {
        self.person.flux("reconcile kustomization k00 --with-source").await?;
        self.person.flux("suspend kustomization k01").await?;
        self.person.flux("resume kustomization k01").await?;
        let events = self.person.flux("events --for Kustomization/k00").await?;
        anyhow::ensure!(events.contains("ReconciliationSucceeded"), "{events}");
        Ok(())
    }
}

/// Every run that a history told of before is told of after, in the same place or further down, and one has come.
fn goes_on(name: &str, before: &[Value], after: &[Value]) {
    let total = |history: &[Value]| -> u64 {
        history.iter().filter_map(|run| run["totalReconciliations"].as_u64()).sum()
    };
    assert!(total(after) > total(before), "{name}: {before:?} became {after:?}");
    for run in before {
        let same = |found: &&Value| found["digest"] == run["digest"];
        let found = after.iter().find(same).map(|found| &found["firstReconciled"]);
        assert_eq!(found, Some(&run["firstReconciled"]), "{name}: {run} in {after:?}");
    }
}

/// Flux's, ours, Flux's again.
async fn swap(swapped: &str) -> Result<()> {
    let fleet = Fleet::gather().await?;
    let other = SWAPPED.into_iter().find(|name| *name != swapped).context("the other one")?;
    let _other = fleet.start(other, false).await?;
    let mut running = fleet.start(swapped, false).await?;
    fleet.apply().await?;
    fleet.reconcile("before").await?;
    fleet.hand().await?;
    let object = fleet.ns.get(KUSTOMIZE, "Kustomization", "k00").await?.context("k00")?;
    let said = picture(&fleet.person, &object, &fleet.checkout).await?;

    for (round, ours) in [("ours", true), ("theirs", false)] {
        let (versions, histories) = (fleet.versions().await?, fleet.histories().await?);
        let watcher = Watcher::start(&fleet.ns, &FLEET).await?;
        running.process.terminate(LIMIT).await?;
        running = fleet.start(swapped, ours).await?;
        fleet.reconcile(round).await?;
        fleet.hand().await?;
        let failures = watcher.end()?.failures;
        assert!(failures.is_empty(), "{swapped}, {round}: {failures:#?}");
        assert_eq!(fleet.versions().await?, versions, "{swapped}, {round}: nothing was written");
        let after = fleet.histories().await?;
        for (name, before) in &histories {
            goes_on(name, before, &after[name]);
        }
        let now = picture(&fleet.person, &object, &fleet.checkout).await?;
        assert_eq!(now, said, "{swapped}, {round}");
    }

    // And what runs now works: one change, one object written.
    let versions = fleet.versions().await?;
    let changed =
        fleet.repository.commit("main", "second", [("k07/one.yaml", manifests("two")[CHANGED].1.clone())])?;
    fleet.reconcile("changed").await?;
    let now = fleet.versions().await?;
    let written: Vec<_> =
        now.iter().filter(|(name, version)| versions.get(*name) != Some(*version)).collect();
    assert_eq!(written.len(), 1, "{written:?} after {changed}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs Flux's controllers and command line: cargo xtask control-plane --peers"]
async fn kustomize_controller_both_ways() -> Result<()> {
    swap("kustomize-controller").await
}

#[tokio::test]
#[ignore = "needs Flux's controllers and command line: cargo xtask control-plane --peers"]
async fn source_controller_both_ways() -> Result<()> {
    swap("source-controller").await
}
