//! Who is told of alerts: `receivers.yaml`, read whole. Pure. Nothing of what stands in it is ever shown but the names of
//! receivers and of fields: the rest may be secret, a misplaced line included.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use manifest::yaml::{Dialect, read_all};
use reqwest::Url;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::observation::Severity;

#[cfg(test)]
pub(crate) mod tests;

/// Receivers at most.
const MOST: usize = 32;
/// What the file may have, in bytes.
pub(super) const MOST_BYTES: usize = 256 << 10;
/// Entries of a list or a map.
const MOST_ENTRIES: usize = 100;
/// Longest text.
const LONGEST: usize = 64 << 10;
/// Longest name.
const LONGEST_NAME: usize = 63;
/// Where Slack takes messages of a bot.
const SLACK: &str = "https://slack.com/api/chat.postMessage";
/// The name of the receiver behind `--events-addr`.
pub(super) const EVENTS: &str = "events";

/// A text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Self(Arc::new(Zeroizing::new(text.to_owned())))
    }

    /// What it is, for who sends it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What a receiver speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Flux's notification-controller, or what speaks as it does.
    Events,
    /// A webhook whose body is signed.
    Generic {
        /// The key of the signature.
        key: Secret,
        /// Further headers.
        headers: Vec<(HeaderName, HeaderValue)>,
    },
    /// Slack, by an incoming webhook.
    SlackWebhook,
    /// Slack, as a bot.
    SlackBot {
        /// The bot's token.
        token: Secret,
        /// Where it writes.
        channel: String,
    },
    /// Microsoft Teams, by the webhook of a workflow.
    Teams,
    /// Statuses of commits at GitHub.
    GitHub {
        /// Of whoever may set them.
        token: Secret,
    },
    /// Statuses of commits at GitLab.
    GitLab {
        /// Of whoever may set them.
        token: Secret,
    },
}

impl Kind {
    /// Whether it is told how commits fare, instead of alerts.
    pub(super) const fn follows_commits(&self) -> bool {
        matches!(self, Self::GitHub { .. } | Self::GitLab { .. })
    }
}

/// Whom and what a receiver is told of; everything where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Select {
    /// Namespaces.
    pub(super) namespaces: BTreeSet<String>,
    /// Severities.
    pub(super) severities: BTreeSet<Severity>,
}

/// A receiver.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Where it is: an address that may be a secret itself. Of a Git server: the repository.
    pub(super) url: Url,
    /// Whether it may be spoken to without TLS.
    pub(super) insecure: bool,
    /// Certificates that vouch for it beside the system's, in PEM.
    pub(super) ca: Option<String>,
    pub(super) select: Select,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What is wrong with the file, or with one receiver in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SettingsError {
    #[error("receivers.yaml has more than {MOST_BYTES} bytes")]
    Large,
    #[error("receivers.yaml is no YAML")]
    NoYaml,
    #[error("receivers.yaml is no list of receivers")]
    NoList,
    #[error("receivers.yaml has more than {MOST} receivers")]
    Many,
    #[error("receiver {0}: it is no map")]
    NoMap(usize),
    #[error("receiver {0}: name has to be 1 to {LONGEST_NAME} lower-case letters, digits and dashes")]
    Name(usize),
    #[error("receiver {0}: its name is taken")]
    Taken(String),
    #[error("receiver {name}: {what}")]
    Field { name: String, what: String },
}

/// The receivers of a file, and what is wrong with the others in it.
///
/// # Errors
/// Nothing can be read of it.
pub(super) fn read(text: &str) -> Result<(Vec<Settings>, Vec<SettingsError>), SettingsError> {
    if text.len() > MOST_BYTES {
        return Err(SettingsError::Large);
    }
    // Messages about YAML quote it.
    let documents = read_all(text, Dialect::V3).map_err(|_| SettingsError::NoYaml)?;
    let items = match documents.as_slice() {
        [] => return Ok((Vec::new(), Vec::new())),
        [Value::Array(items)] => items,
        _ => return Err(SettingsError::NoList),
    };
    if items.len() > MOST {
        return Err(SettingsError::Many);
    }
    let (mut good, mut bad) = (Vec::<Settings>::new(), Vec::new());
    for (number, item) in items.iter().enumerate() {
        match receiver(number + 1, item) {
            Ok(settings)
                if settings.name == EVENTS || good.iter().any(|known| known.name == settings.name) =>
            {
                bad.push(SettingsError::Taken(settings.name));
            }
            Ok(settings) => good.push(settings),
            Err(error) => bad.push(error),
        }
    }
    Ok((good, bad))
}

fn receiver(number: usize, item: &Value) -> Result<Settings, SettingsError> {
    let map = item.as_object().ok_or(SettingsError::NoMap(number))?;
    let name = map.get("name").and_then(Value::as_str).filter(|name| is_label(name));
    let name = name.ok_or(SettingsError::Name(number))?.to_owned();
    let mut fields = Fields { map, read: BTreeSet::from(["name"]) };
    let read = fields.receiver(name.clone()).and_then(|settings| fields.all_read().map(|()| settings));
    read.map_err(|what| SettingsError::Field { name, what })
}

fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(fits)
}

/// The fields of one receiver, and which of them mean something.
struct Fields<'a> {
    map: &'a Map<String, Value>,
    read: BTreeSet<&'static str>,
}

