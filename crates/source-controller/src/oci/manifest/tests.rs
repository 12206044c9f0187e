//! Which image and layer are taken.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{MAX_ANNOTATIONS, MOST, Manifest, origin};

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

fn parse(value: &Value, media_type: &str) -> Manifest {
    Manifest::parse(value.to_string().as_bytes(), media_type).unwrap()
}

#[test]
fn the_first_layer_or_that_of_a_type() {
    let manifest = parse(
        &json!({"layers": [
            {"mediaType": "a", "size": 1, "digest": digest("a")},
            {"mediaType": "b", "size": 2, "digest": digest("b")},
            {"mediaType": "b", "size": 3, "digest": digest("c")},
        ]}),
        IMAGE,
    );
    assert_eq!(manifest.layer(None).unwrap().size, 1);
    assert_eq!(manifest.layer(Some("b")).unwrap().size, 2);
    let error = manifest.layer(Some("x")).unwrap_err().to_string();
    assert_eq!(error, "failed to find layer with media type 'x' in artifact");
    let empty = parse(&json!({"layers": []}), IMAGE);
    assert_eq!(empty.layer(Some("x")).unwrap_err().to_string(), "no layers found in artifact");
    let hostile = parse(&json!({"layers": [{"mediaType": "a", "digest": "../../x"}]}), IMAGE);
    assert!(hostile.layer(None).unwrap_err().to_string().starts_with("failed to parse artifact manifest: "));
}

#[test]
fn the_image_for_linux_on_amd64() {
    let image = |letter: &str, platform: Value| json!({"mediaType": IMAGE, "digest": digest(letter), "platform": platform});
    let index = parse(
        &json!({"manifests": [
            image("a", json!({"os": "linux", "architecture": "arm64"})),
            image("b", json!({"os": "linux", "architecture": "amd64", "variant": "v2"})),
        ]}),
        INDEX,
    );
    assert!(index.is_index());
    assert_eq!(index.image("r").unwrap().digest, digest("b"));
    let without = parse(&json!({"manifests": [{"mediaType": IMAGE, "digest": digest("c")}]}), INDEX);
    assert_eq!(without.image("r").unwrap().digest, digest("c"));
    let other =
        parse(&json!({"manifests": [image("a", json!({"os": "windows", "architecture": "amd64"}))]}), INDEX);
    let error = other.image("r.io/a@sha256:x").unwrap_err().to_string();
    assert_eq!(error, "no child with platform linux/amd64 in index r.io/a@sha256:x");
}

#[test]
fn what_is_no_manifest() {
    let error = Manifest::parse(b"pass-canary", IMAGE).unwrap_err().to_string();
    assert_eq!(error, "failed to parse artifact manifest: it is no manifest (line 1, column 1)");
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    assert!(Manifest::parse(b"{}", old).unwrap_err().to_string().starts_with("unsupported MediaType"));
    let long = format!("{old}\u{1b}{}", "x".repeat(10_000));
    let error = Manifest::parse(b"{}", &long).unwrap_err().to_string();
    assert!(error.len() < 2_000 && !error.contains('\u{1b}'), "{error}");
    assert!(!parse(&json!({"layers": []}), "application/octet-stream").is_index());
}

#[test]
fn lists_and_annotations_are_bounded() {
    for field in ["layers", "manifests"] {
        let of = |number: usize| json!({field: vec![json!({}); number]}).to_string();
        assert!(Manifest::parse(of(MOST).as_bytes(), IMAGE).is_ok());
        let error = Manifest::parse(of(MOST + 1).as_bytes(), IMAGE).unwrap_err().to_string();
        let expected = "failed to parse artifact manifest: a list has more than 10000 items (line 1, ";
        assert!(error.starts_with(expected), "{error}");
    }
    let annotated = |bytes: usize| {
        let value = "x".repeat(bytes - 1);
        parse(&json!({"annotations": {"k": value}}), IMAGE).into_annotations()
    };
    assert_eq!(annotated(MAX_ANNOTATIONS).unwrap().len(), 1);
    assert_eq!(
        annotated(MAX_ANNOTATIONS + 1).unwrap_err().to_string(),
        "the annotations of the artifact's manifest have more than 262144 bytes"
    );
}

#[test]
fn an_origin_has_source_and_revision() {
    let of = |pairs: &[(&str, &str)]| -> String {
        let all: BTreeMap<String, String> = pairs
            .iter()
            .map(|(key, value)| (format!("org.opencontainers.image.{key}"), (*value).to_owned()))
            .collect();
        origin(&all)
    };
    assert_eq!(of(&[("source", "s"), ("revision", "r")]), ", origin source 's', origin revision 'r'");
    assert_eq!(of(&[("source", "s")]), "");
}

#[test]
fn annotations_have_no_controls() {
    let read = parse(&json!({"annotations": {"k\u{1b}[2J": "a\u{7}b\nc\u{202e}"}}), IMAGE);
    let annotations = read.into_annotations().unwrap();
    assert_eq!(annotations.into_iter().collect::<Vec<_>>(), [("k[2J".to_owned(), "ab\nc".to_owned())]);
}
