//! URLs of repositories, and builds from a tree that fetches.

use super::*;
use crate::{Entry, FileTree, Files, Options, build};

fn check(entry: &str, url: &str, directory: &str, reference: Option<&str>) {
    let repository = Repository::parse(entry).unwrap_or_else(|| panic!("{entry} is a repository"));
    let found = (&*repository.url, &*repository.directory, repository.reference.as_deref());
    assert_eq!(found, (url, directory, reference), "{entry}");
}

#[test]
fn repositories() {
    let github = "https://github.com/org/repo";
    check("github.com/org/repo", github, "", None);
    check("GitHub.com/org/repo/deep/er?ref=v1", github, "deep/er", Some("v1"));
    check("https://github.com/org/repo//base?version=v2&ref=v1", github, "base", Some("v1"));
    check(
        "git::https://github.com/org/repo.git/base?version=v2",
        "https://github.com/org/repo.git",
        "base",
        Some("v2"),
    );
    check("git@github.com:org/repo", "git@github.com:org/repo", "", None);
    check("ssh://git@github.com/org/repo/x", "git@github.com:org/repo", "x", None);
    check("git@example.com:org/repo.git//x?ref=a%2Fb", "git@example.com:org/repo.git", "x", Some("a/b"));
    check("https://example.com:8443/org/repo/x", "https://example.com:8443/org/repo", "x", None);
    check(
        "https://me@dev.example.com/org/project/_git/repo/x/y",
        "https://me@dev.example.com/org/project/_git/repo",
        "x/y",
        None,
    );
    check("file:///srv/repo//x", "file:///srv/repo", "x", None);
    check("file:///srv/some/repo", "file:///srv/some/repo", "", None);
}

#[test]
fn other_entries() {
    let entries = [
        "",
        "base",
        "../base",
        "/abs/base",
        "a/b/c",
        "base.git",
        "https://example.com/one",
        "github.com",
        "http://",
        "https://github.com/org/repo//../x",
        "b@c",
        "ftp://example.com/org/repo",
    ];
    for entry in entries {
        assert_eq!(Repository::parse(entry), None, "{entry}");
    }
}

#[test]
fn queries() {
    let parse = |query: &str| Repository::parse(&format!("github.com/o/r?{query}")).expect("a repository");
    assert!(parse("").submodules);
    assert!(!parse("submodules=false").submodules);
    assert!(parse("submodules=maybe").submodules);
    assert_eq!(parse("timeout=61").timeout, Duration::from_secs(61));
    assert_eq!(parse("timeout=1m30s").timeout, Duration::from_secs(90));
    for odd in ["timeout=0", "timeout=-3", "timeout=x", "timeout=1y", "timeout="] {
        assert_eq!(parse(odd).timeout, TIMEOUT, "{odd}");
    }
}

const OBJECT: &str = "apiVersion: v1\nkind: Foo\nmetadata: {name: a}\n";
const REPOSITORY: &str = "https://example.com/org/repo?ref=v1";

/// A tree in which `fetched/` stands for what is elsewhere.
struct Fetching(Files);

impl FileTree for Fetching {
    fn entry(&self, path: &str) -> Option<Entry> {
        self.0.entry(path)
    }

    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        self.0.read(path)
    }

    fn remotes(&self) -> Option<&dyn Remotes> {
        Some(self)
    }
}

impl Remotes for Fetching {
    fn repository(&self, repository: &Repository) -> Result<String, String> {
        let name = repository.url.rsplit('/').next().unwrap_or_default();
        let path = format!("fetched/{name}");
        self.0.entry(&path).map(|_| path).ok_or_else(|| format!("nothing to fetch at {}", repository.url))
    }

    fn file(&self, url: &str) -> Option<Result<Arc<[u8]>, String>> {
        let name = url.strip_prefix("https://example.com/files/")?;
        Some(self.0.read(&format!("fetched/{name}")).ok_or_else(|| format!("{url}: not found")))
    }
}

fn tree(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect()
}

fn fetching(entry: &str, more: &[(&str, &str)]) -> Fetching {
    let top = format!("resources: [\"{entry}\"]\nbuildMetadata: [originAnnotations]\n");
    let mut files = vec![
        ("app/kustomization.yaml", top.as_str()),
        ("fetched/repo/base/kustomization.yaml", "resources: [r.yaml]\nconfigMapGenerator: [{name: c}]\n"),
        ("fetched/repo/base/r.yaml", OBJECT),
        ("fetched/r.yaml", OBJECT),
    ];
    files.extend(more);
    Fetching(tree(&files))
}

fn error(tree: &dyn FileTree) -> String {
    build(tree, "app", &Options::default()).expect_err("refused").to_string()
}

#[test]
fn a_base_in_a_repository() {
    let tree = fetching("https://example.com/org/repo/base?ref=v1", &[]);
    let built = build(&tree, "app", &Options::default()).expect("a build");
    let yaml = built.to_yaml();
    assert!(
        yaml.contains("path: base/r.yaml\n      repo: https://example.com/org/repo\n      ref: v1\n"),
        "{yaml}"
    );
    assert!(
        yaml.contains("      repo: https://example.com/org/repo\n      ref: v1\n      configuredIn: base/kustomization.yaml\n"),
        "{yaml}"
    );
}

#[test]
fn a_file_by_its_url() {
    let built = build(&fetching("https://example.com/files/r.yaml", &[]), "app", &Options::default());
    assert_eq!(built.expect("a build").objects.len(), 1);
    let missing = error(&fetching("https://example.com/files/x.yaml", &[]));
    assert!(missing.contains("https://example.com/files/x.yaml: not found"), "{missing}");
}

#[test]
fn what_was_fetched_stays_within_itself() {
    let leaving =
        [("fetched/repo/kustomization.yaml", "resources: [../other]\n"), ("fetched/other/r.yaml", OBJECT)];
    let told = error(&fetching(REPOSITORY, &leaving));
    assert!(told.contains("base '/fetched/other' is outside '/fetched/repo'"), "{told}");
    let reading = [
        ("fetched/repo/kustomization.yaml", "resources: [../../app/secret.yaml]\n"),
        ("app/secret.yaml", OBJECT),
    ];
    let told = error(&fetching(REPOSITORY, &reading));
    assert!(told.contains("security; file '/app/secret.yaml' is not in or below '/fetched/repo'"), "{told}");
    let naming_itself = format!("resources: [\"{REPOSITORY}\"]\n");
    let told = error(&fetching(REPOSITORY, &[("fetched/repo/kustomization.yaml", &naming_itself)]));
    assert!(told.contains("cycle detected: URI"), "{told}");
    let told = error(&fetching("https://example.com/org/gone", &[]));
    assert!(told.ends_with("nothing to fetch at https://example.com/org/gone"), "{told}");
}

#[test]
fn without_a_fetcher_remote_entries_are_refused_by_name() {
    for entry in
        ["github.com/org/repo", "git@example.com:org/repo", "https://example.com/files/r.yaml", "oci://x/y"]
    {
        let kustomization = format!("resources: [\"{entry}\"]\n");
        let told = error(&tree(&[("app/kustomization.yaml", &kustomization)]));
        assert!(told.contains(&format!("remote resource '{entry}' in /app is not supported")), "{told}");
    }
}
