//! Accepts connections of anybody and answers their requests: so many at a time in all and per address of a peer, no
//! longer than they make progress, with TLS or without. What is answered is the caller's.
//!
//! When all places are taken, a connection that does nothing gives way to a new one. The newest is let in first: those
//! who filled the line are the older ones.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

mod bounds;
mod places;
mod watched;

pub use bounds::Bounds;
use places::{Placed, Places};
use watched::{Activity, Watched};

#[cfg(test)]
mod tests;

/// How often it is looked whether somebody has to give way, while others wait.
const LOOK: Duration = Duration::from_millis(100);

/// A server's connections.
#[derive(Debug)]
pub struct Connections {
    accepting: tokio::task::JoinHandle<()>,
    tracker: TaskTracker,
}

impl Connections {
    /// Waits until all connections have ended, but not longer than `grace`. They begin to end with the token.
    pub async fn end(self, grace: Duration) {
        drop(self.accepting.await);
        self.tracker.close();
        drop(tokio::time::timeout(grace, self.tracker.wait()).await);
    }
}

/// The address that a request came from; every request has it among its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(pub IpAddr);

/// Accepts on `listener` and answers with `answer` until `stop`.
pub fn serve<F, R, B>(
    listener: TcpListener,
    bounds: Bounds,
    stop: CancellationToken,
    answer: F,
) -> Connections
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<B>> + Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    serve_with(listener, bounds, None, stop, answer)
}

/// As [`serve`], with TLS where it is configured. A handshake may take as long as a request's headers.
pub fn serve_with<F, R, B>(
    listener: TcpListener,
    bounds: Bounds,
    tls: Option<Arc<ServerConfig>>,
    stop: CancellationToken,
    answer: F,
) -> Connections
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<B>> + Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let tls = tls.map(TlsAcceptor::from);
    let tracker = TaskTracker::new();
    let shared = Arc::new(Shared { places: Mutex::new(Places::new(bounds)), freed: Notify::new() });
    let begin = {
        let (tracker, shared, stop) = (tracker.clone(), Arc::clone(&shared), stop.clone());
        move |stream: TcpStream, placed: Placed| {
            let seat = Seat { shared: Arc::clone(&shared), id: placed.id };
            let activity = Arc::clone(&placed.activity);
            let stream = Watched::new(stream, bounds.write_timeout, Arc::clone(&activity));
            let (answer, stop, tls) = (answer.clone(), stop.clone(), tls.clone());
            let told = Told { peer: Peer(placed.peer), activity };
            tracker.spawn(async move {
                let _seat = seat;
                let answered = async {
                    match tls {
                        None => connection(stream, bounds, &told, answer, &stop).await,
                        Some(tls) => {
                            let Some(stream) = shake_hands(&tls, stream, bounds, &stop).await else { return };
                            connection(stream, bounds, &told, answer, &stop).await;
                        }
                    }
                };
                tokio::select! {
                    () = answered => {}
                    () = placed.give_way.cancelled() => {}
                }
            });
        }
    };
    let accepting = tokio::spawn(accept(listener, bounds, shared, stop, begin));
    Connections { accepting, tracker }
}

struct Shared {
    places: Mutex<Places>,
    freed: Notify,
}

/// A place that is taken.
struct Seat {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shared.places.lock().leave(self.id);
        self.shared.freed.notify_one();
    }
}

async fn accept(
    listener: TcpListener,
    bounds: Bounds,
    shared: Arc<Shared>,
    stop: CancellationToken,
    begin: impl Fn(TcpStream, Placed),
) {
    let mut waiting: VecDeque<(TcpStream, IpAddr)> = VecDeque::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => waiting.push_back((stream, peer.ip().to_canonical())),
                Err(_) => {
                    // Out of file descriptors, most likely. Those who wait for a place give theirs back.
                    waiting.clear();
                    tokio::time::sleep(LOOK).await;
                }
            },
            () = shared.freed.notified(), if !waiting.is_empty() => {}
            () = tokio::time::sleep(LOOK), if !waiting.is_empty() => {}
        }
        seat(&mut waiting, &shared, &begin);
        while waiting.len() > bounds.waiting {
            waiting.pop_front();
        }
    }
}

/// Lets in those who wait, the newest first, as far as there are places or somebody gives way.
fn seat(waiting: &mut VecDeque<(TcpStream, IpAddr)>, shared: &Shared, begin: &impl Fn(TcpStream, Placed)) {
    let now = Instant::now();
    let mut full = Vec::new();
    for at in (0..waiting.len()).rev() {
        let Some((_, peer)) = waiting.get(at) else { continue };
        // Of a peer that has no place for its newest there is none for the others.
        if full.contains(peer) {
            continue;
        }
        let placed = shared.places.lock().take(*peer, now);
        match placed {
            Some(placed) => {
                if let Some((stream, _)) = waiting.remove(at) {
                    begin(stream, placed);
                }
            }
            None => full.push(*peer),
        }
    }
}

/// A connection with TLS; none when the two do not come to terms, or not in time.
async fn shake_hands(
    tls: &TlsAcceptor,
    stream: Watched,
    bounds: Bounds,
    stop: &CancellationToken,
) -> Option<Box<tokio_rustls::server::TlsStream<Watched>>> {
    tokio::select! {
        shaken = tokio::time::timeout(bounds.header_timeout, tls.accept(stream)) => shaken.ok()?.ok().map(Box::new),
        () = stop.cancelled() => None,
    }
}

/// Who is at the other end, and what it does.
struct Told {
    peer: Peer,
    activity: Arc<Activity>,
}

async fn connection<S, F, R, B>(stream: S, bounds: Bounds, told: &Told, answer: F, stop: &CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    F: Fn(Request<Incoming>) -> R,
    R: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(told.peer);
        let answering = told.activity.answering();
        let response = answer(request);
        async move {
            let response = response.await;
            drop(answering);
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_timeout)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // The client's affair.
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            drop(connection.await);
        }
    }
}
