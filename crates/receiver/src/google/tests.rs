//! Tokens that hold, and everything that may be wrong with one.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_700_000_000;

struct Bench {
    pair: KeyPair,
    keys: Keys,
}

impl Bench {
    fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let public = pair.public_key();
        let set = json!({"keys": [
            {"kid": "other", "kty": "EC", "crv": "P-256", "x": "", "y": ""},
            {
                "kid": "k1", "kty": "RSA", "alg": "RS256",
                "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
                "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
            },
        ]});
        let keys = Keys::read(set.to_string().as_bytes()).expect("keys");
        Self { pair, keys }
    }

    fn token(&self, head: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(head), part(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("a signature");
        format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn verify(&self, authorization: &str) -> Result<(), TokenError> {
        let expected = Expected { email: "robot@example.com".to_owned(), audience: "hook".to_owned() };
        let now = Timestamp::from_second(NOW).expect("a time");
        verify(Some(authorization), &expected, &self.keys, now)
    }
}

fn head() -> Value {
    json!({"alg": "RS256", "kid": "k1", "typ": "JWT"})
}

fn claims(change: &[(&str, Value)]) -> Value {
    let mut claims = json!({
        "iss": "https://accounts.google.com", "aud": "hook", "exp": NOW + 60, "iat": NOW - 60, "sub": "1",
        "email": "robot@example.com", "email_verified": true,
    });
    for (name, value) in change {
        claims[*name] = value.clone();
    }
    claims
}

#[test]
fn each_claim_is_looked_at() {
    let bench = Bench::new();
    assert_eq!(bench.verify(&bench.token(&head(), &claims(&[]))), Ok(()));
    let short = ("iss", json!("accounts.google.com"));
    assert_eq!(bench.verify(&bench.token(&head(), &claims(&[short]))), Ok(()));
    for (name, value, error) in [
        ("exp", json!(NOW), TokenError::Expired),
        ("aud", json!("other"), TokenError::Audience),
        ("aud", json!(["hook"]), TokenError::Form),
        ("iss", json!("https://accounts.example.com"), TokenError::Issuer),
        ("email", json!("thief@example.com"), TokenError::Email),
        ("email", json!(null), TokenError::Form),
        ("email_verified", json!(false), TokenError::Unverified),
        ("email_verified", json!("true"), TokenError::Form),
    ] {
        let token = bench.token(&head(), &claims(&[(name, value.clone())]));
        assert_eq!(bench.verify(&token), Err(error), "{name}: {value}");
    }
    let mut without = claims(&[]);
    without.as_object_mut().expect("claims").remove("email");
    assert_eq!(bench.verify(&bench.token(&head(), &without)), Err(TokenError::Email));
}

#[test]
fn only_google_signs() {
    let (bench, thief) = (Bench::new(), Bench::new());
    assert_eq!(bench.verify(&thief.token(&head(), &claims(&[]))), Err(TokenError::Signature));
    let other = json!({"alg": "RS256", "kid": "k2"});
    assert_eq!(bench.verify(&bench.token(&other, &claims(&[]))), Err(TokenError::Key));
    for alg in ["none", "HS256", "RS512", ""] {
        let head = json!({"alg": alg, "kid": "k1"});
        assert_eq!(bench.verify(&bench.token(&head, &claims(&[]))), Err(TokenError::Form), "{alg}");
    }
    let token = bench.token(&head(), &claims(&[]));
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let forged =
        URL_SAFE_NO_PAD.encode(claims(&[("email_verified", json!(true)), ("sub", json!("2"))]).to_string());
    let head = signed.split_once('.').expect("a head").0;
    assert_eq!(bench.verify(&format!("{head}.{forged}.{signature}")), Err(TokenError::Signature));
    assert_eq!(bench.verify(&format!("{signed}.")), Err(TokenError::Signature));
}

#[test]
fn what_is_no_token() {
    let bench = Bench::new();
    for (text, error) in [
        ("", TokenError::Missing),
        ("Basic abc", TokenError::Missing),
        ("Bearer ", TokenError::Form),
        ("Bearer a.b", TokenError::Form),
        ("Bearer a.b.c.d", TokenError::Form),
        (&format!("Bearer {}", "a.".repeat(MOST_BYTES)), TokenError::Form),
    ] {
        assert_eq!(bench.verify(text), Err(error), "{}", text.len());
    }
}

#[test]
fn keys_that_are_asked_for() {
    let bench = Bench::new();
    let known = bench.token(&head(), &claims(&[]));
    let unknown = bench.token(&json!({"alg": "RS256", "kid": "k2"}), &claims(&[]));
    assert!(bench.keys.suffice(Some(&known)));
    assert!(!bench.keys.suffice(Some(&unknown)));
    assert!(!Keys::default().suffice(Some(&known)));
    for none in [None, Some("Bearer x"), Some("Basic x")] {
        assert!(Keys::default().suffice(none), "nothing would be gained");
    }
    for wrong in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"EC","kid":"a"}]}"#] {
        assert!(Keys::read(wrong.as_bytes()).is_none(), "{wrong}");
    }
}
