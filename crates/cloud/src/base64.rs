//! Base64 as Go's `encoding/base64` reads it: line breaks are skipped and stray bits at the end do not matter.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const STD: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    LENIENT.with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn decode(engine: &GeneralPurpose, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.contains(['\r', '\n']) {
        let joined = Zeroizing::new(text.replace(['\r', '\n'], ""));
        return engine.decode(joined.as_bytes()).ok().map(Zeroizing::new);
    }
    engine.decode(text).ok().map(Zeroizing::new)
}

/// The standard alphabet with padding.
#[must_use]
pub fn standard(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    decode(&STD, text)
}

/// The standard alphabet without padding.
#[must_use]
pub fn unpadded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(text).ok().map(Zeroizing::new)
}

/// The alphabet for URLs, padding or not.
#[must_use]
pub fn url(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    decode(&URL, text)
}

/// In the standard alphabet, padded.
#[must_use]
pub fn to_standard(bytes: &[u8]) -> String {
    STD.encode(bytes)
}

/// In the alphabet for URLs, without padding.
#[must_use]
pub fn to_url(bytes: &[u8]) -> String {
    URL.encode(bytes)
}
