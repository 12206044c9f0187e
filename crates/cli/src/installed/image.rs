//! What the name of an image says: its parts, without asking a registry.

#[cfg(test)]
mod tests;

/// The name in the registry, without tag and digest, by its segments.
pub(super) fn path(image: &str) -> impl Iterator<Item = &str> {
    repository(image).split('/')
}

/// The last segment: `source-controller` of `ghcr.io/flyball/source-controller:v1.0.0`.
pub(super) fn name(image: &str) -> Option<&str> {
    path(image).last().filter(|name| !name.is_empty())
}

/// The tag, if there is one.
pub(super) fn tag(image: &str) -> Option<&str> {
    let tagged = image.split('@').next().unwrap_or_default();
    tagged.get(repository(image).len()..)?.strip_prefix(':').filter(|tag| !tag.is_empty())
}

fn repository(image: &str) -> &str {
    let tagged = image.split('@').next().unwrap_or_default();
    // A colon before a slash is a registry's port.
    match tagged.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => tagged,
    }
}
