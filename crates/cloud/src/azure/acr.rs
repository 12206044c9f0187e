//! Logins for Azure's registries (ACR): a token of Entra ID becomes a password of one registry
//! (contracts/source-controller.md 7.4). Which registry is one is `registry`'s.

use jiff::Timestamp;

use crate::http::{self, Request, Response, Token};
use crate::{Error, jwt};

const SERVICE: &str = "Azure Container Registry";
const CONTEXT: &str = "failed to exchange the Azure token";
/// The user of all such passwords.
pub const USER: &str = "00000000-0000-0000-0000-000000000000";

/// The scope of the token of Entra ID: that of the resource manager of the registry's cloud.
#[must_use]
pub fn scope(registry: &str) -> &'static str {
    if registry.ends_with(".azurecr.cn") {
        "https://management.chinacloudapi.cn/.default"
    } else if registry.ends_with(".azurecr.us") {
        "https://management.usgovcloudapi.net/.default"
    } else {
        "https://management.azure.com/.default"
    }
}

/// The request that exchanges a token at a registry.
#[must_use]
pub fn exchange(registry: &str, token: &str) -> Request {
    let fields = [("access_token", token), ("grant_type", "access_token"), ("service", registry)];
    Request::form(format!("https://{registry}/oauth2/exchange"), &fields)
}

/// The password in the answer. How long it is valid stands in it.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read(response: &Response, now: Timestamp) -> Result<Token, Error> {
    let answer =
        http::json(response, SERVICE, CONTEXT, |value| value.get("errors")?.get(0)?.get("code")?.as_str())?;
    let token = answer.text("refresh_token").ok_or(Error::Answer(SERVICE))?;
    let ends = jwt::claims(token).and_then(|claims| claims.0.get("exp")?.as_i64());
    let ends = ends.ok_or(Error::Answer(SERVICE))?;
    Ok(Token { token: token.to_owned().into(), valid_seconds: ends.saturating_sub(now.as_second()) })
}
