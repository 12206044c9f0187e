//! Which tag a range of versions means (contracts/source-controller.md 7.1). Pure.

use regex::RegexBuilder;
use semver::Version;
use serde::Deserialize;

use super::answer::Failure;
use super::bounded;
use super::manifest::CHART;
use crate::version_range::{Constraint, parse_version};

#[cfg(test)]
mod tests;

/// Most tags of a repository, of all pages.
const MOST: usize = 200_000;
/// Most characters of a tag.
pub(super) const LONGEST: usize = 128;
/// Bytes that a compiled filter may take.
const SIZE: usize = 1 << 20;

/// Why no tag fits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TagError {
    #[error("error parsing regexp: `{0}`")]
    Filter(String),
    #[error("semver '{0}' parse error: improper constraint: \"{0}\"")]
    Range(String),
    #[error("no match found for semver: {0}")]
    NoMatch(String),
    #[error("tag must match `[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}}`: {0}")]
    Malformed(String),
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// `spec.ref.semver`.
    pub(crate) range: String,
    /// `spec.ref.semverFilter`.
    pub(crate) filter: String,
    /// `spec.layerSelector.mediaType`.
    pub(crate) media_type: Option<String>,
}

/// A page of a list of tags.
#[derive(Deserialize)]
struct Page {
    #[serde(default, deserialize_with = "bounded::list::<MOST, _, _>")]
    tags: Option<Vec<String>>,
}

/// Adds the tags of a page to those of the pages before it.
pub(super) fn add(all: &mut Vec<String>, page: &[u8]) -> Result<(), Failure> {
    let excess = || Failure::Excess(format!("the registry's list of tags has more than {MOST} tags"));
    let read: Page = serde_json::from_slice(page).map_err(|error| match bounded::excess(&error) {
        Some(_) => excess(),
        None => Failure::Unexpected("the registry's list of tags is none".to_owned()),
    })?;
    let read = read.tags.unwrap_or_default();
    if all.len() + read.len() > MOST {
        return Err(excess());
    }
    all.extend(read);
    Ok(())
}

/// Checks a tag, which becomes a part of an address.
pub(super) fn check(tag: &str) -> Result<(), TagError> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_tag = tag.len() <= LONGEST
        && tag.starts_with(is_letter)
        && tag.chars().all(|letter| is_letter(letter) || matches!(letter, '.' | '-'));
    if is_tag { Ok(()) } else { Err(TagError::Malformed(crate::foreign::clean(tag))) }
}

/// The tag of the highest version that is wanted. A filter may take long on all of many tags: nothing is sought any more
/// once `is_over`.
pub(super) fn highest(
    wanted: &Wanted,
    tags: &[String],
    is_over: impl Fn() -> bool,
) -> Result<String, TagError> {
    let filter = RegexBuilder::new(&wanted.filter).size_limit(SIZE).dfa_size_limit(SIZE).build();
    let filter = filter.map_err(|_| TagError::Filter(crate::foreign::clean(&wanted.filter)))?;
    let range = Constraint::parse(&wanted.range)
        .ok_or_else(|| TagError::Range(crate::foreign::clean(&wanted.range)))?;
    // In the tags of charts `_` stands for `+`.
    let is_chart = wanted.media_type.as_deref() == Some(CHART);
    let version = |tag: &String| -> Option<Version> {
        if is_chart { parse_version(&tag.replace('_', "+")) } else { parse_version(tag) }
    };
    // What is longer is no tag, and would cost more.
    let fitting = tags.iter().take_while(|_| !is_over()).filter(|tag| tag.len() <= LONGEST);
    let fitting = fitting.filter(|tag| filter.is_match(tag));
    let fitting = fitting.filter_map(|tag| Some((version(tag)?, tag)));
    fitting
        .filter(|(version, _)| range.accepts(version))
        .max_by(|(a, one), (b, other)| a.cmp_precedence(b).then_with(|| one.cmp(other)))
        .map(|(_, tag)| tag.clone())
        .ok_or_else(|| TagError::NoMatch(crate::foreign::clean(&wanted.range)))
}
