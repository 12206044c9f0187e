//! The HTTP side of a Git fetch: gix's `Http` trait over an async reqwest client.
//!
//! gix's own reqwest transport is not used: it hides the bodies of error responses, which Flux's messages quote,
//! refuses credentials over plain http, which Flux allows, and knows neither a deadline nor a byte budget.
//! Credentials are sent only to the origin they belong to: a redirect elsewhere is followed without them.
//! Runs on a blocking thread; waiting for the network happens on the async runtime, so that a deadline and a
//! cancellation end it at once.

use std::any::Any;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::Arc;

use gix::protocol::transport::client::blocking_io::http::{
    self, GetResponse, PostBodyDataKind, PostResponse,
};
use parking_lot::Mutex;
use reqwest::header::{AUTHORIZATION, HeaderMap, LOCATION};
use reqwest::{Method, StatusCode, Url};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) mod rules;

use rules::{Failure, causes, header_map, plain, same_origin};

use crate::access::Access;

/// Redirects followed before a server is given up on.
const MAX_REDIRECTS: usize = 5;
/// Most bytes of an error body that are read and quoted.
const MAX_REASON: usize = 1024;

/// What all exchanges of one fetch share.
pub(crate) struct Session {
    pub(crate) client: reqwest::Client,
    pub(crate) runtime: Handle,
    pub(crate) origin: Url,
    pub(crate) access: Access,
    pub(crate) deadline: Instant,
    pub(crate) cancelled: CancellationToken,
    /// Bytes that may still be received.
    pub(crate) budget: u64,
}

/// One fetch's connection. Clones share what happened.
#[derive(Clone)]
pub(crate) struct Http {
    session: Arc<Session>,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    failure: Option<Failure>,
    received: u64,
    redirected_base: Option<String>,
}

impl Http {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        let shared = Shared { failure: None, received: 0, redirected_base: None };
        Self { session, shared: Arc::new(Mutex::new(shared)) }
    }

    /// What went wrong on the wire, if anything did. gix's own error says less.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.shared.lock().failure.clone()
    }

    fn fail(&self, failure: Failure) -> io::Error {
        let mut shared = self.shared.lock();
        let first = shared.failure.get_or_insert(failure);
        io::Error::other(first.clone())
    }

    /// Waits for the network within the deadline.
    fn wait<T>(&self, work: impl Future<Output = Result<T, reqwest::Error>>) -> io::Result<T> {
        let session = &self.session;
        let outcome = session.runtime.block_on(async {
            tokio::select! {
                biased;
                () = session.cancelled.cancelled() => Err(Failure::Cancelled),
                done = tokio::time::timeout_at(session.deadline, work) => match done {
                    Ok(Ok(value)) => Ok(value),
                    Ok(Err(error)) => Err(Failure::Transport(causes(error))),
                    Err(_) => Err(Failure::Timeout),
                },
            }
        });
        outcome.map_err(|failure| self.fail(failure))
    }

    /// A request without an answer is named in the message, as Go does.
    fn named(&self, method: &Method, url: &Url, error: io::Error) -> io::Error {
        if let Some(Failure::Transport(cause)) = &mut self.shared.lock().failure {
            let verb = if *method == Method::GET { "Get" } else { "Post" };
            *cause = format!("{verb} \"{}\": {cause}", plain(url));
        }
        error
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let received = {
            let mut shared = self.shared.lock();
            shared.received += bytes as u64;
            shared.received
        };
        if received > self.session.budget {
            return Err(self.fail(Failure::TooLarge(self.session.budget)));
        }
        Ok(())
    }

    fn request(
        &self,
        method: Method,
        url: &Url,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> io::Result<reqwest::Response> {
        let mut headers = headers.clone();
        if same_origin(url, &self.session.origin)
            && let Some(value) = self.session.access.authorization()
        {
            headers.insert(AUTHORIZATION, value.clone());
        }
        let mut request = self.session.client.request(method.clone(), url.clone()).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        self.wait(request.send()).map_err(|error| self.named(&method, url, error))
    }

    /// GET with redirects; gives the response and the address that gave it.
    fn follow(&self, url: &str, headers: &HeaderMap) -> io::Result<(reqwest::Response, Url)> {
        let mut url = self.parse(url)?;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.request(Method::GET, &url, headers, Vec::new())?;
            let status = response.status();
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            match location {
                Some(location) if status.is_redirection() => {
                    url = rules::redirect(&url, location).map_err(|failure| self.fail(failure))?;
                }
                _ => return Ok((self.accept(response, &url)?, url)),
            }
        }
        Err(self.fail(Failure::Redirect(format!("stopped after {MAX_REDIRECTS} redirects"))))
    }

    /// Passes a success on and turns anything else into a failure.
    fn accept(&self, response: reqwest::Response, url: &Url) -> io::Result<reqwest::Response> {
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        Err(self.fail(Failure::of(status, url, || self.reason(response))))
    }

    /// The start of an error's body, without anything secret that the server may have echoed.
    fn reason(&self, mut response: reqwest::Response) -> String {
        let deadline = self.session.deadline;
        let body = self.session.runtime.block_on(async {
            let mut body = Vec::new();
            while body.len() < MAX_REASON {
                match tokio::time::timeout_at(deadline, response.chunk()).await {
                    Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                    _ => break,
                }
            }
            body
        });
        let text: String = String::from_utf8_lossy(&body).chars().take(MAX_REASON).collect();
        self.session.access.redact(text.trim_end())
    }

    fn parse(&self, url: &str) -> io::Result<Url> {
        Url::parse(url).map_err(|error| self.fail(Failure::Transport(error.to_string())))
    }
}

