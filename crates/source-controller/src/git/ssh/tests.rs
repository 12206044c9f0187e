//! What is asked for over SSH. A real server is in the end-to-end tests.

use reqwest::Url;
use russh::kex;
use russh::keys::Algorithm;

use super::{Algorithms, KnownHosts, command, preferred};

const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

#[test]
fn a_path_is_one_word_of_the_command() {
    for (url, expected) in [
        ("ssh://h/a/b.git", "git-upload-pack '/a/b.git'"),
        ("ssh://h/~user/b", "git-upload-pack '~user/b'"),
        ("ssh://h/it's", "git-upload-pack '/it'\\''s'"),
        ("ssh://h/a%20b", "git-upload-pack '/a b'"),
        ("ssh://h/';id;'", "git-upload-pack '/'\\'';id;'\\'''"),
    ] {
        assert_eq!(command(&Url::parse(url).unwrap()), expected, "{url}");
    }
}

#[test]
fn a_host_is_asked_for_the_kind_of_key_that_is_known() {
    let known = KnownHosts::parse(&format!("a {ED}\n@cert-authority b {ED}")).unwrap();
    let all = Algorithms::default();
    assert_eq!(preferred(&all, &known, "a", 22).key.as_ref(), [Algorithm::Ed25519]);
    assert!(preferred(&all, &known, "elsewhere", 22).key.len() > 3);
    assert!(preferred(&all, &known, "a", 22).host_key_certificates.is_empty());
    assert!(!preferred(&all, &known, "b", 22).host_key_certificates.is_empty());
    let safe = preferred(&all, &known, "elsewhere", 22);
    assert!(!safe.key.contains(&Algorithm::Rsa { hash: None }), "SHA-1 is not");
}

#[test]
fn algorithms_can_be_narrowed() {
    let known = KnownHosts::parse("").unwrap();
    let some = Algorithms {
        kex: vec!["curve25519-sha256".into(), "none".into(), "nonsense".into()],
        host_key: vec!["ssh-ed25519".into()],
    };
    let narrow = preferred(&some, &known, "a", 22);
    assert_eq!(narrow.key.as_ref(), [Algorithm::Ed25519]);
    let expected =
        [kex::CURVE25519, kex::EXTENSION_SUPPORT_AS_CLIENT, kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT];
    assert_eq!(narrow.kex.as_ref(), expected);
}
