//! The security token service: roles that are taken on, with credentials or with a token of somebody whom AWS trusts.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::endpoint;
use crate::http::{self, Request, Response};
use crate::{AwsCredentials, Error, Secret, Signing, sign};

const SERVICE: &str = "AWS STS";
const ASSUME: &str = "failed to assume role";
const VERSION: (&str, &str) = ("Version", "2011-06-15");

/// The request that takes on a role with credentials.
///
/// # Errors
/// The session's name is not in its form.
pub fn assume_role(
    role: &str,
    session: &str,
    region: &str,
    own_endpoint: Option<&str>,
    credentials: &AwsCredentials,
    now: Timestamp,
) -> Result<Request, Error> {
    let session = session_name(session)?;
    let fields = [("Action", "AssumeRole"), ("RoleArn", role), ("RoleSessionName", session), VERSION];
    let request = Request::form(endpoint(own_endpoint, "sts", region), &fields);
    sign(request, credentials, Signing { region, service: "sts", now })
}

/// The request that takes on a role with a token. It is not signed: the token says who asks.
///
/// # Errors
/// The session's name is not in its form.
pub fn assume_role_with_web_identity(
    role: &str,
    session: &str,
    token: &str,
    region: &str,
    own_endpoint: Option<&str>,
) -> Result<Request, Error> {
    let fields = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("RoleArn", role),
        ("RoleSessionName", session_name(session)?),
        VERSION,
        ("WebIdentityToken", token),
    ];
    Ok(Request::form(endpoint(own_endpoint, "sts", region), &fields))
}

/// Whether an address is one of the service's own, public or by way of a private endpoint. Flux has the same rule.
#[must_use]
pub fn is_own(endpoint: &str) -> bool {
    let endpoint = endpoint.strip_suffix('/').unwrap_or(endpoint);
    let host = endpoint.strip_prefix("https://").filter(|host| http::host(endpoint, false) == Some(*host));
    let parts = host.and_then(|host| {
        let domain =
            [".amazonaws.com", ".amazonaws.com.cn"].iter().find_map(|domain| host.strip_suffix(domain));
        domain.map(|parts| parts.split('.').rev().collect::<Vec<_>>())
    });
    // From the end: perhaps `vpce`, perhaps a region, the service.
    let parts = parts.unwrap_or_default();
    let parts = parts.strip_prefix(&["vpce"]).unwrap_or(&parts);
    let is_service = |part: Option<&&str>| matches!(part, Some(&("sts" | "sts-fips")));
    is_service(parts.first()) || is_service(parts.get(1))
}

fn session_name(session: &str) -> Result<&str, Error> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if (2..=64).contains(&session.len()) && session.bytes().all(plain) {
        Ok(session)
    } else {
        Err(Error::Credentials("the name of the session is not in its form"))
    }
}

/// The credentials in the answer to either, and until when they are valid.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read(response: &Response) -> Result<(AwsCredentials, Option<Timestamp>), Error> {
    let text = std::str::from_utf8(&response.body).unwrap_or_default();
    if !(200..300).contains(&response.status) {
        let code = element(text, "Code").as_deref().and_then(|code| http::word(code));
        return Err(Error::Refused { context: ASSUME, service: SERVICE, status: response.status, code });
    }
    let need = |name| element(text, name).ok_or(Error::Answer(SERVICE));
    let credentials = AwsCredentials {
        access_key_id: need("AccessKeyId")?.to_string(),
        secret_access_key: need("SecretAccessKey")?,
        session_token: Some(need("SessionToken")?),
    };
    Ok((credentials, element(text, "Expiration").and_then(|text| text.parse().ok())))
}

/// The text of the first element with this name. STS answers without attributes, nesting of same names or CDATA.
fn element(xml: &str, name: &str) -> Option<Secret> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let mut text = Zeroizing::new(text.trim().to_owned());
    for (escaped, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    {
        if text.contains(escaped) {
            text = Zeroizing::new(text.replace(escaped, plain));
        }
    }
    Some(text)
}
