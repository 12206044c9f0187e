//! The other replicas: names that are resolved each time, and are asked for a file one after the other. Who leads need not
//! be known. What they send is held against the digest by whoever asks.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use http::StatusCode;

use super::wanted::{Body, Unsent, Wanted};
use crate::bucket::key_text::path;

/// Says that a replica asks, which wants to have only what is in the folder.
pub(crate) const HEADER: &str = "flyball-replica";

/// Most replicas that are asked.
const MOST: usize = 16;
/// For a name, and for a connection.
const NEAR: Duration = Duration::from_secs(2);
/// Until an answer begins.
const ANSWER: Duration = Duration::from_secs(5);

/// See the module.
pub(crate) struct Peers {
    client: reqwest::Client,
    names: Vec<String>,
}

impl Peers {
    /// Of these names with ports; `None` if there are none.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn new(names: &[String], user_agent: &str) -> Result<Option<Self>, reqwest::Error> {
        if names.is_empty() {
            return Ok(None);
        }
        // An address in the cluster: neither proxy nor redirect.
        let client = reqwest::Client::builder()
            .user_agent(user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(NEAR)
            .build()?;
        Ok(Some(Self { client, names: names.to_vec() }))
    }

    /// Where they are now. A name that leads nowhere has no replica.
    pub(super) async fn addresses(&self) -> Vec<SocketAddr> {
        let mut all: Vec<SocketAddr> = Vec::new();
        for name in &self.names {
            let found = tokio::time::timeout(NEAR, tokio::net::lookup_host(name.as_str())).await;
            match found {
                Ok(Ok(found)) => all.extend(found),
                Ok(Err(error)) => tracing::debug!(name, %error, "no replica has that name"),
                Err(_) => tracing::debug!(name, "the name of replicas is not resolved in time"),
            }
        }
        all.sort_unstable();
        all.dedup();
        all.truncate(MOST);
        all
    }

    /// The file as one of them has it; `None` if it has none.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) async fn get(&self, address: SocketAddr, wanted: &Wanted) -> Result<Option<Body>, Unsent> {
        let failed = |error: reqwest::Error| Unsent(manifest::error::chain(&error.without_url()));
        let url = format!("http://{address}/{}", path(&wanted.path));
        let request = self.client.get(url).header(HEADER, "1").send();
        let answer = tokio::time::timeout(ANSWER, request).await;
        let answer = answer.map_err(|_| Unsent("no answer in time".to_owned()))?.map_err(failed)?;
        if answer.status() != StatusCode::OK {
            return Ok(None);
        }
        let sent = answer.bytes_stream().map_err(failed);
        Ok(Some(sent.boxed()))
    }
}
