//! One request and its response, as gix reads and writes them: headers as lines, bodies as streams. Every byte of an
//! answer passes the guard before gix sees it. How a request is sent is `http`'s.

use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};

use super::connection::Http;
use crate::git::guard::{Guard, Limits};

/// Bytes of an answer that are looked at at a time.
const PART: usize = 8 << 10;

/// A request that is still being written.
pub(super) struct Pending {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// One request and its response. A POST is sent when its response is first asked for: by then its body is complete.
pub(crate) struct Exchange {
    http: Http,
    state: State,
    guard: Guard,
}

enum State {
    Pending(Pending),
    Answered(reqwest::Response),
    Failed,
}

impl Exchange {
    pub(super) const fn answered(http: Http, response: reqwest::Response) -> Self {
        Self::new(http, State::Answered(response))
    }

    pub(super) const fn pending(http: Http, request: Pending) -> Self {
        Self::new(http, State::Pending(request))
    }

    const fn new(http: Http, state: State) -> Self {
        Self { http, state, guard: Guard::new(Limits::ALL) }
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
            // A thousand times as much may be in it: between the parts there is time to end.
            for part in chunk.chunks(PART) {
                http.is_wanted()?;
                self.guard.feed(part).map_err(|excess| http.fail(excess.into()))?;
                http.spare(self.guard.need())?;
            }
        }
        Ok(chunk.map(Vec::from))
    }
}

/// Collects the body of a POST.
pub(crate) struct PostBody(pub(super) Arc<Mutex<Exchange>>);

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
    pub(super) const fn new(exchange: Arc<Mutex<Exchange>>) -> Self {
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
    pub(super) fn new(exchange: Arc<Mutex<Exchange>>) -> Self {
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
