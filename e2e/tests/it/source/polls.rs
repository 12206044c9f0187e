//! What a run costs: quiet polls send the API server nothing, and the artifact's retention.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use testkit::wait::{Look, until};

use super::{Bench, SOON};

#[tokio::test]
async fn a_quiet_poll_sends_nothing() -> Result<()> {
    let bench = Bench::start_with("source-poll", &["--interval-jitter-percentage=0"]).await?;
    let repo = bench.git.repository("app")?;
    repo.commit("main", "one", [("a", "1")])?;
    let log = bench.ns.plane().requests()?;
    let user = bench.ns.user("source-controller");
    let start = log.mark()?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" }, "interval": "300ms" })).await?;
    bench.ready("app").await?;
    let first = log.since(&start, &user).await?;
    // Finalizer, status, event. On a busy machine the fetch may take so long that the status says so meanwhile.
    let sent = first.counted().without_watches();
    let progress = sent.count("patch", "gitrepositories/status") - 1;
    assert!(progress <= 1 && sent.len() == 3 + progress, "{first}");

    let mark = log.mark()?;
    let asked = bench.git.accesses().len();
    until("six polls", SOON, || async {
        let now = bench.git.accesses().len();
        // Each poll is one GET and one POST (ls-refs).
        Ok(if now >= asked + 12 { Look::Found(()) } else { Look::Not(now.to_string()) })
    })
    .await?;
    let quiet = log.since(&mark, &user).await?;
    assert_eq!(quiet.counted().without_watches().len(), 0, "{quiet}");

    // A request is answered with one status and one event.
    let mark = log.mark()?;
    bench.request("app", "now").await?;
    let asked = log.since(&mark, &user).await?;
    assert_eq!(asked.counted().without_watches().len(), 2, "{asked}");
    Ok(())
}

#[tokio::test]
async fn superseded_artifacts_are_collected() -> Result<()> {
    let flags = ["--artifact-retention-ttl=1h", "--artifact-retention-records=2"];
    let bench = Bench::start_with("source-retention", &flags).await?;
    let repo = bench.git.repository("app")?;
    repo.commit("main", "first", [("a", "0")])?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    bench.ready("app").await?;
    for number in 1..5 {
        let commit = repo.commit("main", "more", [("a", number.to_string())])?;
        bench.ask("app", &number.to_string()).await?;
        bench.at_revision("app", &format!("main@sha1:{commit}")).await?;
    }
    bench.request("app", "collect").await?;
    let folder = bench.storage()?.join("gitrepository").join(bench.ns.name()).join("app");
    until("two artifacts are left", Duration::from_secs(5), || async {
        let names: Vec<_> = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.file_name()).collect();
        Ok(if names.len() == 2 { Look::Found(()) } else { Look::Not(format!("{names:?}")) })
    })
    .await?;
    let current = repo.resolve("main")?;
    assert!(folder.join(format!("{current}.tar.gz")).exists());
    Ok(())
}
