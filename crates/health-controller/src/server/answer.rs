//! What is answered. Pure: whoever may not read a Kustomization is answered as if there were none.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::reviews::Unreviewed;
use super::route::Astray;

/// Why nothing is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is nothing, or nothing for who asks.
    NotFound,
    /// Parameters that are not known.
    Parameters,
    /// Nothing but GET and HEAD.
    Method,
    /// Nothing is read here.
    Body,
    /// No token, or none that is known.
    Stranger,
    /// Only one namespace at a time for who may not read all.
    AllNamespaces,
    /// Too much is asked at a time.
    Throttled,
    /// Too much is being answered.
    Busy,
    /// Another replica knows, or this one not yet.
    NotLeading,
    /// It is there, and will be explained in a moment.
    NotYet,
    /// The API server does not say who may read.
    Unreviewed,
}

impl Refusal {
    /// Status, words, and after how many seconds to try again.
    const fn parts(self) -> (StatusCode, &'static str, Option<u8>) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not found", None),
            Self::Parameters => (
                StatusCode::BAD_REQUEST,
                "unknown parameters: a list takes namespace=<name>, nothing else any",
                None,
            ),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD", None),
            Self::Body => (StatusCode::PAYLOAD_TOO_LARGE, "a request has no body here", None),
            Self::Stranger => (
                StatusCode::UNAUTHORIZED,
                "a token that this cluster knows is needed: Authorization: Bearer <token>",
                None,
            ),
            Self::AllNamespaces => (
                StatusCode::FORBIDDEN,
                "listing all namespaces needs the right to list Kustomizations in all: name one with ?namespace=",
                None,
            ),
            Self::Throttled => (StatusCode::TOO_MANY_REQUESTS, "too many requests", Some(1)),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "too many requests are being answered", Some(1)),
            Self::NotLeading => {
                (StatusCode::SERVICE_UNAVAILABLE, "this replica does not lead, or has just begun to", Some(5))
            }
            Self::NotYet => (StatusCode::SERVICE_UNAVAILABLE, "it has not been looked at yet", Some(1)),
            Self::Unreviewed => {
                (StatusCode::SERVICE_UNAVAILABLE, "the API server does not say who may read this", Some(5))
            }
        }
    }
}

impl From<Unreviewed> for Refusal {
    fn from(unreviewed: Unreviewed) -> Self {
        match unreviewed {
            Unreviewed::Stranger => Self::Stranger,
            Unreviewed::Throttled => Self::Throttled,
            Unreviewed::Failed => Self::Unreviewed,
        }
    }
}

impl From<Astray> for Refusal {
    fn from(astray: Astray) -> Self {
        match astray {
            Astray::Nowhere => Self::NotFound,
            Astray::Parameters => Self::Parameters,
        }
    }
}

/// A body with its share of the memory for answers, which is given back when it has been sent.
#[derive(Debug)]
pub(super) struct Answer {
    bytes: Full<Bytes>,
    _share: Option<OwnedSemaphorePermit>,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.bytes).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes.size_hint()
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The answer that tells nothing.
pub(super) fn refusal(refusal: Refusal) -> Response<Answer> {
    let (status, words, retry) = refusal.parts();
    let mut response = document(json!({ "error": words }).to_string().into_bytes(), None);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Some(seconds) = retry {
        headers.insert(RETRY_AFTER, HeaderValue::from(u16::from(seconds)));
    }
    match refusal {
        Refusal::Stranger => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refusal::Method => {
            headers.insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
        }
        _ => {}
    }
    response
}

/// A document, with its share of the memory.
pub(super) fn document(bytes: Vec<u8>, share: Option<OwnedSemaphorePermit>) -> Response<Answer> {
    let mut response = Response::new(Answer { bytes: Full::new(bytes.into()), _share: share });
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    // It is for who asked, and for now.
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}
