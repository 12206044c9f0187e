//! What is asked for over SSH. A real server is in the end-to-end tests.

use reqwest::Url;
use russh::kex;
use russh::keys::{Algorithm, HashAlg};

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

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn algorithms_can_be_narrowed_and_keep_their_order() {
    let known = KnownHosts::parse("").unwrap();
    let kex = names(&["ecdh-sha2-nistp256", "curve25519-sha256"]);
    let some = Algorithms::of(&kex, &names(&["rsa-sha2-256", "ssh-ed25519"])).unwrap();
    let narrow = preferred(&some, &known, "a", 22);
    assert_eq!(narrow.key.as_ref(), [Algorithm::Rsa { hash: Some(HashAlg::Sha256) }, Algorithm::Ed25519]);
    let expected = [
        kex::ECDH_SHA2_NISTP256,
        kex::CURVE25519,
        kex::EXTENSION_SUPPORT_AS_CLIENT,
        kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    ];
    assert_eq!(narrow.kex.as_ref(), expected);
    assert_eq!(Algorithms::of(&[], &[]), Ok(Algorithms::default()));
}

#[test]
fn what_is_no_algorithm_is_refused_by_name() {
    for name in ["nonsense", "none", "ext-info-c", "kex-strict-c-v00@openssh.com", "", "Curve25519-sha256"] {
        let error = Algorithms::of(&names(&["curve25519-sha256", name]), &[]).unwrap_err();
        assert_eq!(error.flag, "ssh-kex-algos");
        let text = error.to_string();
        assert!(text.starts_with(&format!("'{name}' is not one of ")), "{text}");
        assert!(error.known.contains("ecdh-sha2-nistp256") && !error.known.contains("ext-info"), "{text}");
    }
    for name in ["ssh-rsa", "ssh-dss", "nonsense", "ssh-ed25519-cert-v01@openssh.com"] {
        let error = Algorithms::of(&[], &names(&["ssh-ed25519", name])).unwrap_err();
        assert_eq!((error.flag, error.name.as_str()), ("ssh-hostkey-algos", name));
        assert!(error.to_string().contains("rsa-sha2-512"), "{error}");
    }
}
