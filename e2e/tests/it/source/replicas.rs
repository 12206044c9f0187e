//! Artifacts beyond one pod (docs/design/0016): a replica that does not lead is ready and serves, one that takes over builds
//! nothing anew, lost folders are had from elsewhere or rebuilt, and what a Kustomization runs is kept.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::buckets::ObjectStore;
use testkit::oci::{CONTENT, Distribution, Image, tarball};
use testkit::ports;
use testkit::stack::{Controller, Running};
use testkit::wait::{Look, until};

use super::helm::server::Charts;
use super::{API, Bench, KIND, condition, status_of};

const SOON: Duration = Duration::from_secs(40);

/// The flags of two replicas; what they advertise is the first one's address, as it would be that of a Service.
fn flags([public, other]: [u16; 2], own: u16) -> Vec<String> {
    vec![
        "--enable-leader-election=true".to_owned(),
        "--leader-election-lease-duration=4s".to_owned(),
        "--leader-election-renew-deadline=3s".to_owned(),
        "--leader-election-retry-period=500ms".to_owned(),
        format!("--storage-addr=127.0.0.1:{own}"),
        format!("--storage-adv-addr=127.0.0.1:{public}"),
        format!("--storage-peers=127.0.0.1:{public},127.0.0.1:{other}"),
    ]
}

async fn replica(bench: &Bench, ports: [u16; 2], own: u16, folder: &Path) -> Result<Running> {
    let mut controller = Controller::new("source-controller");
    controller.flags = flags(ports, own);
    controller.flags.push(format!("--storage-path={}", folder.display()));
    controller.start(&bench.ns).await
}

/// What a replica answers for an artifact; a whole one has the digest of the status.
async fn ask(port: u16, artifact: &Value) -> Result<StatusCode> {
    let path = artifact["path"].as_str().context("a path")?;
    let answer = reqwest::get(format!("http://127.0.0.1:{port}/{path}")).await?;
    let status = answer.status();
    if status.is_success() {
        let digest: artifact::Digest = artifact["digest"].as_str().context("a digest")?.parse()?;
        ensure!(digest.matches(&answer.bytes().await?), "{path} has other content");
    }
    Ok(status)
}

async fn served(port: u16, artifact: &Value) -> Result<()> {
    until("the artifact is served", SOON, || async {
        Ok(match ask(port, artifact).await? {
            StatusCode::OK => Look::Found(()),
            other => Look::Not(other.to_string()),
        })
    })
    .await
}

