//! Words that name objects, and words that do not.

use super::*;

fn read(line: &str) -> Result<(String, Option<String>, String), String> {
    let words: Vec<String> = line.split(' ').map(ToOwned::to_owned).collect();
    Named::read(&words)
        .map(|named| (named.kind, named.namespace, named.name))
        .map_err(|error| error.to_string())
}

#[test]
fn names() {
    for (line, kind, namespace, name) in [
        ("ks/apps", "ks", None, "apps"),
        ("ks apps", "ks", None, "apps"),
        ("deployments.v1.apps/web", "deployments.v1.apps", None, "web"),
        ("Kustomization/flux-system/apps", "Kustomization", Some("flux-system"), "apps"),
        ("ks flux-system/apps", "ks", Some("flux-system"), "apps"),
    ] {
        let wanted = (kind.to_owned(), namespace.map(ToOwned::to_owned), name.to_owned());
        assert_eq!(read(line), Ok(wanted), "{line}");
    }
}

#[test]
fn others() {
    for line in ["ks", "ks/", "/apps", "a b c", "a/b c", "a/b/c/d", "ks//x"] {
        assert!(read(line).is_err_and(|error| error.contains("does not name an object")), "{line}");
    }
    assert!(read("ks/..").is_err_and(|error| error.contains("may not be '.' or '..'")));
}
