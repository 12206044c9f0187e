//! AWS KMS. The roles that keys name are taken on by `cloud`.

use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use cloud::aws::arn::Arn;
use cloud::aws::{endpoint, error_name, is_region};
use cloud::http::{self, Request, Response};
use cloud::{Signing, sign};

use super::names::AWS as SERVICE;
use crate::wipe::Wiped;
use crate::{AwsCredentials, AwsKmsKey, KeyError, base64};

const DECRYPT: &str = "failed to decrypt sops data key with AWS KMS";

/// The region in the ARN of a key or an alias.
///
/// # Errors
/// It is no such ARN. What stands for the region becomes part of a host name, so it is looked at closely.
pub fn region(arn: &str) -> Result<&str, KeyError> {
    let invalid = KeyError::Malformed("no valid ARN found: it is not the ARN of a KMS key or alias");
    let Some(Arn { service, region, resource, .. }) = Arn::parse(arn) else { return Err(invalid) };
    let names_key = ["key/", "alias/"]
        .iter()
        .any(|kind| resource.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
    let valid = service == "kms" && is_region(region) && names_key;
    if valid { Ok(region) } else { Err(invalid) }
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
    Ok(sign(request, credentials, Signing { region, service: "kms", now })?)
}

/// The data key in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_decrypt(response: &Response) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let answer = http::json(response, SERVICE, DECRYPT, error_name)?;
    answer.text("Plaintext").and_then(base64::standard).ok_or(KeyError::Answer(SERVICE))
}
