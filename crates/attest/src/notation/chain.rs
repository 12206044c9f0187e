//! Certificates of an envelope: that each vouches for the one before it, that they are for signing code, and when they
//! hold. Whether one of them is trusted, and whose the signature may be, is `notation`'s. A certificate says what it is
//! for in extensions; one that is critical and not known here refuses the chain.

use jiff::Timestamp;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use x509_cert::Certificate;
use x509_cert::der::{AnyRef, Decode as _, Encode as _};
use x509_cert::spki::AlgorithmIdentifierOwned;

use self::usage::Usage;
use super::algorithm::Algorithm;
use super::name::Name;
use crate::refusal::{Refusal, Signer};

mod usage;

/// Most certificates of a chain.
pub(super) const MOST: usize = 10;

/// The signer's certificate, and those that vouch for it.
#[derive(Debug)]
pub(super) struct Chain {
    signing: Link,
    /// Each vouches for the one before it.
    issuers: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    certificate: Certificate,
    usage: Usage,
    from: Timestamp,
    until: Timestamp,
}

/// The certificates of a file: the first of PEM, or all of DER.
pub(super) fn trusted(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    if bytes.windows(5).any(|window| window == b"-----") {
        let der = CertificateDer::from_pem_slice(bytes).ok()?;
        Certificate::from_der(&der).ok()?;
        return Some(vec![der.to_vec()]);
    }
    let (mut all, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let mut reader = x509_cert::der::SliceReader::new(rest).ok()?;
        let one: AnyRef<'_> = x509_cert::der::Reader::decode(&mut reader).ok()?;
        let der = one.to_der().ok()?;
        Certificate::from_der(&der).ok()?;
        rest = rest.get(der.len()..)?;
        all.push(der);
    }
    (!all.is_empty()).then_some(all)
}

impl Chain {
    /// Reads it. Nothing is looked at yet.
    pub(super) fn read(all: &[Vec<u8>]) -> Result<Self, Refusal> {
        let Some((signing, issuers)) = all.split_first() else {
            return Err(Refusal::Malformed("it has no certificate".to_owned()));
        };
        if all.len() > MOST {
            return Err(Refusal::Excess { what: "certificates", most: MOST });
        }
        let signing = Link::read(signing)?;
        let issuers = issuers.iter().map(|der| Link::read(der)).collect::<Result<_, _>>()?;
        Ok(Self { signing, issuers })
    }

    /// All, from the signer's to the last one.
    fn links(&self) -> impl Iterator<Item = &Link> {
        std::iter::once(&self.signing).chain(&self.issuers)
    }

    /// The one algorithm that fits the signer's key.
    pub(super) fn algorithm(&self) -> Result<Algorithm, Refusal> {
        let key = &self.signing.certificate.tbs_certificate.subject_public_key_info;
        Algorithm::of_key(key).ok_or_else(|| Refusal::Unsupported("the kind or size of its key".to_owned()))
    }

    /// The signer's key.
    pub(super) fn key(&self) -> Result<Vec<u8>, Refusal> {
        let key = &self.signing.certificate.tbs_certificate.subject_public_key_info;
        key.to_der().map_err(|_| Refusal::Malformed("the key of its certificate is none".to_owned()))
    }

    /// Who signed, as the certificate says.
    pub(super) fn signer(&self) -> Signer {
        let certificate = &self.signing.certificate.tbs_certificate;
        Signer {
            issuer: Some(certificate.issuer.to_string()),
            subject: Some(certificate.subject.to_string()),
        }
    }

    /// The subject of the signer's certificate.
    pub(super) fn subject(&self) -> Result<Name, Refusal> {
        Name::of_certificate(&self.signing.certificate.tbs_certificate.subject)
            .map_err(|error| Refusal::Untrusted(format!("the subject of its certificate: {error}")))
    }

