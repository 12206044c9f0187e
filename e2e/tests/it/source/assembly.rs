//! What an artifact is put together from: a part of the tree, submodules, and other repositories' artifacts; and what has
//! to be signed first.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::git::{Behaviour, Content};

use super::{Bench, condition, names, status_of, unpacked};

fn text(object: &Value, type_: &str) -> String {
    let found = condition(object, type_).cloned().unwrap_or_default();
    format!(
        "{} {}",
        found["reason"].as_str().unwrap_or_default(),
        found["message"].as_str().unwrap_or_default()
    )
}

#[tokio::test]
async fn parts_of_a_tree() -> Result<()> {
    let bench = Bench::start("source-sparse").await?;
    let repo = bench.git.repository("app")?;
    repo.commit(
        "main",
        "one",
        [("one/a", "1"), ("one/b/c", "2"), ("two/d", "3"), ("oneself", "4"), ("top", "5")],
    )?;
    let sparse = |folders: Value| json!({ "ref": { "branch": "main" }, "sparseCheckout": folders });
    for (name, folders, expected) in [
        ("one", json!(["one"]), vec!["one/a", "one/b/c", "oneself"]),
        ("deep", json!(["./one/b", "top"]), vec!["one/b/c", "top"]),
        ("all", json!(["./"]), vec!["one/a", "one/b/c", "oneself", "top", "two/d"]),
    ] {
        bench.source(name, repo.url(), sparse(folders.clone())).await?;
        let object = bench.ready(name).await?;
        assert_eq!(names(&unpacked(&object).await?), expected, "{name}");
        assert_eq!(object["status"]["observedSparseCheckout"], folders);
    }
    for (name, folder) in [("absent", "three"), ("anchored", "/one"), ("above", "../one")] {
        bench.source(name, repo.url(), sparse(json!([folder]))).await?;
        let object = bench.failed(name).await?;
        let said = text(&object, "FetchFailed");
        let expected = format!(
            "GitOperationFailed failed to sparse checkout directories : sparse checkout dir '{folder}' does not exist \
             in repository: lstat /tmp/gitrepository-"
        );
        assert!(said.starts_with(&expected) && said.ends_with(": no such file or directory"), "{said}");
    }
    // Another folder makes another artifact of the same revision.
    bench.source("one", repo.url(), sparse(json!(["two"]))).await?;
    let object = bench.ready("one").await?;
    assert_eq!(names(&unpacked(&object).await?), ["two/d"]);
    bench.source("one", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    Ok(())
}

#[tokio::test]
async fn submodules_are_fetched_when_they_are_asked_for() -> Result<()> {
    let bench = Bench::start("source-modules").await?;
    let (app, module, inner) =
        (bench.git.repository("app")?, bench.git.repository("module")?, bench.git.repository("inner")?);
    for name in ["app", "module", "inner"] {
        bench.git.behave(name, Behaviour::basic("user", "pass"));
    }
    let deepest = inner.commit("main", "i", [("i", "i")])?;
    let file = format!("[submodule \"in\"]\n\tpath = in\n\turl = {}\n", inner.url());
    let files = [(".gitmodules", file.into()), ("in", Content::Module(deepest)), ("m", "m".into())];
    let pinned = module.commit("main", "m", files)?;
    module.commit("main", "later", [("m", "not this one")])?;
    let file = "[submodule \"libs/mod\"]\n\tpath = libs/mod\n\turl = ../module\n";
    let files = [
        (".gitmodules", Content::from(file)),
        ("libs/mod", Content::Module(pinned)),
        ("unnamed", Content::Module("0123456789012345678901234567890123456789".into())),
        ("a", "a".into()),
    ];
    app.commit("main", "a", files)?;
    bench
        .ns
        .apply_value(
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "auth" }, "stringData":
        { "username": "user", "password": "pass" } }),
        )
        .await?;
    let spec = |recurse: bool| {
        json!({ "ref": { "branch": "main" }, "secretRef": { "name": "auth" },
        "recurseSubmodules": recurse })
    };

    bench.source("app", app.url(), spec(false)).await?;
    let tree = unpacked(&bench.ready("app").await?).await?;
    assert_eq!(names(&tree), ["a"]);
    assert!(tree.is_dir("libs/mod") && tree.is_dir("unnamed"), "as empty folders");

    bench.source("app", app.url(), spec(true)).await?;
    let object = bench.wait("app", |object| object["status"]["observedRecurseSubmodules"] == true).await?;
    let tree = unpacked(&object).await?;
    let expected = ["a", "libs/mod/.git", "libs/mod/in/.git", "libs/mod/in/i", "libs/mod/m"];
    assert_eq!(names(&tree), expected);
    assert_eq!(tree.get("libs/mod/m").map(|content| content.to_vec()), Some(b"m".to_vec()));
    let git_file = |path: &str| tree.get(path).map(|content| String::from_utf8_lossy(content).into_owned());
    assert_eq!(git_file("libs/mod/.git").as_deref(), Some("gitdir: ../../.git/modules/libs/mod\n"));
    let inner = git_file("libs/mod/in/.git");
    assert_eq!(inner.as_deref(), Some("gitdir: ../../../.git/modules/libs/mod/modules/in\n"));

    // Elsewhere, where no credentials go, and where nobody may be led.
    let outside = testkit::git::GitServer::start().await?;
    outside.behave("out", Behaviour::basic("user", "pass"));
    let out = outside.repository("out")?;
    let commit = out.commit("main", "o", [("o", "o")])?;
    let file = format!(
        "[submodule \"out\"]\n\tpath = out\n\turl = {}\n",
        out.url().replace("127.0.0.1", "localhost")
    );
    app.commit("evil", "a", [(".gitmodules", file.into()), ("out", Content::Module(commit))])?;
    let mut elsewhere = spec(true);
    elsewhere["ref"] = json!({ "branch": "evil" });
    bench.source("evil", app.url(), elsewhere).await?;
    let said = text(&bench.failed("evil").await?, "FetchFailed");
    assert!(said.contains("it is at another host and not encrypted"), "{said}");
    assert!(outside.accesses().is_empty());
    Ok(())
}

