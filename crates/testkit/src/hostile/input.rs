//! What a hostile input is: a name, a family, what it may cost, and how it is made. Making one asks nobody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::host::Reply;
use super::site::Answers;
use crate::canary::Canaries;

/// Namespace of somebody who is not to be harmed.
pub(super) const VICTIM: &str = "victim";

/// What an input is hostile to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Content of Git repositories.
    GitRepo,
    /// Servers of Git repositories.
    GitServer,
    /// Registries of OCI artifacts.
    Registry,
    /// Helm repositories and their indexes.
    Helm,
    /// Charts.
    Chart,
    /// Object stores.
    Bucket,
    /// Webhooks.
    Webhook,
    /// Archives and their servers.
    Archive,
    /// Kustomize builds.
    Build,
    /// Objects that are applied.
    Object,
    /// What health-controller shows.
    Health,
    /// File names that the CLI writes.
    Cli,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::GitRepo,
        Self::GitServer,
        Self::Registry,
        Self::Helm,
        Self::Chart,
        Self::Bucket,
        Self::Webhook,
        Self::Archive,
        Self::Build,
        Self::Object,
        Self::Health,
        Self::Cli,
    ];

    /// Its name on command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GitRepo => "gitrepo",
            Self::GitServer => "gitserver",
            Self::Registry => "registry",
            Self::Helm => "helm",
            Self::Chart => "chart",
            Self::Bucket => "bucket",
            Self::Webhook => "webhook",
            Self::Archive => "archive",
            Self::Build => "build",
            Self::Object => "object",
            Self::Health => "health",
            Self::Cli => "cli",
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How the object of an input has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With Ready False and words.
    Refused,
    /// With Ready True or False: what matters is that it ends.
    Settled,
    /// It may go on.
    Open,
}

/// Files of a folder by path.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What a Kustomization is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Build {
    /// The artifact's files.
    pub(super) files: Files,
    /// Fields of `spec` over the usual ones.
    pub(super) spec: Value,
    /// A status that is written before the first run; null for none.
    pub(super) status: Value,
}

/// An artifact: its server's answer, and what the source says of it.
#[derive(Clone, Debug)]
pub(super) struct Artifact {
    /// How the server answers.
    pub(super) reply: Reply,
    /// The digest, hexadecimal.
    pub(super) digest: String,
    /// The size.
    pub(super) size: usize,
}

/// A source of any kind, with servers of its own. In what it says, `{URL}` and `{HOST}` stand for the first of them,
/// `{ELSEWHERE}` and `{LOCALHOST}` for the second.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The kind that has to end.
    pub(super) kind: &'static str,
    /// Fields of `spec` over the usual ones.
    pub(super) spec: Value,
    /// Kinds, names and contents of what it needs beside it.
    pub(super) others: Vec<Value>,
    /// What the servers answer.
    pub(super) answers: Answers,
}

/// A Receiver, and what is sent to it. In that, `{PATH}` stands for its path and `{HOST}` for the server.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    /// Fields of `spec` over the usual ones.
    pub(super) spec: Value,
    /// Its token.
    pub(super) token: String,
    /// What is sent, written like an answer.
    pub(super) sends: Reply,
    /// On so many connections at a time.
    pub(super) connections: usize,
    /// The answers that there may be; 0 is none.
    pub(super) answers: &'static [u16],
}

/// Everything that an input puts before the controllers, or the CLI.
#[derive(Clone, Debug)]
pub(super) enum Matter {
    /// A GitRepository whose server answers like this. `{URL}` in the address stands for the server's.
    Git {
        /// What `spec.url` says.
        url: String,
        /// The answers.
        reply: Reply,
    },
    /// A source with servers of its own.
    Source(Source),
    /// A Receiver that is called.
    Webhook(Webhook),
    /// A Kustomization of a source that somebody else publishes.
    Artifact(Artifact),
    /// A Kustomization of these files.
    Build(Build),
    /// A folder that `flyball build -o DIR` is run on.
    Cli(Files),
}

type Maker = Arc<dyn Fn(&Canaries) -> Matter + Send + Sync>;

/// One hostile input.
#[derive(Clone)]
pub struct Input {
    /// Its name, with the family's before a slash.
    pub name: String,
    /// Its family.
    pub family: Family,
    pub(super) ending: Ending,
    pub(super) within: Duration,
    /// Reasons of the Ready condition that it may be refused for; any if there are none.
    reasons: &'static [&'static str],
    make: Maker,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Input {
    /// An input that is made by `make` when its turn comes.
    pub(super) fn new(
        family: Family,
        name: impl AsRef<str>,
        ending: Ending,
        make: impl Fn(&Canaries) -> Matter + Send + Sync + 'static,
    ) -> Self {
        let name = format!("{family}/{}", name.as_ref());
        Self { name, family, ending, within: Duration::from_secs(60), reasons: &[], make: Arc::new(make) }
    }

    /// It is refused for one of these reasons.
    pub(super) fn because(mut self, reasons: &'static [&'static str]) -> Self {
        self.reasons = reasons;
        self
    }

    /// Whether it may be refused for this reason.
    pub(super) fn may_be(&self, reason: &str) -> bool {
        self.reasons.is_empty() || self.reasons.contains(&reason)
    }

    pub(super) fn make(&self, canaries: &Canaries) -> Matter {
        (self.make)(canaries)
    }
}

/// Files from texts.
pub(super) fn files<P, C>(pairs: impl IntoIterator<Item = (P, C)>) -> Files
where
    P: Into<String>,
    C: Into<Vec<u8>>,
{
    pairs.into_iter().map(|(path, content)| (path.into(), content.into())).collect()
}