impl http::Http for Http {
    type Headers = Headers;
    type ResponseBody = Body;
    type PostBody = PostBody;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<GetResponse<Headers, Body>, gix::Error> {
        let (response, from) = self.follow(url, &header_map(headers)).map_err(gix::Error::from_error)?;
        let tail = url.strip_prefix(base_url).unwrap_or_default();
        if from.as_str() != url {
            // The rest of the exchange goes to where the advertisement came from.
            let base = rules::redirected_base(&from, tail)
                .map_err(|failure| gix::Error::from_error(self.fail(failure)))?;
            self.shared.lock().redirected_base = Some(base);
        }
        let exchange = Arc::new(Mutex::new(Exchange::answered(self.clone(), response)));
        Ok(GetResponse { headers: Headers::new(Arc::clone(&exchange)), body: Body::new(exchange) })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> Result<PostResponse<Headers, Body, PostBody>, gix::Error> {
        let url = self.parse(url).map_err(gix::Error::from_error)?;
        let request = Pending { url, headers: header_map(headers), body: Vec::new() };
        let exchange = Arc::new(Mutex::new(Exchange::pending(self.clone(), request)));
        Ok(PostResponse {
            post_body: PostBody(Arc::clone(&exchange)),
            headers: Headers::new(Arc::clone(&exchange)),
            body: Body::new(exchange),
        })
    }

    fn configure(&mut self, _config: &dyn Any) -> Result<(), gix::Error> {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.shared.lock().redirected_base.clone()
    }
}

struct Pending {
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// One request and its response. A POST is sent when its response is first asked for: by then its body is complete.
pub(crate) struct Exchange {
    http: Http,
    state: State,
}

enum State {
    Pending(Pending),
    Answered(reqwest::Response),
    Failed,
}

impl Exchange {
    const fn answered(http: Http, response: reqwest::Response) -> Self {
        Self { http, state: State::Answered(response) }
    }

    const fn pending(http: Http, request: Pending) -> Self {
        Self { http, state: State::Pending(request) }
    }

    fn response(&mut self) -> io::Result<&mut reqwest::Response> {
        if matches!(self.state, State::Pending(_))
            && let State::Pending(request) = std::mem::replace(&mut self.state, State::Failed)
        {
            let response = self.http.request(Method::POST, &request.url, &request.headers, request.body)?;
            self.state = State::Answered(self.http.accept(response, &request.url)?);
        }
        match &mut self.state {
            State::Answered(response) => Ok(response),
            _ => Err(io::Error::other("the request failed before")),
        }
    }

    fn headers(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        for (name, value) in self.response()?.headers() {
            text.extend_from_slice(name.as_str().as_bytes());
            text.push(b':');
            text.extend_from_slice(value.as_bytes());
            text.push(b'\n');
        }
        Ok(text)
    }

    fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let http = self.http.clone();
        let response = self.response()?;
        let chunk = http.wait(response.chunk())?;
        if let Some(chunk) = &chunk {
            http.count(chunk.len())?;
        }
        Ok(chunk.map(Vec::from))
    }
}

/// Collects the body of a POST.
pub(crate) struct PostBody(Arc<Mutex<Exchange>>);

impl Write for PostBody {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0.lock().state {
            State::Pending(request) => {
                request.body.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            _ => Err(io::Error::other("the request was sent already")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The response's headers, one per line.
pub(crate) struct Headers {
    exchange: Arc<Mutex<Exchange>>,
    text: Option<Cursor<Vec<u8>>>,
}

impl Headers {
    const fn new(exchange: Arc<Mutex<Exchange>>) -> Self {
        Self { exchange, text: None }
    }

    fn text(&mut self) -> io::Result<&mut Cursor<Vec<u8>>> {
        let text = match self.text.take() {
            Some(text) => text,
            None => Cursor::new(self.exchange.lock().headers()?),
        };
        Ok(self.text.insert(text))
    }
}

impl Read for Headers {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text()?.read(buffer)
    }
}

impl BufRead for Headers {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.text()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(text) = &mut self.text {
            text.consume(amount);
        }
    }
}

/// The response's body as it arrives.
pub(crate) struct Body {
    exchange: Arc<Mutex<Exchange>>,
    chunk: Cursor<Vec<u8>>,
    ended: bool,
}

impl Body {
    fn new(exchange: Arc<Mutex<Exchange>>) -> Self {
        Self { exchange, chunk: Cursor::default(), ended: false }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while !self.ended && self.chunk.fill_buf()?.is_empty() {
            match self.exchange.lock().chunk()? {
                Some(chunk) => self.chunk = Cursor::new(chunk),
                None => self.ended = true,
            }
        }
        self.chunk.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.consume(amount);
    }
}