#[tokio::test]
async fn artifacts_of_others_are_included() -> Result<()> {
    let bench = Bench::start_with("source-include", &["--requeue-dependency=1s"]).await?;
    let (app, lib) = (bench.git.repository("app")?, bench.git.repository("lib")?);
    app.commit("main", "a", [("a", "a"), ("taken/x", "mine"), ("file", "mine")])?;
    let files = [
        ("dir/l", Content::from("l")),
        ("dir/run", Content::Executable(b"#!".to_vec())),
        ("top", "t".into()),
    ];
    lib.commit("main", "l", files)?;
    let include = |list: Value| json!({ "ref": { "branch": "main" }, "include": list });
    let whole = json!([{ "repository": { "name": "lib" } },
        { "repository": { "name": "lib" }, "fromPath": "../../dir", "toPath": "../there/in" },
        { "repository": { "name": "lib" }, "fromPath": "top", "toPath": "file" }]);
    bench.source("app", app.url(), include(whole.clone())).await?;
    let object = bench.failed("app").await?;
    assert!(
        text(&object, "IncludeUnavailable")
            .starts_with("NotFound could not get resource for include 'lib': ")
    );
    assert_eq!(status_of(&object, "Reconciling"), "True");

    bench.source("lib", lib.url(), json!({ "ref": { "branch": "main" } })).await?;
    let object = bench.ready("app").await?;
    let tree = unpacked(&object).await?;
    let expected =
        ["a", "file", "lib/dir/l", "lib/dir/run", "lib/top", "taken/x", "there/in/l", "there/in/run"];
    assert_eq!(names(&tree), expected);
    assert_eq!(tree.get("file").map(|content| content.to_vec()), Some(b"t".to_vec()), "a file is replaced");
    assert!(tree.is_executable("there/in/run") && !tree.is_executable("there/in/l"));
    assert_eq!(object["status"]["observedInclude"], whole);
    let included = bench.ready("lib").await?["status"]["artifact"].clone();
    assert_eq!(object["status"]["includedArtifacts"], json!([included, included, included]));

    // News of the other repository are news of this one, at its next run.
    lib.commit("main", "l", [("dir/l", "new")])?;
    bench.request("lib", "1").await?;
    bench.request("app", "1").await?;
    let tree = unpacked(&bench.ready("app").await?).await?;
    assert_eq!(tree.get("lib/dir/l").map(|content| content.to_vec()), Some(b"new".to_vec()));

    let taken = json!([{ "repository": { "name": "lib" }, "fromPath": "dir", "toPath": "taken" }]);
    bench.source("app", app.url(), include(taken)).await?;
    let object = bench.failed("app").await?;
    let said = text(&object, "StorageOperationFailed");
    let from = "/tmp/flux-include/unpack/dir";
    let to = format!("/tmp/gitrepository-{}-app/taken", bench.ns.name());
    assert_eq!(
        said,
        format!(
            "CopyFailure failed to copy 'lib' include from dir to taken: link error: cannot rename {from} to {to}: \
             rename {from} {to}: file exists"
        )
    );
    Ok(())
}

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/source-controller/testdata/signatures");

