//! Workload identity federation: a token of somebody whom a pool trusts becomes one of Google's, and that one, where a
//! service account is named, one of the service account.

use jiff::Timestamp;
use serde_json::json;

use super::SCOPES;
use crate::Error;
use crate::http::{self, Request, Response, Token};
use crate::wipe::Wiped;

const STS: &str = "Google's security token service";
const IAM: &str = "Google's IAM";
const EXCHANGE: &str = "https://sts.googleapis.com/v1/token";
const ACCOUNTS: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";

/// The request that exchanges a token. `audience` names the pool's provider.
#[must_use]
pub fn exchange(audience: &str, token: &str) -> Request {
    Request::form(
        EXCHANGE.to_owned(),
        &[
            ("audience", audience),
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("scope", &SCOPES.join(" ")),
            ("subject_token", token),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ],
    )
}

/// The token in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_exchange(response: &Response) -> Result<Token, Error> {
    let answer = http::json(response, STS, "failed to exchange the Kubernetes token", http::oauth_code)?;
    http::token(&answer, STS)
}

/// The request for a token of a service account.
#[must_use]
pub fn impersonate(email: &str, token: &str) -> Request {
    let url = format!("{ACCOUNTS}{}:generateAccessToken", http::encoded(email));
    let body = Wiped(json!({"lifetime": "3600s", "scope": SCOPES}));
    Request::json("POST", url, &body).bearer(token)
}

/// The token in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_impersonate(response: &Response, now: Timestamp) -> Result<Token, Error> {
    let context = "failed to get a token of the Google service account";
    let answer = http::json(response, IAM, context, |value| value.get("error")?.get("status")?.as_str())?;
    let token = answer.text("accessToken").ok_or(Error::Answer(IAM))?;
    let ends: Option<Timestamp> = answer.text("expireTime").and_then(|text| text.parse().ok());
    let valid_seconds = ends.map_or(0, |ends| ends.as_second() - now.as_second());
    Ok(Token { token: token.to_owned().into(), valid_seconds })
}
