//! What Secrets say of signers, and Flux's words for what they do not say.

use api::oci_repository::OIDCIdentityMatch;
use testkit::oci::{Notary, Person, Sigstore};

use super::{Asked, keyless, notation, root};
use crate::access::SecretData;
use crate::oci::names::Repository;
use crate::oci::signatures::Signers;

fn secret(entries: &[(&str, &str)]) -> SecretData {
    entries.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
}

fn told(signers: Option<Signers>) -> String {
    match signers {
        Some(Signers::Unreadable(cause)) => cause,
        Some(_) => "signers".to_owned(),
        None => "nobody".to_owned(),
    }
}

#[test]
fn a_trust_policy_needs_certificates_and_names_the_repository() {
    let notary = Notary::new(&Person::default()).unwrap();
    let repository = Repository::parse("oci://r.example/org/app", false).unwrap();
    let of = |entries: &[(&str, &str)]| told(notation(&secret(entries), "ns/trust", &repository));
    let strict = Notary::policy("strict").to_string();
    let policy = ("trustpolicy.json", strict.as_str());
    for name in ["ca.crt", "ca.pem"] {
        assert_eq!(of(&[policy, (name, notary.root())]), "signers");
    }
    assert_eq!(of(&[(policy)]), "no certificates found in secret 'ns/trust'");
    assert_eq!(of(&[policy, ("ca.txt", notary.root())]), "no certificates found in secret 'ns/trust'");
    assert_eq!(of(&[("ca.crt", "")]), "'trustpolicy.json' not found in secret 'ns/trust'");
    assert_eq!(of(&[policy, ("ca.crt", "x")]), "failed to parse certificate");
    let mut elsewhere = Notary::policy("strict");
    elsewhere["trustPolicies"][0]["registryScopes"] = serde_json::json!(["r.example/other"]);
    let elsewhere = elsewhere.to_string();
    let expected = "artifact \"r.example/org/app\" has no applicable trust policy statement";
    assert_eq!(of(&[("trustpolicy.json", &elsewhere), ("ca.crt", notary.root())]), expected);
    let broken = of(&[("trustpolicy.json", "{"), ("ca.crt", notary.root())]);
    assert!(broken.starts_with("error occurred while parsing trustpolicy.json: "), "{broken}");
    // Skipping needs nothing else, and what else there is does not count.
    let skip = Notary::policy("skip").to_string();
    assert_eq!(of(&[("trustpolicy.json", &skip), ("ca.crt", notary.root())]), "nobody");
    let audit = Notary::policy("audit").to_string();
    let audit =
        notation(&secret(&[("trustpolicy.json", &audit), ("ca.crt", notary.root())]), "n", &repository);
    assert!(!audit.unwrap().vouch(), "who only wants to be told is not told that it is verified");
}

#[test]
fn a_trusted_root_and_identities_are_read() {
    let trusted = Sigstore::new().unwrap().trusted_root().to_string();
    let read = root(&secret(&[("trusted_root.json", &trusted)])).unwrap();
    assert!(keyless(Some(&read), &[]).is_ok_and(|signers| signers.vouch()));
    assert!(keyless(None, &[]).is_ok(), "the public instance is known");
    assert!(root(&secret(&[("root.json", &trusted)])).is_err());
    assert!(keyless(Some(b"{"), &[]).unwrap_err().starts_with("unable to parse trusted root: "));
    let one = OIDCIdentityMatch { issuer: "(".to_owned(), subject: "s".to_owned() };
    assert_eq!(keyless(None, &[one]).unwrap_err(), "malformed pattern of an identity '('");
}

#[test]
fn providers_as_people_are_told() {
    let name = |provider, secret| Asked { provider, secret, identities: &[], trusted_root: None }.name();
    assert_eq!(name("cosign", None), "cosign keyless");
    assert_eq!(name("cosign", Some("keys")), "cosign");
    assert_eq!(name("notation", Some("trust")), "notation");
}
