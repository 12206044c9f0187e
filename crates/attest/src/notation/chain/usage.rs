//! What a certificate says that it may be used for, and the Notary Project's rules for that.

use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280;
use x509_cert::ext::pkix::{AuthorityInfoAccessSyntax, BasicConstraints, ExtendedKeyUsage, KeyUsage};

use crate::refusal::Refusal;

/// What a key for code must not be for: anything, servers, clients, mail, timestamps, revocations.
const OTHER_USES: [ObjectIdentifier; 6] = [
    rfc5280::ANY_EXTENDED_KEY_USAGE,
    rfc5280::ID_KP_SERVER_AUTH,
    rfc5280::ID_KP_CLIENT_AUTH,
    rfc5280::ID_KP_EMAIL_PROTECTION,
    rfc5280::ID_KP_TIME_STAMPING,
    rfc5280::ID_KP_OCSP_SIGNING,
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
                rfc5280::ID_CE_KEY_USAGE => {
                    let read = KeyUsage::from_der(value).map_err(|_| malformed())?;
                    usage.key = Some((extension.critical, read));
                }
                rfc5280::ID_CE_EXT_KEY_USAGE => {
                    usage.extended = Some(ExtendedKeyUsage::from_der(value).map_err(|_| malformed())?);
                }
                rfc5280::ID_CE_BASIC_CONSTRAINTS => {
                    usage.constraints = Some(BasicConstraints::from_der(value).map_err(|_| malformed())?);
                }
                rfc5280::ID_PE_AUTHORITY_INFO_ACCESS => {
                    let read = AuthorityInfoAccessSyntax::from_der(value).map_err(|_| malformed())?;
                    usage.is_revocable |=
                        read.0.iter().any(|access| access.access_method == rfc5280::ID_AD_OCSP);
                    usage.is_limited |= extension.critical;
                }
                rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS | rfc5280::ID_CE_FRESHEST_CRL => {
                    usage.is_revocable = true;
                }
                rfc5280::ID_CE_NAME_CONSTRAINTS => usage.is_limited = true,
                rfc5280::ID_CE_SUBJECT_ALT_NAME | rfc5280::ID_CE_CERTIFICATE_POLICIES => {}
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
            && (!uses.contains(&rfc5280::ID_KP_CODE_SIGNING)
                || uses.iter().any(|one| OTHER_USES.contains(one)))
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
