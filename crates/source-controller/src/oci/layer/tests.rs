//! What becomes of a layer.

use std::io::Write as _;

use artifact::unpack::{self, unpack};
use testkit::oci::tarball;

use super::{Layer, Operation};
use crate::upstream::{Content as _, Means, PackError};

fn layer(bytes: &[u8], operation: Operation) -> Layer {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Layer { file, size: bytes.len() as u64, operation, scratch: std::env::temp_dir(), _turn: None }
}

fn packed(bytes: &[u8], operation: Operation, ignore: Option<&str>) -> Result<Vec<u8>, PackError> {
    let mut out = Vec::new();
    layer(bytes, operation).pack(ignore, &Means::default(), &mut out)?;
    Ok(out)
}

fn names(archive: &[u8]) -> Vec<String> {
    let tree = unpack(archive, &unpack::Limits::default()).unwrap();
    tree.files().map(|(path, _)| path.to_owned()).collect()
}

#[test]
fn a_layer_is_packed_again_with_the_rules() {
    let files = [
        ("app/a.yaml", "a"),
        ("app/pic.png", "p"),
        (".sourceignore", ""),
        ("run.sh!", "x"),
        (".git/config", "g"),
    ];
    let archive = packed(&tarball(files).unwrap(), Operation::Extract, None).unwrap();
    assert_eq!(names(&archive), [".sourceignore", "app/a.yaml", "run.sh"]);
    let archive = packed(&tarball(files).unwrap(), Operation::Extract, Some("*.sh\n!*.png")).unwrap();
    assert_eq!(names(&archive), [".sourceignore", "app/a.yaml", "app/pic.png"]);
    let nested = [("a/.sourceignore", "b.yaml"), ("a/b.yaml", ""), ("b.yaml", "")];
    let archive = packed(&tarball(nested).unwrap(), Operation::Extract, None).unwrap();
    assert_eq!(names(&archive), ["a/.sourceignore", "b.yaml"]);
}

#[test]
fn the_same_files_give_the_same_archive() {
    let one = tarball([("a", "1"), ("b", "2")]).unwrap();
    let other = tarball([("b", "2"), ("a", "1")]).unwrap();
    assert_ne!(one, other);
    let pack = |bytes: &[u8]| packed(bytes, Operation::Extract, None).unwrap();
    assert_eq!(pack(&one), pack(&other));
}

#[test]
fn a_copy_is_what_came() {
    assert_eq!(packed(b"anything", Operation::Copy, Some("*")).unwrap(), b"anything");
}

#[test]
fn hostile_layers_are_refused_in_flux_words() {
    for (files, expected) in [
        (
            &[("../../x.yaml", "x")][..],
            "failed to extract layer contents from artifact: tar contained invalid name error \"../../x.yaml\"",
        ),
        (
            &[("/abs.yaml", "x")],
            "failed to extract layer contents from artifact: tar contained invalid name error \"/abs.yaml\"",
        ),
    ] {
        let error = packed(&tarball(files.iter().copied()).unwrap(), Operation::Extract, None).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, PackError::Upstream { is_excess: false, .. }));
    }
    let error = packed(b"not a tar", Operation::Extract, None).unwrap_err().to_string();
    assert_eq!(
        error,
        "failed to extract layer contents from artifact: requires gzip-compressed body: gzip: invalid header"
    );
}
