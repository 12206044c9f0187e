//! Where an object comes in the archive (contracts/source-controller.md 8). Pure. Keys are chosen by whoever may write to
//! the bucket: no key leads out, and none depends on what a disk would make of it.
//!
//! A key is walked as from a root that cannot be left: `..` goes up as far as that, `.` and empty parts are passed over.
//! Everything else is a name: control characters, backslashes, letters of both cases. Of several keys that come to one
//! place the one counts that is written so, or else the first in order. A key whose place is a folder of another one's has
//! none, and neither has one that comes to the root itself: as in Flux, that is an error of the whole bucket.

use artifact::ignore::FILE_NAME;
use artifact::path;

use super::key_text::shown;

#[cfg(test)]
mod tests;

/// What is wrong with a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("it is the root of the archive")]
    Root,
    #[error("it is a folder of '{0}'")]
    Folder(String),
    #[error("{0}")]
    Path(String),
}

impl KeyError {
    /// The same with keys as `mask` makes them.
    pub(super) fn masked(self, mask: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Root => Self::Root,
            Self::Folder(key) => Self::Folder(mask(&key)),
            Self::Path(text) => Self::Path(mask(&text)),
        }
    }
}

/// Where a key comes.
pub(super) fn place(key: &str) -> Result<String, KeyError> {
    let mut segments: Vec<&str> = Vec::new();
    for segment in key.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    if segments.is_empty() {
        return Err(KeyError::Root);
    }
    let place = segments.join("/");
    path::check(&place).map_err(|error| KeyError::Path(crate::foreign::clean(&error.to_string())))?;
    Ok(place)
}

/// Places of all keys, in the order of an archive: place and number of the key. `rules` says that the file with ignore
/// rules is there beside them.
pub(super) fn plan<'k>(
    keys: impl Iterator<Item = &'k str>,
    rules: bool,
) -> Result<Vec<(String, usize)>, (&'k str, KeyError)> {
    let mut all = Vec::new();
    for (number, key) in keys.enumerate() {
        let place = place(key).map_err(|error| (key, error))?;
        if !(rules && place == FILE_NAME) {
            all.push((place, number, key));
        }
    }
    all.sort_by(|(a, one, key), (b, other, another)| {
        let is_other = |place: &str, key: &str| place != key;
        path::walk_order(a, b).then(is_other(a, key).cmp(&is_other(b, another))).then(one.cmp(other))
    });
    all.dedup_by(|(later, ..), (first, ..)| later == first);
    let is_in =
        |folder: &str, place: &str| place.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    for (folder, inner) in all.iter().zip(all.iter().skip(1)) {
        // What is in a folder comes right behind it.
        if is_in(&folder.0, &inner.0) {
            return Err((folder.2, KeyError::Folder(shown(inner.2))));
        }
    }
    if let Some((_, _, key)) = all.iter().find(|(place, ..)| rules && is_in(FILE_NAME, place)) {
        return Err((FILE_NAME, KeyError::Folder(shown(key))));
    }
    Ok(all.into_iter().map(|(place, number, _)| (place, number)).collect())
}
