//! The file with ignore rules, and the list of objects page by page (contracts/source-controller.md 8). What a list may
//! cost is bounded in pages, objects and memory, and one that does not end is ended.

use std::collections::HashSet;
use std::sync::Arc;

use artifact::ignore::{FILE_NAME, MAX_BYTES, Rules, TooMuch};
use jiff::Timestamp;
use manifest::budget::{Budget, Cancel, Exceeded, Limits};
use reqwest::{Response, StatusCode};

use super::failure::Failure;
use super::index::{Index, wanted};
use super::kept::{Noted, Shelf};
use super::login::Proof;
use super::store::{Item, Store, bare};
use super::wire::Wire;
use super::{BucketError, Buckets, Means, blocking, google, listing};

/// Pages of a list.
const MAX_PAGES: usize = 10_000;
/// Steps for the rules on all keys; one is a rule that is tried.
const STEPS: u64 = 100_000_000;
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
        let etag = kept.as_ref().map(|kept| kept.etag.as_str()).filter(|etag| !etag.is_empty());
        let mut item = Item { key: FILE_NAME.to_owned(), ..Item::default() };
        if store.look_up(proof, FILE_NAME).is_some() {
            let question = || store.look_up(proof, FILE_NAME).ok_or(Failure::Cancelled);
            item = match wire.ask(store, question).await {
                Ok(response) => {
                    let body = wire.body(response, MAX_OBJECT).await.map_err(unruly)?;
                    google::read_object(&body).map_err(unruly)?
                }
                Err(failure) if failure.is_no_object() => return self.note(shelf, kept, None).await,
                Err(failure) => return Err(unruly(failure)),
            };
            if etag == Some(item.etag.as_str()) {
                return Ok(kept.map(|kept| Arc::new(kept.text)));
            }
        }
        match wire.ask(store, || store.get(proof, &item, etag, Timestamp::now())).await {
            Ok(response) if response.status() == StatusCode::NOT_MODIFIED => {
                Ok(kept.map(|kept| Arc::new(kept.text)))
            }
            Ok(response) => {
                let etag = etag_of(&response).unwrap_or_default();
                let etag = if item.etag.is_empty() { etag } else { item.etag };
                let text = match wire.body(response, MAX_BYTES).await {
                    Err(Failure::Excess(_)) => return Err(TooMuch::Bytes.into()),
                    text => text.map_err(unruly)?,
                };
                self.note(shelf, kept, Some(Noted { etag, text })).await
            }
            Err(failure) if failure.is_no_object() => self.note(shelf, kept, None).await,
            Err(failure) => Err(unruly(failure)),
        }
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
        let budget = Budget::new(Limits { steps: STEPS, ..Limits::NONE }, Cancel::default());
        loop {
            let body = match wire.body(response, means.page).await {
                Err(Failure::Excess(_)) if means.memory.is_none() => return Err(listing(Failure::Memory)),
                body => body.map_err(listing)?,
            };
            let (store_of, rules, budget) = (store.clone(), Arc::clone(rules), budget.clone());
            let read = move || {
                let page = store_of.read_list(&body)?;
                let items = wanted(page.items, &rules, &budget).map_err(too_long)?;
                Ok::<_, Failure>((items, page.next))
            };
            let (items, next) = blocking(read).await?.map_err(listing)?;
            for item in items {
                index.add(item, &means.most).map_err(listing)?;
            }
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

/// The ETag of an answer.
pub(super) fn etag_of(response: &Response) -> Option<String> {
    let value = response.headers().get(reqwest::header::ETAG)?.to_str().ok()?;
    Some(bare(value).to_owned()).filter(|etag| !etag.is_empty())
}

fn unruly(failure: Failure) -> BucketError {
    match failure {
        Failure::Cancelled => BucketError::Cancelled,
        failure => BucketError::Rules(failure),
    }
}

fn too_long(cause: Exceeded) -> Failure {
    Failure::Excess(format!("the ignore rules on all keys: {cause}"))
}
