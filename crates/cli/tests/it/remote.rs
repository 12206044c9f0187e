//! Bases in Git repositories: refused unless `--fetch-remote` is given, then fetched with the machine's git. Only local
//! repositories, by their `file://` URL; the transports are git's own.

use std::process::Command;

use crate::transcript::Folder;

const BUILT: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  annotations:
    config.kubernetes.io/origin: |
      path: base/r.yaml
      repo: file://[DIR]/repo
      ref: v1
  name: first
";

fn git(folder: &Folder, line: &str) {
    let output = Command::new("git")
        .args(["-C", "repo", "-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(line.split(' '))
        .current_dir(folder.path())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with the tag v1, in which the object is called first, and a newer commit.
fn folder() -> Folder {
    let folder = Folder::with(&[
        ("repo/base/kustomization.yaml", "resources: [r.yaml]\n"),
        ("repo/base/r.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n"),
    ]);
    git(&folder, "init --quiet");
    git(&folder, "add .");
    git(&folder, "commit --quiet -m one");
    git(&folder, "tag v1");
    std::fs::write(
        folder.path().join("repo/base/r.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: second}\n",
    )
    .expect("a file");
    git(&folder, "commit --quiet -a -m two");
    std::fs::create_dir(folder.path().join("app")).expect("a folder");
    folder
}

fn app(folder: &Folder, entry: &str) {
    let text = format!("resources: [\"{entry}\"]\nbuildMetadata: [originAnnotations]\n");
    std::fs::write(folder.path().join("app/kustomization.yaml"), text).expect("a file");
}

fn url(folder: &Folder, rest: &str) -> String {
    format!("file://{}/repo{rest}", folder.path().display())
}

#[test]
fn a_base_at_a_tag() {
    let folder = folder();
    app(&folder, &url(&folder, "//base?ref=v1"));
    let refused = folder.run("build app");
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .stderr
            .contains("remote resource 'file://[DIR]/repo//base?ref=v1' in [DIR]/app is not supported")
    );
    assert!(refused.stderr.ends_with("hint: --fetch-remote fetches bases with git\n"), "{}", refused.stderr);
    folder.run("build app --fetch-remote").prints(BUILT);
}

#[test]
fn a_target_at_its_newest_commit() {
    let folder = folder();
    let line = format!("build --fetch-remote {}", url(&folder, "//base"));
    folder.run(&line).prints("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: second\n");
}

#[test]
fn what_cannot_be_fetched() {
    let folder = folder();
    for (rest, words) in [
        (
            "//base?ref=v9",
            "failed to run 'git fetch --quiet --depth=1 file://[DIR]/repo v9': fatal: couldn't find remote ref v9",
        ),
        ("//base?ref=--upload-pack=x", "'--upload-pack=x' is not a ref of a repository"),
        ("//other", "/other: no such file or directory"),
    ] {
        app(&folder, &url(&folder, rest));
        let ran = folder.run("build app --fetch-remote");
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{rest}");
        assert!(ran.stderr.contains(words), "{rest}: {}", ran.stderr);
    }
}

#[test]
fn what_several_bases_want_is_fetched_once() {
    let folder = folder();
    let (v1, newest) = (url(&folder, "//base?ref=v1"), url(&folder, "//base"));
    for (name, resource) in [("one", &v1), ("two", &v1), ("three", &newest)] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
        let text = format!("namePrefix: {name}-\nresources: [\"{resource}\"]\n");
        std::fs::write(folder.path().join(name).join("kustomization.yaml"), text).expect("a file");
    }
    std::fs::write(folder.path().join("kustomization.yaml"), "resources: [one, two, three]\n")
        .expect("a file");
    let trace = folder.path().join("trace");
    let ran = folder.run_with("build --fetch-remote", "GIT_TRACE", &trace);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let names: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("  name: ")).collect();
    assert_eq!(names, ["one-first", "three-second", "two-first"]);
    let fetches = folder.text("trace").lines().filter(|line| line.contains("built-in: git fetch")).count();
    assert_eq!(fetches, 2, "a fetch for each state of the repository, not for each base");
}

#[test]
fn folders_go_away_with_the_build() {
    let folder = folder();
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    for rest in ["//base?ref=v1", "//base?ref=v9"] {
        app(&folder, &url(&folder, rest));
        let ran = folder.run_with("build app --fetch-remote", "TMPDIR", &temporary);
        assert_eq!(ran.code == 0, rest.ends_with("v1"), "{}", ran.stderr);
        assert!(folder.names("tmp").is_empty(), "{rest}");
    }
}

#[test]
fn what_gives_access_is_never_printed() {
    let folder = folder();
    for entry in [
        "https://TOKEN@127.0.0.1:1/org/repo//base?ref=v1",
        "https://user:TOKEN@127.0.0.1:1/org/repo",
        "https://TOKEN:x-oauth-basic@127.0.0.1:1/org/repo",
        "https://127.0.0.1:1/org/repo?private_token=TOKEN",
        "git::https://TOKEN@127.0.0.1:1/org/repo",
        "ssh://user:TOKEN@127.0.0.1:1/org/repo",
        "https://TOKEN@127.0.0.1:1/a.yaml",
    ] {
        app(&folder, entry);
        for line in ["build app".to_owned(), "build app --fetch-remote".to_owned(), format!("build {entry}")]
        {
            let ran = folder.run(&line);
            assert_eq!(ran.code, 1, "{line}");
            assert!(!ran.stderr.contains("TOKEN") && !ran.stdout.contains("TOKEN"), "{line}: {}", ran.stderr);
        }
    }
}
