//! The API server's audit log: which user sent which requests. One line is one request; a watch is logged when it
//! opens. It counts; what a controller may send is the tests' business.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use serde::Deserialize;

/// A line is written when the handler ends, shortly after the client has its answer.
const QUIET: Duration = Duration::from_millis(150);
const QUIET_LIMIT: Duration = Duration::from_secs(5);

/// A place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

impl Mark {
    /// The beginning of the log.
    pub const START: Self = Self(0);
}

/// The log.
#[derive(Clone, Debug)]
pub struct RequestLog {
    path: PathBuf,
}

impl RequestLog {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The present end of the log.
    pub fn mark(&self) -> Result<Mark> {
        Ok(Mark(std::fs::metadata(&self.path).with_context(|| self.path.display().to_string())?.len()))
    }

    /// The requests of `user` since `mark`, once none has come for a moment (at most five seconds).
    pub async fn since(&self, mark: &Mark, user: &str) -> Result<Requests> {
        let start = Instant::now();
        let mut seen = self.now(mark, user)?;
        let mut quiet_since = Instant::now();
        while quiet_since.elapsed() < QUIET && start.elapsed() < QUIET_LIMIT {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let next = self.now(mark, user)?;
            if next.0.len() != seen.0.len() {
                quiet_since = Instant::now();
            }
            seen = next;
        }
        Ok(seen)
    }

    /// The requests of `user` since `mark` that are in the log now.
    pub fn now(&self, mark: &Mark, user: &str) -> Result<Requests> {
        Ok(Requests(self.everyone(mark)?.0.into_iter().filter(|request| request.user == user).collect()))
    }

    /// All requests since `mark` that are in the log now.
    pub fn everyone(&self, mark: &Mark) -> Result<Requests> {
        let mut file = File::open(&self.path).with_context(|| self.path.display().to_string())?;
        // The mark may stand in a line that was half written then, which tells of a request before it.
        let before = mark.0.saturating_sub(1);
        file.seek(SeekFrom::Start(before))?;
        let mut text = Vec::new();
        std::io::copy(&mut file, &mut text)?;
        if mark.0 > 0 {
            let begun = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
            text.drain(..begun);
        }
        // The last line may be half written.
        let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        text.truncate(end);
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines
            .map(|line| Ok(Request::from(serde_json::from_slice::<Line>(line)?)))
            .collect::<Result<_>>()
            .map(Requests)
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who sent it.
    pub user: String,
    /// As whom it was sent, if that is another.
    pub impersonated: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// API group; empty for core, and for what is no resource.
    pub group: String,
    /// Plural, with `/subresource` if any; empty for what is no resource.
    pub resource: String,
    /// The object's namespace or empty.
    pub namespace: String,
    /// The object's name or empty.
    pub name: String,
    /// Status code.
    pub code: u16,
    /// Path and query.
    pub uri: String,
    /// User agent.
    pub agent: String,
    /// When it came, in microseconds since 1970; 0 where the log does not say.
    pub received: i64,
}

impl Request {
    /// Whether it was a dry run.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.uri.contains("dryRun=All")
    }

    /// Whether it opened a watch.
    #[must_use]
    pub fn is_watch(&self) -> bool {
        self.verb == "watch"
    }

    /// Whether it is about a lease.
    #[must_use]
    pub fn is_lease(&self) -> bool {
        self.resource == "leases"
    }

    /// Whether it asks what the API server offers: discovery, OpenAPI, version, health.
    #[must_use]
    pub fn is_discovery(&self) -> bool {
        self.resource.is_empty()
    }

    /// Whether it sends an event.
    #[must_use]
    pub fn is_event(&self) -> bool {
        self.resource == "events"
    }
}

/// Requests in the order of their answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests(pub Vec<Request>);

impl Requests {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that satisfy `wanted`.
    #[must_use]
    pub fn filter(&self, wanted: impl Fn(&Request) -> bool) -> Self {
        Self(self.0.iter().filter(|request| wanted(request)).cloned().collect())
    }

    /// Without leases and discovery: what this project counts, the openings of watches included.
    #[must_use]
    pub fn counted(&self) -> Self {
        self.filter(|request| !request.is_lease() && !request.is_discovery())
    }

    /// As [`Requests::counted`], without the openings of watches.
    #[must_use]
    pub fn without_watches(&self) -> Self {
        self.counted().filter(|request| !request.is_watch())
    }

    /// How many of each `verb resource` (`resource.group` outside the core group, `(dry run)` where it is one).
    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in &self.0 {
            *counts.entry(describe(request)).or_default() += 1;
        }
        counts
    }

    /// How many requests have this verb and resource (plural, with the subresource).
    #[must_use]
    pub fn count(&self, verb: &str, resource: &str) -> usize {
        self.0.iter().filter(|request| request.verb == verb && request.resource == resource).count()
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} requests", self.len())?;
        for (kind, count) in self.by_kind() {
            writeln!(f, "  {count:>5}  {kind}")?;
        }
        Ok(())
    }
}

fn describe(request: &Request) -> String {
    if request.resource.is_empty() {
        let path = request.uri.split('?').next().unwrap_or_default();
        return format!("{} {path}", request.verb);
    }
    let group = if request.group.is_empty() { String::new() } else { format!(".{}", request.group) };
    let dry_run = if request.is_dry_run() { " (dry run)" } else { "" };
    format!("{} {}{group}{dry_run}", request.verb, request.resource)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Line {
    verb: String,
    user: User,
    impersonated_user: User,
    object_ref: ObjectRef,
    response_status: Status,
    user_agent: String,
    request_received_timestamp: Option<MicroTime>,
    #[serde(rename = "requestURI")]
    request_uri: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct User {
    username: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ObjectRef {
    api_group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    code: u16,
}

impl From<Line> for Request {
    fn from(line: Line) -> Self {
        let mut resource = line.object_ref.resource;
        if !line.object_ref.subresource.is_empty() {
            resource = format!("{resource}/{}", line.object_ref.subresource);
        }
        Self {
            user: line.user.username,
            impersonated: line.impersonated_user.username,
            verb: line.verb,
            group: line.object_ref.api_group,
            resource,
            namespace: line.object_ref.namespace,
            name: line.object_ref.name,
            code: line.response_status.code,
            uri: line.request_uri,
            agent: line.user_agent,
            received: line.request_received_timestamp.map_or(0, |time| time.0.as_microsecond()),
        }
    }
}

#[cfg(test)]
mod tests;
