//! TLS material as Secrets hold it.

use super::read;
use crate::access::{SecretData, Tls};

fn of(entries: &[(&str, &str)]) -> Result<Tls, String> {
    let data: SecretData =
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    read(&data).map_err(|error| error.to_string())
}

#[test]
fn halves_and_nothing_are_errors() {
    let both = ("tls.crt", "c");
    let expected = Tls { ca: Some(b"a".to_vec()), identity: Some((b"c".to_vec(), b"k".to_vec())) };
    assert!(of(&[("ca.crt", "a"), both, ("tls.key", "k")]).unwrap() == expected);
    assert!(of(&[("caFile", "a"), ("certFile", "c"), ("keyFile", "k")]).unwrap() == expected);
    assert!(of(&[("ca.crt", "a")]).unwrap().identity.is_none());
    for (entries, expected) in [
        (&[both][..], "contains 'tls.crt' but missing 'tls.key'"),
        (&[("ca.crt", "a"), ("tls.key", "k")], "contains 'tls.key' but missing 'tls.crt'"),
        (&[("ca.crt", "")], "must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'"),
    ] {
        assert_eq!(of(entries).err().as_deref(), Some(expected));
    }
}
