//! The promises of an upstream, and buckets at a store: what a poll costs, what is fetched, what becomes of objects that
//! change, vanish, or are called so as to do harm.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use artifact::Algorithm;
use cloud::AwsCredentials;
use futures::FutureExt as _;
use testkit::buckets::{Behaviour, ObjectStore};
use tokio_util::sync::CancellationToken;

use super::azure::Azure;
use super::google::Google;
use super::index::Most;
use super::login::{Ldap, Login, Shared};
use super::s3::S3;
use super::{BucketError, Buckets, Place, Spec, Store};
use crate::access::{Access, Tls};
use crate::memory::Memory;
use crate::upstream::contract::{self, CANARY, Stage};
use crate::upstream::{Content as _, Means, Resolved, Upstream as _};

mod logins;
mod promises;
mod real;

const TIME: Duration = Duration::from_secs(60);

struct Kept {
    buckets: Buckets,
    received: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

fn kept() -> Kept {
    // Another test of this process may have done it.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let folder = tempfile::tempdir().unwrap();
    let received = Arc::new(AtomicU64::new(0));
    Kept { buckets: with(folder.path(), &received), received, _folder: folder }
}

fn with(folder: &std::path::Path, received: &Arc<AtomicU64>) -> Buckets {
    let memory = Memory::new(1 << 30, None);
    Buckets::new(folder.join("objects"), "test".into(), Algorithm::Sha256, &memory, Arc::clone(received))
}

fn spec(store: Store, address: &str) -> Spec {
    Spec {
        uid: "u".into(),
        store,
        url: reqwest::Url::parse(address).unwrap(),
        login: Login::Nobody,
        ignore: None,
        timeout: TIME,
        found: Arc::new(AtomicUsize::new(0)),
    }
}

fn s3_at(address: &str, prefix: &str) -> Spec {
    let store = S3::new(address, true, "app", prefix, None).unwrap();
    spec(Store::S3(store), &format!("http://{address}/"))
}

fn s3(store: &ObjectStore) -> Spec {
    s3_at(&store.address(), "")
}

fn azure(address: &str) -> Spec {
    let endpoint = format!("http://{address}");
    spec(Store::Azure(Azure::new(&endpoint, "app", "").unwrap()), &endpoint)
}

fn google(store: &ObjectStore) -> Spec {
    let base = format!("http://{}", store.address());
    spec(Store::Google(Google::new(&base, "app", "")), &base)
}

fn access(spec: &Spec) -> Access {
    Access::to_bucket("ns", spec.login.secrets(), Tls::default(), None)
}

async fn resolve(
    buckets: &Buckets,
    spec: &Spec,
    known: Option<&str>,
) -> Result<Resolved<Place>, BucketError> {
    buckets.resolve(spec, &access(spec), known, &CancellationToken::new()).await
}

async fn found(buckets: &Buckets, spec: &Spec) -> (String, Place) {
    match resolve(buckets, spec, None).await.unwrap() {
        Resolved::Revision { revision, place } => (revision, place),
        Resolved::Unchanged => panic!("nothing was known"),
    }
}

async fn error(buckets: &Buckets, spec: &Spec) -> BucketError {
    match resolve(buckets, spec, None).await {
        Err(error) => error,
        Ok(_) => panic!("it succeeds"),
    }
}

/// Entries of the archive: folders with a slash at their end, files with their content.
async fn archive(buckets: &Buckets, place: &Place) -> Vec<String> {
    let fetched = buckets.fetch(place, &CancellationToken::new()).await.unwrap();
    let mut bytes = Vec::new();
    fetched.content.pack(None, &Means::default(), &mut bytes).unwrap();
    entries(&bytes)
}

fn entries(bytes: &[u8]) -> Vec<String> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    let spool = artifact::spool::Spool::fill(
        bytes,
        tempfile::tempfile().unwrap(),
        &artifact::unpack::Limits::default(),
        &manifest::budget::Budget::default(),
    )
    .unwrap();
    spool
        .nodes()
        .map(|(path, node)| match node {
            artifact::spool::Node::Dir => format!("{path}/"),
            node => format!("{path}={}", String::from_utf8_lossy(&spool.read(node).unwrap())),
        })
        .collect()
}

async fn store(objects: &[(&str, &str)]) -> ObjectStore {
    let store = ObjectStore::start().await.unwrap();
    store.make("app");
    for (key, content) in objects {
        store.put("app", key, content);
    }
    store
}

