//! Files that are a certificate and its key, and files that are not.

use std::path::Path;

use super::{Certificate, CertificateError, Files};

/// A self-signed certificate for `localhost`, and its key, in a folder.
pub(crate) fn written(folder: &Path, name: &str) -> Files {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let files =
        Files { certificate: folder.join(format!("{name}.crt")), key: folder.join(format!("{name}.key")) };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    files
}

#[tokio::test]
async fn a_pair_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::open(written(folder.path(), "a")).await.unwrap();
    assert_eq!(certificate.config().unwrap().alpn_protocols, [b"http/1.1".to_vec()]);
}

#[tokio::test]
async fn what_is_no_pair_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (written(folder.path(), "a"), written(folder.path(), "b"));
    let crossed = Files { certificate: one.certificate.clone(), key: other.key };
    assert!(matches!(Certificate::open(crossed).await.unwrap_err(), CertificateError::NoPair { .. }));
    let missing = Files { certificate: folder.path().join("none"), key: one.key.clone() };
    assert!(matches!(Certificate::open(missing).await.unwrap_err(), CertificateError::Unreadable(..)));
    let swapped = Files { certificate: one.key.clone(), key: one.certificate.clone() };
    assert!(matches!(Certificate::open(swapped).await.unwrap_err(), CertificateError::NoCertificate(_)));
    let no_key = Files { certificate: one.certificate.clone(), key: one.certificate };
    let error = Certificate::open(no_key).await.unwrap_err();
    assert!(matches!(error, CertificateError::NoKey(_)) && !error.to_string().contains("BEGIN"));
}

#[tokio::test(start_paused = true)]
async fn files_that_change_are_read_again_and_bad_ones_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (written(folder.path(), "a"), written(folder.path(), "b"));
    let certificate = Certificate::open(one.clone()).await.unwrap();
    let shown = || certificate.current.read().cert.clone();
    let first = shown();
    let stop = tokio_util::sync::CancellationToken::new();
    let following = tokio::spawn(std::sync::Arc::clone(&certificate).follow(stop.clone()));
    std::fs::write(&one.certificate, "broken").unwrap();
    tokio::time::sleep(super::LOOK * 2).await;
    assert_eq!(shown(), first);
    std::fs::copy(&other.certificate, &one.certificate).unwrap();
    std::fs::copy(&other.key, &one.key).unwrap();
    for _ in 0..100 {
        if shown() != first {
            break;
        }
        tokio::time::sleep(super::LOOK).await;
    }
    assert_ne!(shown(), first);
    stop.cancel();
    following.await.unwrap();
}
