//! A page of a store's list, and the objects on it with their ETags. Pure.

use super::failure::Failure;

/// Objects of a page that are asked for.
pub(super) const PAGE: usize = 1000;
/// Objects of a page that are read.
pub(super) const MOST: usize = 5000;
/// Bytes of an ETag, which takes memory for each object.
const MAX_ETAG: usize = 1 << 10;

/// An object as it stands in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// Its key, which anybody may have chosen.
    pub(super) key: String,
    /// Its ETag, without quotes.
    pub(super) etag: String,
    /// Google's number of its content; empty elsewhere.
    pub(super) generation: String,
    /// Its bytes.
    pub(super) size: u64,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// What is on it.
    pub(super) items: Vec<Item>,
    /// What the next one is asked with; none after the last.
    pub(super) next: Option<String>,
}

impl Page {
    /// Adds an object, if there is place for it.
    pub(super) fn add(&mut self, item: Item) -> Result<(), Failure> {
        if self.items.len() >= MOST {
            return Err(Failure::Excess(format!("a list has more than {MOST} items")));
        }
        self.items.push(item);
        Ok(())
    }
}

/// An ETag as lists have it: without quotes and the mark of a weak one.
pub(super) fn bare(etag: &str) -> &str {
    let etag = etag.trim();
    let etag = etag.strip_prefix("W/").unwrap_or(etag);
    etag.strip_prefix('"').unwrap_or(etag).strip_suffix('"').unwrap_or(etag.trim_start_matches('"'))
}

/// That an ETag is not longer than one may be.
pub(super) fn check_etag(etag: &str) -> Result<(), Failure> {
    if etag.len() > MAX_ETAG {
        return Err(Failure::Excess(format!("an ETag has more than {MAX_ETAG} bytes")));
    }
    Ok(())
}
