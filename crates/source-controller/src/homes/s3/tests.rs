//! Requests to an object store, against a small one on a loopback port, and what lists say.

use std::collections::BTreeMap;
use std::sync::Arc;

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;

use super::super::Unsent;
use super::super::remote::{Listed, Page, Remote as _};
use super::{ObjectStore, Settings, listed};

type Kept = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A store that holds bodies against the signed hash, and lists everything.
async fn answer(kept: Kept, request: http::Request<Incoming>) -> http::Response<http_body_util::Full<Bytes>> {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let (signed, by) = (header("x-amz-content-sha256"), header("authorization"));
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let plain = |status: u16, body: Vec<u8>| {
        http::Response::builder().status(status).body(http_body_util::Full::from(body)).unwrap()
    };
    let is_signed = by.contains("Credential=AK/") && by.contains("/eu-test-1/s3/aws4_request");
    let digest = artifact::Digest::of(artifact::Algorithm::Sha256, &body);
    if !is_signed || signed != digest.hex() {
        return plain(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>".to_vec());
    }
    let mut kept = kept.lock();
    match method.as_str() {
        "PUT" => {
            kept.insert(path, body.to_vec());
            plain(200, Vec::new())
        }
        "DELETE" => plain(if kept.remove(&path).is_some() { 204 } else { 404 }, Vec::new()),
        _ if query == "list-type=2&max-keys=1000&prefix=a%2F" => {
            let keys: String = kept
                .keys()
                .map(|path| path.strip_prefix("/artifacts/").unwrap())
                .map(|key| format!("<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>"))
                .collect();
            plain(
                200,
                format!("<?xml version=\"1.0\"?><ListBucketResult>{keys}</ListBucketResult>").into_bytes(),
            )
        }
        _ => kept.get(&path).map_or_else(|| plain(404, Vec::new()), |bytes| plain(200, bytes.clone())),
    }
}

async fn serve(kept: &Kept) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let kept = Arc::clone(kept);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            let service = service_fn(move |request| {
                let kept = Arc::clone(&kept);
                async move { Ok::<_, std::convert::Infallible>(answer(kept, request).await) }
            });
            tokio::spawn(async move {
                let io = TokioIo::new(stream);
                drop(hyper::server::conn::http1::Builder::new().serve_connection(io, service).await);
            });
        }
    });
    address
}

fn store(folder: &std::path::Path, address: &str, secret: &str) -> ObjectStore {
    cluster::install_crypto();
    std::fs::write(folder.join("accesskey"), "AK\n").unwrap();
    std::fs::write(folder.join("secretkey"), secret).unwrap();
    let settings = Settings {
        name: "artifacts".to_owned(),
        endpoint: address.to_owned(),
        region: "eu-test-1".to_owned(),
        prefix: String::new(),
        is_insecure: true,
        credentials: Some(folder.to_owned()),
    };
    ObjectStore::new(&settings, "test").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_is_listed_had_and_removed() {
    let (kept, folder) = (Kept::default(), tempfile::tempdir().unwrap());
    let store = store(folder.path(), &serve(&kept).await, "SK");
    let file = folder.path().join("file");
    let content = vec![7; 300_000];
    std::fs::write(&file, &content).unwrap();
    let key = "a/sha256:b.tar.gz/sha256-cc";
    let size = content.len() as u64;
    let digest = artifact::Digest::of(artifact::Algorithm::Sha256, &content);
    store.put(key, &file, size, &digest).await.unwrap();
    assert_eq!(kept.lock().keys().cloned().collect::<Vec<_>>(), ["/artifacts/a/sha256%3Ab.tar.gz/sha256-cc"]);
    let mut body = store.get(key).await.unwrap().expect("there");
    let mut size = 0;
    while let Some(chunk) = futures::StreamExt::next(&mut body).await {
        size += chunk.unwrap().len();
    }
    assert_eq!(size, content.len());
    assert_eq!(store.list("a/").await.unwrap().keys.len(), 1);
    assert!(store.get("a/other").await.unwrap().is_none());
    store.delete(key).await.unwrap();
    store.delete(key).await.unwrap();
    assert!(kept.lock().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_told_by_its_status_and_without_secrets() {
    let (kept, folder) = (Kept::default(), tempfile::tempdir().unwrap());
    let store = store(folder.path(), &serve(&kept).await, "SK");
    std::fs::write(folder.path().join("accesskey"), "another").unwrap();
    let refused = store.list("a/").await.unwrap_err();
    assert_eq!(refused, Unsent("the object store answers 403 Forbidden".to_owned()));
    std::fs::remove_file(folder.path().join("secretkey")).unwrap();
    let unread = store.get("a").await.map(|_| ()).unwrap_err().to_string();
    assert!(unread.starts_with("cannot read "), "{unread}");
    let gone = Settings { endpoint: "127.0.0.1:1".to_owned(), ..Settings::default() };
    assert!(ObjectStore::new(&gone, "test").is_err(), "a bucket has a name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_altered_on_disk_is_not_put_there() {
    let (kept, folder) = (Kept::default(), tempfile::tempdir().unwrap());
    let store = store(folder.path(), &serve(&kept).await, "SK");
    let file = folder.path().join("file");
    for algorithm in [artifact::Algorithm::Sha256, artifact::Algorithm::Blake3] {
        let digest = artifact::Digest::of(algorithm, b"content");
        std::fs::write(&file, b"CONTENT").unwrap();
        assert!(store.put("a/key", &file, 7, &digest).await.is_err(), "{algorithm:?}");
        assert!(kept.lock().is_empty());
        std::fs::write(&file, b"content").unwrap();
        store.put("a/key", &file, 7, &digest).await.unwrap();
        assert_eq!(kept.lock().remove("/artifacts/a/key").as_deref(), Some(&b"content"[..]));
    }
}

#[test]
fn lists_are_read_and_other_answers_are_none() {
    let page = b"<ListBucketResult xmlns=\"x\"><Name>n</Name><Prefix>p/</Prefix><KeyCount>2</KeyCount>\
        <Contents><Key>p/a&amp;b</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><Size>3</Size></Contents>\
        <Contents><Key>p/c</Key><LastModified>yesterday</LastModified></Contents></ListBucketResult>";
    let modified = "2026-01-02T03:04:05.678Z".parse().ok();
    assert_eq!(
        listed(page).unwrap().keys,
        [Listed { key: "p/a&b".to_owned(), modified }, Listed { key: "p/c".to_owned(), modified: None }]
    );
    assert_eq!(listed(b"<ListBucketResult/>").unwrap(), Page::default());
    let truncated = b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    assert!(listed(truncated).unwrap().is_truncated);
    for other in ["", "<html/>", "<ListBucketResult>", "{}"] {
        assert!(listed(other.as_bytes()).is_err(), "{other}");
    }
}
