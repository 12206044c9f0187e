//! Hostile servers: packs that are more than they seem, answers that never end, redirects into the network of this
//! process, and words that are not for people. What is refused says which limit it exceeds; nothing is measured in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Url;
use testkit::git::{Behaviour, GitServer};
use tokio_util::sync::CancellationToken;

use super::super::guard::samples::{PackBuilder, copies, deflated};
use super::super::refs::Target;
use super::super::{Git, GitError, Place, Spec};
use super::{CANARY, failure, objects, response, serve};
use crate::access::{Access, References, SecretData};
use crate::memory::Memory;
use crate::upstream::{FetchError, Resolved, Upstream as _};

const MIB: u64 = 1 << 20;

/// How many objects there were: each has a clone of its own.
static OBJECTS: AtomicU64 = AtomicU64::new(0);

struct Bench {
    server: GitServer,
    folder: tempfile::TempDir,
    git: Git,
}

impl Bench {
    async fn new() -> Self {
        // Another test of this process may have done it.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let server = GitServer::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path().to_owned(), "test".to_owned(), &Memory::new(1 << 30, None));
        Self { server, folder, git }
    }

    /// A repository with a commit, which behaves like this.
    fn repository(&self, name: &str, behaviour: Behaviour) -> String {
        let repository = self.server.repository(name).unwrap();
        repository.commit("main", "1", [("file", "content")]).unwrap();
        self.server.behave(name, behaviour);
        repository.url().to_owned()
    }

    async fn resolve(
        &self,
        namespace: &str,
        url: &str,
        cancelled: &CancellationToken,
    ) -> Result<Resolved<Place>, GitError> {
        resolve(&self.git, namespace, url, None, cancelled).await
    }

    async fn error(&self, url: &str) -> String {
        let never = CancellationToken::new();
        let error = self.resolve("ns", url, &never).await.unwrap_err().to_string();
        assert!(!error.contains("canary") && !error.contains('\u{1b}'), "{error}");
        error
    }
}

async fn resolve(
    git: &Git,
    namespace: &str,
    url: &str,
    secret: Option<&SecretData>,
    cancelled: &CancellationToken,
) -> Result<Resolved<Place>, GitError> {
    let url = Url::parse(url).unwrap();
    let access = Access::new(&url, namespace, &References::default(), secret).unwrap();
    let uid = format!("u{}", OBJECTS.fetch_add(1, Ordering::Relaxed));
    let spec = Spec::of(&uid, url, Target::Branch("main".into()));
    let spec = Spec { timeout: Duration::from_secs(600), ..spec };
    git.resolve(&spec, &access, None, cancelled).await
}

/// Some kilobytes that become `size` bytes through two deltas.
fn delta_bomb(size: u64) -> Vec<u8> {
    let mut pack = PackBuilder::new();
    let base = pack.blob(&[b'a'; 65_536]);
    let base = pack.delta(base, &copies(65_536, 16 * MIB));
    pack.delta(base, &copies(16 * MIB, size));
    pack.finish()
}

/// A chain of objects that all have other deltas, too, so that all stay in memory until the last is resolved.
fn chain_bomb(length: u32) -> Vec<u8> {
    let mut pack = PackBuilder::new();
    let base = pack.blob(&[b'a'; 65_536]);
    let mut base = pack.delta(base, &copies(65_536, 64 * MIB));
    for _ in 0..length {
        pack.delta(base, &copies(64 * MIB, 1));
        base = pack.delta(base, &copies(64 * MIB, 64 * MIB));
    }
    pack.finish()
}

fn lying(kind: u8, size: u64, content: &[u8]) -> Vec<u8> {
    let mut pack = PackBuilder::new();
    pack.raw(kind, size, &[], &deflated(content));
    pack.finish()
}

