//! One encrypted value: its text form, and AES-256-GCM with sops' nonce of 32 bytes.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::generic_array::GenericArray;
use aes_gcm::aes::Aes256;
use aes_gcm::{AeadInPlace as _, AesGcm, KeyInit as _};

use crate::error::ValueError;
use crate::tree::{Comment, Text, Value};
use crate::{DataKey, base64};

/// AES-256-GCM with the nonce that sops makes.
type Gcm = AesGcm<Aes256, U32>;

const NONCE: usize = 32;
const TAG: usize = 16;

/// What `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]` says.
struct Sealed<'a> {
    data: Text,
    nonce: Text,
    tag: Text,
    kind: &'a str,
}

/// Opens values with one data key.
pub(crate) struct Cipher(Gcm);

impl Cipher {
    pub(crate) fn new(key: &DataKey) -> Self {
        Self(Gcm::new(GenericArray::from_slice(key.bytes())))
    }

    /// Decrypts and gives the value the type it had. An empty text stands for itself: sops leaves it as it is.
    pub(crate) fn open(&self, text: &[u8], path: &str) -> Result<Value, ValueError> {
        if text.is_empty() {
            return Ok(Value::str(""));
        }
        let sealed = parse(text)?;
        let mut plain = sealed.data;
        if sealed.nonce.len() != NONCE || sealed.tag.len() != TAG {
            return Err(ValueError::Sizes);
        }
        let (nonce, tag) = (GenericArray::from_slice(&sealed.nonce), GenericArray::from_slice(&sealed.tag));
        self.0
            .decrypt_in_place_detached(nonce, path.as_bytes(), &mut plain, tag)
            .map_err(|_| ValueError::Authentication)?;
        typed(plain, sealed.kind)
    }

    /// Encrypts as sops does: for tests, which have to make what this crate reads.
    #[cfg(test)]
    pub(crate) fn seal(&self, plain: &[u8], kind: &str, path: &str, nonce: [u8; NONCE]) -> String {
        let mut data = plain.to_vec();
        let tag = self
            .0
            .encrypt_in_place_detached(GenericArray::from_slice(&nonce), path.as_bytes(), &mut data)
            .expect("a test's value is short");
        let (data, iv, tag) =
            (base64::to_standard(&data), base64::to_standard(&nonce), base64::to_standard(&tag));
        format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{kind}]")
    }
}

/// The last of each mark counts, and what follows the bracket does not: sops matches greedily and only from the front.
fn parse(text: &[u8]) -> Result<Sealed<'_>, ValueError> {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| ValueError::Form)?;
    let inner = line.strip_prefix("ENC[AES256_GCM,data:").ok_or(ValueError::Form)?;
    let (inner, _) = inner.rsplit_once(']').ok_or(ValueError::Form)?;
    let (inner, kind) = inner.rsplit_once(",type:").ok_or(ValueError::Form)?;
    let (inner, tag) = inner.rsplit_once(",tag:").ok_or(ValueError::Form)?;
    let (data, iv) = inner.rsplit_once(",iv:").ok_or(ValueError::Form)?;
    if [data, iv, tag, kind].iter().any(|part| part.is_empty()) {
        return Err(ValueError::Form);
    }
    Ok(Sealed {
        data: base64::standard(data).ok_or(ValueError::Base64("data"))?,
        nonce: base64::standard(iv).ok_or(ValueError::Base64("iv"))?,
        tag: base64::standard(tag).ok_or(ValueError::Base64("tag"))?,
        kind,
    })
}

fn typed(plain: Text, kind: &str) -> Result<Value, ValueError> {
    if kind == "str" {
        return Ok(Value::Str(plain));
    }
    let text = || std::str::from_utf8(&plain).map_err(|_| ValueError::Content);
    Ok(match kind {
        "int" => Value::Int(text()?.parse().map_err(|_| ValueError::Content)?),
        "float" => Value::Float(text()?.parse().map_err(|_| ValueError::Content)?),
        "bool" => Value::Bool(go_bool(text()?).ok_or(ValueError::Content)?),
        "time" => Value::Time(manifest::yaml::timestamp(text()?).ok_or(ValueError::Content)?),
        "comment" => Value::Comment(Comment { text: plain, inline: false }),
        "bytes" => Value::Bytes(plain),
        _ => return Err(ValueError::Type),
    })
}

/// Go's `strconv.ParseBool`.
pub(crate) fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
