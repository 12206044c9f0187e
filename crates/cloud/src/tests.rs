//! What all tests of this crate stand on: a cloud that answers from a list, and a machine with variables and files.

mod account;
mod ambient;
mod broker;
mod clusters;
mod kept;
mod keys;
mod logins;
mod signatures;

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::{Account, Error, Exchange, Machine, Request, Response, Secret, SendError, Tokens};

pub(crate) const TIME: &str = "2026-11-30T12:00:00Z";
pub(crate) const CANARY: &str = "canary-token";

/// Answers in order, and remembers what it was asked.
#[derive(Default)]
pub(crate) struct Recorded {
    pub(crate) answers: Mutex<Vec<Result<Response, SendError>>>,
    pub(crate) asked: Mutex<Vec<Request>>,
    pub(crate) now: Mutex<Option<Timestamp>>,
}

impl Recorded {
    pub(crate) fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().map(Ok).collect()), ..Self::default() }
    }

    /// Method and URL of each request, `near` where it is.
    pub(crate) fn asked(&self) -> Vec<String> {
        let line = |request: &Request| {
            let near = if request.near { " near" } else { "" };
            format!("{} {}{near}", request.method, request.url)
        };
        self.asked.lock().unwrap().iter().map(line).collect()
    }

    pub(crate) fn request(&self, at: usize) -> Request {
        self.asked.lock().unwrap()[at].clone()
    }
}

#[async_trait]
impl Exchange for Recorded {
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        self.asked.lock().unwrap().push(request);
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() { Err(SendError("connection refused".to_owned())) } else { answers.remove(0) }
    }

    fn now(&self) -> Timestamp {
        self.now.lock().unwrap().unwrap_or_else(|| TIME.parse().unwrap())
    }
}

/// Variables and files.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) variables: BTreeMap<&'static str, String>,
    pub(crate) files: BTreeMap<&'static str, &'static str>,
}

impl Given {
    pub(crate) fn of(variables: &[(&'static str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { variables, files: BTreeMap::new() }
    }

    pub(crate) fn with_file(mut self, path: &'static str, text: &'static str) -> Self {
        self.files.insert(path, text);
        self
    }
}

#[async_trait]
impl Machine for Given {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    async fn file(&self, path: &str) -> Result<Secret, Error> {
        let found = self.files.get(path).map(|text| (*text).to_owned().into());
        found.ok_or_else(|| Error::Settings(format!("cannot read {path}")))
    }
}

/// Issues the canary, and remembers for whom.
#[derive(Default)]
pub(crate) struct Issuer(pub(crate) Mutex<Vec<String>>);

#[async_trait]
impl Tokens for Issuer {
    async fn token(&self, audiences: &[String]) -> Result<Secret, Error> {
        self.0.lock().unwrap().push(audiences.join(","));
        Ok(CANARY.to_owned().into())
    }
}

pub(crate) fn answer(status: u16, body: &str) -> Response {
    Response { status, body: Zeroizing::new(body.as_bytes().to_vec()) }
}

pub(crate) fn header(request: &Request, name: &str) -> String {
    let found = request.headers.iter().find(|(other, _)| *other == name);
    found.map_or_else(String::new, |(_, value)| value.as_str().to_owned())
}

pub(crate) fn field(request: &Request, name: &str) -> String {
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let field = body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default();
    percent_encoding::percent_decode_str(field).decode_utf8().unwrap().into_owned()
}

pub(crate) fn account(annotations: &[(&str, &str)]) -> Account {
    Account {
        namespace: "apps".to_owned(),
        name: "kms".to_owned(),
        uid: "1".to_owned(),
        annotations: annotations
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
