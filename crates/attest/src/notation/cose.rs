//! Envelopes in CBOR: a tagged `COSE_Sign1` (RFC 9052) with the claims in the protected header.

use jiff::Timestamp;

use super::algorithm::Algorithm;
use super::cbor::{self, Item, Map};
use super::chain;
use super::claims::{AUTHENTIC_TIME, Claims, EXPIRY, PLUGIN, SCHEME, Scheme, TIME, check_critical, time};
use crate::refusal::Refusal;

/// The tag of `COSE_Sign1`, and that of times in seconds.
const SIGN1: u64 = 18;
const SECONDS: u64 = 1;
/// Headers with numbers.
const ALGORITHM: Item<'_> = Item::Integer(1);
const CRITICAL: Item<'_> = Item::Integer(2);
const CONTENT_TYPE: Item<'_> = Item::Integer(3);
const CERTIFICATES: Item<'_> = Item::Integer(33);

pub(super) fn read(bytes: &[u8]) -> Result<Claims, Refusal> {
    let Item::Tag(SIGN1, parts) = cbor::read(bytes)? else { return Err(malformed("COSE_Sign1")) };
    let Item::List(parts) = *parts else { return Err(malformed("COSE_Sign1")) };
    let [Item::Bytes(protected), Item::Map(open), Item::Bytes(payload), Item::Bytes(signature)] =
        parts.as_slice()
    else {
        return Err(malformed("COSE_Sign1"));
    };
    let Item::Map(header) = cbor::read(protected)? else { return Err(malformed("protected header")) };
    if header.text(PLUGIN).is_some() {
        return Err(Refusal::Unsupported("it has to be verified by a plugin".to_owned()));
    }
    let Some(Item::Text(scheme)) = header.text(SCHEME) else { return Err(malformed("signing scheme")) };
    let scheme = Scheme::of(scheme)?;
    let expiry = seconds(&header, EXPIRY)?;
    check_critical(&critical(&header)?, scheme, expiry.is_some())?;
    let Some(Item::Integer(number)) = header.get(&ALGORITHM) else { return Err(malformed("algorithm")) };
    let algorithm = i64::try_from(*number).ok().and_then(Algorithm::of_cose);
    let Some(Item::Text(content_type)) = header.get(&CONTENT_TYPE) else {
        return Err(malformed("content type"));
    };
    Ok(Claims {
        algorithm: algorithm.ok_or_else(|| Refusal::Unsupported("its algorithm".to_owned()))?,
        content_type: (*content_type).to_owned(),
        scheme,
        time: time(scheme, seconds(&header, TIME)?, seconds(&header, AUTHENTIC_TIME)?, expiry)?,
        expiry,
        payload: payload.to_vec(),
        message: message(protected, payload),
        signature: signature.to_vec(),
        chain: certificates(open)?,
    })
}

fn critical<'a>(header: &Map<'a>) -> Result<Vec<&'a str>, Refusal> {
    let Some(Item::List(names)) = header.get(&CRITICAL) else { return Err(malformed("critical header")) };
    let text = |name: &Item<'a>| match name {
        Item::Text(name) => Ok(*name),
        _ => Err(Refusal::Unsupported("it has a critical attribute that is not known".to_owned())),
    };
    names.iter().map(text).collect()
}

fn seconds(header: &Map<'_>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = header.text(name) else { return Ok(None) };
    let Item::Tag(SECONDS, value) = value else { return Err(malformed("time")) };
    let Item::Integer(value) = **value else { return Err(malformed("time")) };
    let time = i64::try_from(value).ok().and_then(|value| Timestamp::from_second(value).ok());
    time.map(Some).ok_or_else(|| malformed("time"))
}

fn certificates(open: &Map<'_>) -> Result<Vec<Vec<u8>>, Refusal> {
    let Some(Item::List(all)) = open.get(&CERTIFICATES) else { return Err(malformed("certificate chain")) };
    if all.len() > chain::MOST {
        return Err(Refusal::Excess { what: "certificates", most: chain::MOST });
    }
    let bytes = |one: &Item<'_>| match one {
        Item::Bytes(bytes) => Ok(bytes.to_vec()),
        _ => Err(malformed("certificate chain")),
    };
    all.iter().map(bytes).collect()
}

/// What the signature is over (RFC 9052, 4.4).
fn message(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    // A list of four: the context, the protected header, no bytes from outside, the payload.
    let mut message = b"\x84\x6aSignature1".to_vec();
    cbor::head_of_bytes(protected.len(), &mut message);
    message.extend_from_slice(protected);
    cbor::head_of_bytes(0, &mut message);
    cbor::head_of_bytes(payload.len(), &mut message);
    message.extend_from_slice(payload);
    message
}

fn malformed(what: &str) -> Refusal {
    Refusal::Malformed(format!("its {what} is none"))
}
