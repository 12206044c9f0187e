//! What an envelope says, however it is written, and the rules that hold for both ways. Whether it is true is not looked
//! at here.

use jiff::Timestamp;

use super::algorithm::Algorithm;
use crate::refusal::Refusal;

/// The scheme, which says who vouches for the time.
pub(super) const SCHEME: &str = "io.cncf.notary.signingScheme";
/// When it was signed, as the signer says.
pub(super) const TIME: &str = "io.cncf.notary.signingTime";
/// When it was signed, as the signing authority says.
pub(super) const AUTHENTIC_TIME: &str = "io.cncf.notary.authenticSigningTime";
/// Until when the artifact should be used.
pub(super) const EXPIRY: &str = "io.cncf.notary.expiry";
/// A program that has to verify it, too.
pub(super) const PLUGIN: &str = "io.cncf.notary.verificationPlugin";

/// Who vouches for the time of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Nobody, or a timestamp.
    Plain,
    /// The authority that signed.
    Authority,
}

impl Scheme {
    pub(super) fn of(name: &str) -> Result<Self, Refusal> {
        match name {
            "notary.x509" => Ok(Self::Plain),
            "notary.x509.signingAuthority" => Ok(Self::Authority),
            _ => Err(Refusal::Unsupported("its signing scheme".to_owned())),
        }
    }

    /// The type of the trust stores that vouch for such signers.
    pub(super) const fn store(self) -> &'static str {
        match self {
            Self::Plain => "ca",
            Self::Authority => "signingAuthority",
        }
    }
}

/// What an envelope says.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) algorithm: Algorithm,
    pub(super) content_type: String,
    pub(super) scheme: Scheme,
    pub(super) time: Timestamp,
    pub(super) expiry: Option<Timestamp>,
    pub(super) payload: Vec<u8>,
    /// What the signature is over.
    pub(super) message: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// Certificates, the signer's first.
    pub(super) chain: Vec<Vec<u8>>,
}

/// When it was signed: each scheme has a claim of its own, and does not have the other's.
pub(super) fn time(
    scheme: Scheme,
    plain: Option<Timestamp>,
    authentic: Option<Timestamp>,
    expiry: Option<Timestamp>,
) -> Result<Timestamp, Refusal> {
    let ((Scheme::Plain, Some(time), None) | (Scheme::Authority, None, Some(time))) =
        (scheme, plain, authentic)
    else {
        return Err(Refusal::Malformed("its signing time is not that of its scheme".to_owned()));
    };
    if expiry.is_some_and(|expiry| expiry <= time) {
        return Err(Refusal::Malformed("it expired before it was signed".to_owned()));
    }
    Ok(time)
}

/// That what has to be critical is, and nothing else: what is critical and not known must not be passed over.
pub(super) fn check_critical(critical: &[&str], scheme: Scheme, has_expiry: bool) -> Result<(), Refusal> {
    let mut wanted = vec![SCHEME];
    if has_expiry {
        wanted.push(EXPIRY);
    }
    if scheme == Scheme::Authority {
        wanted.push(AUTHENTIC_TIME);
    }
    if let Some(name) = wanted.iter().find(|name| !critical.contains(name)) {
        return Err(Refusal::Malformed(format!("{name} is not marked as critical")));
    }
    match critical.iter().find(|name| !wanted.contains(name)) {
        Some(_) => Err(Refusal::Unsupported("it has a critical attribute that is not known".to_owned())),
        None => Ok(()),
    }
}
