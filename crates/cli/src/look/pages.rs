//! Lists, page by page, and not without end.

use std::fmt::Debug;

use kube::Api;
use kube::api::ListParams;
use kube::core::{DynamicObject, PartialObjectMeta};
use serde::de::DeserializeOwned;

/// Objects per page.
const PAGE: u32 = 500;
/// Pages of one list: more objects than an inventory can have.
const PAGES: usize = 200;

/// Everything that a list has.
pub(crate) async fn list<K>(api: &Api<K>, params: &ListParams) -> Result<Vec<K>, cluster::Error>
where
    K: Clone + DeserializeOwned + Debug,
{
    list_with_version(api, params).await.map(|(items, _)| items)
}

/// Everything that a list has, and the version from which a watch goes on: that of the first page, so that nothing is missed
/// where a list had to be gone on with from a later one.
pub(crate) async fn list_with_version<K>(
    api: &Api<K>,
    params: &ListParams,
) -> Result<(Vec<K>, String), cluster::Error>
where
    K: Clone + DeserializeOwned + Debug,
{
    let (mut items, mut version) = (Vec::new(), String::new());
    let mut params = params.clone().limit(PAGE);
    for _ in 0..PAGES {
        let page = api.list(&params).await?;
        items.extend(page.items);
        if version.is_empty() {
            version = page.metadata.resource_version.unwrap_or_default();
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => break,
        }
    }
    Ok((items, version))
}

/// The metadata of everything that a list has.
pub(crate) async fn list_metadata(
    api: &Api<DynamicObject>,
    params: &ListParams,
) -> Result<Vec<PartialObjectMeta<DynamicObject>>, cluster::Error> {
    let mut items = Vec::new();
    let mut params = params.clone().limit(PAGE);
    for _ in 0..PAGES {
        let page = api.list_metadata(&params).await?;
        items.extend(page.items);
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => break,
        }
    }
    Ok(items)
}
