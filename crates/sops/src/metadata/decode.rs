//! From the metadata's tree to its fields. As forgiving as sops: a number may be a text, one key may stand for a list.

use manifest::yaml::timestamp;

use super::content::Metadata;
use crate::cipher::go_bool;
use crate::error::LoadError;
use crate::master_key::{
    AgeKey, AwsKmsKey, AzureKey, GcpKmsKey, HuaweiKmsKey, MasterKey, PgpKey, SealedKey, VaultKey,
};
use crate::rules::{Matcher, Rule};
use crate::tree::{Item, Value};
use crate::{Limits, tree};

/// Bytes of an encrypted data key. Honest ones have two thousand; more could name thousands of recipients to be tried.
const MOST_SEALED: usize = 8 << 10;

/// A mapping of the metadata, and where it stands.
struct Fields<'a> {
    items: &'a [Item],
    path: String,
}

pub(super) fn decode(items: &[Item], limits: &Limits) -> Result<Metadata, LoadError> {
    let fields = Fields { items, path: String::new() };
    let last_modified = fields.text("lastmodified")?;
    let last_modified = to_seconds(&last_modified)
        .ok_or_else(|| fields.problem("lastmodified", "it is not a time as of RFC 3339"))?;
    let rule = rule(&fields)?;
    let matcher =
        Matcher::new(&rule).ok_or_else(|| fields.problem(rule.field(), "the pattern is not understood"))?;
    let groups = groups(&fields)?;
    if groups.iter().map(Vec::len).sum::<usize>() > limits.master_keys {
        return Err(LoadError::Budget { what: "master keys", limit: limits.master_keys });
    }
    Ok(Metadata {
        groups,
        shamir_threshold: fields.number("shamir_threshold")?,
        rule,
        mac_only_encrypted: fields.flag("mac_only_encrypted")?,
        last_modified,
        version: fields.text("version")?,
        mac: fields.text("mac")?,
        matcher,
    })
}

/// The MAC is bound to the time without fractions, in Go's `time.RFC3339`.
fn to_seconds(text: &str) -> Option<String> {
    let time = timestamp(text).filter(|_| text.contains('T'))?;
    Some(match time.split_once('.') {
        Some((whole, rest)) => format!("{whole}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => time,
    })
}

fn rule(fields: &Fields<'_>) -> Result<Rule, LoadError> {
    type Make = fn(String) -> Rule;
    let makers: [(&str, Make); 6] = [
        ("unencrypted_suffix", Rule::UnencryptedSuffix),
        ("encrypted_suffix", Rule::EncryptedSuffix),
        ("unencrypted_regex", Rule::UnencryptedRegex),
        ("encrypted_regex", Rule::EncryptedRegex),
        ("unencrypted_comment_regex", Rule::UnencryptedCommentRegex),
        ("encrypted_comment_regex", Rule::EncryptedCommentRegex),
    ];
    let mut rules = Vec::new();
    for (name, make) in makers {
        let text = fields.text(name)?;
        if !text.is_empty() {
            rules.push(make(text));
        }
    }
    if rules.len() > 1 {
        return Err(LoadError::Rules);
    }
    Ok(rules.pop().unwrap_or_default())
}

impl Rule {
    fn field(&self) -> &'static str {
        match self {
            Self::UnencryptedSuffix(_) => "unencrypted_suffix",
            Self::EncryptedSuffix(_) => "encrypted_suffix",
            Self::UnencryptedRegex(_) => "unencrypted_regex",
            Self::EncryptedRegex(_) => "encrypted_regex",
            Self::UnencryptedCommentRegex(_) => "unencrypted_comment_regex",
            Self::EncryptedCommentRegex(_) => "encrypted_comment_regex",
        }
    }
}

/// Keys outside of groups are one group; then `key_groups` is not looked at.
fn groups(fields: &Fields<'_>) -> Result<Vec<Vec<SealedKey>>, LoadError> {
    let single = group(fields)?;
    if !single.is_empty() {
        return Ok(vec![single]);
    }
    let groups = fields.maps("key_groups")?.iter().map(group).collect::<Result<Vec<_>, _>>()?;
    if groups.is_empty() { Err(LoadError::NoKeys) } else { Ok(groups) }
}

