//! AWS KMS, and STS for the roles that keys name.

use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::http::{self, Request, Response};
use super::names::AWS as SERVICE;
use super::sigv4::{Signing, sign};
use crate::wipe::Wiped;
use crate::{AwsCredentials, AwsKmsKey, KeyError, base64};

const DECRYPT: &str = "failed to decrypt sops data key with AWS KMS";
const ASSUME: &str = "failed to assume role";

/// The region in the ARN of a key or an alias.
///
/// # Errors
/// It is no such ARN. What stands for the region becomes part of a host name, so it is looked at closely.
pub fn region(arn: &str) -> Result<&str, KeyError> {
    let invalid = KeyError::Malformed("no valid ARN found: it is not the ARN of a KMS key or alias");
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (start, partition, service, region, account, resource) =
        (next(), next(), next(), next(), next(), next());
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let names_key = ["key/", "alias/"]
        .iter()
        .any(|kind| resource.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
    let valid = start == "arn"
        && partition.starts_with("aws")
        && word(partition)
        && service == "kms"
        && word(region)
        && !account.is_empty()
        && account.bytes().all(|b| b.is_ascii_digit())
        && names_key;
    if valid { Ok(region) } else { Err(invalid) }
}

/// The domain of a region's services.
fn domain(region: &str) -> &'static str {
    let starts = |start: &str| region.starts_with(start);
    if starts("cn-") {
        "amazonaws.com.cn"
    } else if starts("us-isob-") {
        "sc2s.sgov.gov"
    } else if starts("us-iso-") {
        "c2s.ic.gov"
    } else if starts("us-isof-") {
        "csp.hci.ic.gov"
    } else if starts("eu-isoe-") {
        "cloud.adc-e.uk"
    } else if starts("eusc-") {
        "amazonaws.eu"
    } else {
        "amazonaws.com"
    }
}

fn endpoint(own: Option<&str>, service: &str, region: &str) -> String {
    match own {
        Some(own) => format!("{}/", own.trim_end_matches('/')),
        None => format!("https://{service}.{region}.{}/", domain(region)),
    }
}

/// The request that decrypts a data key.
///
/// # Errors
/// The key's ARN or the ciphertext is not in its form.
pub fn decrypt(
    key: &AwsKmsKey,
    encrypted: &[u8],
    own_endpoint: Option<&str>,
    credentials: &AwsCredentials,
    now: Timestamp,
) -> Result<Request, KeyError> {
    let region = region(&key.arn)?;
    let text = std::str::from_utf8(encrypted).ok().and_then(base64::standard);
    let ciphertext = text.ok_or(KeyError::Malformed("error base64-decoding encrypted data key"))?;
    let mut body = json!({"CiphertextBlob": base64::to_standard(&ciphertext), "KeyId": key.arn});
    let context: serde_json::Map<String, Value> = key
        .context
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), Value::String(value.clone()?))))
        .collect();
    if !context.is_empty()
        && let Some(fields) = body.as_object_mut()
    {
        fields.insert("EncryptionContext".to_owned(), Value::Object(context));
    }
    let mut request = Request::json("POST", endpoint(own_endpoint, "kms", region), &Wiped(body));
    request.headers = vec![
        ("content-type", Zeroizing::new("application/x-amz-json-1.1".to_owned())),
        ("x-amz-target", Zeroizing::new("TrentService.Decrypt".to_owned())),
    ];
    sign(request, credentials, Signing { region, service: "kms", now })
}

/// The data key in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_decrypt(response: &Response) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let answer = http::json(response, SERVICE, DECRYPT, |value| {
        let name = value.get("__type")?.as_str()?;
        name.rsplit('#').next()
    })?;
    answer.text("Plaintext").and_then(base64::standard).ok_or(KeyError::Answer(SERVICE))
}

/// The request that takes on a role.
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
) -> Result<Request, KeyError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if !(2..=64).contains(&session.len()) || !session.bytes().all(plain) {
        return Err(KeyError::Credentials("the name of the session is not in its form"));
    }
    let fields = [
        ("Action", "AssumeRole"),
        ("RoleArn", role),
        ("RoleSessionName", session),
        ("Version", "2011-06-15"),
    ];
    let request = Request::form(endpoint(own_endpoint, "sts", region), &fields);
    sign(request, credentials, Signing { region, service: "sts", now })
}

/// The credentials in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_assume_role(response: &Response) -> Result<AwsCredentials, KeyError> {
    let text = std::str::from_utf8(&response.body).unwrap_or_default();
    if !(200..300).contains(&response.status) {
        let code = element(text, "Code").as_deref().and_then(|code| http::word(code));
        return Err(KeyError::Refused { context: ASSUME, service: "AWS STS", status: response.status, code });
    }
    let need = |name| element(text, name).ok_or(KeyError::Answer("AWS STS"));
    Ok(AwsCredentials {
        access_key_id: need("AccessKeyId")?.to_string(),
        secret_access_key: need("SecretAccessKey")?,
        session_token: Some(need("SessionToken")?),
    })
}

/// The text of the first element with this name. STS answers without attributes, nesting of same names or CDATA.
fn element(xml: &str, name: &str) -> Option<Zeroizing<String>> {
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
