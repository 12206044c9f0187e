//! Real sockets on loopback: clients that take, and one that asks.

use std::net::SocketAddr;
use std::time::Duration;

use http::Response;
use http_body_util::Full;
use hyper::body::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{Bounds, Connections, Peer, serve, serve_with};

/// A body that no socket's buffers take in whole.
const LARGE: usize = 16 << 20;

/// Bounds whose waits are short: what they are in a process is no matter here.
fn quick() -> Bounds {
    let short = Duration::from_millis(20);
    Bounds { silent_when_short: short, slow_when_short: short, ..Bounds::default() }
}

async fn server(bounds: Bounds, stop: &CancellationToken) -> (SocketAddr, Connections) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let large = Bytes::from(vec![0; LARGE]);
    let connections = serve(listener, bounds, stop.clone(), move |request| {
        let body = if request.uri().path() == "/large" { large.clone() } else { Bytes::from_static(b"here") };
        std::future::ready(Response::new(Full::new(body)))
    });
    (address, connections)
}

/// Asks on a connection of its own.
async fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// So many connections that send `text` and nothing else. They live as long as the list.
async fn crowd(address: SocketAddr, count: usize, text: &str) -> Vec<TcpStream> {
    let mut crowd = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        // It may have been closed already, in favour of a newer one.
        drop(stream.write_all(text.as_bytes()).await);
        crowd.push(stream);
    }
    crowd
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_do_not_read_keep_nobody_from_an_answer() {
    let stop = CancellationToken::new();
    let (address, _connections) = server(quick(), &stop).await;
    let requests = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20);
    let crowd = crowd(address, 1_100, &requests).await;
    for _ in 0..3 {
        assert!(ask(address).await.ends_with("here"));
    }
    drop(crowd);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_are_silent_keep_nobody_from_an_answer() {
    for text in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let stop = CancellationToken::new();
        let (address, _connections) = server(quick(), &stop).await;
        let crowd = crowd(address, 300, text).await;
        assert!(ask(address).await.ends_with("here"), "{text:?}");
        drop(crowd);
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_ended_though_there_is_room() {
    let stop = CancellationToken::new();
    let bounds = Bounds { write_timeout: Duration::from_millis(20), ..Bounds::default() };
    let (address, _connections) = server(bounds, &stop).await;
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    // The server closes before it has sent all: what comes is a reset, or an early end.
    stream.writable().await.expect("open");
    let mut probe = [0];
    while stream.peek(&mut probe).await.is_ok_and(|count| count > 0) {
        if stream.write_all(b"x").await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let mut received = Vec::new();
    drop(stream.read_to_end(&mut received).await);
    assert!(received.len() < LARGE, "{}", received.len());
}

#[tokio::test]
async fn transfers_may_end_when_the_process_does() {
    let stop = CancellationToken::new();
    let (address, connections) = server(Bounds::default(), &stop).await;
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.expect("it began");
    stop.cancel();
    let mut rest = Vec::new();
    let (read, ()) = tokio::join!(stream.read_to_end(&mut rest), connections.end(Duration::from_secs(60)));
    read.expect("to its end");
    assert!(rest.len() > LARGE);
}

/// A server with TLS that answers from where it was asked, and a client that believes it.
async fn secured(bounds: Bounds, stop: &CancellationToken) -> (SocketAddr, reqwest::Client, Connections) {
    cluster::install_crypto();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("a pair");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let tls = Some(std::sync::Arc::new(config));
    let connections = serve_with(listener, bounds, tls, stop.clone(), |request| {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.to_string());
        std::future::ready(Response::new(Full::new(Bytes::from(peer.unwrap_or_default()))))
    });
    let root = reqwest::Certificate::from_der(made.cert.der()).expect("the certificate");
    let client = reqwest::Client::builder().tls_certs_only([root]).resolve("localhost", address).build();
    (address, client.expect("a client"), connections)
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_over_tls_are_answered_and_say_where_they_come_from() {
    let stop = CancellationToken::new();
    let (address, client, connections) = secured(Bounds::default(), &stop).await;
    let url = format!("https://localhost:{}/", address.port());
    for _ in 0..3 {
        let answer = client.get(&url).send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "127.0.0.1");
    }
    stop.cancel();
    connections.end(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_shake_hands_keeps_nobody_from_an_answer() {
    let stop = CancellationToken::new();
    let bounds = Bounds { connections: 8, per_peer: 8, waiting: 8, ..quick() };
    let (address, client, _connections) = secured(bounds, &stop).await;
    let _silent = crowd(address, 8, "").await;
    let _plain = crowd(address, 8, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let url = format!("https://localhost:{}/", address.port());
    let answer = tokio::time::timeout(Duration::from_secs(20), client.get(&url).send()).await;
    assert_eq!(answer.expect("in time").expect("an answer").status(), 200);
}