    /// That each is issued by the next, the last by itself, and that they may be used so.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let Self { signing, issuers } = self;
        signing.usage.check_signing().map_err(|why| signing.refused(why))?;
        // Above the signer's certificate stand as many issuers below this one as its number says.
        for (below, issuer) in issuers.iter().enumerate() {
            issuer.usage.check_issuer(below).map_err(|why| issuer.refused(why))?;
        }
        for (link, issuer) in self.links().zip(issuers) {
            if !link.is_issued_by(issuer) {
                return Err(link.refused("the next one did not issue it"));
            }
            if link.is_issued_by(link) {
                return Err(link.refused("it is self-signed, but not the last one"));
            }
        }
        let last = issuers.last().unwrap_or(signing);
        if last.is_issued_by(last) {
            Ok(())
        } else {
            Err(last.refused("it is the last one, but not self-signed"))
        }
    }

    /// That all hold at this time.
    pub(super) fn check_time(&self, time: Timestamp) -> Result<(), Refusal> {
        let out = |link: &&Link| time < link.from || time > link.until;
        match self.links().find(out) {
            Some(link) => Err(Refusal::Time(format!(
                "the certificate of {} is valid from {} to {}",
                link.certificate.tbs_certificate.subject, link.from, link.until
            ))),
            None => Ok(()),
        }
    }

    /// Whether one of them has ended before.
    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.links().any(|link| now > link.until)
    }

    /// That none says where to ask whether it was revoked. The last one vouches for itself: who trusts it revokes it.
    pub(super) fn is_never_revoked(&self) -> Result<(), Refusal> {
        let mut others = self.links().take(self.issuers.len());
        match others.find(|link| link.usage.is_revocable) {
            Some(link) => Err(Refusal::Revocation(link.certificate.tbs_certificate.subject.to_string())),
            None => Ok(()),
        }
    }
}

impl Link {
    fn read(der: &[u8]) -> Result<Self, Refusal> {
        let malformed = || Refusal::Malformed("a certificate is none".to_owned());
        let certificate = Certificate::from_der(der).map_err(|_| malformed())?;
        let validity = &certificate.tbs_certificate.validity;
        let time = |time: &x509_cert::time::Time| {
            let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
            Timestamp::from_second(seconds).ok()
        };
        let from = time(&validity.not_before).ok_or_else(malformed)?;
        let until = time(&validity.not_after).ok_or_else(malformed)?;
        let usage = Usage::read(&certificate)?;
        Ok(Self { usage, from, until, certificate })
    }

    fn refused(&self, why: &str) -> Refusal {
        Refusal::Untrusted(format!("the certificate of {}: {why}", self.certificate.tbs_certificate.subject))
    }

    /// Whether the other's key signed it, and the other is whom it names.
    fn is_issued_by(&self, issuer: &Self) -> bool {
        let (own, other) = (&self.certificate.tbs_certificate, &issuer.certificate.tbs_certificate);
        let names = own.issuer.to_der().ok().zip(other.subject.to_der().ok());
        names.is_some_and(|(named, subject)| named == subject) && self.is_signed_by(issuer) == Some(true)
    }

    fn is_signed_by(&self, issuer: &Self) -> Option<bool> {
        let certificate = &self.certificate;
        if certificate.signature_algorithm != certificate.tbs_certificate.signature {
            return None;
        }
        let key = &issuer.certificate.tbs_certificate.subject_public_key_info;
        let algorithm = algorithm(&certificate.signature_algorithm, &key.algorithm)?;
        let (key, signature) = (key.subject_public_key.as_bytes()?, certificate.signature.as_bytes()?);
        let message = certificate.tbs_certificate.to_der().ok()?;
        Some(algorithm.verify_signature(key, &message, signature).is_ok())
    }
}

/// The algorithm for signatures of this kind by keys of this kind.
fn algorithm(
    signature: &AlgorithmIdentifierOwned,
    key: &AlgorithmIdentifierOwned,
) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    let content = |identifier: &AlgorithmIdentifierOwned| {
        let der = identifier.to_der().ok()?;
        AnyRef::from_der(&der).ok().map(|any| any.value().to_vec())
    };
    let (signature, key) = (content(signature)?, content(key)?);
    let fits = |one: &&&'static dyn SignatureVerificationAlgorithm| {
        one.signature_alg_id().as_ref() == signature && one.public_key_alg_id().as_ref() == key
    };
    webpki::ALL_VERIFICATION_ALGS.iter().find(fits).copied()
}