impl Fields<'_> {
    fn receiver(&mut self, name: String) -> Result<Settings, String> {
        let kind = self.text("type")?.ok_or("type is missing")?;
        let insecure = self.boolean("insecure")?;
        let url = self.text("url")?;
        let (kind, url) = match kind.as_str() {
            "generic" => (Kind::Generic { key: self.secret("key")?, headers: self.headers()? }, url),
            "slack" if self.map.contains_key("token") => {
                let channel = self.text("channel")?.ok_or("channel is missing, which a token needs")?;
                (
                    Kind::SlackBot { token: self.secret("token")?, channel },
                    url.or_else(|| Some(SLACK.to_owned())),
                )
            }
            "slack" => (Kind::SlackWebhook, url),
            "msteams" => (Kind::Teams, url),
            "github" => (Kind::GitHub { token: self.secret("token")? }, url),
            "gitlab" => (Kind::GitLab { token: self.secret("token")? }, url),
            _ => return Err("type has to be generic, slack, msteams, github or gitlab".to_owned()),
        };
        let url = address(&url.ok_or("url is missing")?, insecure)?;
        if kind.follows_commits() {
            repository(&url, &kind)?;
        }
        Ok(Settings { name, kind, url, insecure, ca: self.text("ca")?, select: self.select()? })
    }

    fn text(&mut self, field: &'static str) -> Result<Option<String>, String> {
        self.read.insert(field);
        match self.map.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.is_empty() && text.len() <= LONGEST => Ok(Some(text.clone())),
            Some(_) => Err(format!("{field} has to be a text")),
        }
    }

    /// A secret that has to be there. A line feed at its end is the editor's.
    fn secret(&mut self, field: &'static str) -> Result<Secret, String> {
        let text = self.text(field)?.map(Zeroizing::new);
        let text = text.as_ref().map(|text| text.trim_end_matches(['\r', '\n']));
        text.filter(|text| !text.is_empty()).map(Secret::new).ok_or_else(|| format!("{field} is missing"))
    }

    fn boolean(&mut self, field: &'static str) -> Result<bool, String> {
        self.read.insert(field);
        match self.map.get(field) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(format!("{field} has to be true or false")),
        }
    }

    fn headers(&mut self) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        self.read.insert("headers");
        let headers = match self.map.get("headers") {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Object(headers)) if headers.len() <= MOST_ENTRIES => headers,
            Some(_) => return Err("headers has to be a map of texts".to_owned()),
        };
        let mut read = Vec::new();
        for (name, value) in headers {
            let wrong = || "headers holds what is no header".to_owned();
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let value = value.as_str().ok_or_else(wrong)?;
            let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
            if is_ours(&name) {
                return Err(
                    "headers may not hold X-Signature, Content-Type, Content-Length or Host".to_owned()
                );
            }
            value.set_sensitive(true);
            read.push((name, value));
        }
        Ok(read)
    }

    fn select(&mut self) -> Result<Select, String> {
        self.read.insert("select");
        let map = match self.map.get("select") {
            None | Some(Value::Null) => return Ok(Select::default()),
            Some(Value::Object(map)) => map,
            Some(_) => return Err("select has to be a map".to_owned()),
        };
        if map.keys().any(|key| !matches!(key.as_str(), "namespaces" | "severities")) {
            return Err("select has a field that is not known: it has namespaces and severities".to_owned());
        }
        let namespaces = texts(map.get("namespaces")).ok_or("select.namespaces has to be a list of names")?;
        let severities =
            texts(map.get("severities")).and_then(|texts| texts.iter().map(|text| severity(text)).collect());
        let severities = severities.ok_or("select.severities has to be a list of error and info")?;
        Ok(Select { namespaces, severities })
    }

    /// A field that means nothing here is a mistake, and nobody would see that it has no effect.
    fn all_read(&self) -> Result<(), String> {
        let unknown = self.map.keys().any(|key| !self.read.contains(key.as_str()));
        let known: Vec<&str> = self.read.iter().copied().collect();
        if unknown {
            Err(format!("it has a field that is not known for its type, which has: {}", known.join(", ")))
        } else {
            Ok(())
        }
    }
}

fn is_ours(name: &HeaderName) -> bool {
    matches!(name.as_str(), "x-signature" | "content-type" | "content-length" | "host")
}

fn texts(value: Option<&Value>) -> Option<BTreeSet<String>> {
    match value {
        None | Some(Value::Null) => Some(BTreeSet::new()),
        Some(Value::Array(items)) if items.len() <= MOST_ENTRIES => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        }
        Some(_) => None,
    }
}

fn severity(text: &str) -> Option<Severity> {
    match text {
        "error" => Some(Severity::Error),
        "info" => Some(Severity::Info),
        _ => None,
    }
}

fn address(text: &str, insecure: bool) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|_| "url is no address")?;
    match url.scheme() {
        "https" => {}
        "http" if insecure => {}
        "http" => return Err("url begins with http: say insecure: true if that is meant".to_owned()),
        _ => return Err("url has to begin with https".to_owned()),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("url has no host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("url holds a user or a password: use a header or a token".to_owned());
    }
    Ok(url)
}

/// The path of a repository: what comes after the host, without `.git`.
pub(super) fn repository_path(url: &Url) -> &str {
    let path = url.path().trim_matches('/');
    path.strip_suffix(".git").unwrap_or(path)
}

fn repository(url: &Url, kind: &Kind) -> Result<(), String> {
    let path = repository_path(url);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/');
    let parts = path.split('/').filter(|part| !part.is_empty()).count();
    let fits = match kind {
        Kind::GitHub { .. } => parts == 2,
        _ => parts >= 2,
    };
    let is_repository = fits && path.bytes().all(plain) && !path.contains("//") && url.query().is_none();
    if is_repository {
        Ok(())
    } else {
        Err("url is no repository, such as https://github.com/owner/name".to_owned())
    }
}
