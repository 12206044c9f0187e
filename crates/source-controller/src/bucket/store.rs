//! What object stores have in common: a list of objects in pages, and the content of one. Which requests that takes and
//! what their answers mean is each store's own; both are pure. Sending is `wire`'s.

use cloud::Request;
use jiff::Timestamp;

use super::azure::Azure;
use super::failure::{Failure, Refusal};
use super::google::Google;
use super::login::Proof;
use super::s3::S3;

/// Objects of a page that are asked for.
pub(super) const PAGE: usize = 1000;

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

/// An ETag as lists have it: without quotes and the mark of a weak one.
pub(super) fn bare(etag: &str) -> &str {
    let etag = etag.trim();
    let etag = etag.strip_prefix("W/").unwrap_or(etag);
    etag.strip_prefix('"').unwrap_or(etag).strip_suffix('"').unwrap_or(etag.trim_start_matches('"'))
}

/// A path of a key: everything but what needs no encoding is encoded, slashes stay. Where a segment would be taken for
/// a way to somewhere else its slashes are encoded, too, so that nobody on the way walks it.
pub(super) fn path(key: &str) -> String {
    let is_way = key.split('/').any(|segment| matches!(segment, "." | ".."));
    let slash = if is_way { "%2F" } else { "/" };
    key.split('/').map(cloud::http::encoded).collect::<Vec<_>>().join(slash)
}

/// As much of a server's answer as is quoted when it is not in the store's form.
pub(super) fn quoted(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(512).collect::<String>().trim().to_owned()
}
