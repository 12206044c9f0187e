//! Lists, page by page, and not without end: what a list has beyond is left out, and whoever asked is told.

use std::fmt::Debug;

use kube::Api;
use kube::api::ListParams;
use kube::core::{DynamicObject, ObjectList, PartialObjectMeta};
use serde::de::DeserializeOwned;

#[cfg(test)]
mod tests;

/// Objects per page.
const PAGE: u32 = 500;
/// Pages of one list: more objects than an inventory can have.
const PAGES: u32 = 200;

/// What was read of a list.
#[derive(Debug, Clone)]
pub(crate) struct Listed<K> {
    /// Its objects.
    pub(crate) items: Vec<K>,
    /// The version from which a watch goes on: that of the first page, so that nothing is missed where a list had to be
    /// gone on with from a later one.
    pub(crate) version: String,
    /// Whether it has more than is read of any.
    pub(crate) is_cut: bool,
}

impl<K> Listed<K> {
    /// The objects; that there are more is noted, as of `what`.
    pub(crate) fn noting(self, what: &str, notes: &mut Vec<String>) -> Vec<K> {
        if self.is_cut {
            notes.push(beyond(what));
        }
        self.items
    }
}

/// What is said of those that are left out.
pub(crate) fn beyond(what: &str) -> String {
    format!("{what} beyond the first {}: so many of one list are looked at", PAGE.saturating_mul(PAGES))
}

/// What a list has.
pub(crate) async fn list<K>(api: &Api<K>, params: &ListParams) -> Result<Listed<K>, cluster::Error>
where
    K: Clone + DeserializeOwned + Debug,
{
    let mut reading = Reading::of(params);
    while let Some(params) = reading.next() {
        reading.take(api.list(&params).await?);
    }
    Ok(reading.listed)
}

/// The metadata of what a list has.
pub(crate) async fn list_metadata(
    api: &Api<DynamicObject>,
    params: &ListParams,
) -> Result<Listed<PartialObjectMeta<DynamicObject>>, cluster::Error> {
    let mut reading = Reading::of(params);
    while let Some(params) = reading.next() {
        reading.take(api.list_metadata(&params).await?);
    }
    Ok(reading.listed)
}

/// A list that is being read.
struct Reading<K> {
    listed: Listed<K>,
    params: ListParams,
    left: u32,
}

impl<K: Clone> Reading<K> {
    fn of(params: &ListParams) -> Self {
        let listed = Listed { items: Vec::new(), version: String::new(), is_cut: true };
        Self { listed, params: params.clone().limit(PAGE), left: PAGES }
    }

    /// What to ask for next.
    fn next(&mut self) -> Option<ListParams> {
        if !self.listed.is_cut {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        Some(self.params.clone())
    }

    fn take(&mut self, page: ObjectList<K>) {
        self.listed.items.extend(page.items);
        if self.listed.version.is_empty() {
            self.listed.version = page.metadata.resource_version.unwrap_or_default();
        }
        let more = page.metadata.continue_.filter(|token| !token.is_empty());
        self.listed.is_cut = more.is_some();
        self.params.continue_token = more;
    }
}
