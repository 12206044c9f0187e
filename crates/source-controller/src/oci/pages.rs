//! The pages of a registry's list, each of which says where the next one is.

use reqwest::Response;

/// What is asked next of a list, as the registry says: the same list, from where it names. It cannot send us elsewhere.
pub(super) fn next_page(response: &Response, list: &str) -> Option<String> {
    let link = response.headers().get(reqwest::header::LINK)?.to_str().ok()?;
    let (target, _) = link.strip_prefix('<')?.split_once('>')?;
    let url = response.url().join(target).ok()?;
    url.query().filter(|query| !query.is_empty()).map(|query| format!("{list}?{query}"))
}
