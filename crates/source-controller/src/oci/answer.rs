//! What went wrong between us and a registry, in the words of the library that Flux uses (contracts/source-controller.md
//! 7.1). Pure.

use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Why a registry gave nothing. Made only of text without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// It answered, but not with a success.
    #[error("{text}")]
    Answer {
        /// The status.
        status: u16,
        /// Method, address and what the registry said.
        text: Words,
    },
    /// There was no answer, or it broke off.
    #[error("{0}")]
    Transport(String),
    /// One side does not believe the other's certificate, or what comes is no TLS.
    #[error("{0}")]
    Untrusted(String),
    /// It answered with something else than it should.
    #[error("{0}")]
    Unexpected(String),
    /// More than anybody may send.
    #[error("{0}")]
    Excess(String),
    /// `spec.timeout`.
    #[error("{0}")]
    Timeout(String),
    /// The run was asked to end.
    #[error("context canceled")]
    Cancelled,
}

/// An answer that is no success, in the words of the library that images are fetched with, and in those of the one that
/// Helm fetches charts with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    images: String,
    charts: String,
}

impl Words {
    /// As it is told of charts.
    pub(crate) fn of_charts(&self) -> &str {
        &self.charts
    }

    /// The same, each through `clean`.
    pub(super) fn map(self, clean: impl Fn(&str) -> String) -> Self {
        Self { images: clean(&self.images), charts: clean(&self.charts) }
    }
}

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.images)
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self { images: text.to_owned(), charts: text.to_owned() }
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    errors: Vec<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: Value,
}

/// The words for an answer that is no success.
pub(super) fn refusal(method: &str, url: &Url, status: StatusCode, body: &str) -> Words {
    let errors = serde_json::from_str::<Body>(body).map(|body| body.errors).unwrap_or_default();
    let url = shown(url);
    let charts = match errors.as_slice() {
        [] => status.canonical_reason().unwrap_or_default().to_owned(),
        errors => errors.iter().map(plainly).collect::<Vec<_>>().join("; "),
    };
    Words {
        images: format!("{method} {url}: {}", said(method, status, body, &errors)),
        charts: format!("{method} \"{url}\": response status code {}: {charts}", status.as_u16()),
    }
}

fn said(method: &str, status: StatusCode, body: &str, errors: &[Diagnostic]) -> String {
    let texts: Vec<String> = errors.iter().map(diagnostic).collect();
    match texts.as_slice() {
        [] => {
            let reason = status.canonical_reason().unwrap_or_default();
            let text = format!("unexpected status code {} {reason}", status.as_u16());
            match body {
                "" if method == "HEAD" => {
                    format!("{text} (HEAD responses have no body, use GET for details)")
                }
                "" => text,
                body => format!("{text}: {body}"),
            }
        }
        [one] => one.clone(),
        several => format!("multiple errors returned: {}", several.join("; ")),
    }
}

fn diagnostic(found: &Diagnostic) -> String {
    let text = format!("{}: {}", found.code, found.message);
    if found.detail.is_null() { text } else { format!("{text}; {}", go(&found.detail)) }
}

/// The same as it is told of charts.
fn plainly(found: &Diagnostic) -> String {
    let code = found.code.replace('_', " ").to_lowercase();
    match (found.message.as_str(), &found.detail) {
        ("", _) => code,
        (message, Value::Null) => format!("{code}: {message}"),
        (message, detail) => format!("{code}: {message}: {}", go(detail)),
    }
}

/// A value as Go prints one that it does not know.
fn go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(is) => is.to_string(),
        Value::Number(number) => match number.as_f64() {
            // Go turns to exponents here.
            Some(float) if float.abs() >= 1e21 => format!("{float:e}"),
            Some(float) => float.to_string(),
            None => number.to_string(),
        },
        Value::Array(items) => format!("[{}]", items.iter().map(go).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{key}:{}", go(value))).collect();
            fields.sort();
            format!("map[{}]", fields.join(" "))
        }
    }
}

/// A URL for people: queries that are not the protocol's own may hold tokens.
pub(super) fn shown(url: &Url) -> String {
    const KNOWN: [&str; 7] = ["scope", "service", "mount", "from", "digest", "n", "last"];
    let mut shown = url.clone();
    // Both fail only for URLs without a host.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    if url.query().is_some() {
        let mut pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(key, value)| {
                let value = if KNOWN.contains(&&*key) { value.into_owned() } else { "REDACTED".to_owned() };
                (key.into_owned(), value)
            })
            .collect();
        pairs.sort();
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    shown.into()
}

/// A request without an answer, as Go tells of it.
pub(super) fn unanswered(method: &str, url: &Url, cause: &str) -> String {
    let verb = match method {
        "HEAD" => "Head",
        "POST" => "Post",
        _ => "Get",
    };
    format!("{verb} \"{}\": {cause}", shown(url))
}
