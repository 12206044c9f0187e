//! From `spec.ref` to what is asked of the server, and the revision strings (contracts/source-controller.md 6.2).
//! Pure: the server's answer comes in as a list.

use api::git_repository::GitRepositoryRef;

use semver::Version;

use crate::version_range::{Constraint, parse_version};

#[cfg(test)]
mod tests;

/// The default branch is literally this, whatever the server's HEAD says.
const DEFAULT_BRANCH: &str = "master";

/// Where tags are.
pub(crate) const TAGS: &str = "refs/tags/";
/// Where branches are.
pub(crate) const HEADS: &str = "refs/heads/";
/// What stands between a name and the commit in a revision.
const AT: &str = "@sha1:";

/// What `spec.ref` asks for. Precedence: commit, name, tag, semver, branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// One commit, and the branch or name that its revision begins with.
    Commit { id: String, branch: Option<String>, label: Option<String> },
    /// A full reference name.
    Name(String),
    /// A tag.
    Tag(String),
    /// The highest tag in a range.
    Semver(String),
    /// A branch.
    Branch(String),
}

impl Target {
    /// Reads `spec.ref`; empty strings count as absent.
    pub(crate) fn of(reference: Option<&GitRepositoryRef>) -> Self {
        let given = |field: fn(&GitRepositoryRef) -> &Option<String>| {
            reference.and_then(|reference| field(reference).clone()).filter(|value| !value.is_empty())
        };
        let branch = given(|reference| &reference.branch);
        let name = given(|reference| &reference.name);
        if let Some(id) = given(|reference| &reference.commit) {
            let label = name.or_else(|| branch.clone());
            return Self::Commit { id, branch, label };
        }
        name.map(Self::Name)
            .or_else(|| given(|reference| &reference.tag).map(Self::Tag))
            .or_else(|| given(|reference| &reference.semver).map(Self::Semver))
            .unwrap_or_else(|| Self::Branch(branch.unwrap_or_else(|| DEFAULT_BRANCH.to_owned())))
    }

    /// Whether one question to the server tells if something changed (contract 6.3): Flux then asks before it clones.
    pub(crate) const fn is_listed_first(&self) -> bool {
        matches!(self, Self::Branch(_) | Self::Tag(_) | Self::Name(_))
    }

    /// The one reference this stands for, in full.
    pub(crate) fn full_name(&self) -> Option<String> {
        match self {
            Self::Branch(branch) => Some(format!("{HEADS}{branch}")),
            Self::Tag(tag) => Some(format!("{TAGS}{tag}")),
            Self::Name(name) => Some(name.strip_suffix("^{}").unwrap_or(name).to_owned()),
            Self::Commit { .. } | Self::Semver(_) => None,
        }
    }

    /// The part of the revision before `@`; `None` when the revision is the commit alone.
    pub(crate) fn label(&self) -> Option<&str> {
        match self {
            Self::Branch(label) | Self::Tag(label) | Self::Name(label) | Self::Semver(label) => Some(label),
            Self::Commit { label, .. } => label.as_deref(),
        }
    }
}

/// `<label>@sha1:<hex>`, or `sha1:<hex>`.
pub(crate) fn revision(label: Option<&str>, commit: &str) -> String {
    label.map_or_else(|| format!("sha1:{commit}"), |label| format!("{label}{AT}{commit}"))
}

/// The label of a revision, and its commit; `None` when it has no label.
pub(crate) fn parts(revision: &str) -> Option<(&str, &str)> {
    revision.split_once(AT)
}

/// The tags of the highest version in `range`: several when they differ in build metadata only.
pub(crate) fn highest<'a>(
    range: &str,
    tags: impl Iterator<Item = &'a str>,
) -> Result<Vec<&'a str>, SemverError> {
    let constraint =
        Constraint::parse(range).ok_or_else(|| SemverError::Improper(crate::foreign::clean(range)))?;
    let mut best: Option<(Version, Vec<&str>)> = None;
    for tag in tags {
        let Some(version) = parse_version(tag).filter(|version| constraint.accepts(version)) else {
            continue;
        };
        match &mut best {
            Some((highest, names)) if version.cmp_precedence(highest).is_eq() => names.push(tag),
            Some((highest, _)) if version.cmp_precedence(highest).is_lt() => {}
            _ => best = Some((version, vec![tag])),
        }
    }
    best.map(|(_, names)| names).ok_or_else(|| SemverError::NoMatch(crate::foreign::clean(range)))
}

/// A range that gives no tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SemverError {
    #[error("semver parse error: improper constraint: \"{0}\"")]
    Improper(String),
    #[error("no match found for semver: {0}")]
    NoMatch(String),
}
