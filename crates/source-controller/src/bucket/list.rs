//! The file with ignore rules, and the list of objects page by page (contracts/source-controller.md 8). What a list may
//! cost is bounded in pages, objects and memory, and one that does not end is ended.

use std::collections::HashSet;
use std::sync::Arc;

use artifact::ignore::{FILE_NAME, MAX_BYTES, Rules, TooMuch};
use jiff::Timestamp;
use manifest::budget::{Budget, EndsWith, Exceeded, Limits};
use reqwest::{Response, StatusCode};

use super::failure::Failure;
use super::index::{Index, wanted};
use super::kept::{Noted, Shelf};
use super::login::Proof;
use super::page::{Item, bare, check_etag};
use super::store::Store;
use super::wire::Wire;
use super::{BucketError, Buckets, Means, blocking, google, listing};

/// Pages of a list.
const MAX_PAGES: usize = 10_000;
/// Steps for the rules on all keys; one is a rule that is tried. They come to their end before a usual `spec.timeout` does:
/// too many rules are not tried again at once.
const STEPS: u64 = 20_000_000;
/// How often an object is looked up and asked for that is another by the time it is.
pub(super) const LOOKS: usize = 3;
/// Bytes of what is known of one object.
const MAX_OBJECT: u64 = 64 << 10;

impl Buckets {
    /// The bucket's ignore rules: as they are kept, if they are still that. They are outside of the prefix, as in Flux.
    pub(super) async fn rules(
        &self,
        wire: &Wire<'_>,
        store: &Store,
        proof: &Proof,
        shelf: &Shelf,
    ) -> Result<Option<Arc<Vec<u8>>>, BucketError> {
        let kept = {
            let shelf = shelf.clone();
            blocking(move || shelf.rules()).await?
        };
        let etag = kept.as_ref().map(|kept| kept.etag.clone()).filter(|etag| !etag.is_empty());
        for _ in 0..LOOKS {
            let look = look_up(wire, store, proof, FILE_NAME).await.map_err(unruly)?;
            let is_there = matches!(look, Look::There(_));
            let item = match look {
                Look::Needless => Item { key: FILE_NAME.to_owned(), ..Item::default() },
                Look::Gone => return self.note(shelf, kept, None).await,
                Look::There(item) if etag.as_ref() == Some(&item.etag) => {
                    return Ok(kept.map(|kept| Arc::new(kept.text)));
                }
                Look::There(item) => Item { key: FILE_NAME.to_owned(), ..item },
            };
            let question = || store.get(proof, &item, etag.as_deref(), Timestamp::now());
            match wire.ask(store, question).await {
                Ok(response) if response.status() == StatusCode::NOT_MODIFIED => {
                    return Ok(kept.map(|kept| Arc::new(kept.text)));
                }
                Ok(response) => {
                    let etag = etag_of(&response).map_err(unruly)?.unwrap_or_default();
                    let etag = if item.etag.is_empty() { etag } else { item.etag };
                    let text = match wire.body(response, MAX_BYTES).await {
                        Err(Failure::Excess(_)) => return Err(TooMuch::Bytes.into()),
                        text => text.map_err(unruly)?,
                    };
                    return self.note(shelf, kept, Some(Noted { etag, text })).await;
                }
                // It is there, but another one by now.
                Err(failure) if failure.is_no_object() && is_there => {}
                Err(failure) if failure.is_no_object() => return self.note(shelf, kept, None).await,
                Err(failure) => return Err(unruly(failure)),
            }
        }
        Err(BucketError::Rules(restless()))
    }

    async fn note(
        &self,
        shelf: &Shelf,
        kept: Option<Noted>,
        rules: Option<Noted>,
    ) -> Result<Option<Arc<Vec<u8>>>, BucketError> {
        if kept != rules {
            let (shelf, rules) = (shelf.clone(), rules.clone());
            let noted = blocking(move || shelf.make().and_then(|()| shelf.note(rules.as_ref()))).await?;
            noted.map_err(|error| BucketError::Disk(error.to_string()))?;
        }
        Ok(rules.map(|rules| Arc::new(rules.text)))
    }

