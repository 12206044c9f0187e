//! What counts as signed.

use serde_json::{Value, json};
use testkit::oci::Signer;

use super::{Bundle, KeyError, Keys};

fn keys(signers: &[&Signer]) -> Keys {
    Keys::read(signers.iter().map(|signer| signer.pem()).collect::<Vec<_>>().iter().map(String::as_bytes))
        .unwrap()
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
    assert!(read.signed(message, key.sign(message).as_ref()));
    assert!(!read.signed(b"other", key.sign(message).as_ref()));
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
