//! CA and client certificate from the Secret of `spec.certSecretRef` (contracts/source-controller.md 12). Pure. Whether
//! they are certificates is found out when a client is made of them.

use super::{SecretData, Tls};

#[cfg(test)]
mod tests;

/// What is wrong with such a Secret, after its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CertificateError {
    #[error("contains 'tls.crt' but missing 'tls.key'")]
    NoKey,
    #[error("contains 'tls.key' but missing 'tls.crt'")]
    NoCertificate,
    #[error("must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'")]
    Nothing,
}

/// Reads the Secret, the old names of its keys included.
pub(crate) fn read(data: &SecretData) -> Result<Tls, CertificateError> {
    find(data)?.ok_or(CertificateError::Nothing)
}

/// What of it a Secret has that may have none.
pub(crate) fn find(data: &SecretData) -> Result<Option<Tls>, CertificateError> {
    let field = |names: [&str; 2]| {
        names.iter().find_map(|name| data.get(*name).filter(|value| !value.is_empty())).cloned()
    };
    let ca = field(["ca.crt", "caFile"]);
    let identity = match (field(["tls.crt", "certFile"]), field(["tls.key", "keyFile"])) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (Some(_), None) => return Err(CertificateError::NoKey),
        (None, Some(_)) => return Err(CertificateError::NoCertificate),
        (None, None) => None,
    };
    Ok((ca.is_some() || identity.is_some()).then_some(Tls { ca, identity }))
}