#[tokio::test(flavor = "multi_thread")]
async fn packs_that_are_more_than_they_seem() {
    let bench = Bench::new().await;
    for (number, (pack, expected)) in [
        (delta_bomb(3 << 30), "the pack has an object of more than 536870912 bytes; keep large files elsewhere"),
        (lying(3, 3 << 30, &[0; 1000]), "the pack has an object of more than 536870912 bytes; keep large files elsewhere"),
        (chain_bomb(20), "the pack's chains of deltas need more than 805306368 bytes of memory"),
        (lying(3, 10, &vec![0; 1 << 20]), "the server sent a pack that is malformed: an object that is larger than it says"),
        (PackBuilder::new().with_count(u32::MAX), "the pack has more than 2000000 objects; fetch a branch or a tag instead of a commit, or a smaller repository"),
        (b"no pack at all".to_vec(), "the server sent a pack that is malformed: it does not begin like one"),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(pack.len() < 100_000, "the bomb is small: {}", pack.len());
        let url = bench.repository(&format!("bomb{number}"), Behaviour::sending(pack));
        assert_eq!(bench.error(&url).await, expected);
    }
    assert_eq!(objects(bench.folder.path()), 0, "nothing of it is kept");
}

/// A pack of something else than the commit passes the guard; that the commit is missing is found when it is read.
#[tokio::test(flavor = "multi_thread")]
async fn packs_of_something_else() {
    let bench = Bench::new().await;
    let mut pack = PackBuilder::new();
    let base = pack.blob(&[7; 1000]);
    pack.delta(base, &copies(1000, 2000));
    let url = bench.repository("other", Behaviour::sending(pack.finish()));
    let never = CancellationToken::new();
    let found = bench.resolve("ns", &url, &never).await.unwrap();
    let Resolved::Revision { place, .. } = found else { unreachable!("nothing was known") };
    assert!(matches!(bench.git.fetch(&place, &never).await, Err(FetchError::Broken(_))));
}

