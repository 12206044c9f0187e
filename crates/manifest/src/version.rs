//! resourceVersions as numbers. What follows from one that is older than another is decided elsewhere.

/// A resourceVersion as the number that Kubernetes makes comparable; 0 where there is none, or one of a server that
/// counts in another way.
#[must_use]
pub fn version_number(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
