//! What references stand for at a real server, and clones that are mended.

use std::path::{Path, PathBuf};

use reqwest::Url;
use testkit::git::{GitServer, Repository};
use tokio_util::sync::CancellationToken;

use super::{MAX_PACKS, Tip};
use crate::access::Access;
use crate::git::archive::Assembly;
use crate::git::refs::Target;
use crate::git::{Git, Place, Spec};
use crate::memory::Memory;
use crate::upstream::{Resolved, Upstream as _};

struct Bench {
    server: GitServer,
    repository: Repository,
    folder: tempfile::TempDir,
    git: Git,
}

impl Bench {
    async fn new() -> Self {
        // Another test of this process may have done it.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let server = GitServer::start().await.unwrap();
        let repository = server.repository("app").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path().to_owned(), "test".to_owned(), &Memory::new(1 << 30, None));
        Self { server, repository, folder, git }
    }

    fn commit(&self, branch: &str, text: &str) -> String {
        self.repository.commit(branch, text, [("file", text)]).unwrap()
    }

    async fn resolve(&self, target: Target, known: Option<&str>) -> Result<Resolved<Tip>, String> {
        let url = Url::parse(self.repository.url()).unwrap();
        let spec = Spec::of("u", url, target);
        let never = CancellationToken::new();
        let resolved = self.git.resolve(&spec, &Access::default(), known, &never).await;
        let resolved = resolved.map_err(|error| error.to_string())?;
        Ok(match resolved {
            Resolved::Unchanged => Resolved::Unchanged,
            Resolved::Revision { revision, place } => Resolved::Revision { revision, place: place.tip },
        })
    }

    async fn revision(&self, target: Target) -> String {
        let Resolved::Revision { revision, place } = self.resolve(target, None).await.unwrap() else {
            unreachable!("nothing was known")
        };
        assert!(revision.ends_with(&format!("sha1:{}", place.commit)), "{revision} {place:?}");
        revision
    }

    async fn error(&self, target: Target) -> String {
        self.resolve(target, None).await.unwrap_err()
    }

    fn clones(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

fn semver(range: &str) -> Target {
    Target::Semver(range.to_owned())
}

fn commit(id: &str, branch: Option<&str>) -> Target {
    let branch = branch.map(str::to_owned);
    Target::Commit { id: id.to_owned(), label: branch.clone(), branch }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_references_stand_for() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    let second = bench.commit("main", "2");
    bench.repository.annotated_tag("v1.0.0", &first, "the first").unwrap();
    bench.repository.reference("refs/pull/1/head", &first).unwrap();
    let branch = || Target::Branch("main".into());
    assert_eq!(bench.revision(branch()).await, format!("main@sha1:{second}"));
    assert_eq!(bench.revision(Target::Tag("v1.0.0".into())).await, format!("v1.0.0@sha1:{first}"));
    let pull = "refs/pull/1/head";
    assert_eq!(bench.revision(Target::Name(pull.into())).await, format!("{pull}@sha1:{first}"));
    assert_eq!(bench.revision(commit(&first, None)).await, format!("sha1:{first}"));
    let capitals = commit(&first.to_uppercase(), None);
    assert_eq!(bench.revision(capitals).await, format!("sha1:{first}"), "a revision is never in capitals");
    assert_eq!(bench.revision(commit(&first, Some("main"))).await, format!("main@sha1:{first}"));
    let known = format!("main@sha1:{second}");
    assert_eq!(bench.resolve(branch(), Some(&known)).await, Ok(Resolved::Unchanged));
    let known = format!("sha1:{first}");
    assert_eq!(bench.resolve(commit(&first, None), Some(&known)).await, Ok(Resolved::Unchanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_tag_wins_and_of_equals_the_youngest() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    let second = bench.commit("main", "2");
    bench.repository.tag("v1.0.0", &first).unwrap();
    bench.repository.tag("v1.1.0+a", &second).unwrap();
    bench.repository.tag("v1.1.0+b", &first).unwrap();
    assert_eq!(bench.revision(semver("*")).await, format!("v1.1.0+a@sha1:{second}"));
    assert_eq!(bench.revision(semver("<1.1")).await, format!("v1.0.0@sha1:{first}"));
    let known = format!("v1.0.0@sha1:{first}");
    assert_eq!(bench.resolve(semver("<1.1"), Some(&known)).await, Ok(Resolved::Unchanged));
    // With equal times the last name wins, so that the answer is the same at every poll.
    bench.repository.tag("v1.1.0+b", &second).unwrap();
    assert_eq!(bench.revision(semver("*")).await, format!("v1.1.0+b@sha1:{second}"));
    assert_eq!(bench.error(semver(">2")).await, "no match found for semver: >2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent() {
    let bench = Bench::new().await;
    let empty = "git repository is empty";
    for target in [Target::Branch("main".into()), semver("*"), commit(&"0".repeat(40), None)] {
        assert_eq!(bench.error(target).await, empty);
    }
    bench.commit("main", "1");
    let absent = "couldn't find remote ref";
    assert_eq!(bench.error(Target::Branch("x".into())).await, format!("{absent} \"refs/heads/x\""));
    assert_eq!(bench.error(Target::Tag("x".into())).await, format!("{absent} \"refs/tags/x\""));
    assert_eq!(bench.error(Target::Branch("a..b".into())).await, format!("{absent} \"refs/heads/a..b\""));
    let name = bench.error(Target::Name("main".into())).await;
    assert_eq!(name, "unable to resolve ref 'main' to a specific commit");
    let head = bench.error(Target::Name("HEAD".into())).await;
    let zeros = "0".repeat(40);
    assert_eq!(head, format!("unable to resolve commit object for '{zeros}': object not found"));
    let id = "1".repeat(40);
    let not_found = |id: &str| format!("unable to resolve commit object for '{id}': object not found");
    assert_eq!(bench.error(commit(&id, None)).await, not_found(&id));
    assert_eq!(bench.error(commit("short", None)).await, not_found("short"));
    let branch = bench.error(commit(&id, Some("x"))).await;
    assert_eq!(branch, format!("{absent} \"refs/heads/x\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_hand_is_not_fetched_again() {
    let bench = Bench::new().await;
    bench.commit("main", "1");
    bench.revision(Target::Branch("main".into())).await;
    let asked = bench.server.accesses().len();
    // Nothing is known, as after a restart: the server is asked (one GET, one POST), and the content is there.
    bench.revision(Target::Branch("main".into())).await;
    assert_eq!(bench.server.accesses().len(), asked + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_clone_is_made_again() {
    let bench = Bench::new().await;
    bench.commit("main", "1");
    let one = bench.revision(Target::Branch("main".into())).await;
    let clone = bench.clones().remove(0);
    let mark = |clone: &Path| std::fs::write(clone.join("mark"), "").unwrap();

    mark(&clone);
    std::fs::remove_file(clone.join("HEAD")).unwrap();
    assert_eq!(bench.revision(Target::Branch("main".into())).await, one);
    assert!(!clone.join("mark").exists());

    mark(&clone);
    for number in 0..=MAX_PACKS {
        std::fs::write(clone.join(format!("objects/pack/pack-{number}.pack")), "").unwrap();
    }
    assert_eq!(bench.revision(Target::Branch("main".into())).await, one);
    assert!(!clone.join("mark").exists(), "packs do not pile up");

    let tip = Tip { clone: clone.clone(), ..Tip::default() };
    bench.git.discard(&Place { tip, assembly: Assembly::default() });
    assert!(!clone.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn clones_go_with_their_object() {
    let bench = Bench::new().await;
    bench.commit("main", "1");
    bench.revision(Target::Branch("main".into())).await;
    bench.git.keep_only(|| std::collections::HashSet::from(["u".to_owned()]));
    assert_eq!(bench.clones().len(), 1);
    bench.git.forget("u");
    assert!(bench.clones().is_empty());
}
