//! How entries of a kustomization file are named in messages: paths as they are, what is no path not at all. It reads
//! nothing.

use std::borrow::Cow;

/// Longest path that is shown.
const MOST: usize = 1024;

/// The path of a file or folder. An entry may also be an object or a patch written out, whose values are nobody's concern.
pub(crate) fn file(entry: &str) -> Cow<'_, str> {
    let written_out = entry.contains(['\n', '{', '[', '"', '\'']) || entry.contains(": ");
    if written_out || entry.len() > MOST {
        Cow::Borrowed("(inline)")
    } else if entry.contains("://") || entry.contains('@') {
        Cow::Owned(without_access(entry))
    } else {
        Cow::Borrowed(entry)
    }
}

/// An address without what may give access: user, password and query. Of a query only a name of a branch or tag is shown.
fn without_access(address: &str) -> String {
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    let (scheme, rest) = place.split_once("://").map_or(("", place), |(scheme, rest)| (scheme, rest));
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = match authority.rsplit_once('@') {
        // `git@host:path` has no password.
        Some((user, host)) if !scheme.is_empty() || user.contains(':') => host,
        _ => authority,
    };
    let mut shown = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    shown.push_str(host);
    shown.push_str(path);
    let known = query.split('&').filter(|pair| pair.starts_with("ref=") || pair.starts_with("version="));
    for (index, pair) in known.enumerate() {
        shown.push(if index == 0 { '?' } else { '&' });
        shown.push_str(pair);
    }
    shown
}

#[cfg(test)]
mod tests;
