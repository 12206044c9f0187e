//! Objects that git, GnuPG and OpenSSH signed (`testdata/signatures`).

use std::time::{Duration, SystemTime};

use super::{Keys, Mode, Signed, Tag, Trust, split_commit, split_tag, verify};
use crate::verify::Refused;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/signatures/", $name)).as_slice()
    };
}

const ID: &str = "0123456789012345678901234567890123456789";
/// Key ids and fingerprints as GnuPG and OpenSSH give them.
const ONE: &str = "73A5D3D6FA23F4BB";
const TWO: &str = "5755AF22B6D08CCB";
const THREE: &str = "22BF787369185242";

/// The beginning of 2027.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_761_600)
}

fn keys(all: &[(&str, &[u8])]) -> Keys {
    Keys::of(&all.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect())
}

fn check(commit: &[u8], tag: Option<Tag>, mode: Mode, keys: Keys) -> Result<String, Refused> {
    let signed = Signed { id: ID.to_owned(), commit: commit.to_vec(), tag };
    verify(&signed, &Trust { mode, keys }, now())
}

fn head(commit: &[u8], keys: Keys) -> Result<String, String> {
    check(commit, None, Mode::Head, keys).map_err(|error| error.to_string())
}

fn tag(object: Option<&[u8]>) -> Option<Tag> {
    Some(Tag { name: "v1".to_owned(), object: object.map(|object| (ID.to_owned(), object.to_vec())) })
}

#[test]
fn commits_that_are_signed_by_who_is_trusted() {
    for (commit, ring, id) in [
        (sample!("pgp-one.commit"), sample!("one.asc"), ONE),
        (sample!("pgp-two.commit"), sample!("two.asc"), TWO),
        (sample!("pgp-three.commit"), sample!("three.asc"), THREE),
    ] {
        let expected = format!("verified signature of\n\t- commit '{ID}' with key '{id}'");
        assert_eq!(head(commit, keys(&[("a.asc", ring)])), Ok(expected.clone()));
        let together = [sample!("four.asc"), b"\n", ring].concat();
        assert_eq!(head(commit, keys(&[("anything", &together)])), Ok(expected), "in one file");
    }
    for (commit, key) in [
        (sample!("ssh-1.commit"), sample!("ssh1.pub")),
        (sample!("ssh-2.commit"), sample!("ssh2.pub")),
        (sample!("ssh-3.commit"), sample!("ssh3.pub")),
    ] {
        let all = [b"# trusted\n\n", sample!("ssh1.pub"), key].concat();
        let said = head(commit, keys(&[("a.sshpub", &all)])).unwrap();
        assert!(said.contains("with key 'SHA256:"), "{said}");
    }
}

#[test]
fn tags_that_are_signed() {
    let (pgp, ssh) = (keys(&[("a.asc", sample!("one.asc"))]), keys(&[("a.sshpub", sample!("ssh1.pub"))]));
    let commit = sample!("pgp-one.commit");
    let said = check(b"", tag(Some(sample!("pgp.tag"))), Mode::Tag, pgp.clone()).unwrap();
    assert_eq!(said, format!("verified signature of\n\t- tag 'v1@{ID}' with key '{ONE}'"));
    assert!(check(b"", tag(Some(sample!("ssh.tag"))), Mode::Tag, ssh).is_ok());
    let said = check(commit, tag(Some(sample!("pgp.tag"))), Mode::TagAndHead, pgp).unwrap();
    let expected = format!(
        "verified signature of\n\t- tag 'v1@{ID}' with key '{ONE}'\n\t- commit '{ID}' with key '{ONE}'"
    );
    assert_eq!(said, expected);
}

