//! A key as text: for people, and as the path of a request. Pure.

/// A key for people.
pub(super) fn shown(key: &str) -> String {
    crate::foreign::clean(&artifact::path::quoted(key))
}

/// A path of a key: everything but what needs no encoding is encoded, slashes stay. Where a segment would be taken for
/// a way to somewhere else its slashes are encoded, too, so that nobody on the way walks it.
pub(crate) fn path(key: &str) -> String {
    let is_way = key.split('/').any(|segment| matches!(segment, "." | ".."));
    let slash = if is_way { "%2F" } else { "/" };
    key.split('/').map(cloud::http::encoded).collect::<Vec<_>>().join(slash)
}
