//! The two servers on loopback ports.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{bind, serve};
use crate::Error;
use crate::metrics::Metrics;

/// An answer as code, content type and body.
async fn get(address: SocketAddr, path: &str) -> (u16, String, String) {
    cluster::install_crypto();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = client.get(format!("http://{address}{path}")).send().await.expect("an answer");
    let type_ = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
    (answer.status().as_u16(), type_.unwrap_or_default(), answer.text().await.expect("a body"))
}

#[tokio::test]
async fn probes_and_metrics_have_a_port_each() {
    let ready = Arc::new(AtomicBool::new(false));
    let says = Arc::clone(&ready);
    let metrics = Metrics::new();
    metrics.set_leader("lease", true);
    let stop = CancellationToken::new();
    let says = Arc::new(move || says.load(Ordering::SeqCst));
    let bound = serve("127.0.0.1:0", "127.0.0.1:0", says, metrics, &stop).await.expect("free ports");
    let (health, scrape) = (bound.health.expect("on"), bound.metrics.expect("on"));
    let plain = "text/plain; charset=utf-8".to_owned();
    assert_eq!(
        get(health, "/healthz").await,
        (200, plain.clone(), "ok".to_owned()),
        "alive before it is ready"
    );
    assert_eq!(get(health, "/readyz").await, (500, plain.clone(), "not ready".to_owned()));
    ready.store(true, Ordering::SeqCst);
    assert_eq!(get(health, "/readyz").await, (200, plain, "ok".to_owned()));
    let (code, type_, text) = get(scrape, "/metrics").await;
    assert_eq!((code, type_.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"));
    assert!(text.contains("leader_election_master_status{name=\"lease\"} 1"), "{text}");
    for (address, path) in [(health, "/metrics"), (scrape, "/healthz"), (health, "/")] {
        assert_eq!(get(address, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_server_ends_with_the_process_and_frees_its_port() {
    let stop = CancellationToken::new();
    let bound =
        serve("127.0.0.1:0", "0", Arc::new(|| true), Metrics::new(), &stop).await.expect("a free port");
    assert_eq!(bound.metrics, None);
    let address = bound.health.expect("on");
    assert_eq!(get(address, "/healthz").await.0, 200);
    stop.cancel();
    while TcpListener::bind(address).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn servers_can_be_switched_off() {
    let stop = CancellationToken::new();
    for off in ["", "0"] {
        let bound = serve(off, off, Arc::new(|| true), Metrics::new(), &stop).await.expect("nothing to open");
        assert_eq!((bound.health, bound.metrics), (None, None));
    }
}

#[tokio::test]
async fn addresses_are_gos() {
    let all = bind(":0").await.expect("a port").local_addr().expect("bound");
    assert!(all.ip().is_unspecified(), "{all}");
    let one = bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
    assert!(one.ip().is_loopback(), "{one}");
    for wrong in ["nonsense", "127.0.0.1:high"] {
        let error = bind(wrong).await.expect_err("malformed");
        assert!(matches!(&error, Error::Listen { address, .. } if address == wrong), "{error}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_with_its_address() {
    let first = bind("127.0.0.1:0").await.expect("a port");
    let address = first.local_addr().expect("bound").to_string();
    let stop = CancellationToken::new();
    let error = serve("0", &address, Arc::new(|| true), Metrics::new(), &stop).await.expect_err("taken");
    assert!(error.to_string().starts_with(&format!("cannot listen on {address}: ")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_answered_though_somebody_occupies_the_port() {
    use tokio::io::AsyncWriteExt as _;
    let stop = CancellationToken::new();
    let bound =
        serve("127.0.0.1:0", "0", Arc::new(|| true), Metrics::new(), &stop).await.expect("a free port");
    let address = bound.health.expect("on");
    let mut crowd = Vec::new();
    for _ in 0..300 {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("connected");
        // It may have been closed already, in favour of a newer one.
        drop(stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await);
        crowd.push(stream);
    }
    assert_eq!(get(address, "/readyz").await.0, 200);
}

#[test]
fn only_reading_is_answered() {
    use http::{Method, StatusCode};
    let ask = |method: Method, path: &str| {
        let get = |path: &str| (path == "/x").then(|| super::text(StatusCode::OK, super::PLAIN, "ok"));
        super::answer(&method, path, get).status().as_u16()
    };
    let asked =
        [ask(Method::GET, "/x"), ask(Method::HEAD, "/x"), ask(Method::POST, "/x"), ask(Method::POST, "/")];
    assert_eq!(asked, [200, 200, 405, 404]);
}
