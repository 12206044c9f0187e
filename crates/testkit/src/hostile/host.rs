//! The server behind hostile sources: it answers each name with a script, truthfully or not, and speaks as much of
//! Git's protocol (version 2) as a clone needs. It does not care who asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How long a server that keeps others waiting keeps its connections.
const PATIENCE: Duration = Duration::from_secs(600);

/// Most bytes of a request that are looked at.
const REQUEST: usize = 1 << 20;

/// How a name is answered.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// The whole answer, head and body, then the connection ends. `{URL}` in the head stands for the server's address.
    Whole {
        /// Status line and fields, without the empty line.
        head: String,
        /// The body.
        body: Arc<Vec<u8>>,
    },
    /// These bytes, then one more every so often.
    Trickle {
        /// What comes at once.
        first: Arc<Vec<u8>>,
        /// How long the wait for each further byte is.
        every: Duration,
    },
    /// These bytes, then these others without an end.
    Endless {
        /// What comes first.
        first: Arc<Vec<u8>>,
        /// What is repeated.
        again: Arc<Vec<u8>>,
    },
    /// A repository with one branch, `main`.
    Git {
        /// Name of its commit.
        tip: String,
        /// What a fetch gets.
        pack: Arc<Vec<u8>>,
    },
}

impl Reply {
    /// A whole answer with a true length.
    pub(super) fn ok(body: Vec<u8>) -> Self {
        Self::status("200 OK", "", body)
    }

    /// A whole answer with a true length and more fields, each with its line's end.
    pub(super) fn status(status: &str, fields: &str, body: Vec<u8>) -> Self {
        let head = format!("HTTP/1.1 {status}\r\n{fields}content-length: {}\r\n", body.len());
        Self::Whole { head, body: Arc::new(body) }
    }
}

/// A running server; it ends with the value.
#[derive(Debug)]
pub(super) struct Host {
    url: String,
    replies: Arc<Mutex<BTreeMap<String, Reply>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Host {
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let replies = Arc::<Mutex<BTreeMap<String, Reply>>>::default();
        let server = tokio::spawn(serve(listener, url.clone(), Arc::clone(&replies)));
        Ok(Self { url, replies, server })
    }

    /// Its address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Answers everything below `/NAME` like this from now on.
    pub(super) fn answer(&self, name: &str, reply: Reply) {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), reply);
    }

    /// Forgets a name.
    pub(super) fn forget(&self, name: &str) {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, url: String, replies: Arc<Mutex<BTreeMap<String, Reply>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (url, replies) = (url.clone(), Arc::clone(&replies));
        tokio::spawn(async move {
            // Whoever does not like the answer hangs up.
            tokio::time::timeout(PATIENCE, answer(stream, &url, &replies)).await.ok();
        });
    }
}

async fn answer(
    mut stream: TcpStream,
    url: &str,
    replies: &Mutex<BTreeMap<String, Reply>>,
) -> std::io::Result<()> {
    let (head, body) = request(&mut stream).await?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let name = path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    let reply = replies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    match reply {
        None => send(&mut stream, Reply::status("404 Not Found", "", Vec::new()), url).await,
        Some(Reply::Git { tip, pack }) => {
            stream.write_all(&git(&path, &body, &tip, &pack)).await?;
            stream.shutdown().await
        }
        Some(reply) => send(&mut stream, reply, url).await,
    }
}

/// Answers one request, which was not Git's.
pub(super) async fn send(stream: &mut TcpStream, reply: Reply, url: &str) -> std::io::Result<()> {
    match reply {
        Reply::Whole { head, body } => {
            let head = head.replace("{URL}", url);
            stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await?;
            stream.write_all(&body).await?;
        }
        Reply::Trickle { first, every } => {
            stream.write_all(&first).await?;
            loop {
                tokio::time::sleep(every).await;
                stream.write_all(b"a").await?;
            }
        }
        Reply::Endless { first, again } => {
            stream.write_all(&first).await?;
            loop {
                stream.write_all(&again).await?;
            }
        }
        // What it says depends on the question.
        Reply::Git { .. } => {}
    }
    stream.shutdown().await
}

/// The head of a request, and its body.
pub(super) async fn request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 16 << 10];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
            let body = bytes.get(end + 4..).unwrap_or_default().to_vec();
            if is_whole(&head.to_ascii_lowercase(), &body) {
                return Ok((head, body));
            }
        }
        let read = stream.read(&mut buffer).await?;
        if read == 0 || bytes.len() > REQUEST {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
}

fn is_whole(head: &str, body: &[u8]) -> bool {
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if field("transfer-encoding:").is_some_and(|value| value.contains("chunked")) {
        return body.ends_with(b"0\r\n\r\n");
    }
    body.len() >= field("content-length:").and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// What a repository with one branch answers.
fn git(path: &str, request: &[u8], tip: &str, pack: &[u8]) -> Vec<u8> {
    let asks = |word: &[u8]| request.windows(word.len()).any(|window| window == word);
    let (kind, body) = if path.contains("/info/refs") {
        ("advertisement", advertisement())
    } else if asks(b"command=ls-refs") {
        ("result", references(tip))
    } else {
        ("result", packed(pack))
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-{kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// What the second version of the protocol begins with.
pub(super) fn advertisement() -> Vec<u8> {
    let mut body = line(b"# service=git-upload-pack\n");
    body.extend_from_slice(b"0000");
    for capability in ["version 2", "agent=hostile", "ls-refs", "fetch=shallow", "object-format=sha1"] {
        body.extend(line(format!("{capability}\n").as_bytes()));
    }
    body.extend_from_slice(b"0000");
    body
}

/// The references of a repository with one branch.
pub(super) fn references(tip: &str) -> Vec<u8> {
    let mut body = line(format!("{tip} HEAD symref-target:refs/heads/main\n").as_bytes());
    body.extend(line(format!("{tip} refs/heads/main\n").as_bytes()));
    body.extend_from_slice(b"0000");
    body
}

/// A pack as the answer to a fetch.
pub(super) fn packed(pack: &[u8]) -> Vec<u8> {
    let mut body = line(b"packfile\n");
    for part in pack.chunks(60_000) {
        body.extend(line(&[&[1], part].concat()));
    }
    body.extend_from_slice(b"0000");
    body
}

/// A line of Git's protocol, with its length in front.
pub(super) fn line(content: &[u8]) -> Vec<u8> {
    [format!("{:04x}", content.len() + 4).as_bytes(), content].concat()
}
