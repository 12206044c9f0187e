//! What an API server, or the way to it, answered instead of a result, in classes that callers act on.
//!
//! The class comes from `Status.reason` and the HTTP code. Two questions are answered by text, because Kubernetes
//! offers nothing else: undeclared fields (decisions 5.5) and immutability.

use crate::field_path::{self, FieldPath};
use crate::limits::TimedOut;
use manifest::error::chain;

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
}

/// One of `Status.details.causes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Machine-readable, for example `FieldManagerConflict`.
    pub reason: String,
    /// For people.
    pub message: String,
    /// The field concerned.
    pub field: String,
}

/// A failed call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    class: Class,
    code: u16,
    reason: String,
    message: String,
    causes: Vec<Cause>,
}

impl Error {
    /// The class to act on.
    pub const fn classify(&self) -> Class {
        self.class
    }

    /// The API server's own message, word for word, or our own text where it sent none.
    pub fn message(&self) -> &str {
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
            Class::Throttled | Class::Timeout | Class::Expired | Class::ServerError | Class::Transport
        ) || matches!(self.class, Class::Conflict)
    }

    /// Whether the refusal is about a field that may not change after creation.
    pub fn is_immutable(&self) -> bool {
        const WORDS: [&str; 6] = [
            "field is immutable",
            "is immutable",
            "immutable field",
            "may not be changed",
            "may not change once set",
            "updates to statefulset spec for fields other than",
        ];
        let says = |text: &str| WORDS.iter().any(|word| text.contains(word));
        matches!(self.class, Class::Invalid | Class::Conflict | Class::Forbidden)
            && (says(&self.message) || self.causes.iter().any(|cause| says(&cause.message)))
    }

    /// The fields that the server's schema does not declare, when that is the whole complaint (decisions 5.5).
    pub fn undeclared_fields(&self) -> Option<Vec<FieldPath>> {
        matches!(self.code, 400 | 422 | 500..=599).then(|| field_path::undeclared(&self.message)).flatten()
    }

    /// An error of the caller's side: a request that could not be built, an answer that could not be read.
    pub fn invalid_request(message: &str) -> Self {
        Self::own(Class::Unreadable, message)
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
        Self { class, code: 0, reason: String::new(), message: message.into(), causes: Vec::new() }
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
        Self {
            class: class_of(&status.reason, status.code),
            code: status.code,
            reason: status.reason,
            message,
            causes: causes
                .into_iter()
                .map(|cause| Cause { reason: cause.reason, message: cause.message, field: cause.field })
                .collect(),
        }
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

impl From<kube::Error> for Error {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::from(*status),
            kube::Error::SerdeError(error) => {
                Self::own(Class::Unreadable, format!("unreadable answer: {error}"))
            }
            kube::Error::FromUtf8(_) => Self::own(Class::Unreadable, "unreadable answer: not UTF-8"),
            kube::Error::BuildRequest(error) => Self::own(Class::Unreadable, chain(&error)),
            kube::Error::HttpError(error) => Self::own(Class::Unreadable, chain(&error)),
            kube::Error::Auth(error) => Self::own(Class::Unauthorized, chain(&error)),
            kube::Error::InferConfig(error) => Self::configuration(error),
            kube::Error::Discovery(error) => Self::own(Class::NotFound, chain(&error)),
            other => match timed_out(&other) {
                Some(text) => Self::own(Class::Timeout, text),
                None => Self::own(Class::Transport, chain(&other)),
            },
        }
    }
}