fn sample(name: &str) -> Result<Vec<u8>> {
    Ok(std::fs::read(format!("{SAMPLES}/{name}"))?)
}

#[tokio::test]
async fn signatures_are_verified_and_again_when_the_keys_change() -> Result<()> {
    let bench = Bench::start("source-verify").await?;
    let repo = bench.git.repository("app")?;
    let mut last = String::new();
    let mut ids = Vec::new();
    for name in ["pgp-one", "pgp-two", "pgp-three", "pgp-four", "ssh-1", "ssh-2", "ssh-3"] {
        last = repo.object("commit", &sample(&format!("{name}.commit"))?)?;
        ids.push(last.clone());
    }
    repo.branch("main", &ids[0])?;
    let tag = repo.object("tag", &sample("ssh.tag")?)?;
    repo.reference("refs/tags/v1.0.0", &tag)?;
    repo.tag("light", &last)?;
    let keys = |name: &str, file: &str| -> Result<Value> {
        let ending = if file.ends_with(".pub") { "a.sshpub" } else { "a.asc" };
        let text = String::from_utf8(sample(file)?)?;
        let data = json!({ ending: text });
        Ok(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": data }))
    };
    let spec = |reference: Value, mode: &str| {
        json!({ "ref": reference,
        "verify": { "mode": mode, "secretRef": { "name": "keys" } } })
    };
    let main = || json!({ "branch": "main" });

    bench.source("app", repo.url(), spec(main(), "head")).await?;
    let object = bench.failed("app").await?;
    let missing = "VerificationError public keys secret error: secrets \"keys\" not found";
    assert_eq!(
        (text(&object, "SourceVerified").as_str(), status_of(&object, "SourceVerified")),
        (missing, "False")
    );
    assert_eq!(text(&object, "Ready"), missing);
    assert!(condition(&object, "FetchFailed").is_none() && object["status"]["artifact"].is_null());

    bench.ns.apply_value(keys("keys", "one.asc")?).await?;
    bench.ask("app", "1").await?;
    let object = bench.at_revision("app", &format!("main@sha1:{}", ids[0])).await?;
    let verified =
        format!("Succeeded verified signature of\n\t- commit '{}' with key '73A5D3D6FA23F4BB'", ids[0]);
    assert_eq!(
        (text(&object, "SourceVerified"), status_of(&object, "SourceVerified")),
        (verified.clone(), "True")
    );
    assert_eq!(object["status"]["sourceVerificationMode"], "HEAD");
    bench.event("app", "Succeeded", verified.trim_start_matches("Succeeded ")).await?;

    // Nothing is new but the keys.
    bench.ns.apply_value(keys("keys", "two.asc")?).await?;
    bench.ask("app", "2").await?;
    let object = bench.failed("app").await?;
    let said = text(&object, "SourceVerified");
    assert!(said.starts_with("InvalidCommitSignature ") && said.ends_with("no matching key"), "{said}");
    assert!(!object["status"]["artifact"].is_null(), "what is published stays");
    bench.ns.apply_value(keys("keys", "one.asc")?).await?;
    bench.ask("app", "3").await?;
    bench.ready("app").await?;

    // What is not trusted is not published.
    repo.branch("main", &ids[1])?;
    bench.ask("app", "4").await?;
    let object = bench.failed("app").await?;
    assert_eq!(object["status"]["artifact"]["revision"], format!("main@sha1:{}", ids[0]));
    assert!(condition(&object, "ArtifactOutdated").is_none());

    bench.source("stalled", repo.url(), spec(main(), "Tag")).await?;
    let object = bench.failed("stalled").await?;
    assert!(
        text(&object, "Stalled").starts_with("InvalidVerificationMode cannot verify tag object's signature")
    );
    bench.source("light", repo.url(), spec(json!({ "tag": "light" }), "Tag")).await?;
    let said = text(&bench.failed("light").await?, "SourceVerified");
    assert_eq!(said, "InvalidGitObject cannot verify signature of tag 'light' since it is not signed");
    bench.ns.apply_value(keys("keys", "ssh1.pub")?).await?;
    bench.source("tag", repo.url(), spec(json!({ "semver": "*" }), "Tag")).await?;
    let object = bench.ready("tag").await?;
    assert!(text(&object, "SourceVerified").contains(&format!("- tag 'v1.0.0@{tag}' with key 'SHA256:")));
    assert_eq!(object["status"]["artifact"]["revision"], format!("v1.0.0@sha1:{last}"));
    Ok(())
}
