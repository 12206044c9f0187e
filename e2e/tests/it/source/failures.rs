//! What cannot be fetched is explained in Flux's words; what is stored stays; a slow repository delays nobody.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;
use testkit::git::Behaviour;

use super::{Bench, condition, conditions, status_of, unpacked};

#[tokio::test]
async fn each_cause_has_its_words() -> Result<()> {
    let bench = Bench::start("source-causes").await?;
    let repo = bench.git.repository("app")?;
    repo.commit("main", "one", [("a", "1")])?;
    repo.tag("v1.0.0", "main")?;
    let empty = bench.git.repository("empty")?;
    let absent = format!("{}/nothing", bench.git.url());
    let hex = "0123456789abcdef0123456789abcdef01234567";

    let prefix = "failed to checkout and determine revision: ";
    let clone = format!("{prefix}unable to clone '{}': ", repo.url());
    let cases = [
        (
            "branch",
            repo.url(),
            json!({ "branch": "gone" }),
            format!("{clone}couldn't find remote ref \"refs/heads/gone\""),
        ),
        (
            "tag",
            repo.url(),
            json!({ "tag": "v9" }),
            format!("{clone}couldn't find remote ref \"refs/tags/v9\""),
        ),
        ("semver", repo.url(), json!({ "semver": ">2" }), format!("{prefix}no match found for semver: >2")),
        (
            "range",
            repo.url(),
            json!({ "semver": "one" }),
            format!("{prefix}semver parse error: improper constraint: \"one\""),
        ),
        (
            "commit",
            repo.url(),
            json!({ "commit": hex }),
            format!("{prefix}unable to resolve commit object for '{hex}': object not found"),
        ),
        (
            "name",
            repo.url(),
            json!({ "name": "refs/x/y" }),
            format!("{prefix}unable to resolve ref 'refs/x/y' to a specific commit"),
        ),
        ("empty", empty.url(), json!({ "branch": "main" }), "git repository is empty".to_owned()),
        (
            "absent",
            absent.as_str(),
            json!({ "branch": "main" }),
            format!("{prefix}unable to clone '{absent}': repository not found: "),
        ),
    ];
    for (name, url, reference, _) in &cases {
        bench.source(name, url, json!({ "ref": reference })).await?;
    }
    for (name, _, _, message) in &cases {
        let object = bench.failed(name).await?;
        let reason = if *name == "empty" { "EmptyGitRepository" } else { "GitOperationFailed" };
        let text = condition(&object, "Ready").map(|ready| ready["message"].clone()).unwrap_or_default();
        let text = text.as_str().unwrap_or_default();
        assert!(text.starts_with(message), "{name}: {text:?}");
        assert_eq!(
            conditions(&object),
            [
                "Reconciling=True ProgressingWithRetry building artifact".to_owned(),
                format!("Ready=False {reason} {text}"),
                format!("FetchFailed=True {reason} {text}"),
            ]
        );
        assert!(object["status"].get("artifact").is_none());
        assert_eq!(object["status"]["observedGeneration"], -1, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn the_old_artifact_stays_until_upstream_is_back() -> Result<()> {
    let bench = Bench::start("source-recovery").await?;
    let repo = bench.git.repository("app")?;
    let one = repo.commit("main", "one", [("a", "1")])?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let before = bench.ready("app").await?;

    bench.git.behave("app", Behaviour::failing(503));
    let two = repo.commit("main", "two", [("a", "2")])?;
    bench.ask("app", "1").await?;
    let object = bench.failed("app").await?;
    let text = conditions(&object);
    let listed = format!(
        "GitOperationFailed failed to checkout and determine revision: unable to list remote for '{}': unexpected client error: \
         unexpected requesting \"{}/info/refs?service=git-upload-pack\" status code: 503",
        repo.url(),
        repo.url()
    );
    let stored = format!("Succeeded stored artifact for revision 'main@sha1:{one}'");
    assert_eq!(
        text,
        [
            "Reconciling=True ProgressingWithRetry reconciliation in progress".to_owned(),
            format!("Ready=False {listed}"),
            format!("ArtifactInStorage=True {stored}"),
            format!("FetchFailed=True {listed}"),
        ]
    );
    assert_eq!(object["status"]["artifact"], before["status"]["artifact"]);
    assert_eq!(object["status"]["lastHandledReconcileAt"], "1");
    unpacked(&object).await?;

    // It comes back by itself.
    bench.git.behave("app", Behaviour::default());
    let object = bench.at_revision("app", &format!("main@sha1:{two}")).await?;
    assert_eq!(conditions(&object).len(), 2, "{:?}", conditions(&object));
    Ok(())
}

#[tokio::test]
async fn a_slow_repository_delays_nobody() -> Result<()> {
    // One permit: whoever held it while waiting for the network would stop all others.
    let bench = Bench::start_with("source-slow", &["--concurrent=1"]).await?;
    for name in ["slow1", "slow2", "slow3"] {
        let repo = bench.git.repository(name)?;
        repo.commit("main", "one", [("a", "1")])?;
        bench.git.behave(name, Behaviour::slow(Duration::from_secs(600)));
        let spec =
            json!({ "ref": { "branch": "main" }, "timeout": if name == "slow1" { "5s" } else { "60s" } });
        bench.source(name, repo.url(), spec).await?;
    }
    for name in ["slow1", "slow2", "slow3"] {
        // They say that they are at work.
        bench.wait(name, |object| status_of(object, "Reconciling") == "True").await?;
    }
    let repo = bench.git.repository("quick")?;
    repo.commit("main", "one", [("a", "1")])?;
    let begun = Instant::now();
    bench.source("quick", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    bench.ready("quick").await?;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");

    let object = bench.failed("slow1").await?;
    let text = conditions(&object).join("\n");
    assert!(text.contains("context deadline exceeded"), "{text}");
    // A slow fetch is given up when the object goes.
    bench.ns.delete(super::API, super::KIND, "slow2").await?;
    bench.ns.wait_gone(super::API, super::KIND, "slow2", Duration::from_secs(5)).await?;
    Ok(())
}
