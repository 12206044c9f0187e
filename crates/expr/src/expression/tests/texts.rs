//! Errors in the words of Flux (contracts/kustomize-controller.md 5.5, 17.2, 18).

use serde_json::json;

use super::{evaluate, unchecked, wrong};
use crate::{CompileError, Expression, Limits};

#[test]
fn a_text_that_cannot_be_read() {
    assert_eq!(
        wrong("status.phase ==").to_string(),
        "failed to parse the CEL expression 'status.phase ==': ERROR: <input>:1:16: Syntax error: mismatched input '<EOF>' \
         expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, \
         IDENTIFIER}\n | status.phase ==\n | ...............^"
    );
    let error = wrong("a == 1 &&\n\t'é' b");
    assert_eq!(
        error.issues()[0].to_string(),
        "ERROR: <input>:2:6: Syntax error: extraneous input 'b' expecting <EOF>\n |  'é' b\n | ..．..^"
    );
    assert_eq!((error.issues()[0].line, error.issues()[0].column), (2, 6));
}

#[test]
fn issues() {
    let operand = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, \
                   IDENTIFIER}";
    for (text, expected) in [
        ("", format!("1:1: Syntax error: mismatched input '<EOF>' expecting {operand}")),
        ("1 +", format!("1:4: Syntax error: mismatched input '<EOF>' expecting {operand}")),
        ("a b", "1:3: Syntax error: extraneous input 'b' expecting <EOF>".to_owned()),
        (
            "1 + 2\n3 +",
            "2:1: Syntax error: mismatched input '3' expecting {<EOF>, '==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', \
             '[', '.', '-', '?', '+', '*', '/', '%'}"
                .to_owned(),
        ),
        ("data.", "1:6: Syntax error: no viable alternative at input '.'".to_owned()),
        ("1 + $", "1:5: Syntax error: token recognition error at: '$'".to_owned()),
        ("a | b", "1:3: Syntax error: token recognition error at: '| '".to_owned()),
        ("a = b", "1:3: Syntax error: token recognition error at: '= '".to_owned()),
        ("'abc", "1:1: Syntax error: token recognition error at: ''abc'".to_owned()),
        ("1.all(2, 3)", "1:7: argument must be a simple name".to_owned()),
        ("has(a)", "1:5: invalid argument to has() macro".to_owned()),
        ("has(a[0])", "1:5: invalid argument to has() macro".to_owned()),
        ("[1].map(a.b, 1)", "1:9: argument must be a simple name".to_owned()),
        ("while == 1", "1:1: reserved identifier: while".to_owned()),
        ("9223372036854775808 == 1", "1:1: invalid int literal".to_owned()),
        ("99999999999999999999u == 1u", "1:1: invalid uint literal".to_owned()),
        ("1e999 == 1.0", "1:1: invalid double literal".to_owned()),
        ("'\\q' == ''", "1:1: Syntax error: token recognition error at: ''\\q'".to_owned()),
        ("(a", "1:3: Syntax error: missing ')' at '<EOF>'".to_owned()),
        ("a[0", "1:4: Syntax error: missing ']' at '<EOF>'".to_owned()),
        ("f(a", "1:4: Syntax error: missing ')' at '<EOF>'".to_owned()),
        ("(a b)", "1:4: Syntax error: extraneous input 'b' expecting ')'".to_owned()),
        ("[1, 2", "1:6: Syntax error: mismatched input '<EOF>' expecting {']', ','}".to_owned()),
        ("{1 2}", "1:4: Syntax error: missing ':' at '2'".to_owned()),
        ("a.true", "1:3: Syntax error: no viable alternative at input '.true'".to_owned()),
        ("a..b", "1:3: Syntax error: no viable alternative at input '..'".to_owned()),
        ("a.?1", "1:4: Syntax error: mismatched input '1' expecting {IDENTIFIER, ESC_IDENTIFIER}".to_owned()),
        ("a.`b`", "1:2: unsupported syntax: '`'".to_owned()),
        ("'\\ud800' == ''", "1:1: invalid unicode code point".to_owned()),
    ] {
        let error = wrong(text);
        let first = error.issues()[0].to_string();
        let line = first.lines().next().unwrap_or_default();
        assert_eq!(line, format!("ERROR: <input>:{expected}"), "{text}");
    }
    assert_eq!(wrong("1 + $").issues().len(), 2);
}