    /// All objects that are wanted; `first` is the answer with the first page.
    pub(super) async fn index(
        &self,
        wire: &Wire<'_>,
        (store, proof): (&Store, &Proof),
        first: Response,
        rules: &Arc<Rules>,
        means: &Means,
    ) -> Result<Index, BucketError> {
        let mut index = Index::default();
        let mut seen = HashSet::new();
        let mut response = first;
        let owner = EndsWith::default();
        let budget = Budget::new(Limits { steps: STEPS, ..Limits::NONE }, owner.0.clone());
        loop {
            let body = match wire.body(response, means.page).await {
                Err(Failure::Excess(_)) if means.reserve.is_none() => return Err(listing(Failure::Memory)),
                body => body.map_err(listing)?,
            };
            let (store_of, rules, budget, most) =
                (store.clone(), Arc::clone(rules), budget.clone(), means.most);
            let read = move || {
                let page = store_of.read_list(&body)?;
                for item in wanted(page.items, &rules, &budget).map_err(too_long)? {
                    index.add(item, &most)?;
                }
                Ok::<_, Failure>((index, page.next))
            };
            // Who does not wait for it any more ends it.
            let read = wire.wait(blocking(read)).await.map_err(listing)??;
            let (longer, next) = read.map_err(listing)?;
            index = longer;
            let Some(next) = next else { return Ok(index) };
            if !seen.insert(super::kept::id(&next, "")) {
                let text = "the list does not end: the store names the same page again".to_owned();
                return Err(listing(Failure::Unexpected(text)));
            }
            if seen.len() >= MAX_PAGES {
                return Err(listing(Failure::Excess(format!("the list has more than {MAX_PAGES} pages"))));
            }
            let asked = wire.ask(store, || store.list(proof, Some(&next), Timestamp::now())).await;
            response = asked.map_err(listing)?;
        }
    }
}

/// What a store knows of an object.
pub(super) enum Look {
    /// Its content comes with it.
    Needless,
    /// There is no such object.
    Gone,
    /// This.
    There(Item),
}

/// Asks what a store knows of an object, where its content comes without it.
pub(super) async fn look_up(
    wire: &Wire<'_>,
    store: &Store,
    proof: &Proof,
    key: &str,
) -> Result<Look, Failure> {
    let Some(_) = store.look_up(proof, key) else { return Ok(Look::Needless) };
    match wire.ask(store, || store.look_up(proof, key).ok_or(Failure::Cancelled)).await {
        Ok(response) => {
            let item = google::read_object(&wire.body(response, MAX_OBJECT).await?)?;
            check_etag(&item.etag)?;
            Ok(Look::There(item))
        }
        Err(failure) if failure.is_no_object() => Ok(Look::Gone),
        Err(failure) => Err(failure),
    }
}

/// An object was another one each time.
pub(super) fn restless() -> Failure {
    Failure::Unexpected("it changes while it is read".to_owned())
}

/// The ETag of an answer.
pub(super) fn etag_of(response: &Response) -> Result<Option<String>, Failure> {
    let value = response.headers().get(reqwest::header::ETAG).and_then(|value| value.to_str().ok());
    let Some(etag) = value.map(bare).filter(|etag| !etag.is_empty()) else { return Ok(None) };
    check_etag(etag)?;
    Ok(Some(etag.to_owned()))
}

fn unruly(failure: Failure) -> BucketError {
    match failure {
        Failure::Cancelled => BucketError::Cancelled,
        failure => BucketError::Rules(failure),
    }
}

fn too_long(cause: Exceeded) -> Failure {
    match cause {
        Exceeded::Cancelled => Failure::Cancelled,
        cause => Failure::Excess(format!("the ignore rules on all keys: {cause}")),
    }
}

#[cfg(test)]
mod tests;
