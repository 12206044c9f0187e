//! What an API server, or the way to it, answered instead of a result, in classes that callers act on.
//!
//! The class comes from `Status.reason` and the HTTP code. One question is answered by text, because Kubernetes
//! offers nothing else: undeclared fields (decisions 5.5). What a server said is a [`Foreign`] text; whoever
//! knows the object masks it by that ([`Error::foreign`]), and everybody else gets what may be shown of it anyway.

use crate::fence::Fenced;
use crate::field_path::{self, FieldPath};
use crate::limits::TimedOut;
use manifest::error::chain;
use manifest::foreign::{self, Foreign};

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// The object, its namespace or its kind does not exist.
    NotFound,
    /// A create met an object of that name.
    AlreadyExists,
    /// resourceVersion, UID or field ownership did not match.
    Conflict,
    /// RBAC or an admission plugin said no.
    Forbidden,
    /// The object was refused by validation (422) or by its schema.
    Invalid,
    /// The request itself was malformed (400, 405, 406, 415).
    BadRequest,
    /// No valid credentials.
    Unauthorized,
    /// The server asks to come back later (429).
    Throttled,
    /// The call took too long, on our side or theirs.
    Timeout,
    /// A resourceVersion or continue token is too old (410).
    Expired,
    /// The server failed (5xx).
    ServerError,
    /// There was no answer: connection, TLS, or a broken body.
    Transport,
    /// The answer could not be understood, or the request could not be built.
    Unreadable,
    /// The configuration that says where to connect is unusable.
    Configuration,
    /// A write that was not sent, because another process may lead by now.
    Fenced,
}

/// One of `Status.details.causes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Machine-readable, for example `FieldManagerConflict`.
    pub reason: String,
    /// For people; it may quote values.
    pub message: Foreign,
    /// The field concerned.
    pub field: String,
}

/// A failed call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{shown}")]
pub struct Error {
    class: Class,
    code: u16,
    reason: String,
    message: Foreign,
    /// What may be shown of `message` by those who know no more.
    shown: String,
    causes: Vec<Cause>,
}

impl Error {
    /// The class to act on.
    pub const fn classify(&self) -> Class {
        self.class
    }

    /// The API server's own message as far as it may be shown, or our own text where it sent none.
    pub fn message(&self) -> &str {
        &self.shown
    }

    /// The same as it was sent, for those who know which values to mask.
    pub const fn foreign(&self) -> &Foreign {
        &self.message
    }

    /// `Status.reason`; none when it is absent or `Unknown`.
    pub fn reason(&self) -> Option<&str> {
        (!self.reason.is_empty() && self.reason != "Unknown").then_some(self.reason.as_str())
    }

    /// The HTTP code of the answer; 0 when there was none.
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// What the server named in detail, for example the managers that own conflicting fields.
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// Whether trying the same again, later, may work without anybody changing anything.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self.class,
            Class::Throttled
                | Class::Timeout
                | Class::Expired
                | Class::ServerError
                | Class::Transport
                | Class::Fenced
        ) || matches!(self.class, Class::Conflict)
    }

    /// The fields that the server's schema does not declare, when that is the whole complaint (decisions 5.5).
    pub fn undeclared_fields(&self) -> Option<Vec<FieldPath>> {
        matches!(self.code, 400 | 422 | 500..=599)
            .then(|| self.message.judged_by(field_path::undeclared))
            .flatten()
    }

    /// An error of the caller's side: a request that could not be built, an answer that could not be read.
    pub fn invalid_request(message: &str) -> Self {
        Self::own(Class::Unreadable, message)
    }

    /// There are no credentials to ask with.
    pub fn no_credentials(message: &str) -> Self {
        Self::own(Class::Unauthorized, message)
    }

    /// A kind that the API server does not serve, in the words of Kubernetes' REST mapper.
    pub fn no_match(group: &str, version: &str, kind: &str) -> Self {
        let message = match (group, version) {
            ("", version) => format!("no matches for kind \"{kind}\" in version \"{version}\""),
            (group, "") => format!("no matches for kind \"{kind}\" in group \"{group}\""),
            (group, version) => format!("no matches for kind \"{kind}\" in version \"{group}/{version}\""),
        };
        Self::own(Class::NotFound, message)
    }

    /// The same, of a remote server that was asked what it serves, in the words of client-go: what it answers to that
    /// with a refusal is not read there.
    pub(crate) fn in_discovery(mut self, server: &str) -> Self {
        let said = match self.class {
            Class::Forbidden => "unknown".to_owned(),
            Class::Unauthorized if self.code != 0 => {
                "the server has asked for the client to provide credentials".to_owned()
            }
            Class::Transport | Class::Timeout => {
                format!("Get \"https://{server}/api?timeout=30s\": {}", self.shown)
            }
            _ => self.shown,
        };
        self.message = Foreign::from(format!("failed to get server groups: {said}"));
        self.shown = self.message.shown();
        self
    }

    /// Whether the server says that the object itself does not exist. A path that nobody serves is answered with 404
    /// as well, without a reason, and says nothing about objects.
    pub fn is_absence(&self) -> bool {
        self.class == Class::NotFound && self.reason == "NotFound"
    }

    /// A call that was given up on our side.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::own(Class::Timeout, message)
    }

    pub(crate) fn configuration(message: impl ToString) -> Self {
        Self::own(Class::Configuration, message.to_string())
    }

    pub(crate) fn own(class: Class, message: impl Into<String>) -> Self {
        Self::said(class, 0, String::new(), message.into(), Vec::new())
    }

    fn said(class: Class, code: u16, reason: String, message: String, causes: Vec<Cause>) -> Self {
        let message = Foreign::from(message);
        Self { class, code, reason, shown: message.shown(), message, causes }
    }
}

