//! Entries that name something to fetch: which they are, and how their URL is taken apart. Fetching itself is the
//! caller's ([`Remotes`]); without one, remote entries are refused by name.

use std::sync::Arc;
use std::time::Duration;

/// Brings what lies elsewhere. A tree that offers one allows remote bases.
pub trait Remotes {
    /// Checks a repository out and gives the path of its top folder in the tree of the build.
    ///
    /// # Errors
    /// Why it could not be had, as a sentence for the user. Credentials must not be part of it.
    fn repository(&self, repository: &Repository) -> Result<String, String>;

    /// The content behind an `http` or `https` URL; `None` when files are not fetched.
    ///
    /// # Errors
    /// As [`repository`](Self::repository).
    fn file(&self, url: &str) -> Option<Result<Arc<[u8]>, String>>;
}

/// How long fetching may take when the URL does not say.
const TIMEOUT: Duration = Duration::from_secs(27);

/// A base in a Git repository, as its URL states it. Source: contracts/kustomize-engine.md 2, upstream's URL rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The URL as written.
    pub(crate) raw: String,
    /// What `git fetch` takes.
    pub url: String,
    /// Directory of the kustomization in the repository, empty for its top.
    pub directory: String,
    /// Branch, tag or commit (`?ref=`); the default branch when there is none.
    pub reference: Option<String>,
    /// Whether submodules are wanted too (`?submodules=`), as they are by default.
    pub submodules: bool,
    /// How long fetching may take (`?timeout=`).
    pub timeout: Duration,
}

impl Repository {
    /// Takes an entry apart; nothing when it is no URL of a repository.
    pub(crate) fn parse(entry: &str) -> Option<Self> {
        if entry.starts_with('/') {
            return None;
        }
        let (location, query) = entry.split_once('?').unwrap_or((entry, ""));
        let (host, path) = split_host(location)?;
        let (repository, directory) = split_path(path, host.starts_with("file://"))?;
        let directory = directory.trim_start_matches('/');
        if repository.is_empty() || leaves(directory) {
            return None;
        }
        let mut parsed = Self {
            raw: entry.to_owned(),
            url: format!("{host}{repository}"),
            directory: directory.to_owned(),
            reference: None,
            submodules: true,
            timeout: TIMEOUT,
        };
        parsed.read_query(query);
        Some(parsed)
    }

    fn read_query(&mut self, query: &str) {
        let mut version = None;
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if value.is_empty() {
                continue;
            }
            match &*key {
                "ref" if self.reference.is_none() => self.reference = Some(value.into_owned()),
                "version" if version.is_none() => version = Some(value.into_owned()),
                "submodules" => match &*value {
                    "1" | "t" | "T" | "true" | "TRUE" | "True" => self.submodules = true,
                    "0" | "f" | "F" | "false" | "FALSE" | "False" => self.submodules = false,
                    _ => {}
                },
                "timeout" => self.timeout = duration(&value).unwrap_or(TIMEOUT),
                _ => {}
            }
        }
        self.reference = self.reference.take().or(version);
    }
}

/// Scheme, user and host as Git takes them, and the path behind.
fn split_host(location: &str) -> Option<(String, &str)> {
    let location = without_prefix(location, "git::").unwrap_or(location);
    let (scheme, rest) = ["ssh://", "https://", "http://", "file://"]
        .into_iter()
        .find_map(|scheme| without_prefix(location, scheme).map(|rest| (scheme, rest)))
        .unwrap_or(("", location));
    if scheme == "file://" {
        return Some((scheme.to_owned(), rest));
    }
    let (user, rest) = split_user(rest);
    let github = without_prefix(rest, "github.com/").or_else(|| without_prefix(rest, "github.com:"));
    // `user@host:path`, which has no scheme.
    let scp = scheme.is_empty() && (!user.is_empty() || github.is_some());
    if scheme.is_empty() && !scp {
        return None;
    }
    let slash = rest.find('/');
    let end = match (slash, rest.find(':').filter(|_| scp)) {
        (None, colon) => colon,
        (Some(slash), Some(colon)) if colon > 0 && colon < slash => Some(colon),
        (slash, _) => slash,
    };
    if let Some(path) = github {
        let by_ssh = scheme == "ssh://" || !user.is_empty();
        return Some((
            if by_ssh { format!("{user}github.com:") } else { "https://github.com/".to_owned() },
            path,
        ));
    }
    let (host, path) = rest.split_at_checked(end? + 1)?;
    Some((format!("{scheme}{user}{host}"), path))
}

fn split_user(rest: &str) -> (&str, &str) {
    let Some(at) = rest.find('@') else { return ("", rest) };
    let (user, behind) = rest.split_at_checked(at + 1).unwrap_or(("", rest));
    let name = user.trim_end_matches('@');
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { (user, behind) } else { ("", rest) }
}

/// The repository's path and the directory in it: split at a marker (`_git/`, `//`, `.git`), else behind the second part.
fn split_path(path: &str, local: bool) -> Option<(&str, &str)> {
    if let Some(marker) = path.find("_git/") {
        let start = marker + "_git/".len();
        let end = path.get(start..)?.find('/').map_or(path.len(), |end| start + end);
        return Some((path.get(..end)?, path.get(end..)?.trim_start_matches('/')));
    }
    if let Some((repository, directory)) = path.split_once("//") {
        return Some((repository, directory));
    }
    if let Some(marker) = path.find(".git") {
        return path.split_at_checked(marker + ".git".len());
    }
    if local {
        return Some((path, ""));
    }
    let first = path.find('/')?;
    let second = path.get(first + 1..)?.find('/').map_or(path.len(), |second| first + 1 + second);
    Some((path.get(..second)?, path.get(second..)?.trim_start_matches('/')))
}

/// Whether a relative path ends up above where it starts.
fn leaves(directory: &str) -> bool {
    let mut depth = 0_usize;
    for part in directory.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    false
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..)).flatten()
}

/// Whole seconds (`61`), or Go's durations in whole numbers (`1m30s`).
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u64>() {
        return (seconds > 0).then(|| Duration::from_secs(seconds));
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at_checked(digits)?;
        let number: u64 = number.parse().ok()?;
        let length = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, behind) = behind.split_at_checked(length)?;
        total += match unit {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3600)?),
            _ => return None,
        };
        rest = behind;
    }
    (total > Duration::ZERO).then_some(total)
}

#[cfg(test)]
mod tests;
