//! Tokens for a service account's key, or for a user who has logged in.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::http::{self, Request, Response, Token};
use crate::jwt::{self, Algorithm};
use crate::wipe::Wiped;
use crate::{Error, GcpCredentials};

const SERVICE: &str = "Google's token server";
const LOGIN: &str = "failed to get a Google Cloud token";
/// Where tokens are issued unless a key says otherwise.
const TOKENS: &str = "https://oauth2.googleapis.com/token";
const HOUR: i64 = 3600;

/// Credentials in a file of Google's, of the kinds that need nothing beside it.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<GcpCredentials, &'static str> {
    let fields = serde_json::from_str(text).map(Wiped);
    let fields = fields.map_err(|_| "the credentials are not in the form of JSON")?;
    let need = |name: &str| fields.text(name).ok_or("a field of the credentials is missing");
    match fields.text("type") {
        Some("service_account") => Ok(GcpCredentials::ServiceAccount {
            email: need("client_email")?.to_owned(),
            private_key: need("private_key")?.to_owned().into(),
            private_key_id: fields.text("private_key_id").map(str::to_owned),
            token_uri: fields.text("token_uri").unwrap_or(TOKENS).to_owned(),
        }),
        Some("authorized_user") => Ok(GcpCredentials::AuthorizedUser {
            client_id: need("client_id")?.to_owned(),
            client_secret: need("client_secret")?.to_owned().into(),
            refresh_token: need("refresh_token")?.to_owned().into(),
        }),
        _ => Err("credentials of this type are not supported"),
    }
}

/// The request for a token of these scopes, which are parted by blanks.
///
/// # Errors
/// The key of the service account cannot be used.
pub fn token(credentials: &GcpCredentials, scopes: &str, now: Timestamp) -> Result<Request, Error> {
    match credentials {
        GcpCredentials::ServiceAccount { email, private_key, private_key_id, token_uri } => {
            if http::host(token_uri, false).is_none() {
                return Err(Error::Credentials("the token_uri of the service account is no https URL"));
            }
            let mut header = json!({"alg": "RS256", "typ": "JWT"});
            if let (Some(id), Some(fields)) = (private_key_id, header.as_object_mut()) {
                fields.insert("kid".to_owned(), Value::String(id.clone()));
            }
            let issued = now.as_second();
            let claims =
                json!({"iss": email, "scope": scopes, "aud": token_uri, "iat": issued, "exp": issued + HOUR});
            let assertion = jwt::signed(&header, &claims, private_key, Algorithm::Rs256)?;
            let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
            Ok(Request::form(token_uri.clone(), &[("grant_type", grant), ("assertion", &assertion)]))
        }
        GcpCredentials::AuthorizedUser { client_id, client_secret, refresh_token } => Ok(Request::form(
            TOKENS.to_owned(),
            &[
                ("grant_type", "refresh_token"),
                ("client_id", client_id),
                ("client_secret", client_secret),
                ("refresh_token", refresh_token),
            ],
        )),
    }
}

/// The token in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read(response: &Response) -> Result<Token, Error> {
    http::token(&http::json(response, SERVICE, LOGIN, http::oauth_code)?, SERVICE)
}
