//! Garbage gives errors, and nothing secret in them.

use proptest::prelude::*;

use super::encrypt::encrypt;
use super::{Open, SEED, now};
use crate::tree::{Item, Key, Value};
use crate::{Document, Format, Formats, Keys, Limits, Options, Verify, decrypt, write};

const ALL: [Format; 5] = [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary];

fn try_all(data: &[u8]) {
    for input in ALL {
        for output in ALL {
            for verify in [Verify::Required, Verify::Ignored] {
                let options = Options { verify, limits: Limits::default() };
                drop(now(decrypt(data, Formats { input, output }, &[&Open], &options)));
            }
        }
    }
}

fn read_all(text: &str) {
    for format in ALL {
        drop(Document::read(text.as_bytes(), format, &Limits::default()));
    }
}

fn good(format: Format) -> Vec<u8> {
    let entry = |name: &str, value: Value| Item::Entry(Key::Text(name.to_owned()), value);
    let inner = vec![entry("b", Value::str("secret value")), entry("c", Value::str("another\nsecret"))];
    let branch = match format {
        Format::Dotenv => inner,
        _ => vec![entry("a", Value::Map(inner))],
    };
    write::write(&[encrypt(branch, format)], format).unwrap().to_vec()
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        read_all(&format!("{}1{}", open.repeat(100_000), close.repeat(100_000)));
        read_all(&format!("{{\"a\":{}1{}}}", open.repeat(50_000), close.repeat(50_000)));
    }
    let path = "__map_a".repeat(500_000);
    read_all(&format!("sops_x{path}=1\nsops_mac=x\n"));
    read_all(&format!("[sops]\nx{path} = 1\n"));
}

#[test]
fn many_small_things_take_no_time_beyond_their_number() {
    let lines = |line: fn(usize) -> String| (0..100_000).map(line).collect::<String>();
    read_all(&lines(|i| format!("k{i}=v\n")));
    read_all(&lines(|i| format!("# c{i}\n")));
    read_all(&lines(|i| format!("{i}: v # c\n  # d\n")));
    read_all(&format!("a:\n{}", lines(|i| format!("  - # c\n    x: {i}\n"))));
}

#[test]
fn errors_hold_no_values() {
    for format in [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini] {
        let text = good(format);
        let document = Document::read(&text, format, &Limits::default()).unwrap();
        let shown = format!("{document:?}");
        let key = now(document.data_key(&[&Open])).unwrap();
        let plain = document.decrypt(&key, Verify::Required).unwrap();
        let shown = format!("{shown} {key:?} {plain:?} {:?}", plain.write(Format::Binary).unwrap_err());
        assert!(!shown.contains("secret") && !shown.contains("ENC["), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: SEED, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        try_all(&data);
        for name in ["a.agekey", "a.asc", "sops.vault-token", "sops.aws-kms", "sops.azure-kv", "sops.gcp-kms"] {
            drop(Keys::default().import(name, &data));
        }
    }

    #[test]
    fn odd_text_is_survived(data in "[-#:a-c \n\t\"'\\[\\]{},|>?&*!=;`%\\\\]{0,120}") {
        try_all(data.as_bytes());
    }

    #[test]
    fn changed_files_are_survived(
        format in 0usize..4,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..3), 1..6),
    ) {
        let mut text = good(ALL[format]);
        for (at, byte, what) in changes {
            let at = at.index(text.len().max(1));
            match what {
                0 if at < text.len() => text[at] = byte,
                1 if at < text.len() => { text.remove(at); }
                _ => text.insert(at.min(text.len()), byte),
            }
        }
        try_all(&text);
    }

    #[test]
    fn changed_data_keys_are_survived(
        file in 0usize..3,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..3), 1..4),
    ) {
        let files: [&[u8]; 3] = [
            include_bytes!("../../tests/vectors/encrypted/flat.yaml"),
            include_bytes!("../../tests/vectors/encrypted/key-pgp-curve.yaml"),
            include_bytes!("../../tests/vectors/encrypted/key-pgp-rsa.yaml"),
        ];
        let document = Document::read(files[file], Format::Yaml, &Limits::default()).unwrap();
        let sealed = &document.metadata().groups[0][0];
        let mut text = sealed.encrypted.clone();
        for (at, byte, what) in changes {
            let at = at.index(text.len());
            match what {
                0 => text[at] = byte,
                1 => { text.remove(at); }
                _ => text.insert(at, byte),
            }
        }
        let mut keys = Keys::default();
        keys.import("a.agekey", include_bytes!("../../tests/vectors/keys/one.agekey")).unwrap();
        keys.import("b.asc", include_bytes!("../../tests/vectors/keys/curve.asc")).unwrap();
        keys.import("c.asc", include_bytes!("../../tests/vectors/keys/rsa.asc")).unwrap();
        drop(now(crate::KeyService::decrypt(&keys, &sealed.key, &text)));
    }

    #[test]
    fn changed_keys_are_survived(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let armored = include_bytes!("../../tests/vectors/keys/curve.asc");
        let mut text = armored.to_vec();
        let at = at.index(text.len());
        text[at] = byte;
        drop(Keys::default().import("a.asc", &text));
    }
}
