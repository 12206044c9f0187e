//! Files as `ssh-keyscan`, `ssh-keygen -H` and people make them.

use russh::keys::{Algorithm, PublicKey};

use super::{KnownHosts, Unknown, wildcard};

const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

fn key(text: &str) -> PublicKey {
    PublicKey::from_openssh(text).unwrap()
}

fn other() -> PublicKey {
    key(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/signatures/ssh1.pub")))
}

fn check(file: &str, host: &str, port: u16) -> Result<(), Unknown> {
    KnownHosts::parse(file).unwrap().check(host, port, &key(ED))
}

#[test]
fn the_forms_that_people_have() {
    for (hosts, host, port) in [
        ("example.com", "example.com", 22),
        ("example.com,10.0.0.1", "10.0.0.1", 22),
        ("[example.com]:2222", "example.com", 2222),
        ("[example.com]", "example.com", 22),
        ("[::1]:2222", "::1", 2222),
        ("*.example.com", "git.example.com", 22),
        ("git?.example.com", "git1.example.com", 22),
        ("*,!bad", "good", 22),
        // printf example.com | hashed by `ssh-keygen -H`
        ("|1|c2FsdHNhbHRzYWx0c2FsdHNhbHQ=|HASH", "example.com", 22),
    ] {
        let hosts = hosts.replace("HASH", &hashed(b"saltsaltsaltsaltsalt", host));
        let file = format!("# a comment\n\n{hosts} {ED} a comment\n");
        assert_eq!(check(&file, host, port), Ok(()), "{hosts}");
        assert_eq!(check(&file, "elsewhere.org", 7), Err(Unknown::Host), "{hosts}");
    }
    let named = format!("[example.com]:2222 {ED}");
    assert_eq!(check(&named, "example.com", 22), Err(Unknown::Host), "another port");
    assert_eq!(check(&format!("*,!bad {ED}"), "bad", 22), Err(Unknown::Host));
    assert_eq!(
        check(&format!("@revoked * {ED}\nexample.com {ED}"), "example.com", 22),
        Err(Unknown::Revoked)
    );
    assert_eq!(check(&format!("@cert-authority * {ED}"), "example.com", 22), Err(Unknown::Host));
}

fn hashed(salt: &[u8], host: &str) -> String {
    use base64::Engine as _;
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
    base64::engine::general_purpose::STANDARD.encode(aws_lc_rs::hmac::sign(&key, host.as_bytes()))
}

#[test]
fn another_key_is_a_mismatch() {
    let file = KnownHosts::parse(&format!("example.com {ED}")).unwrap();
    assert_eq!(file.check("example.com", 22, &other()), Err(Unknown::Mismatch));
    assert_eq!(file.check("example.org", 22, &other()), Err(Unknown::Host));
    assert_eq!(Unknown::Mismatch.to_string(), "knownhosts: key mismatch");
    assert_eq!(Unknown::Host.to_string(), "knownhosts: key is unknown");
}

#[test]
fn a_host_is_asked_for_the_kinds_that_are_known() {
    let rsa = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/signatures/ssh2.pub"));
    let file = KnownHosts::parse(&format!("a {ED}\nb {rsa}\n@cert-authority c {ED}\n")).unwrap();
    assert_eq!(file.algorithms("a", 22), [Algorithm::Ed25519]);
    assert!(file.algorithms("b", 22).iter().all(|one| matches!(one, Algorithm::Rsa { hash: Some(_) })));
    assert!(
        file.algorithms("c", 22).is_empty() && file.has_authority("c", 22) && !file.has_authority("a", 22)
    );
}

#[test]
fn what_is_no_file_of_known_hosts() {
    for (file, error) in [
        ("nonsense", "knownhosts: knownhosts: missing host pattern"),
        ("host ssh-ed25519", "knownhosts: knownhosts: missing key type pattern"),
        ("|2|a|b ssh-ed25519 AAAA", "knownhosts: "),
        ("host ssh-ed25519 nonsense", "knownhosts: "),
    ] {
        let found = KnownHosts::parse(file).unwrap_err();
        assert!(found.starts_with(error), "{file}: {found}");
    }
    assert!(KnownHosts::parse("").unwrap().algorithms("a", 22).is_empty());
}

#[test]
fn wildcards() {
    for (pattern, text, fits) in [
        ("*", "", true),
        ("a*b", "aXXb", true),
        ("a*b", "aXXc", false),
        ("a?", "a", false),
        ("**", "x", true),
    ] {
        assert_eq!(wildcard(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
    }
}