#[tokio::test]
async fn a_replica_that_does_not_lead_serves_and_takes_over() -> Result<()> {
    let ports @ [one, two] = [ports::free()?, ports::free()?];
    let first_flags = flags(ports, one);
    let all: Vec<&str> = first_flags.iter().map(String::as_str).collect();
    let bench = Bench::start_with("source-replicas", &all).await?;
    let first = bench.storage()?.to_owned();
    let second = bench.ns.folder().join("second");
    let repo = bench.git.repository("app")?;
    repo.commit("main", "one", [("a", "1")])?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let object = bench.ready("app").await?;
    let artifact = object["status"]["artifact"].clone();

    // Ready with its copy, before it leads.
    let standby = replica(&bench, ports, two, &second).await?;
    let metrics = standby.metrics().await?;
    ensure!(
        metrics.contains("leader_election_master_status{name=\"source-controller-leader-election\"} 0"),
        "it leads"
    );
    assert_eq!(reqwest::get(format!("http://127.0.0.1:{two}/")).await?.status(), StatusCode::OK);
    assert!(second.join(artifact["path"].as_str().context("path")?).is_file(), "copied before it was ready");
    assert_eq!(ask(two, &artifact).await?, StatusCode::OK);
    let unknown = json!({ "path": format!("gitrepository/{}/app/none.tar.gz", bench.ns.name()) });
    assert_eq!(ask(two, &unknown).await?, StatusCode::NOT_FOUND);

    // A client may hear of news before the replica does.
    let commit = repo.commit("main", "two", [("a", "2")])?;
    bench.ask("app", "two").await?;
    let object = bench.at_revision("app", &format!("main@sha1:{commit}")).await?;
    let artifact = object["status"]["artifact"].clone();
    assert_eq!(ask(two, &artifact).await?, StatusCode::OK);
    // Its own copy is altered: another is had.
    let copy = second.join(artifact["path"].as_str().context("path")?);
    std::fs::write(&copy, "altered")?;
    assert_eq!(ask(two, &artifact).await?, StatusCode::OK);

    // The leader is killed: whoever is left serves without a gap, and works with what it has.
    bench.controller.process.kill().await?;
    assert_eq!(ask(two, &artifact).await?, StatusCode::OK);
    bench.ask("app", "after").await?;
    let after = bench
        .ns
        .wait_for(API, KIND, "app", SOON, |object| object["status"]["lastHandledReconcileAt"] == "after")
        .await
        .with_context(|| standby.process.log_tail())?;
    assert_eq!(after["status"]["artifact"], artifact, "nothing was built anew");

    // The new leader loses its folder; the other one, which is back, has what was copied.
    let back = replica(&bench, ports, one, &first).await?;
    std::fs::remove_dir_all(second.join("gitrepository"))?;
    ask(two, &artifact).await?;
    served(two, &artifact).await.with_context(|| standby.process.log_tail())?;
    let object = bench.request("app", "lost").await?;
    assert_eq!(object["status"]["artifact"], artifact, "not even its time has changed");

    // Both lose it: built anew, with the same digest.
    for folder in [&first, &second] {
        std::fs::remove_dir_all(folder.join("gitrepository"))?;
    }
    std::fs::remove_dir_all(second.join(".clones")).ok();
    assert_eq!(ask(two, &artifact).await?, StatusCode::SERVICE_UNAVAILABLE);
    served(two, &artifact).await?;
    served(one, &artifact).await.with_context(|| back.process.log_tail())?;
    let ended = standby.process.terminate(SOON).await?;
    assert_eq!(ended.code, 0, "{}", standby.process.log_tail());
    Ok(())
}

