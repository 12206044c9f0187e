//! Logins for the registries of AWS, private (ECR) and public ones (contracts/source-controller.md 7.4). Which registry is
//! one is `registry`'s; what it takes to ask is the broker's.

use jiff::Timestamp;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{endpoint, error_name};
use crate::http::{self, Request, Response, Token};
use crate::{AwsCredentials, Error, Signing, base64, sign};

const SERVICE: &str = "ECR";
const CONTEXT: &str = "failed to get an ECR authorization token";
/// Where the public registry answers, whatever region one is in.
pub const PUBLIC_REGION: &str = "us-east-1";

/// One of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of accounts, in their regions.
    Private,
    /// The one public registry.
    Public,
}

impl Kind {
    /// What it is called where the environment names endpoints.
    pub(crate) const fn variable(self) -> &'static str {
        match self {
            Self::Private => "ecr",
            Self::Public => "ecr_public",
        }
    }

    const fn target(self) -> &'static str {
        match self {
            Self::Private => "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
            Self::Public => "SpencerFrontendService.GetAuthorizationToken",
        }
    }

    /// Host and name that is signed.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Private => ("api.ecr", "ecr"),
            Self::Public => ("api.ecr-public", "ecr-public"),
        }
    }
}

/// The request for a login.
///
/// # Errors
/// The endpoint has no host.
pub fn authorization(
    kind: Kind,
    region: &str,
    own_endpoint: Option<&str>,
    credentials: &AwsCredentials,
    now: Timestamp,
) -> Result<Request, Error> {
    let (host, service) = kind.names();
    let request = Request {
        method: "POST",
        url: endpoint(own_endpoint, host, region),
        headers: vec![
            ("content-type", Zeroizing::new("application/x-amz-json-1.1".to_owned())),
            ("x-amz-target", Zeroizing::new(kind.target().to_owned())),
        ],
        body: Zeroizing::new(b"{}".to_vec()),
        near: false,
    };
    sign(request, credentials, Signing { region, service, now })
}

/// User and password in the answer, `user:password`, and how long they are valid.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read(kind: Kind, response: &Response, now: Timestamp) -> Result<Token, Error> {
    let answer = http::json(response, SERVICE, CONTEXT, error_name)?;
    let read = || {
        let data = answer.0.get("authorizationData")?;
        let data = if kind == Kind::Private { data.get(0)? } else { data };
        let decoded = base64::standard(data.get("authorizationToken")?.as_str()?)?;
        let token = Zeroizing::new(std::str::from_utf8(&decoded).ok()?.to_owned());
        let (user, password) = token.split_once(':')?;
        if user.is_empty() || password.is_empty() {
            return None;
        }
        let ends = data.get("expiresAt").and_then(seconds)?;
        Some(Token { valid_seconds: ends.saturating_sub(now.as_second()), token })
    };
    read().ok_or(Error::Answer(SERVICE))
}

/// Seconds since 1970, which may have a fraction.
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_number()?.to_string().split('.').next()?.parse().ok())
}
