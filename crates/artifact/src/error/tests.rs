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
        UnpackError::NotGzip.into(),
        UnpackError::TooManyEntries(3).into(),
        UnpackError::TooLarge(10).into(),
    ];
    let text: Vec<String> = all.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    digest 'x' is not of the form <algorithm>:<hex>
    unsupported digest algorithm 'md5'
    file not found: http://source/a.tar.gz
    failed to verify archive: computed digest doesn't match provided 'sha256:a' (check whether file size exceeds max download size)
    artifact from http://source/a.tar.gz is larger than 10 bytes
    failed to download archive from http://source/a.tar.gz, status: 503 Service Unavailable
    failed to download archive from http://source/a.tar.gz: connection refused
    failed to extract archive (check whether file size exceeds max download size): archive cannot be read: no header
    failed to extract archive (check whether file size exceeds max download size): tar contained invalid name error "../x"
    failed to extract archive (check whether file size exceeds max download size): tar contained invalid name error: path "a" occurs twice
    failed to extract archive (check whether file size exceeds max download size): requires gzip-compressed body: gzip: invalid header
    failed to extract archive (check whether file size exceeds max download size): archive has more than 3 entries
    failed to extract archive (check whether file size exceeds max download size): archive expands to more than 10 bytes
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
