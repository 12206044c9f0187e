//! What makes a clone another one, and what does not.

use reqwest::Url;

use super::{Key, Keys, Purpose};
use crate::access::proxy::Proxy;
use crate::access::{Access, References, SecretData};
use crate::git::clients::Reach;
use crate::git::refs::Target;

const SSH: [(&str, &str); 2] = [("identity", "key-canary"), ("known_hosts", "h ssh-ed25519 AAAA")];

fn secret(data: &[(&str, &str)]) -> SecretData {
    data.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

fn access(url: &str, data: &[(&str, &str)]) -> Access {
    let url = Url::parse(url).unwrap();
    Access::new(&url, "ns", &References::default(), Some(&secret(data))).unwrap()
}

fn key_of(keys: &Keys, url: &str, access: &Access) -> Key {
    keys.key(&Url::parse(url).unwrap(), access, Purpose::Tip)
}

fn key(keys: &Keys, url: &str, data: &[(&str, &str)]) -> Key {
    key_of(keys, url, &access(url, data))
}

#[test]
fn the_same_address_in_other_letters() {
    let keys = Keys::new();
    let one = key(&keys, "https://git.example.com/app", &[]);
    for same in
        ["https://GIT.example.com:443/app", "https://git.example.com/app#x", "HTTPS://git.example.com/app"]
    {
        assert_eq!(key(&keys, same, &[]), one, "{same}");
    }
    for other in [
        "http://git.example.com/app",
        "https://git.example.com:444/app",
        "https://git.example.com/App",
        "https://git.example.com/app.git",
        "https://git.example.com/app?token=x",
        "https://example.com/app",
    ] {
        assert_ne!(key(&keys, other, &[]), one, "{other}");
    }
    let ssh = key(&keys, "ssh://git@git.example.com/app", &SSH);
    assert_eq!(key(&keys, "ssh://GIT.example.com:22/app", &SSH), ssh);
    assert_ne!(key(&keys, "ssh://root@git.example.com/app", &SSH), ssh, "another user");
    assert_ne!(key(&keys, "ssh://git.example.com:23/app", &SSH), ssh);
}

#[test]
fn other_credentials_share_nothing() {
    let keys = Keys::new();
    let url = "https://git.example.com/app";
    let all = [
        key(&keys, url, &[]),
        key(&keys, url, &[("username", "a"), ("password", "b")]),
        key(&keys, url, &[("username", "a"), ("password", "c")]),
        key(&keys, url, &[("username", "ab"), ("password", "")]),
        key(&keys, url, &[("bearerToken", "a")]),
        key(&keys, url, &[("ca.crt", "x")]),
        key(&keys, url, &[("ca.crt", "xy")]),
        key(&keys, url, &[("tls.crt", "x"), ("tls.key", "y")]),
        key(&keys, url, &[("tls.crt", "x"), ("tls.key", "z")]),
        key_of(&keys, url, &access(url, &[]).through(Proxy::of(&secret(&[("address", "http://p")])).ok())),
        key_of(&keys, url, &access(url, &[]).standing_for("somebody".to_owned())),
    ];
    for (number, one) in all.iter().enumerate() {
        for other in all.iter().skip(number + 1) {
            assert_ne!(one, other, "{number}");
        }
    }
    // What a URL says is as good as what a Secret says.
    let written = key(&keys, "https://a:b@git.example.com/app", &[]);
    assert_eq!(written, all[1]);
    let ssh = "ssh://git.example.com/app";
    let one = key(&keys, ssh, &SSH);
    assert_eq!(key(&keys, ssh, &SSH), one);
    for (field, value) in [("identity", "other"), ("known_hosts", "i ssh-ed25519 AAAA"), ("password", "p")] {
        let mut other = SSH.to_vec();
        other.retain(|(key, _)| *key != field);
        other.push((field, value));
        assert_ne!(key(&keys, ssh, &other), one, "{field}");
    }
}

#[test]
fn a_token_that_is_renewed_is_the_same_caller() {
    let keys = Keys::new();
    let url = "https://git.example.com/app";
    let with = |token: &str| access(url, &[]).standing_for("robot".to_owned()).with_token("u", token);
    assert_eq!(key_of(&keys, url, &with("one")), key_of(&keys, url, &with("two")));
    let plain = |token: &str| access(url, &[]).with_token("u", token);
    assert_ne!(key_of(&keys, url, &plain("one")), key_of(&keys, url, &plain("two")));
    let strangers = with("one").for_strangers();
    assert_eq!(key_of(&keys, url, &strangers), key(&keys, url, &[]), "elsewhere nobody knows who asks");
}

#[test]
fn a_clone_is_for_one_purpose() {
    let keys = Keys::new();
    let (url, access) = (Url::parse("https://h/x").unwrap(), Access::default());
    let of = |purpose| keys.key(&url, &access, purpose);
    let commit = |branch: Option<&str>| Target::Commit {
        id: "c".into(),
        branch: branch.map(str::to_owned),
        label: None,
    };
    let tip = of(Purpose::Tip);
    for target in [
        Target::Branch("b".into()),
        Target::Tag("v1".into()),
        Target::Semver("*".into()),
        Target::Name("refs/x".into()),
    ] {
        assert_eq!(keys.key(&url, &access, Purpose::of(&target)), tip);
    }
    let pinned = |branch| {
        let target = commit(branch);
        keys.key(&url, &access, Purpose::of(&target))
    };
    let all = [
        tip,
        pinned(None),
        pinned(Some("main")),
        pinned(Some("other")),
        of(Purpose::Module(Reach::Anywhere)),
        of(Purpose::Module(Reach::Public)),
        keys.apart(tip, "one"),
        keys.apart(tip, "two"),
    ];
    for (number, one) in all.iter().enumerate() {
        assert!(!all.iter().skip(number + 1).any(|other| one == other), "{number}");
    }
    assert_ne!(Keys::new().key(&url, &access, Purpose::Tip), tip, "in another process");
    assert_eq!(format!("{tip:?}"), "Key { .. }");
}
