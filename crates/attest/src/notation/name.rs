//! Distinguished names, of certificates and as a trust policy writes them (RFC 4514), under the Notary Project's rules:
//! every attribute once, and country, state and organization among them.

use std::collections::BTreeMap;

use x509_cert::der::Tagged as _;
use x509_cert::der::asn1::{Ia5StringRef, ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519;
use x509_cert::der::{Any, Tag};
use x509_cert::name::RdnSequence;

/// Attributes with names, as Go knows them.
const ATTRIBUTES: [(ObjectIdentifier, &str); 9] = [
    (rfc4519::C, "C"),
    (rfc4519::O, "O"),
    (rfc4519::OU, "OU"),
    (rfc4519::CN, "CN"),
    (rfc4519::SERIAL_NUMBER, "SERIALNUMBER"),
    (rfc4519::L, "L"),
    (rfc4519::ST, "ST"),
    (rfc4519::STREET, "STREET"),
    (rfc4519::POSTAL_CODE, "POSTALCODE"),
];
/// What has to be there.
const MANDATORY: [&str; 3] = ["C", "ST", "O"];

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NameError {
    #[error("it does not follow RFC 4514")]
    Malformed,
    #[error("it has several values of one attribute")]
    Multiple,
    #[error("it has an attribute that is not known")]
    Unknown,
    #[error("it has no mandatory RDN attribute for \"{0}\"")]
    Missing(&'static str),
}

/// A name: values by attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(BTreeMap<String, String>);

impl Name {
    /// Reads one that a policy names.
    pub(super) fn parse(text: &str) -> Result<Self, NameError> {
        let mut all = Vec::new();
        let mut rest = text;
        loop {
            let (attribute, after) = rest.split_once('=').ok_or(NameError::Malformed)?;
            let attribute = attribute.trim_matches(' ');
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            if attribute.is_empty() || !attribute.chars().all(is_word) {
                return Err(NameError::Malformed);
            }
            let (value, after) = value(after)?;
            all.push((attribute.to_owned(), value));
            match after {
                Some(after) => rest = after,
                None => break,
            }
        }
        Self::of(all)
    }

    /// Reads the one of a certificate.
    pub(super) fn of_certificate(name: &RdnSequence) -> Result<Self, NameError> {
        let attributes = name.0.iter().flat_map(|part| part.0.iter());
        let read = |id: ObjectIdentifier, value: &Any| {
            let (_, name) =
                ATTRIBUTES.into_iter().find(|(known, _)| *known == id).ok_or(NameError::Unknown)?;
            Ok((name.to_owned(), text(value)?))
        };
        let all = attributes.map(|attribute| read(attribute.oid, &attribute.value));
        Self::of(all.collect::<Result<_, _>>()?)
    }

    fn of(all: Vec<(String, String)>) -> Result<Self, NameError> {
        let mut name = BTreeMap::new();
        for (attribute, value) in all {
            let attribute = if attribute == "S" { "ST".to_owned() } else { attribute };
            if name.insert(attribute, value).is_some() {
                return Err(NameError::Multiple);
            }
        }
        let is_missing = |attribute: &&str| name.get(*attribute).is_none_or(String::is_empty);
        match MANDATORY.into_iter().find(|attribute| is_missing(attribute)) {
            Some(attribute) => Err(NameError::Missing(attribute)),
            None => Ok(Self(name)),
        }
    }

    /// Whether the other has all that this one has.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        self.0.iter().all(|(attribute, value)| other.0.get(attribute) == Some(value))
    }
}

/// A value up to the comma, and what stands behind that.
fn value(text: &str) -> Result<(String, Option<&str>), NameError> {
    let mut out: Vec<u8> = Vec::new();
    // Spaces at the end do not count, unless they are escaped.
    let mut kept = 0;
    let mut rest = text.trim_start_matches(' ');
    if rest.starts_with('#') {
        return Err(NameError::Malformed);
    }
    loop {
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { break };
        rest = chars.as_str();
        match c {
            ',' => {
                out.truncate(kept);
                return Ok((String::from_utf8(out).map_err(|_| NameError::Malformed)?, Some(rest)));
            }
            '+' => return Err(NameError::Multiple),
            '\\' => {
                let escaped = chars.next().ok_or(NameError::Malformed)?;
                match escaped {
                    ' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\' => out.push(escaped as u8),
                    high => {
                        let low = chars.next().ok_or(NameError::Malformed)?;
                        let digits = high.to_digit(16).zip(low.to_digit(16)).ok_or(NameError::Malformed)?;
                        out.push(u8::try_from(digits.0 << 4 | digits.1).map_err(|_| NameError::Malformed)?);
                    }
                }
                rest = chars.as_str();
                kept = out.len();
            }
            ' ' => out.push(b' '),
            '"' | ';' | '<' | '>' | '\0' => return Err(NameError::Malformed),
            c => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                kept = out.len();
            }
        }
    }
    out.truncate(kept);
    Ok((String::from_utf8(out).map_err(|_| NameError::Malformed)?, None))
}

/// A value of a certificate.
fn text(value: &Any) -> Result<String, NameError> {
    let text = match value.tag() {
        Tag::Utf8String => value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str().to_owned()),
        Tag::PrintableString => {
            value.decode_as::<PrintableStringRef<'_>>().map(|text| text.as_str().to_owned())
        }
        Tag::Ia5String => value.decode_as::<Ia5StringRef<'_>>().map(|text| text.as_str().to_owned()),
        _ => return Err(NameError::Malformed),
    };
    text.map_err(|_| NameError::Malformed)
}
