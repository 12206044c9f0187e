//! Every kind of reference, its revision string, and what is in the archive.

use anyhow::Result;
use serde_json::json;
use testkit::git::Content;

use super::{Bench, conditions, names, unpacked};

#[tokio::test]
async fn a_branch_becomes_an_artifact() -> Result<()> {
    let bench = Bench::start("source-branch").await?;
    let repo = bench.git.repository("app")?;
    let first = repo.commit("main", "first commit", [("app/a.yaml", "a: 1\n"), ("b.txt", "b\n")])?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;

    let revision = format!("main@sha1:{first}");
    let object = bench.ready("app").await?;
    let stored = format!("Succeeded stored artifact for revision '{revision}'");
    assert_eq!(
        conditions(&object),
        [format!("Ready=True {stored}"), format!("ArtifactInStorage=True {stored}")]
    );
    let artifact = &object["status"]["artifact"];
    assert_eq!(artifact["revision"], revision);
    let path = format!("gitrepository/{}/app/{first}.tar.gz", bench.ns.name());
    assert_eq!(artifact["path"], path);
    let address = bench.controller.storage().map(|storage| storage.1).unwrap_or_default();
    assert_eq!(artifact["url"], format!("http://{address}/{path}"));
    assert!(artifact.get("metadata").is_none(), "{artifact}");
    assert_eq!(object["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
    assert_eq!(names(&unpacked(&object).await?), ["app/a.yaml", "b.txt"]);
    let event = bench.event("app", "NewArtifact", "stored artifact for commit 'first commit'").await?;
    assert_eq!(event["type"], "Normal");
    let annotations = &event["metadata"]["annotations"];
    assert_eq!(annotations["source.toolkit.fluxcd.io/revision"], revision);
    assert_eq!(annotations["source.toolkit.fluxcd.io/digest"], artifact["digest"]);

    // The next commit is fetched into the kept clone.
    let second = repo.commit("main", "second", [("app/a.yaml", "a: 2\n")])?;
    bench.ask("app", "1").await?;
    let object = bench.at_revision("app", &format!("main@sha1:{second}")).await?;
    assert_eq!(
        unpacked(&object).await?.get("app/a.yaml").map(|bytes| bytes.to_vec()),
        Some(b"a: 2\n".to_vec())
    );

    // A forced push back: the same commit gives the same digest.
    repo.branch("main", &first)?;
    bench.ask("app", "2").await?;
    let object = bench.at_revision("app", &revision).await?;
    assert_eq!(object["status"]["artifact"]["digest"], artifact["digest"]);
    Ok(())
}

#[tokio::test]
async fn every_reference_has_its_revision() -> Result<()> {
    let bench = Bench::start("source-refs").await?;
    let repo = bench.git.repository("app")?;
    let one = repo.commit("main", "one", [("v", "1")])?;
    let two = repo.commit("main", "two", [("v", "2")])?;
    let three = repo.commit("feature/x", "three", [("v", "3")])?;
    repo.branch("master", &one)?;
    repo.tag("v1.0.0", &one)?;
    repo.annotated_tag("v1.1.0", &two, "release")?;
    repo.annotated_tag("v2.0.0-rc.1", &three, "candidate")?;
    repo.tag("not-a-version", &three)?;
    repo.reference("refs/pull/1/head", &three)?;

    let cases = [
        ("default", json!({}), format!("master@sha1:{one}"), "1"),
        ("slash", json!({ "branch": "feature/x" }), format!("feature/x@sha1:{three}"), "3"),
        ("tag", json!({ "tag": "v1.1.0" }), format!("v1.1.0@sha1:{two}"), "2"),
        (
            "tag-wins",
            json!({ "tag": "v1.0.0", "semver": ">1", "branch": "main" }),
            format!("v1.0.0@sha1:{one}"),
            "1",
        ),
        ("semver", json!({ "semver": ">=1.0.0" }), format!("v1.1.0@sha1:{two}"), "2"),
        ("semver-pre", json!({ "semver": ">=1.0.0-0" }), format!("v2.0.0-rc.1@sha1:{three}"), "3"),
        ("name", json!({ "name": "refs/heads/main" }), format!("refs/heads/main@sha1:{two}"), "2"),
        ("name-tag", json!({ "name": "refs/tags/v1.1.0" }), format!("refs/tags/v1.1.0@sha1:{two}"), "2"),
        ("name-pull", json!({ "name": "refs/pull/1/head" }), format!("refs/pull/1/head@sha1:{three}"), "3"),
        ("commit", json!({ "commit": one }), format!("sha1:{one}"), "1"),
        ("commit-branch", json!({ "commit": one, "branch": "main" }), format!("main@sha1:{one}"), "1"),
    ];
    for (name, reference, ..) in &cases {
        bench.source(name, repo.url(), json!({ "ref": reference })).await?;
    }
    for (name, _, revision, content) in &cases {
        let object = bench.at_revision(name, revision).await?;
        let tree = unpacked(&object).await?;
        assert_eq!(tree.get("v").map(|bytes| bytes.to_vec()), Some(content.as_bytes().to_vec()), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn the_archive_holds_what_it_should() -> Result<()> {
    let bench = Bench::start("source-archive").await?;
    let repo = bench.git.repository("app")?;
    repo.commit(
        "main",
        "files",
        [
            ("run.sh", Content::Executable(b"#!/bin/sh\n".to_vec())),
            ("link", Content::Link("/etc/passwd".to_owned())),
            ("a/deep/file.yaml", Content::from("x: 1\n")),
            ("a.yaml", Content::from("y: 1\n")),
            ("picture.png", Content::from("png")),
            (".github/workflows/ci.yaml", Content::from("ci")),
            (".gitignore", Content::from("*.yaml")),
        ],
    )?;
    bench.source("defaults", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    bench
        .source("ignore", repo.url(), json!({ "ref": { "branch": "main" }, "ignore": "/*\n!/a/\n" }))
        .await?;
    bench.source("empty", repo.url(), json!({ "ref": { "branch": "main" }, "ignore": "" })).await?;
    let defaults = bench.ready("defaults").await?;
    assert_eq!(names(&unpacked(&defaults).await?), ["a.yaml", "a/deep/file.yaml", "run.sh"]);
    let ignore = bench.ready("ignore").await?;
    assert_eq!(ignore["status"]["observedIgnore"], "/*\n!/a/\n");
    assert_eq!(names(&unpacked(&ignore).await?), ["a/deep/file.yaml"]);
    let empty = bench.ready("empty").await?;
    assert_eq!(empty["status"]["observedIgnore"], "");
    assert_eq!(empty["status"]["artifact"]["digest"], defaults["status"]["artifact"]["digest"]);

    // A single rule in the tree switches the default excludes off, and is scoped to its folder.
    let second = repo.commit("main", "rules", [("a/.sourceignore", "*.yaml\n")])?;
    bench.ask("defaults", "1").await?;
    let object = bench.at_revision("defaults", &format!("main@sha1:{second}")).await?;
    let tree = unpacked(&object).await?;
    let expected = [".github/workflows/ci.yaml", "a.yaml", "a/.sourceignore", "picture.png", "run.sh"];
    assert_eq!(names(&tree), expected);
    assert!(tree.is_dir("a/deep"));

    // A changed spec.ignore makes a new archive of the same commit, under the same path.
    bench.source("ignore", repo.url(), json!({ "ref": { "branch": "main" }, "ignore": "*.yaml\n" })).await?;
    let object = bench.wait("ignore", |object| object["status"]["observedIgnore"] == "*.yaml\n").await?;
    assert!(!names(&unpacked(&object).await?).contains(&"a.yaml"));
    Ok(())
}

#[tokio::test]
async fn a_range_follows_new_tags() -> Result<()> {
    let bench = Bench::start("source-semver").await?;
    let repo = bench.git.repository("app")?;
    let one = repo.commit("main", "one", [("v", "1")])?;
    repo.tag("v1.0.0", &one)?;
    bench.source("app", repo.url(), json!({ "ref": { "semver": "1.x" } })).await?;
    let revision = format!("v1.0.0@sha1:{one}");
    bench.at_revision("app", &revision).await?;

    let asked = bench.git.accesses().len();
    bench.request("app", "nothing new").await?;
    assert_eq!(bench.git.accesses().len(), asked + 2, "one list of tags");
    let message = format!("artifact up-to-date with remote revision: '{revision}'");
    bench.event("app", "ArtifactUpToDate", &message).await?;

    let two = repo.commit("main", "two", [("v", "2")])?;
    let three = repo.commit("main", "three", [("v", "3")])?;
    repo.tag("v2.0.0", &three)?;
    repo.annotated_tag("v1.10.0", &two, "two")?;
    bench.ask("app", "new").await?;
    bench.at_revision("app", &format!("v1.10.0@sha1:{two}")).await?;
    // Equal precedence: the younger commit wins.
    repo.tag("v1.10.0+later", &three)?;
    bench.ask("app", "build").await?;
    bench.at_revision("app", &format!("v1.10.0+later@sha1:{three}")).await?;

    // What does not go forward is told.
    repo.tag("v1.10.0+later", &two)?;
    bench.ask("app", "moved").await?;
    bench.at_revision("app", &format!("v1.10.0+later@sha1:{two}")).await?;
    let moved = format!("tag 'v1.10.0+later' was moved: it named commit '{three}' and names '{two}'");
    assert_eq!(bench.event("app", "TagMoved", &moved).await?["type"], "Warning");
    bench.source("branch", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    bench.at_revision("branch", &format!("main@sha1:{three}")).await?;
    repo.branch("main", &two)?;
    let amended = repo.commit("main", "three, amended", [("v", "4")])?;
    bench.ask("branch", "amended").await?;
    bench.at_revision("branch", &format!("main@sha1:{amended}")).await?;
    let left = format!("'main' was rewritten: commit '{amended}' does not come after '{three}'");
    assert_eq!(bench.event("branch", "NonFastForward", &left).await?["type"], "Normal");
    Ok(())
}
