//! What is served of which files, request by request.

use std::io::Read as _;
use std::sync::Arc;

use artifact::store::Stored;
use artifact::store::gc::Retention;
use http::header::{
    ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
    RETRY_AFTER,
};
use http::{HeaderMap, HeaderName, Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use parking_lot::Mutex;

use super::{Body, Server, decoded, named};
use crate::applied::{Applied, Bound};
use crate::copies::Copies;
use crate::homes::tests::Replica;
use crate::kinds::CONTROLLERS;
use crate::published::Published;
use crate::samples::Disk;

struct Bench {
    disk: Disk,
    published: Arc<Published>,
    server: Arc<Server>,
    altered: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    fn new() -> Self {
        let (disk, published) = (Disk::new(), Arc::new(Published::default()));
        let altered = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&altered);
        let tell = move |path: &str| seen.lock().push(path.to_owned());
        let server = Arc::new(Server::new(disk.storage.clone(), Arc::clone(&published), tell));
        Self { disk, published, server, altered }
    }

    fn publish(&self, name: &str, content: &[u8]) -> Stored {
        self.disk.publish(&self.published, name, content)
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Response<Body> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        self.server.answer(&method, path, &headers).await
    }

    async fn get(&self, stored: &Stored, headers: &[(HeaderName, &str)]) -> (StatusCode, String) {
        let response = self.ask(Method::GET, &format!("/{}", stored.path), headers).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
}

fn header(response: &Response<Body>, name: HeaderName) -> Option<&str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_file_and_its_head() {
    let bench = Bench::new();
    let stored = bench.publish("a.tar.gz", b"content");
    assert_eq!(bench.get(&stored, &[]).await, (StatusCode::OK, "content".to_owned()));
    let head = bench.ask(Method::HEAD, &format!("/{}", stored.path), &[]).await;
    assert_eq!((head.status(), header(&head, CONTENT_LENGTH)), (StatusCode::OK, Some("7")));
    assert_eq!(header(&head, CONTENT_TYPE), Some("application/gzip"));
    assert_eq!(header(&head, ETAG), Some(format!("\"{}\"", stored.digest).as_str()));
    assert!(head.into_body().collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn what_is_not_served() {
    let bench = Bench::new();
    let stored = bench.publish("a.tar.gz", b"content");
    bench.publish("a.tar.gz.lock", b"");
    let root = bench.ask(Method::GET, "/", &[]).await;
    assert_eq!(root.status(), StatusCode::OK, "for the readiness probe");
    for path in [
        "/gitrepository/ns/app/b.tar.gz",
        "/gitrepository/ns/app",
        "/gitrepository/ns/app/",
        "/gitrepository/ns/app/a.tar.gz.lock",
        "/gitrepository/ns/app/../app/a.tar.gz",
        "/gitrepository%2Fns%2Fapp%2Fa.tar.gz",
        "/gitrepository/ns/app/%ff",
        "/.clones/ns/app/a.tar.gz",
        "gitrepository/ns/app/a.tar.gz",
    ] {
        let response = bench.ask(Method::GET, path, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let encoded = bench.ask(Method::GET, "/gitrepository/ns/%61pp/a.tar.gz", &[]).await;
    assert_eq!(encoded.status(), StatusCode::OK);
    let response = bench.ask(Method::POST, &format!("/{}", stored.path), &[]).await;
    assert_eq!(
        (response.status(), header(&response, ALLOW)),
        (StatusCode::METHOD_NOT_ALLOWED, Some("GET, HEAD"))
    );
    assert!(bench.altered.lock().is_empty());
}

#[tokio::test]
async fn a_link_is_followed_within_the_storage_only() {
    let bench = Bench::new();
    let stored = bench.publish("a.tar.gz", b"content");
    let folder = bench.disk.storage.root().join("gitrepository/ns/app");
    std::os::unix::fs::symlink("a.tar.gz", folder.join("latest.tar.gz")).unwrap();
    let outside = bench.disk.storage.root().parent().unwrap().join("outside");
    std::fs::write(&outside, "secret").unwrap();
    std::os::unix::fs::symlink(&outside, folder.join("out.tar.gz")).unwrap();
    let link = |name: &str| Stored { path: format!("gitrepository/ns/app/{name}"), ..stored.clone() };
    assert_eq!(bench.get(&link("latest.tar.gz"), &[]).await.1, "content");
    assert_eq!(bench.get(&link("out.tar.gz"), &[]).await, (StatusCode::NOT_FOUND, String::new()));
}

#[tokio::test]
async fn who_has_it_gets_nothing() {
    let bench = Bench::new();
    let stored = bench.publish("a.tar.gz", b"content");
    let tag = format!("\"{}\"", stored.digest);
    let (status, body) = bench.get(&stored, &[(IF_NONE_MATCH, &tag)]).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let (status, body) = bench.get(&stored, &[(IF_NONE_MATCH, "\"other\"")]).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "content"));
}

#[tokio::test]
async fn parts_of_a_file() {
    let bench = Bench::new();
    let stored = bench.publish("a.tar.gz", b"0123456789");
    let part = bench.ask(Method::GET, &format!("/{}", stored.path), &[(RANGE, "bytes=2-4")]).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(header(&part, CONTENT_RANGE), Some("bytes 2-4/10"));
    assert_eq!(header(&part, CONTENT_LENGTH), Some("3"));
    assert_eq!(part.into_body().collect().await.unwrap().to_bytes(), "234");
    let beyond = bench.ask(Method::GET, &format!("/{}", stored.path), &[(RANGE, "bytes=10-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&beyond, CONTENT_RANGE), Some("bytes */10"));
    let tag = format!("\"{}\"", stored.digest);
    let same = bench.get(&stored, &[(RANGE, "bytes=2-4"), (IF_RANGE, &tag)]).await;
    assert_eq!(same, (StatusCode::PARTIAL_CONTENT, "234".to_owned()));
    let other = bench.get(&stored, &[(RANGE, "bytes=2-4"), (IF_RANGE, "\"other\"")]).await;
    assert_eq!(other, (StatusCode::OK, "0123456789".to_owned()), "of another file a part is of no use");
}

#[tokio::test]
async fn an_altered_file_is_not_served_and_its_object_hears_of_it() {
    let bench = Bench::new();
    let stored = bench.publish("a.tar.gz", b"content");
    std::fs::write(bench.disk.storage.locate(&stored.path).unwrap(), b"altered").unwrap();
    assert_eq!(bench.get(&stored, &[]).await, (StatusCode::NOT_FOUND, String::new()));
    assert_eq!(*bench.altered.lock(), [stored.path]);
}

#[tokio::test]
async fn what_was_kept_of_former_revisions_is_served() {
    let bench = Bench::new();
    let kept = bench.publish("kept.tar.gz", b"kept");
    let gone = bench.publish("gone.tar.gz", b"gone");
    bench.publish("now.tar.gz", b"now");
    bench.disk.storage.remove(&gone.path).unwrap();
    bench.published.forget_missing(&bench.disk.storage, &bench.disk.place);
    assert_eq!(bench.get(&kept, &[]).await, (StatusCode::OK, "kept".to_owned()));
    assert_eq!(bench.get(&gone, &[]).await.0, StatusCode::NOT_FOUND);
    // A file that is kept is held to what it was.
    std::fs::write(bench.disk.storage.locate(&kept.path).unwrap(), b"altered").unwrap();
    assert_eq!(bench.get(&kept, &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(*bench.altered.lock(), [kept.path]);
}

#[tokio::test]
async fn a_file_of_an_earlier_process_is_what_it_is() {
    let bench = Bench::new();
    let stored = bench.disk.publish(&Published::default(), "a.tar.gz", b"earlier");
    assert_eq!(bench.get(&stored, &[]).await, (StatusCode::OK, "earlier".to_owned()));
}

#[test]
fn what_is_served_is_what_was_looked_at() {
    let bench = Bench::new();
    let stored = bench.publish("a.tar.gz", b"before");
    let mut found = bench.server.find(&stored.path, false).unwrap().expect("it is there");
    // The same commit with other ignore rules has the same name.
    bench.publish("a.tar.gz", b"after");
    let mut content = String::new();
    found.file.read_to_string(&mut content).unwrap();
    assert_eq!(content, "before", "its tag is that of these bytes");
}

#[test]
fn tags_in_a_list() {
    let is_named = |header: &str| named(Some(&HeaderValue::from_str(header).unwrap()), "\"a\"");
    for yes in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*", " \"a\" "] {
        assert!(is_named(yes), "{yes}");
    }
    for no in ["\"b\"", "a", ""] {
        assert!(!is_named(no), "{no}");
    }
    assert!(!named(None, "\"a\""));
}

#[test]
fn encoded_paths() {
    assert_eq!(decoded("a%20b/c").as_deref(), Some("a b/c"));
    for hidden in ["a%2fb", "a%00", "%ff"] {
        assert_eq!(decoded(hidden), None, "{hidden}");
    }
}

async fn over_the_wire(address: std::net::SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A process whose own threads for files are all taken, with a server in it.
#[test]
fn the_server_answers_though_all_other_threads_are_taken() {
    let process = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    process.block_on(async {
        let bench = Bench::new();
        let stored = bench.publish("a.tar.gz", b"content");
        let probe = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = probe.local_addr().unwrap();
        drop(probe);
        let server = Server::new(bench.disk.storage.clone(), Arc::clone(&bench.published), |_| ());
        let stop = tokio_util::sync::CancellationToken::new();
        let serving = super::start(&address.to_string(), server, stop.clone()).await.unwrap();
        let (release, taken) = std::sync::mpsc::channel::<()>();
        let held = tokio::task::spawn_blocking(move || taken.recv().is_err());
        let answer = over_the_wire(address, &format!("/{}", stored.path)).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("content"), "{answer}");
        drop(release);
        assert!(held.await.unwrap());
        stop.cancel();
        serving.end().await;
    });
}

#[tokio::test]
async fn the_probe_is_answered_when_the_replica_is_ready() {
    let bench = Bench::new();
    let ready = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let server = Server::new(bench.disk.storage.clone(), Arc::clone(&bench.published), |_| {});
    let server = Arc::new(server.with_ready(Arc::clone(&ready)));
    let stored = bench.publish("a.tar.gz", b"content");
    let path = format!("/{}", stored.path);
    let mut replica = HeaderMap::new();
    replica.insert(crate::homes::peers::HEADER, HeaderValue::from_static("1"));
    let ask = |path: &str, headers: HeaderMap| {
        let (server, path) = (Arc::clone(&server), path.to_owned());
        async move { server.answer(&Method::GET, &path, &headers).await.status() }
    };
    let (wait, fine) = (StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK);
    assert_eq!(ask("/", HeaderMap::new()).await, wait);
    assert_eq!(ask(&path, HeaderMap::new()).await, wait, "it may be what no status names");
    assert_eq!(ask(&path, replica).await, fine, "who holds it against the digest");
    ready.store(true, std::sync::atomic::Ordering::Release);
    assert_eq!(ask("/", HeaderMap::new()).await, fine);
    assert_eq!(ask(&path, HeaderMap::new()).await, fine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_elsewhere_is_brought_but_for_another_replica() {
    let (leader, here) = (Replica::new(), Replica::new());
    let (_serving, address) = leader.serve().await;
    let homes = Arc::new(here.homes(&[&address], None));
    let applied = Arc::new(Applied::new(Bound { records: 0, bytes: 0 }));
    let folder = (here.disk.storage.clone(), Arc::clone(&here.published));
    let stop = tokio_util::sync::CancellationToken::new();
    let copies = Arc::new(Copies::new(CONTROLLERS, homes, applied, folder, Retention::default(), &stop));
    let altered = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&altered);
    let tell = move |path: &str| seen.lock().push(path.to_owned());
    let server = Server::new(here.disk.storage.clone(), Arc::clone(&here.published), tell);
    let server = Arc::new(server.with_copies(&copies));
    let wanted = leader.publish("a.tar.gz", b"content");
    copies.seen(&crate::copies::tests::object("app", Some(&wanted)));
    let path = format!("/{}", wanted.path);
    let mut replica = HeaderMap::new();
    replica.insert(crate::homes::peers::HEADER, HeaderValue::from_static("1"));
    assert_eq!(server.answer(&Method::GET, &path, &replica).await.status(), StatusCode::NOT_FOUND);
    let whole = server.answer(&Method::GET, &path, &HeaderMap::new()).await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(whole.into_body().collect().await.unwrap().to_bytes(), "content");
    assert_eq!(server.answer(&Method::GET, &path, &replica).await.status(), StatusCode::OK, "it is here now");

    let remove = |replica: &Replica| {
        std::fs::remove_file(replica.disk.storage.locate(&wanted.path).unwrap()).unwrap();
    };
    remove(&here);
    remove(&leader);
    let later = server.answer(&Method::GET, &path, &HeaderMap::new()).await;
    assert_eq!((later.status(), header(&later, RETRY_AFTER)), (StatusCode::SERVICE_UNAVAILABLE, Some("5")));
    assert!(altered.lock().is_empty());
    // Altered: whoever copies is not told by those that it may be itself.
    std::fs::create_dir_all(here.disk.storage.root().join("gitrepository/ns/app")).unwrap();
    std::fs::write(here.disk.storage.locate(&wanted.path).unwrap(), b"x").unwrap();
    assert_eq!(server.answer(&Method::GET, &path, &replica).await.status(), StatusCode::NOT_FOUND);
    assert!(altered.lock().is_empty());
    assert_eq!(server.answer(&Method::GET, &path, &HeaderMap::new()).await.status(), later.status());
    assert_eq!(std::mem::take(&mut *altered.lock()), [wanted.path.as_str()]);
    remove(&here);
    // The leader makes it anew.
    copies.end().await;
    let missing = server.answer(&Method::GET, &path, &HeaderMap::new()).await;
    assert_eq!(missing.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(*altered.lock(), [wanted.path.as_str()]);
}
