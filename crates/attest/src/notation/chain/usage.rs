//! What a certificate says that it may be used for, and the Notary Project's rules for that.

use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::{AuthorityInfoAccessSyntax, BasicConstraints, ExtendedKeyUsage, KeyUsage};

use crate::refusal::Refusal;

const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
const ALTERNATIVE_NAME: ObjectIdentifier = oid("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
const NAME_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.30");
const REVOCATION_LISTS: ObjectIdentifier = oid("2.5.29.31");
const POLICIES: ObjectIdentifier = oid("2.5.29.32");
const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
const FRESHEST_LIST: ObjectIdentifier = oid("2.5.29.46");
const AUTHORITY_ACCESS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.1");
const OCSP: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1");
const CODE_SIGNING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.3");
/// What a key for code must not be for: anything, servers, clients, mail, timestamps, revocations.
const OTHER_USES: [ObjectIdentifier; 6] = [
    oid("2.5.29.37.0"),
    oid("1.3.6.1.5.5.7.3.1"),
    oid("1.3.6.1.5.5.7.3.2"),
    oid("1.3.6.1.5.5.7.3.4"),
    oid("1.3.6.1.5.5.7.3.8"),
    oid("1.3.6.1.5.5.7.3.9"),
];

/// What the extensions say.
#[derive(Debug, Default)]
pub(super) struct Usage {
    key: Option<(bool, KeyUsage)>,
    extended: Option<ExtendedKeyUsage>,
    constraints: Option<BasicConstraints>,
    /// Whether there is somewhere to ask whether it was revoked.
    pub(super) is_revocable: bool,
    /// Whether something limits it that is not heeded here.
    is_limited: bool,
}

impl Usage {
    pub(super) fn read(certificate: &Certificate) -> Result<Self, Refusal> {
        let malformed = || Refusal::Malformed("an extension of a certificate is none".to_owned());
        let extensions = certificate.tbs_certificate.extensions.as_deref().unwrap_or_default();
        let mut usage = Self::default();
        for (index, extension) in extensions.iter().enumerate() {
            let (id, value) = (extension.extn_id, extension.extn_value.as_bytes());
            if extensions.iter().take(index).any(|before| before.extn_id == id) {
                return Err(Refusal::Malformed("a certificate has an extension twice".to_owned()));
            }
            match id {
                KEY_USAGE => {
                    let read = KeyUsage::from_der(value).map_err(|_| malformed())?;
                    usage.key = Some((extension.critical, read));
                }
                EXTENDED_KEY_USAGE => {
                    usage.extended = Some(ExtendedKeyUsage::from_der(value).map_err(|_| malformed())?);
                }
                BASIC_CONSTRAINTS => {
                    usage.constraints = Some(BasicConstraints::from_der(value).map_err(|_| malformed())?);
                }
                AUTHORITY_ACCESS => {
                    let read = AuthorityInfoAccessSyntax::from_der(value).map_err(|_| malformed())?;
                    usage.is_revocable |= read.0.iter().any(|access| access.access_method == OCSP);
                    usage.is_limited |= extension.critical;
                }
                REVOCATION_LISTS | FRESHEST_LIST => usage.is_revocable = true,
                NAME_CONSTRAINTS => usage.is_limited = true,
                ALTERNATIVE_NAME | POLICIES => {}
                _ => usage.is_limited |= extension.critical,
            }
        }
        Ok(usage)
    }

    /// That it is for signatures of code and for nothing else.
    pub(super) fn check_signing(&self) -> Result<(), &'static str> {
        self.check_common()?;
        if self.constraints.as_ref().is_some_and(|constraints| constraints.ca) {
            return Err("it is one for issuing others");
        }
        let (_, key) = self.key.as_ref().ok_or("it has no key usage")?;
        let others = [
            key.key_encipherment(),
            key.data_encipherment(),
            key.key_agreement(),
            key.key_cert_sign(),
            key.crl_sign(),
            key.encipher_only(),
            key.decipher_only(),
        ];
        if !key.digital_signature() || others.contains(&true) {
            return Err("its key usage is not digital signatures alone");
        }
        if let Some(ExtendedKeyUsage(uses)) = &self.extended
            && (!uses.contains(&CODE_SIGNING) || uses.iter().any(|one| OTHER_USES.contains(one)))
        {
            return Err("its extended key usage is not code signing");
        }
        Ok(())
    }

    /// That it may issue, with so many issuers between it and the signer.
    pub(super) fn check_issuer(&self, below: usize) -> Result<(), &'static str> {
        self.check_common()?;
        let constraints = self.constraints.as_ref().filter(|constraints| constraints.ca);
        let constraints = constraints.ok_or("it is none for issuing others")?;
        if constraints.path_len_constraint.is_some_and(|most| usize::from(most) < below) {
            return Err("there are more issuers below it than it allows");
        }
        let (_, key) = self.key.as_ref().ok_or("it has no key usage")?;
        if key.key_cert_sign() { Ok(()) } else { Err("its key usage is not signing certificates") }
    }

    fn check_common(&self) -> Result<(), &'static str> {
        if self.is_limited {
            return Err("it has a critical extension that is not known, or constraints of names");
        }
        match self.key {
            Some((false, _)) => Err("its key usage is not critical"),
            _ => Ok(()),
        }
    }
}

/// An OID that is known to be one.
const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}
