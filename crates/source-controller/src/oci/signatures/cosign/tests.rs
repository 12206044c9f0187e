//! What counts as signed.

use attest::Refusal;
use manifest::budget::{Budget, Cancel, Exceeded, Limits};
use serde_json::{Value, json};
use testkit::oci::Signer;

use super::{Bundle, KeyError, Keys};

/// With nothing that bounds it.
struct Free(Keys);

impl Free {
    fn signed_payload(&self, payload: &[u8], signature: &str, digest: &str) -> bool {
        self.0.signed_payload(payload, signature, digest, &Budget::default()).unwrap()
    }

    fn signed_bundle(&self, bundle: &Bundle, digest: &str) -> bool {
        self.0.signed_bundle(bundle, digest, &Budget::default()).unwrap()
    }

    fn fingerprint(&self, revision: &str) -> String {
        self.0.fingerprint(revision)
    }
}

fn keys(signers: &[&Signer]) -> Free {
    let pems: Vec<String> = signers.iter().map(|signer| signer.pem()).collect();
    Free(Keys::read(pems.iter().map(String::as_bytes)).unwrap())
}

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

fn bundle(value: &Value) -> Bundle {
    Bundle::parse(value.to_string().as_bytes()).unwrap()
}

#[test]
fn a_payload_is_signed_by_one_of_the_keys_and_about_the_digest() {
    let (one, other) = (Signer::new().unwrap(), Signer::new().unwrap());
    let (payload, signature) = one.payload(&digest("a")).unwrap();
    assert!(keys(&[&one]).signed_payload(&payload, &signature, &digest("a")));
    assert!(keys(&[&other, &one]).signed_payload(&payload, &signature, &digest("a")));
    assert!(!keys(&[&other]).signed_payload(&payload, &signature, &digest("a")));
    assert!(!keys(&[&one]).signed_payload(&payload, &signature, &digest("b")), "of something else");
    assert!(!keys(&[]).signed_payload(&payload, &signature, &digest("a")));
    let changed = String::from_utf8(payload).unwrap().replace(&"a".repeat(64), &"b".repeat(64));
    assert!(!keys(&[&one]).signed_payload(changed.as_bytes(), &signature, &digest("b")));
    let other_type =
        String::from_utf8(one.payload(&digest("a")).unwrap().0).unwrap().replace("image signature", "x");
    let signature = one.sign(other_type.as_bytes()).unwrap();
    assert!(
        !keys(&[&one]).signed_payload(other_type.as_bytes(), &signature, &digest("a")),
        "of another type"
    );
    for nonsense in ["", "!", "AAAA"] {
        assert!(!keys(&[&one]).signed_payload(changed.as_bytes(), nonsense, &digest("b")));
    }
}

#[test]
fn a_bundle_is_signed_as_a_statement_about_the_digest() {
    let (one, other) = (Signer::new().unwrap(), Signer::new().unwrap());
    let whole = one.bundle(&digest("a")).unwrap();
    assert!(keys(&[&one]).signed_bundle(&bundle(&whole), &digest("a")));
    assert!(!keys(&[&other]).signed_bundle(&bundle(&whole), &digest("a")));
    assert!(!keys(&[&one]).signed_bundle(&bundle(&whole), &digest("b")));
    let mut moved = whole.clone();
    moved["dsseEnvelope"]["payload"] = one.bundle(&digest("b")).unwrap()["dsseEnvelope"]["payload"].clone();
    assert!(!keys(&[&one]).signed_bundle(&bundle(&moved), &digest("b")), "another statement's signature");
    let mut plain = whole.clone();
    plain["dsseEnvelope"]["payloadType"] = json!("text/plain");
    assert!(!keys(&[&one]).signed_bundle(&bundle(&plain), &digest("a")));
    let mut many = whole.clone();
    let one_of_them = whole["dsseEnvelope"]["signatures"][0].clone();
    many["dsseEnvelope"]["signatures"] = json!(vec![one_of_them; super::MOST + 1]);
    assert!(Bundle::parse(many.to_string().as_bytes()).is_none(), "too many signatures");
    let mut unsigned = whole;
    unsigned["dsseEnvelope"]["signatures"] = json!([]);
    assert!(!keys(&[&one]).signed_bundle(&bundle(&unsigned), &digest("a")));
    assert!(Bundle::parse(b"{}").is_none());
}

