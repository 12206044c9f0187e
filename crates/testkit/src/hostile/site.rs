//! The servers of one input: its own, which answers each request as the input says, and a second one at another port, to
//! which it may send people. That one answers in the same way, and keeps what it was told: what belongs to the first must
//! not arrive there.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::host::{Reply, request, send};
use crate::canary::Text;

/// How long a server that keeps others waiting keeps its connections.
const PATIENCE: Duration = Duration::from_secs(600);

/// Most requests that the second server keeps.
const KEPT: usize = 10_000;

/// A request, and where it came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// GET, HEAD, POST.
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) body: Vec<u8>,
    /// Whether credentials came along.
    pub(super) is_known: bool,
    /// Address of the input's own server.
    pub(super) url: String,
    /// Address of the other one.
    pub(super) elsewhere: String,
}

impl Asked {
    /// The path alone.
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Text with the addresses of the servers put in: `{URL}`, `{ELSEWHERE}`, and `{LOCALHOST}` for the latter by name.
    pub(super) fn fill(&self, text: &str) -> String {
        fill(text, &self.url, &self.elsewhere)
    }
}

/// Puts addresses into a text; `{HOST}` is host and port of the first.
pub(super) fn fill(text: &str, url: &str, elsewhere: &str) -> String {
    text.replace("{URL}", url)
        .replace("{HOST}", url.trim_start_matches("http://"))
        .replace("{ELSEWHERE}", elsewhere)
        .replace("{LOCALHOST}", &elsewhere.replace("127.0.0.1", "localhost"))
}

/// What a server says to each request.
#[derive(Clone)]
pub(super) struct Answers(Arc<dyn Fn(&Asked) -> Reply + Send + Sync>);

impl Answers {
    pub(super) fn new(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }

    /// What is said to one request.
    pub(super) fn to(&self, asked: &Asked) -> Reply {
        (self.0)(asked)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

/// Both servers; they end with the value.
#[derive(Debug)]
pub(super) struct Site {
    url: String,
    elsewhere: String,
    heard: Arc<Mutex<Vec<String>>>,
    servers: [JoinHandle<()>; 2],
}

impl Site {
    pub(super) async fn start(answers: &Answers) -> Result<Self> {
        let (own, other) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
        let url = format!("http://{}", own.local_addr()?);
        let elsewhere = format!("http://{}", other.local_addr()?);
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let served = |listener, heard| {
            tokio::spawn(serve(listener, answers.clone(), (url.clone(), elsewhere.clone()), heard))
        };
        let servers = [served(own, None), served(other, Some(Arc::clone(&heard)))];
        Ok(Self { url, elsewhere, heard, servers })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn elsewhere(&self) -> &str {
        &self.elsewhere
    }

    /// What the second server was told.
    pub(super) fn heard(&self) -> Text {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        Text::new("a request to another server", heard.join("\n"))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

type Heard = Option<Arc<Mutex<Vec<String>>>>;

async fn serve(listener: TcpListener, answers: Answers, addresses: (String, String), heard: Heard) {
    while let Ok((stream, _)) = listener.accept().await {
        let (answers, addresses, heard) = (answers.clone(), addresses.clone(), heard.clone());
        tokio::spawn(async move {
            // Whoever does not like the answer hangs up.
            tokio::time::timeout(PATIENCE, answer(stream, &answers, addresses, heard)).await.ok();
        });
    }
}

async fn answer(
    mut stream: TcpStream,
    answers: &Answers,
    (url, elsewhere): (String, String),
    heard: Heard,
) -> std::io::Result<()> {
    let (head, body) = request(&mut stream).await?;
    if let Some(heard) = heard {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() < KEPT {
            heard.push(format!("{head}\n{}", String::from_utf8_lossy(&body)));
        }
    }
    let asked = read(&head, body, url, elsewhere);
    let mut reply = answers.to(&asked);
    if let Reply::Whole { body, .. } = &mut reply
        && asked.method == "HEAD"
    {
        *body = Arc::default();
    }
    send(&mut stream, reply, &asked.url).await
}

fn read(head: &str, body: Vec<u8>, url: String, elsewhere: String) -> Asked {
    let mut words = head.lines().next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_known = head.lines().any(|line| line.to_ascii_lowercase().starts_with("authorization:"));
    Asked { method, target, body, is_known, url, elsewhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_and_addresses_put_in() {
        let head = "HEAD /v2/a?n=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic abc";
        let asked = read(head, Vec::new(), "http://127.0.0.1:1".to_owned(), "http://127.0.0.1:2".to_owned());
        assert_eq!((asked.method.as_str(), asked.path(), asked.is_known), ("HEAD", "/v2/a", true));
        assert_eq!(asked.fill("{URL} {HOST}"), "http://127.0.0.1:1 127.0.0.1:1");
        assert_eq!(asked.fill("{ELSEWHERE} {LOCALHOST}"), "http://127.0.0.1:2 http://localhost:2");
        let unknown = read("GET / HTTP/1.1", Vec::new(), String::new(), String::new());
        assert!(!unknown.is_known);
    }

    #[tokio::test]
    async fn the_second_server_keeps_what_it_was_told() {
        let answers = Answers::new(|asked| Reply::ok(asked.target.clone().into_bytes()));
        let site = Site::start(&answers).await.expect("servers");
        for url in [site.url(), site.elsewhere()] {
            let request = reqwest::Client::new().get(format!("{url}/a?b")).header("authorization", "secret");
            let said = request.send().await.expect("an answer").text().await.expect("text");
            assert_eq!(said, "/a?b");
        }
        assert_eq!(site.heard().text.matches("secret").count(), 1, "the first server's are its own");
    }
}
