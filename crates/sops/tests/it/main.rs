//! The crate against files that the real `sops` made; see `tests/vectors/README.md`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod garbled;
mod services;
mod vectors;

use std::path::{Path, PathBuf};

use sops::{Format, Formats, Keys, Options};

/// A file of the vectors.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn keys(names: &[&str]) -> Keys {
    let mut keys = Keys::default();
    for name in names {
        keys.import(name, &file(&format!("keys/{name}"))).unwrap();
    }
    keys
}

fn formats(input: Format, output: Format) -> Formats {
    Formats { input, output }
}

async fn decrypt(
    data: &[u8],
    formats: Formats,
    keys: &Keys,
    options: &Options,
) -> Result<Vec<u8>, sops::Error> {
    sops::decrypt(data, formats, &[keys], options).await.map(|plain| plain.to_vec())
}
