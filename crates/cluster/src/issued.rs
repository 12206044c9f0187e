//! Tokens that are issued as credentials in another cluster: by the own one for one of its ServiceAccounts, which the other
//! trusts (contracts/kustomize-controller.md 19, provider `generic`), or by whomever the caller asks.
//!
//! A token is asked for when a request needs one, kept until most of its life is over, and never written down. Which
//! account, and whether it may be one, is the caller's.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::{Api, Client};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tower::{BoxError, Layer, Service};

use crate::Error;

/// A token is renewed when this part of its life is over.
const USED: i32 = 80;
/// The shortest and the longest that one token is used, whatever it says of itself.
const LIVES: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3600));

/// A token, and until when it is used.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    token: SecretString,
    used: Timestamp,
}

impl IssuedToken {
    /// A token that is used until then, which is some time before it ends.
    pub fn new(token: &str, used: Timestamp) -> Self {
        Self { token: token.into(), used }
    }

    /// The token itself.
    pub fn token(&self) -> &str {
        self.token.expose_secret()
    }
}

/// Asks the API server for a token of a ServiceAccount; without audiences it is the server's own.
///
/// # Errors
/// It issues none.
pub async fn request_token(
    client: &Client,
    namespace: &str,
    account: &str,
    audiences: &[String],
) -> Result<IssuedToken, Error> {
    let audiences = Some(audiences.to_vec()).filter(|audiences| !audiences.is_empty());
    let spec = TokenRequestSpec { audiences, ..TokenRequestSpec::default() };
    let request = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
    let api: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    let asked = api.create_token_request(account, &PostParams::default(), &request).await;
    let status = asked.map_err(Error::from)?.status.unwrap_or_default();
    let token = status.token.filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| Error::invalid_request("no token was issued"))?;
    let now = Timestamp::now();
    let ends = status.expiration_timestamp.map_or(now, |time| time.0);
    Ok(IssuedToken { token: token.into(), used: used(ends, now) })
}

type Issue = dyn Fn() -> BoxFuture<'static, Result<IssuedToken, Error>> + Send + Sync;

/// The tokens of one account for some audiences; clones share them.
#[derive(Clone)]
pub struct Issued {
    issue: Arc<Issue>,
    known: Arc<Mutex<Option<(HeaderValue, Instant)>>>,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").finish_non_exhaustive()
    }
}

impl Issued {
    /// Asked for with `client`, which may create tokens of that account.
    pub fn new(client: Client, namespace: &str, account: &str, audiences: Vec<String>) -> Self {
        let (namespace, account): (Arc<str>, Arc<str>) = (namespace.into(), account.into());
        let audiences: Arc<[String]> = audiences.into();
        Self::by(move || {
            let (client, audiences) = (client.clone(), Arc::clone(&audiences));
            let (namespace, account) = (Arc::clone(&namespace), Arc::clone(&account));
            Box::pin(async move { request_token(&client, &namespace, &account, &audiences).await })
        })
    }

    /// Asked for by `issue`.
    pub fn by(
        issue: impl Fn() -> BoxFuture<'static, Result<IssuedToken, Error>> + Send + Sync + 'static,
    ) -> Self {
        Self { issue: Arc::new(issue), known: Arc::default() }
    }

    /// Asks for a token unless one is at hand.
    ///
    /// # Errors
    /// The own API server issues none.
    pub async fn issue(&self) -> Result<(), Error> {
        self.header().await.map(drop)
    }

    async fn header(&self) -> Result<HeaderValue, Error> {
        // Held over the request: whoever comes meanwhile gets the same token.
        let mut known = self.known.lock().await;
        if let Some((header, until)) = known.as_ref()
            && Instant::now() < *until
        {
            return Ok(header.clone());
        }
        let issued = (self.issue)().await?;
        let header = HeaderValue::from_str(&format!("Bearer {}", issued.token()));
        let mut header = header.map_err(|_| Error::invalid_request("the issued token cannot be sent"))?;
        header.set_sensitive(true);
        let until = Instant::now() + life(issued.used, Timestamp::now());
        *known = Some((header.clone(), until));
        Ok(header)
    }
}

impl Issued {
    /// The next request asks for another token than this one.
    async fn drop_token(&self, header: &HeaderValue) {
        let mut known = self.known.lock().await;
        if known.as_ref().is_some_and(|(kept, _)| kept == header) {
            *known = None;
        }
    }
}

/// Until when a token that ends then is used.
fn used(ends: Timestamp, now: Timestamp) -> Timestamp {
    now.checked_add(ends.duration_since(now) * USED / 100).unwrap_or(now)
}

/// How long a token is used that is used until then.
fn life(used: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(used.duration_since(now)).unwrap_or_default().clamp(LIVES.0, LIVES.1)
}

/// Puts the tokens on requests.
pub(crate) struct IssuedLayer(pub(crate) Issued);

impl<S> Layer<S> for IssuedLayer {
    type Service = IssuedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        IssuedService { inner, issued: self.0.clone() }
    }
}

/// The service of [`IssuedLayer`].
#[derive(Clone)]
pub(crate) struct IssuedService<S> {
    inner: S,
    issued: Issued,
}

impl<S, A, B> Service<Request<A>> for IssuedService<S>
where
    S: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    A: Send + 'static,
    B: Send,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        // The one that was asked whether it is ready is the one that is used.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let issued = self.issued.clone();
        Box::pin(async move {
            let header = issued.header().await?;
            request.headers_mut().insert(AUTHORIZATION, header.clone());
            let answer = inner.call(request).await.map_err(Into::into)?;
            if answer.status() == StatusCode::UNAUTHORIZED {
                // The account may have been made anew: its tokens died with it.
                issued.drop_token(&header).await;
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests;
