//! The messages, which end up in conditions and events.

use std::io::{Error, ErrorKind};
use std::path::PathBuf;

use super::{DigestError, FetchError, PathError, StoreError, UnpackError};

fn url() -> String {
    "http://source/a.tar.gz".to_owned()
}

#[test]
fn fetch_errors_have_flux_words() {
    let all = [
        FetchError::from(DigestError::Malformed("x".to_owned())),
        DigestError::UnknownAlgorithm("md5".to_owned()).into(),
        FetchError::NotFound { url: url() },
        FetchError::DigestMismatch { expected: "sha256:a".to_owned(), actual: "sha256:b".to_owned() },
        FetchError::TooLarge { url: url(), limit: 10 },
        FetchError::Status { url: url(), status: "503 Service Unavailable".to_owned() },
        FetchError::Transport { url: url(), message: "connection refused".to_owned() },
        UnpackError::Malformed("no header".to_owned()).into(),
        UnpackError::from(PathError::Unclean("../x".to_owned())).into(),
        UnpackError::from(PathError::Duplicate("a".to_owned())).into(),
        UnpackError::NotUtf8("a\u{fffd}".to_owned()).into(),
        UnpackError::TooManyEntries(3).into(),
        UnpackError::TooLarge(10).into(),
        UnpackError::TooDense(200).into(),
    ];
    let text: Vec<String> = all.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    digest 'x' is not of the form <algorithm>:<hex>
    unsupported digest algorithm 'md5'
    file not found: http://source/a.tar.gz
    computed digest 'sha256:b' doesn't match 'sha256:a'
    artifact from http://source/a.tar.gz is larger than 10 bytes
    failed to download archive from http://source/a.tar.gz, status: 503 Service Unavailable
    failed to download archive from http://source/a.tar.gz: connection refused
    failed to untar artifact: archive cannot be read: no header
    failed to untar artifact: archive contains an invalid name: path "../x" is not a clean relative path
    failed to untar artifact: archive contains an invalid name: path "a" occurs twice
    failed to untar artifact: archive contains a name that is not valid UTF-8: a�
    failed to untar artifact: archive has more than 3 entries
    failed to untar artifact: archive expands to more than 10 bytes
    failed to untar artifact: archive expands by more than a factor of 200
    "#);
}

#[test]
fn store_errors_name_what_was_tried_and_where() {
    let path = || PathBuf::from("/data/a");
    let source = || Error::from(ErrorKind::PermissionDenied);
    let all = [
        StoreError::InvalidPath("..".to_owned()),
        StoreError::Directory { path: path(), source: source() },
        StoreError::Read { path: path(), source: source() },
        StoreError::Write { path: path(), source: source() },
    ];
    let text: Vec<String> = all.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    invalid artifact path ".."
    create directory '/data/a': permission denied
    read '/data/a': permission denied
    write '/data/a': permission denied
    "#);
}
