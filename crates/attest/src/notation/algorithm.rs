//! The algorithms of envelopes. Which one it is follows from the key: an envelope cannot choose.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::oid::db::rfc5912;
use x509_cert::der::{Reader as _, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// An algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
}

impl Algorithm {
    /// By its name in JWS.
    pub(super) fn of_jws(name: &str) -> Option<Self> {
        Some(match name {
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            _ => return None,
        })
    }

    /// By its number in COSE.
    pub(super) const fn of_cose(number: i64) -> Option<Self> {
        Some(match number {
            -37 => Self::Ps256,
            -38 => Self::Ps384,
            -39 => Self::Ps512,
            -7 => Self::Es256,
            -35 => Self::Es384,
            -36 => Self::Es512,
            _ => return None,
        })
    }

    /// The one that fits a key.
    pub(super) fn of_key(key: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        match key.algorithm.oid {
            rfc5912::RSA_ENCRYPTION => match modulus(key.subject_public_key.as_bytes()?)? {
                256 => Some(Self::Ps256),
                384 => Some(Self::Ps384),
                512 => Some(Self::Ps512),
                _ => None,
            },
            rfc5912::ID_EC_PUBLIC_KEY => {
                match key.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok()? {
                    rfc5912::SECP_256_R_1 => Some(Self::Es256),
                    rfc5912::SECP_384_R_1 => Some(Self::Es384),
                    rfc5912::SECP_521_R_1 => Some(Self::Es512),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the key signed the message.
    pub(super) fn verify(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match self {
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &RSA_PSS_2048_8192_SHA512,
            Self::Es256 => &ECDSA_P256_SHA256_FIXED,
            Self::Es384 => &ECDSA_P384_SHA384_FIXED,
            Self::Es512 => &ECDSA_P521_SHA512_FIXED,
        };
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }
}

/// Bytes of the modulus of an RSA key.
fn modulus(key: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(key).ok()?;
    let length = reader.sequence(|reader| {
        let modulus: UintRef<'_> = reader.decode()?;
        let _exponent: UintRef<'_> = reader.decode()?;
        Ok(modulus.as_bytes().len())
    });
    length.ok()
}
