//! Sends one request, with all its bounds: time, bytes of the answer, no redirect, and not a word of where it went.

use std::error::Error as _;
use std::time::Duration;

use http::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};

use super::request::Outgoing;
use super::settings::Settings;
use super::verdict::Reply;

/// How long a request may take, and the connection of it.
const LONGEST: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(5));
/// What is read of an answer.
const MOST_BYTES: usize = 64 << 10;

/// A client for one receiver.
///
/// # Errors
/// Why there is none; never what the settings hold.
pub(super) fn client(settings: &Settings, user_agent: &str) -> Result<Client, String> {
    let mut builder = Client::builder()
        .user_agent(user_agent)
        .redirect(Policy::none())
        .https_only(!settings.insecure)
        .timeout(LONGEST.0)
        .connect_timeout(LONGEST.1)
        .pool_max_idle_per_host(1);
    if let Some(ca) = &settings.ca {
        let certificates = Certificate::from_pem_bundle(ca.as_bytes());
        let certificates = certificates.ok().filter(|certificates| !certificates.is_empty());
        builder = builder.tls_certs_merge(certificates.ok_or("ca holds no certificate in PEM")?);
    }
    builder.build().map_err(|error| reason(&error))
}

/// Sends it.
///
/// # Errors
/// Why there is no answer.
pub(super) async fn post(client: &Client, outgoing: Outgoing) -> Result<Reply, String> {
    let Outgoing { url, headers, body } = outgoing;
    let mut request = client.post(url).body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut answer = request.send().await.map_err(|error| reason(&error))?;
    let retry_after =
        answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut reply = Reply { status: answer.status().as_u16(), retry_after, body: Vec::new() };
    // An answer that breaks off is one all the same: its status says what it says.
    while let Ok(Some(chunk)) = answer.chunk().await {
        let room = MOST_BYTES.saturating_sub(reply.body.len());
        reply.body.extend(chunk.iter().take(room));
        if room == 0 {
            break;
        }
    }
    Ok(reply)
}

/// The innermost reason, which does not name the address.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {}", api::Duration::from(LONGEST.0));
    }
    let mut reason = error.source();
    while let Some(inner) = reason.and_then(std::error::Error::source) {
        reason = Some(inner);
    }
    let text = reason.map_or_else(|| "the exchange was broken off".to_owned(), ToString::to_string);
    manifest::foreign::line(&text, 256).into_owned()
}

#[cfg(test)]
mod tests;
