//! Whose clones are whose, on a disk: what is shared, what goes, and what stays while it is read.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::Strategy as _;
use proptest::{collection, prop_assert, prop_assert_eq, prop_oneof, proptest};
use reqwest::Url;
use testkit::git::GitServer;
use tokio_util::sync::CancellationToken;

use super::{Clones, Folder, Kept, Purpose, Run, Used};
use crate::access::Access;
use crate::git::refs::Target;
use crate::git::{Git, Spec};
use crate::memory::Memory;
use crate::upstream::{Resolved, Upstream as _};

fn url(name: &str) -> Url {
    Url::parse(&format!("https://git.example.com/{name}")).unwrap()
}

struct Bench {
    folder: tempfile::TempDir,
    clones: Arc<Clones>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clones = Arc::new(Clones::new(folder.path().to_owned()));
        Self { folder, clones }
    }

    fn run(&self, uid: &str) -> Run {
        self.clones.begin(uid, "ns")
    }

    /// A clone of an address, as a run of an object that succeeds uses it.
    fn clone(&self, uid: &str, name: &str) -> Kept {
        let run = self.run(uid);
        let kept = run.claim(&url(name), &Access::default(), Purpose::Tip).unwrap();
        kept.open().unwrap();
        run.settle(Used::from([(kept.key(), HashSet::from(["c".to_owned()]))]));
        kept
    }

    fn found(&self) -> usize {
        self.clones.wait();
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

#[test]
fn a_clone_goes_with_the_last_who_uses_it() {
    let bench = Bench::new();
    let (one, two) = (bench.clone("a", "x").path().to_owned(), bench.clone("b", "x").path().to_owned());
    assert_eq!(one, two);
    bench.clone("c", "y");
    assert_eq!(bench.found(), 2);
    bench.clones.forget("a");
    assert!(one.exists(), "the other object has it");
    bench.clones.forget("b");
    assert!(!one.exists());
    bench.clones.forget("nobody");
    assert_eq!(bench.found(), 1);
    // Another address.
    bench.clone("c", "z");
    assert_eq!(bench.found(), 1);
}

#[test]
fn who_reads_reads_on() {
    let bench = Bench::new();
    let kept = bench.clone("a", "x");
    let reader = kept.folder();
    let path = kept.path().to_owned();
    let fresh = kept.fresh();
    fresh.open().unwrap();
    kept.give_way_to(&fresh);
    assert_eq!(bench.clone("b", "x").path(), fresh.path(), "who comes now gets the other one");
    kept.give_way_to(&kept.fresh());
    assert_eq!(bench.clone("b", "x").path(), fresh.path(), "once");
    drop(kept);
    assert!(path.exists(), "and who reads has the old one");
    drop(reader);
    assert_eq!(bench.found(), 1);
    assert!(!path.exists());

    bench.clones.discard(&[fresh.folder()]);
    bench.clones.discard(&[fresh.folder()]);
    let next = bench.clone("a", "x");
    assert_ne!(next.path(), fresh.path());
    bench.clones.forget("a");
    bench.clones.forget("b");
    assert!(next.path().exists() && fresh.path().exists());
    drop((next, fresh));
    assert_eq!(bench.found(), 0);
}

#[test]
fn another_process_starts_anew() {
    let bench = Bench::new();
    let left = bench.clone("a", "x");
    std::fs::create_dir(bench.folder.path().join("uid.1.tip")).unwrap();
    let clones = Arc::new(Clones::new(bench.folder.path().to_owned()));
    let next = Bench { clones, ..Bench::new() };
    let kept = next.clone("a", "x");
    assert!(!kept.is_new() || kept.path() != left.path());
    assert_ne!(kept.path(), left.path(), "nothing of what was left is used");
    next.clone("gone", "y");
    next.clones.keep_only(|| {
        next.clone("late", "z");
        HashSet::from(["a".to_owned()])
    });
    assert!(kept.path().exists() && !left.path().exists());
    let mut left: Vec<PathBuf> = super::list(bench.folder.path());
    left.retain(|path| path != kept.path());
    assert_eq!(left, [next.clone("late", "z").path()], "what is begun meanwhile stays");
}

/// A run that begins may let the last use of a clone go.
#[test]
fn a_namespace_shares_again_once_it_has_no_clone_for_itself() {
    let bench = Bench::new();
    let shared = bench.clone("a", "x");
    let apart =
        bench.run("b").claim(&url("x"), &Access::default(), Purpose::Tip).unwrap().set_apart().unwrap();
    assert!(!apart.is(&shared));
    drop(apart);
    // What the run before the last one asked for is let go.
    for _ in 0..2 {
        bench.run("b");
    }
    assert!(bench.clones.state.lock().apart.is_empty());
    let again = bench.run("b").claim(&url("x"), &Access::default(), Purpose::Tip).unwrap();
    assert!(again.is(&shared));
}

#[test]
fn a_folder_that_is_not_there_has_no_clones() {
    let clones = Clones::new(PathBuf::from("/nowhere/at/all"));
    clones.forget("u");
    clones.keep_only(HashSet::new);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A run of an object that asks for two addresses, and then succeeds with the first, or fails.
    Run(u8, u8, u8, bool),
    /// One that is killed: nobody hears of it again.
    Lost(u8, u8),
    Read(u8),
    ReadNoMore,
    Forget(u8),
    Broken(u8),
    Sweep(u8),
    Crash,
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    let (object, address) = (0..3_u8, 0..3_u8);
    let run = (object.clone(), address.clone(), address.clone(), proptest::bool::ANY);
    let step = prop_oneof![
        6 => run.prop_map(|(o, a, b, good)| Step::Run(o, a, b, good)),
        2 => (object.clone(), address.clone()).prop_map(|(o, a)| Step::Lost(o, a)),
        2 => object.clone().prop_map(Step::Read),
        1 => proptest::strategy::Just(Step::ReadNoMore),
        1 => object.prop_map(Step::Forget),
        1 => address.prop_map(Step::Broken),
        1 => (0..8_u8).prop_map(Step::Sweep),
        1 => proptest::strategy::Just(Step::Crash),
    ];
    collection::vec(step, 0..40)
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    /// In any order: who asks alike at one time gets one folder, what is read is there, what an object last used is there,
    /// and in the end nothing is.
    #[test]
    fn nothing_goes_too_early_and_nothing_stays(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let new = || Arc::new(Clones::new(folder.path().to_owned()));
        let mut clones = new();
        // Of processes that are dead: what they had is on the disk until it is swept.
        let mut dead: Vec<Arc<Clones>> = Vec::new();
        let mut unsaid: Vec<Arc<Folder>> = Vec::new();
        let mut last: HashMap<String, Arc<Folder>> = HashMap::new();
        let mut readers: Vec<Arc<Folder>> = Vec::new();
        for step in steps {
            match step {
                Step::Run(object, a, b, is_good) => {
                    let uid = format!("o{object}");
                    let run = clones.begin(&uid, "ns");
                    let ask = |address: u8| {
                        let kept = run.claim(&url(&format!("r{address}")), &Access::default(), Purpose::Tip).unwrap();
                        std::fs::create_dir_all(kept.path()).unwrap();
                        kept
                    };
                    let (first, _second) = (ask(a), ask(b));
                    let other = clones.begin("other", "else");
                    let same = other.claim(&url(&format!("r{a}")), &Access::default(), Purpose::Tip).unwrap();
                    prop_assert_eq!(same.path(), first.path());
                    clones.forget("other");
                    if is_good {
                        run.settle(Used::from([(first.key(), HashSet::new())]));
                        last.insert(uid, first.folder());
                    }
                }
                Step::Lost(object, address) => {
                    let run = clones.begin(&format!("o{object}"), "ns");
                    drop(run.claim(&url(&format!("r{address}")), &Access::default(), Purpose::Tip));
                }
                Step::Read(object) => readers.extend(last.get(&format!("o{object}")).cloned()),
                Step::ReadNoMore => readers.clear(),
                Step::Forget(object) => {
                    let uid = format!("o{object}");
                    clones.forget(&uid);
                    last.remove(&uid);
                }
                Step::Broken(address) => {
                    let run = clones.begin("other", "else");
                    let kept = run.claim(&url(&format!("r{address}")), &Access::default(), Purpose::Tip).unwrap();
                    clones.discard(&[kept.folder()]);
                    clones.forget("other");
                    last.retain(|_, folder| folder.path != kept.path());
                }
                Step::Sweep(kept) => {
                    let current: HashSet<String> =
                        (0..3).filter(|n| kept & (1 << n) != 0).map(|n| format!("o{n}")).collect();
                    last.retain(|uid, _| current.contains(uid));
                    // A reader of a process that is dead is dead, too.
                    readers.retain(|folder| clones.is_ours(&folder.path));
                    clones.keep_only(|| current);
                    for path in super::list(folder.path()) {
                        prop_assert!(clones.is_ours(&path), "{} was left", path.display());
                    }
                }
                Step::Crash => {
                    // Its memory is gone, without any goodbye.
                    unsaid.extend(last.drain().map(|(_, folder)| folder));
                    unsaid.append(&mut readers);
                    dead.push(std::mem::replace(&mut clones, new()));
                }
            }
            for folder in readers.iter().chain(last.values()) {
                prop_assert!(folder.path.exists(), "{} is in use, after {:?}", folder.path.display(), step);
            }
        }
        readers.clear();
        last.clear();
        clones.keep_only(HashSet::new);
        prop_assert_eq!(super::list(folder.path()), Vec::<PathBuf>::new());
    }
}

/// A Git whose clone of a repository somebody else fetches into.
struct Busy {
    server: GitServer,
    git: Git,
    _folder: tempfile::TempDir,
    spec: Spec,
}

async fn busy() -> Busy {
    // Another test of this process may have done it.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let server = GitServer::start().await.unwrap();
    let repository = server.repository("app").unwrap();
    repository.commit("main", "1", [("file", "1")]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let git = Git::new(folder.path().to_owned(), "test".to_owned(), &Memory::new(1 << 30, None));
    let spec = Spec::of("u", Url::parse(repository.url()).unwrap(), Target::Branch("main".into()));
    Busy { server, git, _folder: folder, spec }
}

/// Holds the turn of the clone, as a run of a namespace that fetches.
fn fetch_as(busy: &Busy, namespace: &str) -> (Kept, tokio::sync::OwnedMutexGuard<()>) {
    let run = busy.git.clones.begin("holder", namespace);
    let access = Access::new(&busy.spec.url, "x", &Default::default(), None).unwrap();
    let kept = run.claim(&busy.spec.url, &access, Purpose::Tip).unwrap();
    let turn = Arc::clone(&kept.folder.turn).try_lock_owned().unwrap();
    kept.folder.namespace.lock().push_str(namespace);
    (kept, turn)
}

fn access(busy: &Busy, namespace: &str) -> Access {
    Access::new(&busy.spec.url, namespace, &Default::default(), None).unwrap()
}

fn clone_of(found: &Resolved<crate::git::Place>) -> &Path {
    let Resolved::Revision { place, .. } = found else { unreachable!("nothing was known") };
    &place.tip.clone
}

#[tokio::test(flavor = "multi_thread")]
async fn another_namespace_does_not_hold_one_up() {
    let mut busy = busy().await;
    let (kept, turn) = fetch_as(&busy, "greedy");
    // A part of this is waited.
    busy.spec.timeout = Duration::from_secs(8);
    let never = CancellationToken::new();
    let (access, shared) = (access(&busy, "ns"), kept.path().to_owned());
    let found = busy.git.resolve(&busy.spec, &access, None, &never).await.unwrap();
    assert_ne!(clone_of(&found), shared, "it has one for itself");
    let apart = clone_of(&found).to_owned();
    let again = busy.git.resolve(&busy.spec, &access, None, &never).await.unwrap();
    assert_eq!(clone_of(&again), apart, "as long as it is there");
    drop((turn, found, again));
    busy.git.forget("u");
    assert!(!apart.exists());
    let shares = busy.git.resolve(&busy.spec, &access, None, &never).await.unwrap();
    assert_eq!(clone_of(&shares), shared);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_finds_what_was_fetched_and_can_be_cancelled() {
    let busy = Arc::new(busy().await);
    let (kept, turn) = fetch_as(&busy, "ns");
    let cancelled = CancellationToken::new();
    let run = |uid: &'static str, cancelled: &CancellationToken| {
        let (busy, cancelled) = (Arc::clone(&busy), cancelled.clone());
        tokio::spawn(async move {
            let spec = Spec { uid: uid.to_owned(), ..busy.spec.clone() };
            busy.git.resolve(&spec, &access(&busy, "ns"), None, &cancelled).await
        })
    };
    let never = CancellationToken::new();
    let (ended, waiting) = (run("cancelled", &cancelled), run("waiting", &never));
    // Both have asked what there is: a GET and a POST each.
    let asked = async {
        while busy.server.accesses().len() < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap();
    cancelled.cancel();
    assert_eq!(ended.await.unwrap().unwrap_err().to_string(), "context canceled");
    assert!(!waiting.is_finished(), "of the same namespace it is waited for");
    drop(turn);
    let found = waiting.await.unwrap().unwrap();
    assert_eq!(clone_of(&found), kept.path());
}