#[test]
fn keys_of_other_kinds() {
    use aws_lc_rs::signature::KeyPair as _;
    let message = b"message";
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let key = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8(&pair.serialize_der()).unwrap();
    assert_eq!(key.public_key().as_ref().len(), 32);
    let read = Keys::read([pair.public_key_pem().as_bytes()].into_iter()).unwrap();
    let signed = |keys: &Keys, message: &[u8], signature: &[u8]| {
        keys.signed(message, signature, &Budget::default()).unwrap()
    };
    assert!(signed(&read, message, key.sign(message).as_ref()));
    assert!(!signed(&read, b"other", key.sign(message).as_ref()));
    // A key of another curve, which signs with SHA-256 all the same.
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA256).unwrap();
    let kind = &aws_lc_rs::signature::ECDSA_P521_SHA256_ASN1_SIGNING;
    let key = aws_lc_rs::signature::EcdsaKeyPair::from_pkcs8(kind, &pair.serialize_der()).unwrap();
    let random = aws_lc_rs::rand::SystemRandom::new();
    let read = Keys::read([pair.public_key_pem().as_bytes()].into_iter()).unwrap();
    assert!(signed(&read, message, key.sign(&random, message).unwrap().as_ref()));
    // RSA is not told by its length.
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let signature = rcgen::SigningKey::sign(&pair, message).unwrap();
    let read = Keys::read([pair.public_key_pem().as_bytes()].into_iter()).unwrap();
    assert!(signed(&read, message, &signature));
}

#[test]
fn each_key_that_is_tried_has_its_price() {
    let (one, other) = (Signer::new().unwrap(), Signer::new().unwrap());
    let Free(keys) = keys(&[&other, &one]);
    let whole = bundle(&one.bundle(&digest("a")).unwrap());
    let (payload, signature) = one.payload(&digest("a")).unwrap();
    let few = || Budget::new(Limits { steps: 1_500, ..Limits::NONE }, Cancel::default());
    let spent = Err(Refusal::Cost(Exceeded::Steps(1_500)));
    assert_eq!(keys.signed_bundle(&whole, &digest("a"), &few()), spent);
    assert_eq!(keys.signed_payload(&payload, &signature, &digest("a"), &few()), spent);
    let cancel = Cancel::default();
    cancel.cancel();
    let over = keys.signed_bundle(&whole, &digest("a"), &Budget::new(Limits::NONE, cancel));
    assert_eq!(over, Err(Refusal::Cost(Exceeded::Cancelled)));
}

#[test]
fn what_is_no_key() {
    let read = |text: &str| Keys::read([text.as_bytes()].into_iter()).unwrap_err();
    assert_eq!(read("no key"), KeyError::Pem);
    let certificate = "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n";
    let expected = "unknown Public key PEM file type: CERTIFICATE. Are you passing the correct public key?";
    assert_eq!(read(certificate).to_string(), expected);
}

#[test]
fn fingerprints_are_of_keys_and_of_what_they_signed() {
    let (one, other) = (Signer::new().unwrap(), Signer::new().unwrap());
    assert_eq!(keys(&[&one]).fingerprint("r"), keys(&[&one]).fingerprint("r"));
    assert_ne!(keys(&[&one]).fingerprint("r"), keys(&[&other]).fingerprint("r"));
    assert_ne!(keys(&[&one]).fingerprint("r"), keys(&[&one]).fingerprint("s"));
}
