//! Expressions and what they read.

use crate::expression::{Expression, Gives, Limits};

#[track_caller]
fn check(text: &str, wanted: &[&str]) {
    let expression = Expression::compile(text, &Limits::default()).unwrap();
    let found: Vec<String> = expression.reads().iter().map(|path| path.join("/")).collect();
    assert_eq!(found, wanted, "of {text}");
}

#[test]
fn fields_as_far_as_they_are_certain() {
    check("status.phase == 'Ready'", &["status/phase"]);
    check("status['phase'] == 'Ready' && spec.?replicas.orValue(1) > 0", &["spec/replicas", "status/phase"]);
    check("metadata.annotations['a.b/c'] == 'x'", &["metadata/annotations/a.b/c"]);
    check(
        "has(status.conditions) && has(metadata.labels.app)",
        &["metadata/labels/app", "status/conditions"],
    );
    check("status[spec.field] == 1", &["spec/field", "status"]);
    check("status.list[0].name == 'x'", &["status/list"]);
    check("has(status.list[0].name)", &["status/list"]);
    check("size(status) > 0", &["status"]);
    check("status.name.startsWith(metadata.name)", &["metadata/name", "status/name"]);
    check("1 + 1 == 2", &[]);
}

#[test]
fn what_a_macro_binds_is_no_variable() {
    check(
        "status.conditions.exists(c, c.type == 'Ready' && c.status == spec.wanted)",
        &["spec/wanted", "status/conditions"],
    );
    check("status.a.map(x, x.y, x.z).all(x, x == status.b)", &["status/a", "status/b"]);
    check("status.?a.optMap(x, x + spec.b).orValue(status.c)", &["spec/b", "status/a", "status/c"]);
    // Behind the macro the name is a variable again.
    check("[1].all(spec, spec > 0) && spec.a", &["spec/a"]);
}

#[test]
fn everything_that_may_be_reached_counts() {
    check(
        "status.a ? status.b : {'k': status.c}.k == status.d",
        &["status/a", "status/b", "status/c", "status/d"],
    );
    check(
        "[status.a, -spec.b].exists(x, !x) || !(status.e in status.f)",
        &["spec/b", "status/a", "status/e", "status/f"],
    );
}

#[test]
fn what_an_expression_is_to_give() {
    let compile = |text: &str, gives| {
        Expression::compile_giving(text, gives, &Limits::default()).map_err(|error| error.to_string())
    };
    assert!(compile("rules.exists(r, r.host == type)", Gives::Bool).is_ok());
    assert!(compile("status.ready", Gives::Bool).is_ok(), "it may be one");
    assert_eq!(
        compile("'a' + status.b", Gives::Bool).unwrap_err(),
        "CEL expression output type mismatch: expected bool, got string"
    );
    assert_eq!(
        compile("size(status)", Gives::Text).unwrap_err(),
        "CEL expression output type mismatch: expected string, got int"
    );
    assert!(compile("'phase ' + status.phase", Gives::Text).is_ok());
    assert!(
        compile("status.phase.lowercase() == 'a'", Gives::Bool)
            .unwrap_err()
            .contains("undeclared reference to 'lowercase'")
    );
}

#[test]
fn texts_are_given() {
    let status = serde_json::json!({"phase": "Bound", "count": 3});
    let budget = manifest::budget::Budget::default();
    let give = |text: &str| {
        Expression::compile(text, &Limits::default()).unwrap().evaluate_text(&[("status", &status)], &budget)
    };
    assert_eq!(give("'phase ' + status.phase").unwrap(), "phase Bound");
    assert_eq!(
        give("status.count").unwrap_err().to_string(),
        "failed to evaluate CEL expression as string: 'status.count'"
    );
    assert!(give("status.nothing").unwrap_err().to_string().contains("no such key: nothing"));
}