/// The class of an answered `Status`; a known reason wins over the code, as in client-go.
fn class_of(reason: &str, code: u16) -> Class {
    match reason {
        "NotFound" => Class::NotFound,
        "AlreadyExists" => Class::AlreadyExists,
        "Conflict" => Class::Conflict,
        "Forbidden" => Class::Forbidden,
        "Invalid" => Class::Invalid,
        "Unauthorized" => Class::Unauthorized,
        "TooManyRequests" => Class::Throttled,
        "Timeout" | "ServerTimeout" => Class::Timeout,
        "Expired" | "Gone" => Class::Expired,
        "InternalError" | "ServiceUnavailable" => Class::ServerError,
        "BadRequest"
        | "MethodNotAllowed"
        | "NotAcceptable"
        | "UnsupportedMediaType"
        | "RequestEntityTooLarge" => Class::BadRequest,
        _ => match code {
            401 => Class::Unauthorized,
            403 => Class::Forbidden,
            404 => Class::NotFound,
            409 => Class::Conflict,
            410 => Class::Expired,
            422 => Class::Invalid,
            429 => Class::Throttled,
            504 => Class::Timeout,
            400..=499 => Class::BadRequest,
            _ => Class::ServerError,
        },
    }
}

impl From<kube::core::Status> for Error {
    fn from(status: kube::core::Status) -> Self {
        let causes = status.details.map(|details| details.causes).unwrap_or_default();
        let message = if status.message.is_empty() {
            format!("the server answered {} {}", status.code, status.reason).trim_end().to_owned()
        } else {
            status.message
        };
        let causes = causes.into_iter().map(|cause| Cause {
            reason: cause.reason,
            message: cause.message.into(),
            field: foreign::line(&cause.field, 512).into_owned(),
        });
        let class = class_of(&status.reason, status.code);
        let reason = foreign::line(&status.reason, 64).into_owned();
        Self::said(class, status.code, reason, message, causes.collect())
    }
}

fn timed_out(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(TimedOut(_)) = error.downcast_ref::<TimedOut>() {
            return Some(error.to_string());
        }
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut) {
            return Some(error.to_string());
        }
        next = error.source();
    }
    None
}

/// What does not fit, by its type; serde quotes the value as well.
fn unreadable(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let Some((head, expected)) = text.rsplit_once(", expected ") else {
        let place = format!("line {} column {}", error.line(), error.column());
        return if text.contains(['"', '`']) {
            format!("{:?} error at {place}", error.classify())
        } else {
            text
        };
    };
    let found = match head.split_once(": ") {
        Some((complaint, value)) => {
            format!("{complaint}: {}", value.split([' ', '"', '`']).next().unwrap_or_default())
        }
        None => head.split([' ', '`']).take(2).collect::<Vec<_>>().join(" "),
    };
    format!("{found}, expected {expected}")
}

fn is_fenced(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<Fenced>())
}

/// What happened on the way, without kube's name for the layer that it happened in.
fn without_layer(error: &kube::Error) -> String {
    match error {
        kube::Error::Service(cause) => chain(&**cause),
        other => chain(other),
    }
}

impl From<kube::Error> for Error {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::from(*status),
            kube::Error::SerdeError(error) => {
                Self::own(Class::Unreadable, format!("unreadable answer: {}", unreadable(&error)))
            }
            kube::Error::FromUtf8(_) => Self::own(Class::Unreadable, "unreadable answer: not UTF-8"),
            kube::Error::BuildRequest(error) => Self::own(Class::Unreadable, chain(&error)),
            kube::Error::HttpError(error) => Self::own(Class::Unreadable, chain(&error)),
            kube::Error::Auth(error) => Self::own(Class::Unauthorized, chain(&error)),
            kube::Error::InferConfig(error) => Self::configuration(error),
            kube::Error::Discovery(error) => Self::own(Class::NotFound, chain(&error)),
            other if is_fenced(&other) => Self::own(Class::Fenced, Fenced.to_string()),
            other => match timed_out(&other) {
                Some(text) => Self::own(Class::Timeout, text),
                None => Self::own(Class::Transport, without_layer(&other)),
            },
        }
    }
}