#[test]
fn what_is_wrong_whatever_the_objects_are() {
    for (text, expected) in [
        ("foo == 1", "1:1: undeclared reference to 'foo' (in container '')"),
        ("dep.x == foo.bar", "1:10: undeclared reference to 'foo' (in container '')"),
        ("nope(dep)", "1:5: undeclared reference to 'nope' (in container '')"),
        ("dep.x.nope()", "1:11: undeclared reference to 'nope' (in container '')"),
        ("1 + 'a' == 2", "1:3: found no matching overload for '_+_' applied to '(int, string)'"),
        ("1 == 'a'", "1:3: found no matching overload for '_==_' applied to '(int, string)'"),
        ("1 == 1.0", "1:3: found no matching overload for '_==_' applied to '(int, double)'"),
        ("true && 1", "1:6: found no matching overload for '_&&_' applied to '(bool, int)'"),
        ("!1", "1:1: found no matching overload for '!_' applied to '(int)'"),
        ("'a'.startsWith(1)", "1:15: found no matching overload for 'startsWith' applied to 'string.(int)'"),
        ("size(1) == 1", "1:5: found no matching overload for 'size' applied to '(int)'"),
        ("1 in 1", "1:3: found no matching overload for '@in' applied to '(int, int)'"),
        ("[1][true] == 1", "1:4: found no matching overload for '_[_]' applied to '(list(int), bool)'"),
        ("[1, 'a'] == []", "1:5: expected type 'int' but found 'string'"),
        ("1.x == 1", "1:2: type 'int' does not support field selection"),
        (
            "1.all(x, true)",
            "1:6: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
        ),
        (
            "(true ? 1 : 'a') == 1",
            "1:7: found no matching overload for '_?_:_' applied to '(bool, int, string)'",
        ),
        ("dep.list.all(x, y == 1)", "1:17: undeclared reference to 'y' (in container '')"),
        (
            "timestamp(0) + 1 == dep.x",
            "1:14: found no matching overload for '_+_' applied to '(timestamp, int)'",
        ),
    ] {
        let error = unchecked(text);
        let first = error.issues().first().map(ToString::to_string).unwrap_or_else(|| error.to_string());
        assert_eq!(first.lines().next(), Some(&*format!("ERROR: <input>:{expected}")), "{text}");
    }
    assert_eq!(
        unchecked("foo == bar").to_string(),
        "failed to parse the CEL expression 'foo == bar': ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n \
         | foo == bar\n | ^\nERROR: <input>:1:8: undeclared reference to 'bar' (in container '')\n | foo == bar\n | .......^"
    );
}

#[test]
fn what_is_no_boolean() {
    for (text, found) in [
        ("dep.status.ready", "dyn"),
        ("dep", "map(string, dyn)"),
        ("1", "int"),
        ("'a'", "string"),
        ("dep.?x.orValue(true)", "dyn"),
        ("dep.?x", "optional_type(dyn)"),
        ("optional.of(1)", "optional_type(int)"),
        ("optional.of(true)", "optional_type(bool)"),
        ("[1].map(x, string(x))", "list(string)"),
        ("timestamp(0)", "google.protobuf.Timestamp"),
        ("null", "null_type"),
        ("dep.a + dep.b", "dyn"),
        ("true ? dep.a : false", "dyn"),
        ("type(1)", "type(int)"),
    ] {
        let error = unchecked(text);
        if text == "type(1)" {
            assert!(matches!(error, CompileError::NotBool { .. }));
            continue;
        }
        assert_eq!(
            error.to_string(),
            format!("CEL expression output type mismatch: expected bool, got {found}"),
            "{text}"
        );
    }
    for text in
        ["optional.of(true).orValue(false)", "true ? dep.a == 1 : false", "dep.?x.hasValue()", "dep.a > 1"]
    {
        assert!(Expression::compile_checked(text, &["dep"], &Limits::default()).is_ok(), "{text}");
    }
}

#[test]
fn evaluation() {
    let object = json!({"data": {"p": "x"}});
    let said = |text: &str| evaluate(text, &object).expect_err(text).to_string();
    assert_eq!(
        said("data.nope == 'x'"),
        "failed to evaluate the CEL expression 'data.nope == 'x'': no such key: nope"
    );
    assert_eq!(
        said("status.ready == true"),
        "failed to evaluate the CEL expression 'status.ready == true': no such attribute(s): status.ready"
    );
    assert_eq!(said("data.p"), "failed to evaluate CEL expression as boolean: 'data.p'");
    assert_eq!(
        said("nope(data)"),
        "failed to evaluate the CEL expression 'nope(data)': no such overload: nope"
    );
}

#[test]
fn a_pattern_that_is_none() {
    let error = wrong("data.p.matches('(')");
    assert_eq!(error.to_string(), "failed to create CEL program: error parsing regexp: `(`");
    assert!(wrong("'a'.matches('a{1000}{1000}')").to_string().contains("larger than"));
}

#[test]
fn a_message_type() {
    let error = wrong("google.protobuf.Struct{}");
    assert!(error.to_string().contains("undeclared reference to 'google'"), "{error}");
}
