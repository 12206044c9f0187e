//! The HTTP side of a Git fetch: gix's `Http` trait over an async reqwest client.
//!
//! gix's own reqwest transport is not used: it hides the bodies of error responses, which Flux's messages quote,
//! refuses credentials over plain http, which Flux allows, and knows neither a deadline nor a byte budget.
//! Credentials are sent only to the origin they belong to: a redirect elsewhere is followed without them.
//! Runs on a blocking thread; waiting for the network happens on the async runtime, so that a deadline and a
//! cancellation end it at once.

use std::any::Any;
use std::sync::Arc;

use gix::protocol::transport::client::blocking_io::http::{
    self, GetResponse, PostBodyDataKind, PostResponse,
};
use parking_lot::Mutex;

pub(crate) mod addresses;
mod connection;
mod exchange;
pub(crate) mod rules;

pub(crate) use connection::{Http, Session};
use exchange::{Body, Exchange, Headers, Pending, PostBody};
use rules::header_map;

impl http::Http for Http {
    type Headers = Headers;
    type ResponseBody = Body;
    type PostBody = PostBody;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<GetResponse<Headers, Body>, gix::Error> {
        let (response, from) = self.follow(url, &header_map(headers)).map_err(gix::Error::from_error)?;
        let tail = url.strip_prefix(base_url).unwrap_or_default();
        if from.as_str() != url {
            // The rest of the exchange goes to where the advertisement came from.
            let base = rules::redirected_base(&from, tail)
                .map_err(|failure| gix::Error::from_error(self.fail(failure)))?;
            self.redirect_to(base);
        }
        let exchange = Arc::new(Mutex::new(Exchange::answered(self.clone(), response)));
        Ok(GetResponse { headers: Headers::new(Arc::clone(&exchange)), body: Body::new(exchange) })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> Result<PostResponse<Headers, Body, PostBody>, gix::Error> {
        let url = self.parse(url).map_err(gix::Error::from_error)?;
        let request = Pending { url, headers: header_map(headers), body: Vec::new() };
        let exchange = Arc::new(Mutex::new(Exchange::pending(self.clone(), request)));
        Ok(PostResponse {
            post_body: PostBody(Arc::clone(&exchange)),
            headers: Headers::new(Arc::clone(&exchange)),
            body: Body::new(exchange),
        })
    }

    fn configure(&mut self, _config: &dyn Any) -> Result<(), gix::Error> {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected_base()
    }
}
