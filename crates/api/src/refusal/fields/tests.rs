//! Complaints about fields.

use super::{problems, unknown};

/// Path, complaint and whether it is immutable, of each.
#[track_caller]
fn check(text: &str, expected: &[(&str, &str, bool)]) {
    let found: Vec<_> = problems(text).iter().map(|p| (p.path, p.complaint, p.is_immutable)).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn one_field_and_several() {
    check(
        r#"Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable"#,
        &[("spec.selector", r#"Invalid value: {"matchLabels":{"a":"b"}}: field is immutable"#, true)],
    );
    check(
        r#"Deployment.apps "web" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.template.spec.containers[0].image: Required value]"#,
        &[
            ("spec.replicas", "Invalid value: -1: must be greater than or equal to 0", false),
            ("spec.template.spec.containers[0].image", "Required value", false),
        ],
    );
    check("data: Invalid value: 5: must be text", &[("data", "Invalid value: 5: must be text", false)]);
    check(
        "failed to create typed patch object (a/b; /v1, Kind=ConfigMap): .data.a: expected string, got number",
        &[(".data.a", "expected string, got number", false)],
    );
    check(
        r#"StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden"#,
        &[(
            "spec",
            "Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden",
            true,
        )],
    );
    check(
        r#"Service "web" is invalid: metadata.labels[app.kubernetes.io/x]: Invalid value: "y z": no"#,
        &[("metadata.labels[app.kubernetes.io/x]", r#"Invalid value: "y z": no"#, false)],
    );
    check("nobody: knows", &[]);
    check(": Invalid value", &[]);
}

#[test]
fn fields_that_no_schema_has() {
    assert_eq!(unknown(".spec.foo: field not declared in schema"), [".spec.foo"]);
    assert_eq!(unknown(r#"unknown field "spec.foo", unknown field "spec.bar""#), ["spec.foo", "spec.bar"]);
    assert!(unknown("field not declared in schema").is_empty());
}
