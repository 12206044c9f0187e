//! Versions of charts as Masterminds' semver 3 reads them: `v1`, `1.2` and leading zeros are versions, too. Ranges are
//! `version_range`'s.

use semver::{BuildMetadata, Prerelease, Version};

#[cfg(test)]
mod tests;

/// Reads a version; what is left out is zero. `None` when the text is none.
pub(crate) fn coerce(text: &str) -> Option<Version> {
    let rest = text.strip_prefix('v').unwrap_or(text);
    let (rest, build) = rest.split_once('+').map_or((rest, ""), |(rest, build)| (rest, build));
    let (core, pre) = rest.split_once('-').map_or((rest, ""), |(core, pre)| (core, pre));
    if text.ends_with('+') || rest.ends_with('-') {
        return None;
    }
    let mut numbers = [0u64; 3];
    let mut parts = core.split('.');
    for (number, part) in numbers.iter_mut().zip(parts.by_ref()) {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    if parts.next().is_some() {
        return None;
    }
    let [major, minor, patch] = numbers;
    Some(Version {
        major,
        minor,
        patch,
        pre: Prerelease::new(pre).ok()?,
        build: BuildMetadata::new(build).ok()?,
    })
}

/// As [`coerce`], of what has all three parts: what is chosen from.
pub(crate) fn choosable(text: &str) -> Option<Version> {
    if text.splitn(3, '.').count() == 3 { coerce(text) } else { None }
}

/// The version with other build metadata, in its full form.
pub(crate) fn with_metadata(text: &str, metadata: &str) -> Result<String, &'static str> {
    let version = coerce(text)
        .ok_or("failed to parse version from chart metadata as SemVer: invalid semantic version")?;
    let build = BuildMetadata::new(metadata)
        .map_err(|_| "failed to set SemVer metadata on chart version: invalid metadata string")?;
    Ok(Version { build, ..version }.to_string())
}
