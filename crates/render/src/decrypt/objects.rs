//! Phase B: built objects that are encrypted as a whole, and entries of Secrets that are encrypted files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sops::{Document, Format, Formats, Verify};

use super::authentic::is_disabled;
use super::decryptor::{Decryptor, Opened, Problem};
use super::revealed::reveal;
use crate::error::RenderError;
use crate::substitute::subject;

/// Decrypts in place. What was revealed outside of Secrets, and by patches before, comes back as a Secret that has it.
pub(crate) fn objects(
    objects: &mut [Value],
    decryptor: &Decryptor<'_>,
) -> Result<Option<Value>, RenderError> {
    let mut revealed = decryptor.take_revealed();
    for object in objects {
        if is_disabled(object) {
            continue;
        }
        if sops::is_encrypted_object(object) {
            whole(object, decryptor, &mut revealed)?;
        } else if text(object, "kind") == "Secret" {
            entries(object, decryptor)?;
        }
    }
    decryptor.done()?;
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "revealed"}});
    Ok((!revealed.is_empty()).then(|| {
        let mut secret = secret;
        if let Value::Object(fields) = &mut secret {
            fields.insert("stringData".to_owned(), Value::Object(revealed));
        }
        secret
    }))
}

/// As JSON, without its MAC: kustomize has sorted and changed it since. The file was looked at before; what
/// comes from nowhere that was is refused.
fn whole(
    object: &mut Value,
    decryptor: &Decryptor<'_>,
    revealed: &mut Map<String, Value>,
) -> Result<(), RenderError> {
    let formats = Formats { input: Format::Json, output: Format::Json };
    let encrypted = object.to_string();
    let opened = decryptor.open(encrypted.as_bytes(), formats, Verify::Ignored, Document::without_comments);
    let what = || format!("{} data", text(object, "kind"));
    let opened = match opened {
        Ok(Opened::Plain(_)) if !decryptor.is_vouched_for(object) => {
            Err(Problem::from(sops::Error::Mac(sops::MacError::Unverified)))
        }
        opened => opened,
    };
    let Some(plain) = plain(object, opened, what)? else { return Ok(()) };
    if let Ok(plain) = serde_json::from_slice(&plain) {
        let encrypted = std::mem::replace(object, plain);
        if text(object, "kind") != "Secret" {
            reveal(&encrypted, object, revealed);
        }
    }
    Ok(())
}

/// Entries of `data` that are encrypted files: of the format that they look like, to the one that their names say.
fn entries(object: &mut Value, decryptor: &Decryptor<'_>) -> Result<(), RenderError> {
    let Some(data) = object.get("data").and_then(Value::as_object) else { return Ok(()) };
    let mut decrypted = Vec::new();
    for (name, value) in data {
        // kustomize breaks long values into lines. What is no base64, the API server will refuse.
        let text: String = value.as_str().unwrap_or_default().split(['\r', '\n']).collect();
        let Ok(bytes) = STANDARD.decode(text) else { continue };
        let Some(input) = Format::detect(&bytes) else { continue };
        let formats = Formats { input, output: Format::for_path(name) };
        let opened = decryptor.open(&bytes, formats, decryptor.verify(), |document| document);
        let what = || format!("Secret field '{name}'");
        if let Some(plain) = plain(object, opened, what)? {
            decrypted.push((name.clone(), STANDARD.encode(&*plain)));
        }
    }
    if let Some(data) = object.get_mut("data").and_then(Value::as_object_mut) {
        data.extend(decrypted.into_iter().map(|(name, text)| (name, Value::String(text))));
    }
    Ok(())
}

fn plain(
    object: &Value,
    opened: Result<Opened, Problem>,
    what: impl Fn() -> String,
) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, RenderError> {
    match opened {
        Ok(Opened::Plain(plain)) => Ok(Some(plain)),
        Ok(Opened::Waits) => Ok(None),
        Err(Problem::Exceeded(exceeded)) => Err(exceeded.into()),
        Err(Problem::Sops(error)) => {
            let field =
                |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
            Err(RenderError::Object {
                subject: subject(object),
                namespace: field("/metadata/namespace"),
                name: field("/metadata/name"),
                what: what(),
                error,
            })
        }
    }
}

fn text<'v>(object: &'v Value, field: &str) -> &'v str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}
