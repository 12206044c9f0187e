//! Which login belongs to a repository.

use serde_json::{Value, json};

use super::{Keyring, Malformed, label_matches};
use crate::access::SecretData;

const TYPE: &str = "kubernetes.io/dockerconfigjson";

fn secret(config: &Value) -> SecretData {
    SecretData::from([(".dockerconfigjson".to_owned(), config.to_string().into_bytes())])
}

fn keyring(auths: &Value) -> Keyring {
    let mut keyring = Keyring::default();
    keyring.add(TYPE, &secret(&json!({ "auths": auths }))).unwrap();
    keyring
}

fn user(keyring: &Keyring, repository: &str) -> String {
    keyring.login(repository).map_or_else(|| "nobody".to_owned(), |login| login.username.clone())
}

#[test]
fn the_most_specific_place_wins() {
    let keyring = keyring(&json!({
        "ghcr.io": {"username": "host", "password": "p"},
        "ghcr.io/org": {"username": "org", "password": "p"},
        "ghcr.io/org/app": {"username": "app", "password": "p"},
        "https://index.docker.io/v1/": {"username": "hub", "password": "p"},
        "registry.example.com:5000": {"username": "port", "password": "p"},
        "*.wild.example": {"username": "wild", "password": "p"},
        "http://plain.example/v2/": {"username": "plain", "password": "p"},
    }));
    for (repository, expected) in [
        ("ghcr.io/org/app", "app"),
        ("ghcr.io/org/other", "org"),
        ("ghcr.io/else", "host"),
        ("index.docker.io/library/x", "hub"),
        ("registry.example.com:5000/x", "port"),
        ("registry.example.com/x", "nobody"),
        ("a.wild.example/x", "wild"),
        ("a.b.wild.example/x", "nobody"),
        ("plain.example/x", "plain"),
        ("evil.io/ghcr.io/org", "nobody"),
        ("ghcr.io.evil.io/org/app", "nobody"),
    ] {
        assert_eq!(user(&keyring, repository), expected, "{repository}");
    }
}

#[test]
fn labels_match_as_file_names_do() {
    for (pattern, label, expected) in [
        ("*", "a", true),
        ("a*c", "abbc", true),
        ("a*c", "abb", false),
        ("a?", "ab", true),
        ("", "", true),
        ("a", "", false),
        ("**b", "aab", true),
    ] {
        assert_eq!(label_matches(pattern, label), expected, "{pattern} {label}");
    }
}

#[test]
fn the_forms_of_a_login() {
    let keyring = keyring(&json!({
        "a.io": {"auth": "dXNlcjpwYTpzcw=="},
        "b.io": {"auth": "dXNlcjpwYTpzczE"},
        "c.io": {"identitytoken": "refresh", "username": "<token>"},
        "d.io": {"registrytoken": "bearer"},
    }));
    let login = keyring.login("a.io/x").unwrap();
    assert_eq!((login.username.as_str(), login.password.as_str()), ("user", "pa:ss"));
    assert_eq!(keyring.login("b.io/x").unwrap().password, "pa:ss1");
    assert_eq!(keyring.login("c.io/x").unwrap().identity, "refresh");
    assert_eq!(keyring.login("d.io/x").unwrap().bearer, "bearer");
    let shown = format!("{keyring:?}");
    for secret in ["pa:ss", "refresh", "\"bearer\"", "dXNlcjpw"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn the_first_of_equals_counts() {
    let mut keyring = keyring(&json!({"a.io": {"username": "first", "password": "p"}}));
    keyring.add(TYPE, &secret(&json!({"auths": {"a.io": {"username": "second", "password": "p"}}}))).unwrap();
    assert_eq!(user(&keyring, "a.io/x"), "first");
}

#[test]
fn other_secrets_are_passed_over_and_broken_ones_are_not() {
    let mut keyring = Keyring::default();
    let data = secret(&json!({"auths": {"a.io": {"username": "u", "password": "p"}}}));
    keyring.add("Opaque", &data).unwrap();
    assert_eq!(user(&keyring, "a.io/x"), "nobody");
    keyring.add(TYPE, &SecretData::new()).unwrap();
    let legacy = SecretData::from([(
        ".dockercfg".to_owned(),
        br#"{"b.io":{"username":"old","password":"p"}}"#.to_vec(),
    )]);
    keyring.add("kubernetes.io/dockercfg", &legacy).unwrap();
    assert_eq!(user(&keyring, "b.io/x"), "old");

    let broken = SecretData::from([(".dockerconfigjson".to_owned(), b"{pass-canary".to_vec())]);
    let error = keyring.add(TYPE, &broken).unwrap_err();
    assert_eq!(error.to_string(), "the pull secret's .dockerconfigjson is not a docker configuration");
    let error =
        keyring.add(TYPE, &secret(&json!({"auths": {"a.io": {"auth": "bm9jb2xvbg=="}}}))).unwrap_err();
    assert_eq!(error, Malformed::Auth("must be formatted as base64(username:password)"));
}