/// In the order in which sops lists them.
fn group(fields: &Fields<'_>) -> Result<Vec<SealedKey>, LoadError> {
    type Read = fn(&Fields<'_>) -> Result<MasterKey, LoadError>;
    let readers: [(&str, Read); 7] = [
        ("kms", aws),
        ("gcp_kms", gcp),
        ("hckms", huawei),
        ("azure_kv", azure),
        ("hc_vault", vault),
        ("pgp", pgp),
        ("age", age),
    ];
    let mut keys = Vec::new();
    for (name, read) in readers {
        for entry in fields.maps(name)? {
            let encrypted = entry.text("enc")?.into_bytes();
            if encrypted.len() > MOST_SEALED {
                return Err(entry.problem("enc", "it is too long for an encrypted data key"));
            }
            keys.push(SealedKey { key: read(&entry)?, encrypted });
        }
    }
    Ok(keys)
}

fn aws(fields: &Fields<'_>) -> Result<MasterKey, LoadError> {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let mut context = Vec::new();
    if let Some(Value::Map(items)) = fields.get("context") {
        for item in items {
            let Item::Entry(tree::Key::Text(name), value) = item else { continue };
            let value = match value {
                Value::Null => None,
                other => Some(text_of(other).ok_or_else(|| fields.problem("context", "a value is no text"))?),
            };
            context.push((name.clone(), value));
        }
    }
    context.sort();
    Ok(MasterKey::AwsKms(AwsKmsKey {
        arn: fields.text("arn")?,
        role: some(fields.text("role")?),
        context,
        profile: some(fields.text("aws_profile")?),
        created_at: fields.time("created_at")?,
    }))
}

fn gcp(fields: &Fields<'_>) -> Result<MasterKey, LoadError> {
    let (resource_id, created_at) = (fields.text("resource_id")?, fields.time("created_at")?);
    Ok(MasterKey::GcpKms(GcpKmsKey { resource_id, created_at }))
}

fn huawei(fields: &Fields<'_>) -> Result<MasterKey, LoadError> {
    let (key_id, created_at) = (fields.text("key_id")?, fields.time("created_at")?);
    Ok(MasterKey::HuaweiKms(HuaweiKmsKey { key_id, created_at }))
}

fn azure(fields: &Fields<'_>) -> Result<MasterKey, LoadError> {
    Ok(MasterKey::AzureKeyVault(AzureKey {
        vault_url: fields.text("vault_url")?,
        name: fields.text("name")?,
        version: fields.text("version")?,
        created_at: fields.time("created_at")?,
    }))
}

fn vault(fields: &Fields<'_>) -> Result<MasterKey, LoadError> {
    Ok(MasterKey::Vault(VaultKey {
        address: fields.text("vault_address")?,
        engine_path: fields.text("engine_path")?,
        name: fields.text("key_name")?,
        created_at: fields.time("created_at")?,
    }))
}

fn pgp(fields: &Fields<'_>) -> Result<MasterKey, LoadError> {
    let (fingerprint, created_at) = (fields.text("fp")?, fields.time("created_at")?);
    Ok(MasterKey::Pgp(PgpKey { fingerprint, created_at }))
}

fn age(fields: &Fields<'_>) -> Result<MasterKey, LoadError> {
    Ok(MasterKey::Age(AgeKey { recipient: fields.text("recipient")? }))
}

/// Scalars are their text.
fn text_of(value: &Value) -> Option<String> {
    Some(match value {
        Value::Str(text) => std::str::from_utf8(text).ok()?.to_owned(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => tree::plain_float(*float),
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) => "0".to_owned(),
        Value::Time(text) => text.clone(),
        _ => return None,
    })
}

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.items.iter().find_map(|item| item.with_key(name)).filter(|value| !matches!(value, Value::Null))
    }

    fn problem(&self, name: &str, problem: &'static str) -> LoadError {
        LoadError::Metadata { field: format!("{}{name}", self.path), problem }
    }

    /// Empty where there is none.
    fn text(&self, name: &str) -> Result<String, LoadError> {
        let Some(value) = self.get(name) else { return Ok(String::new()) };
        text_of(value).ok_or_else(|| self.problem(name, "it is no text"))
    }

    fn time(&self, name: &str) -> Result<String, LoadError> {
        let text = self.text(name)?;
        if timestamp(&text).is_some_and(|_| text.contains('T')) {
            Ok(text)
        } else {
            Err(self.problem(name, "it is not a time as of RFC 3339"))
        }
    }

    fn number(&self, name: &str) -> Result<usize, LoadError> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Ok(0);
        }
        text.parse().map_err(|_| self.problem(name, "it is no number"))
    }

    fn flag(&self, name: &str) -> Result<bool, LoadError> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Ok(false);
        }
        go_bool(&text).ok_or_else(|| self.problem(name, "it is neither true nor false"))
    }

    /// A list of mappings; one mapping is a list of one.
    fn maps(&self, name: &str) -> Result<Vec<Self>, LoadError> {
        let list = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Seq(list)) => list.as_slice(),
            Some(Value::Map(items)) if items.is_empty() => return Ok(Vec::new()),
            Some(Value::Str(text)) if text.is_empty() => return Ok(Vec::new()),
            Some(one) => std::slice::from_ref(one),
        };
        list.iter()
            .filter(|value| !matches!(value, Value::Comment(_)))
            .enumerate()
            .map(|(i, value)| match value {
                Value::Map(items) => Ok(Fields { items, path: format!("{}{name}[{i}].", self.path) }),
                _ => Err(self.problem(name, "it is no list of mappings")),
            })
            .collect()
    }
}
