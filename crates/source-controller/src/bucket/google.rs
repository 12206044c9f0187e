//! Google Cloud Storage by its JSON interface: requests and answers (contracts/source-controller.md 8). Pure; sending is
//! `wire`'s.
//!
//! The content of an object comes without the ETag that lists have, so it is asked for by the number of its content
//! (`generation`): whoever gets an answer knows of what.

use cloud::Request;
use serde::Deserialize;

use super::failure::{Failure, Refusal, quoted};
use super::login::Proof;
use super::page::{Item, MOST, PAGE, Page};
use crate::oci::bounded;

#[cfg(test)]
mod tests;

/// Where it is. An object's `spec.endpoint` is not heeded, as in Flux: tokens go nowhere else.
pub(crate) const BASE: &str = "https://storage.googleapis.com";

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Google {
    /// The address, without a slash at the end.
    pub(super) base: String,
    pub(super) bucket: String,
    prefix: String,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "bounded::list::<MOST, _, _>")]
    items: Option<Vec<Object>>,
    #[serde(default, rename = "nextPageToken")]
    next: String,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    name: String,
    #[serde(default)]
    etag: String,
    #[serde(default)]
    generation: String,
    #[serde(default)]
    size: String,
}

#[derive(Deserialize)]
struct Refused {
    error: Cause,
}

#[derive(Deserialize)]
struct Cause {
    #[serde(default)]
    message: String,
    #[serde(default, deserialize_with = "bounded::list::<MOST, _, _>")]
    errors: Option<Vec<Reason>>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

impl Google {
    pub(crate) fn new(base: &str, bucket: &str, prefix: &str) -> Self {
        Self { base: base.to_owned(), bucket: bucket.to_owned(), prefix: prefix.to_owned() }
    }

    /// The store's address.
    pub(crate) fn url(&self) -> String {
        self.base.clone()
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        check(&self.bucket)
    }

    fn objects(&self) -> String {
        format!("{}/storage/v1/b/{}/o", self.base, cloud::http::encoded(&self.bucket))
    }

    pub(super) fn list(&self, proof: &Proof, next: Option<&str>) -> Request {
        let fields = "fields=nextPageToken%2Citems(name%2Cetag%2Cgeneration%2Csize)";
        let more = [("pageToken", next.unwrap_or_default()), ("prefix", &self.prefix)];
        let more = more.into_iter().filter(|(_, value)| !value.is_empty());
        let more: String =
            more.map(|(name, value)| format!("&{name}={}", cloud::http::encoded(value))).collect();
        let url = format!("{}?alt=json&{fields}&maxResults={PAGE}&prettyPrint=false{more}", self.objects());
        proved(Request::get(url), proof)
    }

    pub(super) fn get(&self, proof: &Proof, item: &Item) -> Request {
        let generation = cloud::http::encoded(&item.generation);
        let key = cloud::http::encoded(&item.key);
        proved(Request::get(format!("{}/{key}?alt=media&generation={generation}", self.objects())), proof)
    }

    pub(super) fn look_up(&self, proof: &Proof, key: &str) -> Request {
        let url = format!("{}/{}", self.objects(), cloud::http::encoded(key));
        let fields = "fields=name%2Cetag%2Cgeneration%2Csize";
        proved(Request::get(format!("{url}?alt=json&{fields}&prettyPrint=false")), proof)
    }
}

/// A name that could lead elsewhere is none.
pub(super) fn check(bucket: &str) -> Result<(), Failure> {
    if bucket.is_empty() || bucket.contains('/') || matches!(bucket, "." | "..") {
        return Err(Failure::Unexpected("the bucket's name is not in its form".to_owned()));
    }
    Ok(())
}

fn proved(request: Request, proof: &Proof) -> Request {
    match proof {
        Proof::Bearer(token) => request.bearer(token),
        _ => request,
    }
}

/// What a page says.
pub(super) fn read_list(body: &[u8]) -> Result<Page, Failure> {
    let listed: Listed = serde_json::from_slice(body).map_err(|error| unread(&error))?;
    let items = listed.items.unwrap_or_default().into_iter().map(item).collect();
    Ok(Page { items, next: Some(listed.next).filter(|next| !next.is_empty()) })
}

/// What is known of an object.
pub(super) fn read_object(body: &[u8]) -> Result<Item, Failure> {
    serde_json::from_slice(body).map(item).map_err(|error| unread(&error))
}

fn item(object: Object) -> Item {
    let Object { name, etag, generation, size } = object;
    Item { key: name, etag, generation, size: size.parse().unwrap_or_default() }
}

fn unread(error: &serde_json::Error) -> Failure {
    match bounded::excess(error) {
        Some(text) => Failure::Excess(text),
        None => Failure::Unexpected("the answer is no list of objects".to_owned()),
    }
}

/// What an answer that is no success says, in the words of Google's library.
pub(super) fn refusal(status: u16, body: &[u8]) -> Refusal {
    let cause = serde_json::from_slice::<Refused>(body).map(|refused| refused.error);
    let text = match cause {
        Ok(cause) => {
            let reason = cause.errors.and_then(|all| all.into_iter().next()).map(|first| first.reason);
            let reason = reason.filter(|reason| !reason.is_empty()).map(|reason| format!(", {reason}"));
            format!("googleapi: Error {status}: {}{}", cause.message, reason.unwrap_or_default())
        }
        Err(_) => format!("googleapi: got HTTP response code {status} with body: {}", quoted(body)),
    };
    Refusal { status, text, ..Refusal::default() }
}
