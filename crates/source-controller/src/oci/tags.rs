//! Which tag a range of versions means (contracts/source-controller.md 7.1). Pure.

use regex::RegexBuilder;
use semver::Version;

use crate::version_range::{Constraint, parse_version};

#[cfg(test)]
mod tests;

/// Layers of this type are Helm charts, in whose tags `_` stands for `+`.
const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
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

/// The tag of the highest version that is wanted.
pub(super) fn highest(wanted: &Wanted, tags: &[String]) -> Result<String, TagError> {
    let filter = RegexBuilder::new(&wanted.filter).size_limit(SIZE).dfa_size_limit(SIZE).build();
    let filter = filter.map_err(|_| TagError::Filter(crate::foreign::clean(&wanted.filter)))?;
    let range = Constraint::parse(&wanted.range)
        .ok_or_else(|| TagError::Range(crate::foreign::clean(&wanted.range)))?;
    let is_chart = wanted.media_type.as_deref() == Some(CHART);
    let version = |tag: &String| -> Option<Version> {
        if is_chart { parse_version(&tag.replace('_', "+")) } else { parse_version(tag) }
    };
    let fitting = tags.iter().filter(|tag| filter.is_match(tag));
    let fitting = fitting.filter_map(|tag| Some((version(tag)?, tag)));
    fitting
        .filter(|(version, _)| range.accepts(version))
        .max_by(|(a, one), (b, other)| a.cmp_precedence(b).then_with(|| one.cmp(other)))
        .map(|(_, tag)| tag.clone())
        .ok_or_else(|| TagError::NoMatch(crate::foreign::clean(&wanted.range)))
}