#[tokio::test]
async fn lost_folders_of_all_kinds_are_rebuilt_to_the_same_digests() -> Result<()> {
    let bench = Bench::start("source-lost").await?;
    let (charts, registry) = (Charts::start().await?, Distribution::start().await?);
    charts.put("/index.yaml", super::helm::index(&[("1.0.0", "app-1.0.0.tgz")]));
    let store = ObjectStore::start().await?;
    for (key, content) in
        [("app.yaml", "a: 1"), ("deploy/b.yaml", "b: 1"), (".sourceignore", "*.md"), ("c.md", "c")]
    {
        store.put("app", key, content);
    }
    let layer = tarball([("app.yaml", "a: 1")])?;
    registry.push("app", "latest", &Image::of_layers([(CONTENT, layer)], &[])).await?;
    let repo = bench.git.repository("app")?;
    let chart = "apiVersion: v2\nname: web\nversion: 0.1.0\n";
    repo.commit("main", "one", [("charts/web/Chart.yaml", chart)])?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let source = json!({ "kind": "GitRepository", "name": "app" });
    let others = [
        ("OCIRepository", json!({ "url": registry.url("app"), "interval": "10m", "insecure": true })),
        (
            "Bucket",
            json!({ "bucketName": "app", "endpoint": store.address(), "interval": "10m", "insecure": true }),
        ),
        ("HelmRepository", json!({ "url": charts.url, "interval": "10m" })),
        ("HelmChart", json!({ "chart": "./charts/web", "interval": "10m", "sourceRef": source })),
    ];
    let mut before = vec![(KIND, bench.ready("app").await?)];
    for (kind, spec) in others {
        let object = json!({ "apiVersion": API, "kind": kind, "metadata": { "name": "app" }, "spec": spec });
        bench.ns.apply_value(object).await?;
        let is_ready = |object: &Value| status_of(object, "Ready") == "True";
        let object = bench.ns.wait_for(API, kind, "app", SOON, is_ready).await;
        before.push((kind, object.with_context(|| bench.controller.process.log_tail())?));
    }
    let (_, address) = bench.controller.storage().context("storage")?;
    let port: u16 = address.rsplit_once(':').context("a port")?.1.parse()?;
    let forget = || -> Result<()> {
        for (kind, _) in &before {
            std::fs::remove_dir_all(bench.storage()?.join(kind.to_ascii_lowercase()))?;
        }
        for kept in [".clones", ".objects"] {
            std::fs::remove_dir_all(bench.storage()?.join(kept))?;
        }
        Ok(())
    };
    forget()?;
    for (kind, object) in &before {
        let artifact = &object["status"]["artifact"];
        // Whoever asks for it has it rebuilt, long before the interval.
        served(port, artifact).await.with_context(|| (*kind).to_owned())?;
        let is_back = |now: &Value| {
            now["status"]["artifact"]["digest"] == artifact["digest"] && status_of(now, "Ready") == "True"
        };
        bench.ns.wait_for(API, kind, "app", SOON, is_back).await.with_context(|| (*kind).to_owned())?;
    }

    // Upstream has moved meanwhile: the status names what there is.
    let commit = repo.commit("main", "moved on", [("charts/web/Chart.yaml", chart), ("new", "1")])?;
    forget()?;
    let old = &before[0].1["status"]["artifact"];
    assert_eq!(ask(port, old).await?, StatusCode::NOT_FOUND);
    let moved = bench.at_revision("app", &format!("main@sha1:{commit}")).await?;
    assert_ne!(moved["status"]["artifact"]["digest"], old["digest"]);
    bench.event("app", "NewArtifact", "stored artifact for commit 'moved on'").await?;
    assert!(condition(&moved, "StorageOperationFailed").is_none());
    assert_eq!(ask(port, &moved["status"]["artifact"]).await?, StatusCode::OK);
    assert_eq!(ask(port, old).await?, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn what_a_kustomization_runs_is_kept() -> Result<()> {
    const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
    let bench = Bench::start_with(
        "source-applied",
        &[
            "--artifact-retention-ttl=0s",
            "--artifact-retention-records=1",
            "--artifact-retention-applied-records=1",
        ],
    )
    .await?;
    let repo = bench.git.repository("app")?;
    let mut commits = vec![repo.commit("main", "one", [("a", "1")])?];
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let object = bench.ready("app").await?;
    let spec = json!({ "interval": "10m", "prune": false, "sourceRef": { "kind": KIND, "name": "app" } });
    bench
        .ns
        .apply_value(json!({
            "apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": { "name": "app" }, "spec": spec,
        }))
        .await?;
    let applied = json!({ "status": { "lastAppliedRevision": object["status"]["artifact"]["revision"] } });
    let api = bench.ns.api(KUSTOMIZE, "Kustomization").await?;
    api.patch_status("app", &kube::api::PatchParams::default(), &kube::api::Patch::Merge(applied)).await?;

    let folder = bench.storage()?.join(format!("gitrepository/{}/app", bench.ns.name()));
    let files = || -> Result<BTreeSet<String>> {
        let names = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.file_name());
        Ok(names.filter_map(|name| name.into_string().ok()).collect())
    };
    let file = |commit: &String| format!("{commit}.tar.gz");
    for value in ["2", "3", "4"] {
        let commit = repo.commit("main", value, [("a", value)])?;
        bench.ask("app", value).await?;
        bench.at_revision("app", &format!("main@sha1:{commit}")).await?;
        commits.push(commit);
    }
    bench.request("app", "collect").await?;
    assert_eq!(files()?, BTreeSet::from([file(&commits[0]), file(&commits[3])]), "{commits:?}");

    bench.ns.delete(KUSTOMIZE, "Kustomization", "app").await?;
    let mut token = 0;
    until("nobody runs it any more", SOON, || {
        token += 1;
        let (bench, files, kept) = (&bench, &files, file(&commits[0]));
        async move {
            bench.request("app", &format!("again-{token}")).await?;
            Ok(if files()?.contains(&kept) { Look::Not("it is there".to_owned()) } else { Look::Found(()) })
        }
    })
    .await
}