/// What a revision is a hash of: an ETag in the form that the kind of store gives it.
fn lines_of(store: &ObjectStore, spec: &Spec, keys: &[&str]) -> String {
    let etag = |key: &str| {
        let etag = store.etag("app", key).unwrap();
        match &spec.store {
            Store::S3(_) => etag,
            Store::Google(_) => format!("{etag}="),
            Store::Azure(_) => format!("\"{etag}\""),
        }
    };
    keys.iter().map(|key| format!("{key} {}\n", etag(key))).collect()
}

fn revision_of(store: &ObjectStore, spec: &Spec, keys: &[&str]) -> String {
    artifact::Digest::of(Algorithm::Sha256, lines_of(store, spec, keys).as_bytes()).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_each_store_becomes_an_archive() {
    let store =
        store(&[("a.yaml", "1"), ("d/e/b.yaml", "2"), ("d/", ""), (".sourceignore", "*.md"), ("x.md", "x")])
            .await;
    store.behave(Behaviour { page: Some(1), ..Behaviour::default() });
    for spec in [s3(&store), google(&store), azure(&store.address())] {
        let kept = kept();
        let (revision, place) = found(&kept.buckets, &spec).await;
        assert_eq!(revision, revision_of(&store, &spec, &["a.yaml", "d/e/b.yaml"]), "{spec:?}");
        assert_eq!(spec.found.load(Ordering::Relaxed), 2);
        assert_eq!(
            archive(&kept.buckets, &place).await,
            [".sourceignore=*.md", "a.yaml=1", "d/", "d/e/", "d/e/b.yaml=2"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_is_a_list_and_a_question_for_the_rules() {
    let store = store(&[("a.yaml", "1"), (".sourceignore", "*.md")]).await;
    for spec in [s3(&store), google(&store), azure(&store.address())] {
        let kept = kept();
        let (revision, _) = found(&kept.buckets, &spec).await;
        drop(store.asked());
        let before = store.content();
        assert!(matches!(resolve(&kept.buckets, &spec, Some(&revision)).await.unwrap(), Resolved::Unchanged));
        let asked = store.asked();
        assert_eq!((asked.len(), store.content()), (2, before), "{asked:?}");
        // What another algorithm has made of the same is the same.
        let line = lines_of(&store, &spec, &["a.yaml"]);
        let other = artifact::Digest::of(Algorithm::Sha512, line.as_bytes()).to_string();
        assert!(matches!(resolve(&kept.buckets, &spec, Some(&other)).await.unwrap(), Resolved::Unchanged));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_is_fetched() {
    let store = store(&[("a", "one"), ("b", "two"), ("c", "three")]).await;
    let (kept, spec) = (kept(), s3(&store));
    let (_, first) = found(&kept.buckets, &spec).await;
    assert_eq!(kept.received.load(Ordering::Relaxed), 11);
    store.put("app", "b", "other");
    store.delete("app", "c");
    let (_, second) = found(&kept.buckets, &spec).await;
    assert_eq!(kept.received.load(Ordering::Relaxed), 16, "b alone");
    assert_eq!(archive(&kept.buckets, &second).await, ["a=one", "b=other"]);
    // What is kept of former objects goes; who still wants it begins anew.
    let fetched = kept.buckets.fetch(&first, &CancellationToken::new()).await.unwrap();
    let packed = fetched.content.pack(None, &Means::default(), &mut Vec::new());
    assert!(matches!(packed, Err(crate::upstream::PackError::Broken(_))), "{packed:?}");
    // A content that somebody has changed is broken, too, and is fetched anew once it is discarded.
    let shelf =
        std::fs::read_dir(kept._folder.path().join("objects")).unwrap().next().unwrap().unwrap().path();
    for file in std::fs::read_dir(&shelf).unwrap().flatten() {
        let length = file.metadata().unwrap().len();
        std::fs::write(file.path(), vec![b'x'; usize::try_from(length).unwrap()]).unwrap();
    }
    let fetched = kept.buckets.fetch(&second, &CancellationToken::new()).await.unwrap();
    let packed = fetched.content.pack(None, &Means::default(), &mut Vec::new());
    assert!(matches!(packed, Err(crate::upstream::PackError::Broken(_))), "{packed:?}");
    kept.buckets.discard(&second);
    let (_, again) = found(&kept.buckets, &spec).await;
    assert_eq!(archive(&kept.buckets, &again).await, ["a=one", "b=other"]);
    kept.buckets.forget("another");
    assert!(shelf.exists());
    kept.buckets.keep_only(|| ["u".to_owned()].into());
    assert!(shelf.exists());
    kept.buckets.keep_only(std::collections::HashSet::new);
    assert!(!shelf.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_vanish_or_change_meanwhile() {
    for of in [s3, google, |store: &ObjectStore| azure(&store.address())] {
        let store = store(&[("a", "one"), ("gone", "x"), ("new", "old")]).await;
        store.behave(Behaviour {
            vanished: ["gone".to_owned()].into(),
            changing: ["new".to_owned()].into(),
            ..Behaviour::default()
        });
        let (kept, spec) = (kept(), of(&store));
        let (revision, place) = found(&kept.buckets, &spec).await;
        assert_eq!(revision, revision_of(&store, &spec, &["a", "new"]), "as it is by now");
        assert_eq!(archive(&kept.buckets, &place).await, ["a=one", "new=changed meanwhile"]);
        assert_eq!(spec.found.load(Ordering::Relaxed), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_the_bucket_and_of_the_spec() {
    let store = store(&[
        (".sourceignore", "*.md\n"),
        ("p/a.md", "x"),
        ("p/b.txt", "x"),
        ("p/c.png", "x"),
        ("q", "x"),
    ])
    .await;
    let kept = kept();
    let mut spec = s3_at(&store.address(), "p/");
    let (_, place) = found(&kept.buckets, &spec).await;
    // There are no defaults, and the file is there although the prefix leaves it out.
    assert_eq!(
        archive(&kept.buckets, &place).await,
        [".sourceignore=*.md\n", "p/", "p/b.txt=x", "p/c.png=x"]
    );
    spec.ignore = Some("*.txt\n!a.md".into());
    let (_, place) = found(&kept.buckets, &spec).await;
    assert_eq!(archive(&kept.buckets, &place).await, [".sourceignore=*.md\n", "p/", "p/a.md=x", "p/c.png=x"]);
    spec.ignore = Some("*".into());
    let (revision, _) = found(&kept.buckets, &spec).await;
    assert_eq!(revision, artifact::Digest::of(Algorithm::Sha256, b"").to_string(), "nothing is a success");
    store.put("app", ".sourceignore", vec![b'#'; 2 << 20]);
    let error = error(&kept.buckets, &spec).await;
    assert!(matches!(error, BucketError::TooManyRules(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_lead_nowhere_else() {
    let store = store(&[
        ("../../up.yaml", "1"),
        ("/abs.yaml", "2"),
        ("./c.yaml", "3"),
        ("a/../../d.yaml", "4"),
        ("c.yaml", "own"),
    ])
    .await;
    for spec in [s3(&store), google(&store), azure(&store.address())] {
        let kept = kept();
        let (_, place) = found(&kept.buckets, &spec).await;
        assert_eq!(
            archive(&kept.buckets, &place).await,
            ["abs.yaml=2", "c.yaml=own", "d.yaml=4", "up.yaml=1"],
            "{spec:?}"
        );
    }
    store.put("app", "up.yaml/inner", "x");
    let kept = kept();
    let error = error(&kept.buckets, &s3(&store)).await.to_string();
    assert_eq!(error, "failed to get '../../up.yaml' object: it is a folder of 'up.yaml/inner'");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_are_names() {
    let long = "k".repeat(1024);
    let keys = ["back\\slash", "tab\there", "new\nline", "a b+c%2Fd", "ü", "&amp;<x>", long.as_str()];
    let objects: Vec<_> = keys.iter().map(|key| (*key, "x")).collect();
    let store = store(&objects).await;
    for spec in [s3(&store), google(&store)] {
        let kept = kept();
        let (_, place) = found(&kept.buckets, &spec).await;
        assert_eq!(place.objects.files.len(), keys.len());
        let mut places: Vec<_> = place.objects.files.iter().map(|(place, _)| place.as_str()).collect();
        let mut expected = keys.to_vec();
        places.sort_unstable();
        expected.sort_unstable();
        assert_eq!(places, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_objects() {
    let store = ObjectStore::start().await.unwrap();
    for number in 0..2500 {
        store.put("app", &format!("d{}/{number}.yaml", number % 7), number.to_string());
    }
    let (kept, spec) = (kept(), s3(&store));
    let (revision, place) = found(&kept.buckets, &spec).await;
    assert_eq!(archive(&kept.buckets, &place).await.len(), 2500 + 7);
    store.put("app", "d0/7.yaml", "another");
    drop(store.asked());
    let (other, _) = found(&kept.buckets, &spec).await;
    assert_ne!(revision, other);
    assert_eq!(store.asked().len(), 3 + 1 + 1, "three pages, the rules, one object");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_an_end_is_ended() {
    let store = store(&[("a", "1")]).await;
    store.behave(Behaviour { endless: true, ..Behaviour::default() });
    for spec in [s3(&store), google(&store), azure(&store.address())] {
        let error = error(&kept().buckets, &spec).await;
        assert!(
            matches!(&error, BucketError::List(_)) && error.to_string().contains("does not end"),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_says_is_told() {
    let store = store(&[]).await;
    let kept = kept();
    let mut absent = s3(&store);
    absent.store = Store::S3(S3::new(&store.address(), true, "absent", "", None).unwrap());
    assert!(matches!(error(&kept.buckets, &absent).await, BucketError::NotFound));
    absent.store = Store::Azure(Azure::new(&format!("http://{}", store.address()), "absent", "").unwrap());
    assert!(matches!(error(&kept.buckets, &absent).await, BucketError::NotFound));
    absent.store = Store::Google(Google::new(&format!("http://{}", store.address()), "absent", ""));
    assert!(matches!(error(&kept.buckets, &absent).await, BucketError::NotFound));
    let mut short = s3(&store);
    short.store = Store::S3(S3::new(&store.address(), true, "ab", "", None).unwrap());
    let told = error(&kept.buckets, &short).await;
    assert!(matches!(&told, BucketError::Existence(_)), "{told:?}");
    assert_eq!(told.to_string(), "Bucket name cannot be shorter than 3 characters");
    store.behave(Behaviour { access_key: Some("other".into()), ..Behaviour::default() });
    let told = error(&kept.buckets, &s3(&store)).await.to_string();
    assert_eq!(told, "The AWS Access Key Id you provided does not exist in our records.");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_change_while_they_are_read() {
    let store = store(&[("a.md", "x"), (".sourceignore", "*.md")]).await;
    let (kept, spec) = (kept(), google(&store));
    let restless =
        |times| Behaviour { restless: [(".sourceignore".to_owned(), times)].into(), ..Behaviour::default() };
    store.behave(restless(1));
    let (_, place) = found(&kept.buckets, &spec).await;
    let entries = archive(&kept.buckets, &place).await;
    assert!(entries[0].starts_with(".sourceignore=# "), "as they are by then: {entries:?}");
    store.put("app", ".sourceignore", "*.png");
    store.behave(restless(usize::MAX));
    let told = error(&kept.buckets, &spec).await;
    assert!(matches!(told, BucketError::Rules(_)), "they are not taken for none: {told:?}");
    // The same of an object.
    store.behave(Behaviour {
        changing: ["a.md".to_owned()].into(),
        restless: [("a.md".to_owned(), 1)].into(),
        ..Behaviour::default()
    });
    let again = self::kept();
    let (_, place) = found(&again.buckets, &spec).await;
    let entries = archive(&again.buckets, &place).await;
    assert!(entries.iter().any(|entry| entry.starts_with("a.md=# ")), "{entries:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rules_are_read_with_memory_set_aside() {
    let store = store(&[("a", "1"), (".sourceignore", &"# so\n".repeat(11_000))]).await;
    let (kept, mut spec) = (kept(), s3(&store));
    let (_, place) = found(&kept.buckets, &spec).await;
    assert!(place.objects._memory.is_none());
    spec.ignore = Some("# so\n".repeat(3_000));
    let (_, place) = found(&kept.buckets, &spec).await;
    assert!(place.objects._memory.is_some());
}

/// Somebody small who holds a turn and waits for memory would wait for ever for somebody large who does it the other way.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_waited_for_with_a_turn() {
    let store = store(&[("a", "1")]).await;
    let (kept, spec) = (Arc::new(kept()), s3(&store));
    let all = kept.buckets.memory.enter("other", kept.buckets.memory.limit()).await.unwrap();
    let mut turns = Vec::new();
    for _ in 0..7 {
        turns.push(kept.buckets.turns.turn("ns", &spec.url).await);
    }
    let most = Most { objects: 10, bytes: (10, 10), memory: 1 << 20 };
    let means = super::Means { most, page: 1 << 20, reserve: Some(1 << 20) };
    let asking = {
        let (kept, spec) = (Arc::clone(&kept), spec.clone());
        tokio::spawn(async move {
            let cancelled = CancellationToken::new();
            kept.buckets.attempt(&spec, &access(&spec), None, &cancelled, &means).await
        })
    };
    let has_turn = async {
        while kept.buckets.turns.turn("ns", &spec.url).now_or_never().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIME, has_turn).await.unwrap();
    drop(all);
    assert!(matches!(asking.await.unwrap(), Ok(Resolved::Revision { .. })));
}

fn keys(id: &str) -> Login {
    let secret_access_key = CANARY.to_owned().into();
    Login::Keys(AwsCredentials { access_key_id: id.into(), secret_access_key, session_token: None })
}
