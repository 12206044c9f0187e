//! From a GitHub App to a token for its installation, which is a password for Git (contracts/source-controller.md 12).
//! Tokens are kept until shortly before they end; the app's own statement is `access::github`'s.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use reqwest::{Method, Url};
use serde_json::Value;
use tokio::time::Instant;

use super::clients::{Clients, Reach};
use super::http::rules::causes;
use crate::access::Access;
use crate::access::github::{App, Installation};

#[cfg(test)]
mod tests;

/// Who Git is told to be.
const USER: &str = "x-access-token";
/// Tokens that are kept.
const MOST: usize = 100;
/// So much of its lifetime has to be left, in seconds.
const LEFT: i64 = 120;
/// An answer is shorter than this.
const LONGEST: usize = 1 << 20;
/// Pages of installations that are looked through.
const PAGES: usize = 50;
/// How long an exchange may take, whatever the timeout of the source.
const TIME: Duration = Duration::from_secs(30);

/// All tokens.
#[derive(Default)]
pub(super) struct Tokens {
    known: Mutex<HashMap<App, (String, Timestamp)>>,
}

impl Tokens {
    /// The same access, with a token in the place of the app. GitHub has until `deadline` at most.
    pub(super) async fn exchange(
        &self,
        clients: &Clients,
        access: &Access,
        deadline: Instant,
    ) -> Result<Access, String> {
        let Some(app) = access.app() else { return Ok(access.clone()) };
        let now = Timestamp::now();
        let known = self.known.lock().get(app).filter(|(_, end)| lasts(*end, now)).cloned();
        let (token, end) = match known {
            Some(known) => known,
            None => {
                let until = deadline.min(Instant::now() + TIME);
                let asked = tokio::time::timeout_at(until, ask(clients, access, app, now)).await;
                asked.map_err(|_| "GitHub did not answer in time".to_owned())??
            }
        };
        self.keep(app, token.clone(), end, now);
        Ok(access.with_token(USER, &token))
    }

    fn keep(&self, app: &App, token: String, end: Timestamp, now: Timestamp) {
        let mut kept = self.known.lock();
        kept.retain(|_, (_, end)| lasts(*end, now));
        if kept.len() >= MOST && !kept.contains_key(app) {
            // The one that would be asked for again first.
            let first = kept.iter().min_by_key(|(_, (_, end))| *end).map(|(app, _)| app.clone());
            first.and_then(|app| kept.remove(&app));
        }
        kept.insert(app.clone(), (token, end));
    }

    /// Forgets a token that was refused.
    pub(super) fn forget(&self, access: &Access) {
        if let Some(app) = access.app() {
            self.known.lock().remove(app);
        }
    }
}

fn lasts(end: Timestamp, now: Timestamp) -> bool {
    end.as_second() - now.as_second() > LEFT
}

async fn ask(
    clients: &Clients,
    access: &Access,
    app: &App,
    now: Timestamp,
) -> Result<(String, Timestamp), String> {
    let client =
        clients.client(access.tls(), access.proxy(), Reach::Anywhere).map_err(|error| error.to_string())?;
    let assertion = app.assertion(now.as_second()).ok_or("could not parse private key")?;
    let api = Api { client, assertion, base: app.base() };
    let id = match app.installation() {
        Installation::Id(id) => *id,
        Installation::Owner(owner) => api.installation_of(owner).await?,
    };
    let answer = api.send(Method::POST, &format!("app/installations/{id}/access_tokens")).await?;
    let text = |field: &str| answer.get(field).and_then(Value::as_str);
    let token = text("token").ok_or("GitHub's answer has no token")?.to_owned();
    let end = text("expires_at").and_then(|end| end.parse().ok()).unwrap_or(now);
    Ok((token, end))
}

struct Api<'a> {
    client: reqwest::Client,
    assertion: String,
    base: &'a Url,
}

impl Api<'_> {
    async fn installation_of(&self, owner: &str) -> Result<u64, String> {
        for page in 1..=PAGES {
            let answer =
                self.send(Method::GET, &format!("app/installations?per_page=100&page={page}")).await?;
            let all = answer.as_array().map(Vec::as_slice).unwrap_or_default();
            for one in all {
                let login = one.pointer("/account/login").and_then(Value::as_str);
                if login.is_some_and(|login| login.eq_ignore_ascii_case(owner))
                    && let Some(id) = one.get("id").and_then(Value::as_u64)
                {
                    return Ok(id);
                }
            }
            if all.len() < 100 {
                break;
            }
        }
        Err(format!("no installation of the app for '{owner}'"))
    }

    async fn send(&self, method: Method, path: &str) -> Result<Value, String> {
        let url = self.base.join(path).map_err(|error| error.to_string())?;
        let request = self.client.request(method.clone(), url.clone()).bearer_auth(&self.assertion);
        let request = request.header("Accept", "application/vnd.github+json");
        let mut response = request.send().await.map_err(causes)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(causes)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                return Err("GitHub's answer is too long".to_owned());
            }
        }
        if !status.is_success() {
            let said: Option<Value> = serde_json::from_slice(&body).ok();
            let said = said.as_ref().and_then(|said| said.get("message")).and_then(Value::as_str);
            let said = crate::foreign::clean(said.unwrap_or_default());
            return Err(format!("{method} {url}: {} {said}", status.as_u16()).trim_end().to_owned());
        }
        serde_json::from_slice(&body).map_err(|_| "GitHub's answer is no JSON".to_owned())
    }
}