#[test]
fn what_is_not_signed_or_by_somebody_else() {
    const NOBODY: &str = "unable to verify Git commit: unable to verify payload with any of the given key rings: \
                          no matching key";
    let failed = |cause: &str| Err(format!("signature verification of commit '{ID}' failed: {cause}"));
    let one = || keys(&[("a.asc", sample!("one.asc"))]);
    let unsigned = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nmessage\n";
    assert_eq!(head(unsigned, one()), failed("unsupported signature type: empty"));
    assert_eq!(head(sample!("pgp-two.commit"), one()), failed(NOBODY));
    // Another message, another parent, a byte more.
    let text = String::from_utf8(sample!("pgp-one.commit").to_vec()).unwrap();
    for changed in [
        text.replace("signed by one", "signed by two"),
        text.replace("author t", "author u"),
        format!("{text}\n"),
        text.replacen("author", "parent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor", 1),
    ] {
        assert_eq!(head(changed.as_bytes(), one()), failed(NOBODY), "{changed}");
    }
    let expired = keys(&[("a.asc", sample!("four.asc"))]);
    assert_eq!(head(sample!("pgp-four.commit"), expired), failed(NOBODY), "the key is not good any more");
    let ssh = keys(&[("a.sshpub", sample!("ssh1.pub"))]);
    assert_eq!(
        head(sample!("pgp-one.commit"), ssh.clone()),
        failed("PGP signature detected but no PGP public keys found in secret (keys with .asc suffix)")
    );
    assert_eq!(
        head(sample!("ssh-1.commit"), one()),
        failed("SSH signature detected but no SSH public keys found in secret (keys with .sshpub suffix)")
    );
    assert_eq!(
        head(sample!("ssh-2.commit"), ssh),
        failed(
            "unable to verify Git commit SSH signature: unable to verify payload with any of the given authorized \
             keys: no matching key\npublic key does not match"
        )
    );
    let x509 = b"tree a\ngpgsig -----BEGIN SIGNED MESSAGE-----\n x\n\nm\n";
    assert_eq!(head(x509, one()), failed("unsupported signature type: x509"));
    assert!(head(sample!("pgp-one.commit"), keys(&[("a.asc", b"nonsense")])).is_err());
    assert!(head(sample!("ssh-1.commit"), keys(&[("a.sshpub", b"nonsense")])).is_err());
}

#[test]
fn tags_that_are_not_signed() {
    let refused = |tag, mode| match check(sample!("pgp-one.commit"), tag, mode, Keys::default()) {
        Err(Refused::Signature { reason, message, stalling }) => (reason, message, stalling),
        other => unreachable!("{other:?}"),
    };
    for mode in [Mode::Tag, Mode::TagAndHead] {
        let none = "cannot verify tag object's signature if a tag reference is not specified".to_owned();
        assert_eq!(refused(None, mode), ("InvalidVerificationMode", none, true));
        let light = "cannot verify signature of tag 'v1' since it is not signed".to_owned();
        assert_eq!(refused(tag(None), mode), ("InvalidGitObject", light, false));
        let plain = format!("cannot verify signature of tag 'v1@{ID}' since it is not signed");
        let unsigned = tag(Some(sample!("unsigned.tag")));
        assert_eq!(refused(unsigned, mode), ("InvalidGitObject", plain, false));
    }
    let (reason, message, _) = refused(tag(Some(sample!("ssh.tag"))), Mode::Tag);
    assert_eq!(reason, "InvalidTagSignature");
    assert!(
        message.starts_with(&format!("signature verification of tag 'v1@{ID}' failed: SSH ")),
        "{message}"
    );
}

#[test]
fn what_a_signature_is_about() {
    let (payload, signature) = split_commit(b"tree a\ngpgsig one\n two\nencoding x\n\ngpgsig no\n");
    assert_eq!(payload, b"tree a\nencoding x\n\ngpgsig no\n");
    assert_eq!(signature, b"one\ntwo\n");
    let (payload, signature) = split_commit(b"tree a\ngpgsig-sha256 one\n two\n\nm");
    assert_eq!((payload, signature), (b"tree a\n\nm".to_vec(), Vec::new()));
    for odd in [&b""[..], b"\n", b" ", b"gpgsig ", b"tree a"] {
        split_commit(odd);
        split_tag(odd);
    }
    let begin = "-----BEGIN PGP SIGNATURE-----\n";
    let text = format!("tag v1\n\n{begin}quoted\n\n{begin}real\n");
    let (payload, signature) = split_tag(text.as_bytes());
    assert!(payload.ends_with(b"quoted\n\n") && signature.ends_with(b"real\n"), "the last one counts");
}

#[test]
fn fingerprints_are_of_keys_not_of_their_names() {
    let (a, b) = (sample!("one.asc"), sample!("two.asc"));
    let one = keys(&[("x.asc", a), ("y.asc", b)]).fingerprint();
    assert_eq!(one, keys(&[("z", b), ("w", a)]).fingerprint());
    assert_ne!(one, keys(&[("x.asc", a)]).fingerprint());
    assert_ne!(keys(&[("x.asc", a)]).fingerprint(), keys(&[("x.sshpub", a)]).fingerprint());
    assert!(one.starts_with("sha256:") && one.len() == 71);
}

#[test]
fn which_modes_ask_for_more() {
    assert_eq!((Mode::of(Some("head")), Mode::of(None)), (Mode::Head, Mode::Head));
    for (mode, observed, more) in [
        (Mode::Head, None, true),
        (Mode::Head, Some("HEAD"), false),
        (Mode::Head, Some("Tag"), true),
        (Mode::Tag, Some("HEAD"), true),
        (Mode::TagAndHead, Some("Tag"), true),
        (Mode::Head, Some("TagAndHEAD"), false),
        (Mode::Tag, Some("TagAndHEAD"), false),
    ] {
        assert_eq!(mode.asks_more_than(observed), more, "{mode:?} {observed:?}");
    }
}