async fn until(reached: impl Fn() -> bool) {
    let wait = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_servers_hold_up_their_own_namespace_only() {
    let bench = Arc::new(Bench::new().await);
    let slow = bench.repository("slow", Behaviour::stalling());
    let honest = bench.repository("honest", Behaviour::default());
    let cancelled = CancellationToken::new();
    let waiting: Vec<_> = (0..40)
        .map(|_| {
            let (bench, slow, cancelled) = (Arc::clone(&bench), slow.clone(), cancelled.clone());
            tokio::spawn(async move { bench.resolve("greedy", &slow, &cancelled).await })
        })
        .collect();
    let asked = || bench.server.accesses().iter().filter(|access| access.repository == "slow").count();
    until(|| asked() == 8).await;

    let never = CancellationToken::new();
    assert!(bench.resolve("honest", &honest, &never).await.is_ok());
    assert_eq!(asked(), 8, "a namespace has its share and no more");

    cancelled.cancel();
    for outcome in waiting {
        assert_eq!(outcome.await.unwrap().unwrap_err().to_string(), "context canceled");
    }
    // With their objects the turns are gone, too.
    assert!(bench.resolve("greedy", &honest, &never).await.is_ok());
}

/// A run that is dropped in the middle leaves neither a thread nor a turn behind.
#[tokio::test(flavor = "multi_thread")]
async fn fetches_that_nobody_waits_for_end() {
    let bench = Arc::new(Bench::new().await);
    let slow = bench.repository("slow", Behaviour::stalling());
    let honest = bench.repository("honest", Behaviour::default());
    let never = CancellationToken::new();
    for round in 1..=10 {
        let task = {
            let (bench, slow, never) = (Arc::clone(&bench), slow.clone(), never.clone());
            tokio::spawn(async move { bench.resolve("ns", &slow, &never).await })
        };
        until(|| bench.server.accesses().len() == round).await;
        task.abort();
    }
    assert!(bench.resolve("ns", &honest, &never).await.is_ok());
}

/// The pool that serves and packs has one thread here, and it is taken.
#[test]
fn a_fetch_needs_no_thread_of_the_pool() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let bench = Bench::new().await;
        let honest = bench.repository("honest", Behaviour::default()).replace("127.0.0.1", "localhost");
        let (release, held) = std::sync::mpsc::channel::<()>();
        let taken = tokio::task::spawn_blocking(move || held.recv());
        assert!(bench.resolve("ns", &honest, &CancellationToken::new()).await.is_ok());
        drop(release);
        assert!(taken.await.unwrap().is_err());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_into_the_network_of_this_process() {
    let bench = Bench::new().await;
    let inner = GitServer::start_tls().await.unwrap();
    let repository = inner.repository("app").unwrap();
    repository.commit("main", "1", [("file", "content")]).unwrap();
    let port = Url::parse(inner.url()).unwrap().port().unwrap();

    // To an address, and to a name that has nothing but such addresses.
    let to_address = bench.repository("app", Behaviour::redirecting(inner.url()));
    let from_name = to_address.replace("127.0.0.1", "localhost");
    let refused = bench.error(&from_name).await;
    assert!(refused.ends_with("its target is another host at an address that is not public"), "{refused}");
    bench.server.behave("app", Behaviour::redirecting(&format!("https://localhost:{port}")));
    let refused = bench.error(&to_address).await;
    assert!(
        refused.ends_with("the redirect's target is another host at an address that is not public"),
        "{refused}"
    );
    assert_eq!(inner.accesses(), [], "it was not asked at all");

    // The flag allows it.
    let git = Git::new(bench.folder.path().join("allowed"), "test".to_owned(), &Memory::new(1 << 30, None))
        .with_private_redirects(true);
    let authority = inner.authority().unwrap().as_bytes().to_vec();
    let secret = SecretData::from([("ca.crt".to_owned(), authority)]);
    let never = CancellationToken::new();
    let found = resolve(&git, "ns", &to_address, Some(&secret), &never).await;
    assert!(matches!(found, Ok(Resolved::Revision { .. })), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_not_for_people() {
    let bench = Bench::new().await;
    let body = format!("\u{1b}[2J\u{202e}who are you, {CANARY}?\u{0}\r\nLog in");
    let url = bench.repository("app", Behaviour::saying(401, body));
    let with_token = url.replacen("http://", &format!("http://{CANARY}@"), 1);
    assert_eq!(bench.error(&with_token).await, "authentication required: [2Jwho are you, *****?\nLog in");
    let with_query = format!("{url}?private_token={CANARY}");
    let error = bench.error(&with_query).await;
    assert!(error.starts_with("authentication required: [2Jwho are you, *****?"), "{error}");

    // Control characters before it push the secret to where reading ends; what is cut of it is not shown either.
    for control in 8150..8200 {
        let body = format!("{}{CANARY}", "\u{1}".repeat(control));
        bench.server.behave("app", Behaviour::saying(404, body));
        let error = bench.error(&with_token).await;
        assert!(!error.contains("pas"), "{control}: {error}");
    }
    bench.server.behave("app", Behaviour::saying(403, "x".repeat(1 << 20)));
    assert!(bench.error(&url).await.len() < 1100);
    bench.server.behave("app", Behaviour::failing(502));
    let error = bench.error(&with_query).await;
    assert_eq!(error, format!("unexpected client error: unexpected requesting \"{url}\" status code: 502"));
}

/// Git's own way to say no, which comes to people through gix.
#[tokio::test(flavor = "multi_thread")]
async fn words_of_the_protocol() {
    let line = format!("ERR \u{1b}[31mno, {CANARY}\u{202e}{}", "!".repeat(5000));
    let body = format!("{:04x}{line}", line.len() + 4);
    let headers = "Content-Type: application/x-git-upload-pack-advertisement\r\n";
    let server = serve(response("200 OK", headers, &body)).await;
    let error = failure(&super::with_credentials(&server.origin)).await;
    assert!(!error.contains(CANARY) && !error.contains(['\u{1b}', '\u{202e}']), "{error}");
    assert!(error.len() < 1100, "{}", error.len());
}
