//! What object stores have in common: a list of objects in pages, and the content of one. Which requests that takes and
//! what their answers mean is each store's own; both are pure. Sending is `wire`'s.

use cloud::Request;
use jiff::Timestamp;

use super::azure::Azure;
use super::failure::{Failure, Refusal};
use super::google::Google;
use super::login::Proof;
use super::page::{Item, Page};
use super::s3::S3;

/// A store, and the bucket in it.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// Amazon's protocol, at whomever's.
    S3(S3),
    /// Google Cloud Storage.
    Google(Google),
    /// Azure Blob Storage.
    Azure(Azure),
}

impl Store {
    /// The question for a page.
    pub(super) fn list(&self, proof: &Proof, next: Option<&str>, now: Timestamp) -> Result<Request, Failure> {
        match self {
            Self::S3(store) => store.list(proof, next, now),
            Self::Google(store) => store.check().map(|()| store.list(proof, next)),
            Self::Azure(store) => store.list(proof, next, now),
        }
    }

    /// What a page says.
    pub(super) fn read_list(&self, body: &[u8]) -> Result<Page, Failure> {
        match self {
            Self::S3(_) => super::s3::read_list(body),
            Self::Google(_) => super::google::read_list(body),
            Self::Azure(_) => super::azure::read_list(body),
        }
    }

    /// The question for the content of an object, if it is not what `known` names by its ETag.
    pub(super) fn get(
        &self,
        proof: &Proof,
        item: &Item,
        known: Option<&str>,
        now: Timestamp,
    ) -> Result<Request, Failure> {
        match self {
            Self::S3(store) => store.get(proof, &item.key, known, now),
            Self::Google(store) => Ok(store.get(proof, item)),
            Self::Azure(store) => store.get(proof, &item.key, known, now),
        }
    }

    /// The question for what a store knows of an object, where its content comes without it.
    pub(super) fn look_up(&self, proof: &Proof, key: &str) -> Option<Request> {
        match self {
            Self::Google(store) => Some(store.look_up(proof, key)),
            Self::S3(_) | Self::Azure(_) => None,
        }
    }

    /// The ETag of an answer as this store's lists have it.
    pub(super) fn etag(&self, bare: String) -> String {
        match self {
            Self::S3(_) | Self::Google(_) => bare,
            Self::Azure(_) => super::azure::in_quotes(&bare),
        }
    }

    /// What an answer that is no success says.
    pub(super) fn refusal(&self, status: u16, body: &[u8]) -> Refusal {
        match self {
            Self::S3(_) => super::s3::refusal(status, body),
            Self::Google(_) => super::google::refusal(status, body),
            Self::Azure(_) => super::azure::refusal(status, body),
        }
    }

    /// The region that is signed for, where somebody signs.
    pub(super) fn region(&self) -> &str {
        match self {
            Self::S3(store) => store.region(),
            Self::Google(_) | Self::Azure(_) => "",
        }
    }

    /// The same in the region that it has named.
    pub(super) fn told(&self, region: &str) -> Option<Self> {
        match self {
            Self::S3(store) => store.told(region).map(Self::S3),
            Self::Google(_) | Self::Azure(_) => None,
        }
    }

    /// The bucket's name.
    pub(crate) fn bucket(&self) -> &str {
        match self {
            Self::S3(store) => &store.bucket,
            Self::Google(store) => &store.bucket,
            Self::Azure(store) => &store.container,
        }
    }

    /// Tells stores and buckets apart.
    pub(super) fn place(&self) -> String {
        match self {
            Self::S3(store) => format!("s3\n{}\n{}\n{}", store.scheme, store.host, store.bucket),
            Self::Google(store) => format!("google\n{}\n{}", store.base, store.bucket),
            Self::Azure(store) => format!("azure\n{}\n{}", store.endpoint, store.container),
        }
    }
}
