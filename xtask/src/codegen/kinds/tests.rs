//! The form of the documents.

use serde_json::json;

use super::{document, files};

#[test]
fn fields_stand_with_their_type_default_and_support() {
    let spec = json!({
        "group": "example.com", "names": {"plural": "things", "shortNames": ["th"]},
        "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {
            "description": "A thing.",
            "properties": {"spec": {
                "required": ["a"],
                "properties": {
                    "a": {"type": "string", "enum": ["x", "y"], "default": "x", "description": "Which."},
                    "b": {"type": "array", "items": {"type": "object", "properties": {"c": {"type": "integer", "minimum": 1}}}},
                    "d": {"type": "object", "additionalProperties": {"type": "string"}, "description": "A|B."},
                },
            }},
        }}}],
    });
    let text = document("Thing", &spec, &[("spec.b[].c", ""), ("spec.a", "`y`")]);
    for line in [
        "`apiVersion: example.com/v1`, resource `things`, short `th`.",
        "| `spec.a` | string, required | `\"x\"` | **Not supported:** `y`. Which. One of `x`, `y`. |",
        "| `spec.b[].c` | integer |  | **Not supported.** At least 1. |",
        "| `spec.d` | map to string |  | A\\|B. |",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn what_is_not_supported_is_a_field_of_the_kind() {
    let files = files().expect("documents");
    assert_eq!(files.len(), api::all_crds().len() + api::optional_crds().len());
    for (kind, limits) in
        [("kustomization", super::limits("Kustomization")), ("gitrepository", super::limits("GitRepository"))]
    {
        let text = &files[&format!("docs/reference/api/{kind}.md")];
        for (path, _) in limits {
            let row = text.lines().find(|line| line.starts_with(&format!("| `{path}` |")));
            assert!(row.is_some_and(|row| row.contains("**Not supported")), "{path}: {row:?}");
        }
    }
}
