//! The language itself: literals, connectives that absorb errors, conditions, equality, order, names.

use serde_json::json;

use super::{all_false, all_true, none, rows};

#[test]
fn literals() {
    all_true(
        &none(),
        &[
            "'a' == \"a\"",
            "'''a'b''' == \"a'b\"",
            "\"\"\"a\"b\"\"\" == 'a\"b'",
            "'''a\nb''' == 'a\\nb'",
            "r'\\n' == '\\\\n'",
            "R\"a\" == 'a'",
            "'\\x41\\u0042\\U00000043\\104' == 'ABCD'",
            "'\\a\\b\\f\\n\\r\\t\\v'.size() == 7",
            "'\\'\\\"\\`\\?' == \"'\\\"`?\"",
            "b'\\377' == b'\\xff'",
            "b'é'.size() == 2",
            "br'\\n'.size() == 2",
            "'é'.size() == 1",
            "'\\xe9' == 'é'",
            "true",
            "!false",
            "null == null",
            "[].size() == 0",
            "[1, 2,].size() == 2",
            "{'a': 1,}.size() == 1",
            "1 == 1 // a comment",
            "// first\n true",
            "1\n==\n\t1",
            "'//' == '/' + '/'",
        ],
    );
}

#[test]
fn connectives_absorb_errors() {
    all_true(
        &none(),
        &[
            "true || 1 / 0 == 1",
            "1 / 0 == 1 || true",
            "1 / 0 == 1 || 1 % 0 == 1 || true",
            "!(false && 1 / 0 == 1)",
            "!(1 / 0 == 1 && false)",
            "true || nope",
            "nope || true",
            "1 || true",
            "!(1 && false)",
        ],
    );
    rows(
        &none(),
        &[
            ("false || 1 / 0 == 1", "division by zero"),
            ("1 / 0 == 1 || false", "division by zero"),
            ("true && 1 / 0 == 1", "division by zero"),
            ("1 / 0 == 1 && true", "division by zero"),
            ("1 / 0 == 1 && 1 % 0 == 1", "division by zero"),
            ("1 % 0 == 1 || 1 / 0 == 1", "modulus by zero"),
            ("1 || false", "no such overload"),
            ("true && 'a'", "no such overload"),
            ("null && true", "no such overload"),
            ("1 / 0 == 1 == true", "division by zero"),
        ],
    );
}

#[test]
fn precedence() {
    all_true(
        &none(),
        &[
            "true || false && false",
            "!false && true",
            "1 + 1 == 2 && 2 < 3",
            "1 < 2 == true",
            "!!true",
            "!!!false",
            "true ? true : false ? false : false",
            "false ? false : true ? true : false",
            "(true ? false : true) ? false : true",
            "1 in [1] == true",
            "'a' + 'b' in ['ab']",
            "[1, 2][0] + 1 == 2",
            "-[1][0] == -1",
        ],
    );
    all_false(&none(), &["(true || false) && false", "true ? false : true"]);
}

#[test]
fn conditions() {
    all_true(&none(), &["true ? true : 1 / 0 == 1", "false ? 1 / 0 == 1 : true", "(1 < 2 ? 'a' : 2) == 'a'"]);
    rows(
        &none(),
        &[
            ("1 ? true : false", "no such overload"),
            ("(1 / 0 == 1) ? true : true", "division by zero"),
            ("nope ? true : true", "no such attribute(s): nope"),
            ("true ? 1 : 2", "not a boolean"),
        ],
    );
}

#[test]
fn equality_is_for_all_values() {
    all_true(
        &none(),
        &[
            "1 != 'a'",
            "null != 0",
            "null != false",
            "'' != null",
            "[] != {}",
            "[1, 'a', null] == [1, 'a', null]",
            "[1, 2] != [2, 1]",
            "[[1], [2]] == [[1], [2]]",
            "{'a': {'b': [1]}} == {'a': {'b': [1]}}",
            "{'a': 1, 'b': 2} == {'b': 2, 'a': 1}",
            "{'a': 1} != {'b': 1}",
            "{'a': 1} != {'a': 2}",
            "{1: 'a'} == {1u: 'a'}",
            "b'a' == b'a'",
            "b'a' != 'a'",
            "true != 'true'",
            "duration('60s') == duration('1m')",
            "timestamp('2024-01-01T00:00:00Z') == timestamp('2024-01-01T01:00:00+01:00')",
            "int == int",
            "int != uint",
        ],
    );
}

#[test]
fn order() {
    all_true(
        &none(),
        &[
            "'a' < 'b'",
            "'a' < 'aa'",
            "'Z' < 'a'",
            "'é' > 'z'",
            "b'a' < b'b'",
            "false < true",
            "true >= true",
            "duration('1m') < duration('61s')",
            "timestamp('2024-01-01T00:00:00Z') < timestamp('2024-01-01T00:00:00.001Z')",
            "'a' <= 'a'",
        ],
    );
    rows(
        &none(),
        &[
            ("1 < 'a'", "no such overload: _<_(int, string)"),
            ("[1] < [2]", "no such overload: _<_(list, list)"),
            ("null < null", "no such overload: _<_(null_type, null_type)"),
            ("true < 1", "no such overload: _<_(bool, int)"),
            ("duration('1s') >= 1", "no such overload: _>=_(google.protobuf.Duration, int)"),
            ("1 < 2 < 3", "no such overload: _<_(bool, int)"),
        ],
    );
}

#[test]
fn names_and_fields() {
    let object = json!({"a": {"b": {"c": 1, "in-between": 2, "null": null}, "list": [1, 2]}, "s": "x", "n": null, "int": 3});
    all_true(
        &object,
        &[
            "a.b.c == 1",
            "a['b'].c == 1",
            "a.b['c'] == 1",
            "a.b['in-between'] == 2",
            "a.list[0] == 1",
            "a.list[1u] == 2",
            "a.list[1.0] == 2",
            ".a.b.c == 1",
            "has(a.b)",
            "has(a.b.c)",
            "!has(a.x)",
            "!has(a.x) || a.x.y == 1",
            "!has(s.x)",
            "!has(n.x)",
            "n == null",
            "'b' in a",
            "!('x' in a)",
            // A variable comes before a type of the same name.
            "int == 3",
        ],
    );
    rows(
        &object,
        &[
            ("a.x == 1", "no such key: x"),
            ("a.b.x.y == 1", "no such key: x"),
            ("a['x'] == 1", "no such key: x"),
            ("s.x == 1", "no such key: x"),
            ("n.x == 1", "no such key: x"),
            ("a[1] == 1", "no such key: 1"),
            ("has(a.x.y)", "no such key: x"),
            ("x", "no such attribute(s): x"),
            ("x.y.z == 1", "no such attribute(s): x.y.z"),
            ("x['y'].z == 1", "no such attribute(s): x.y.z"),
            ("x.y[0].z == 1", "no such attribute(s): x.y"),
            ("x.y.filter(z, z) == []", "no such attribute(s): x.y"),
            ("has(x.y)", "no such attribute(s): x.y"),
            ("has(x.y.z)", "no such attribute(s): x.y.z"),
            ("has(x.y[0].z)", "no such attribute(s): x.y"),
            ("x.?y.z.orValue(1) == 1", "no such attribute(s): x.y.z"),
            ("a.list[2] == 1", "index out of bounds: 2"),
            ("a.list[-1] == 1", "index out of bounds: -1"),
            ("a.list['x'] == 1", "unsupported index type \"string\" in list"),
            ("a.list[0.5] == 1", "unsupported index type \"double\" in list"),
            ("a.list.x == 1", "unsupported index type \"string\" in list"),
            ("a", "not a boolean"),
            ("a.b.c", "not a boolean"),
            ("nope(1)", "no such overload: nope"),
            (".has(a.b)", "no such overload: has"),
            ("!-1", "no such overload: !_(int)"),
            ("a.nope()", "no such overload: nope"),
            ("nope(x.y)", "no such attribute(s): x.y"),
            ("a.b.startsWith('x')", "no such overload: startsWith(map, string)"),
        ],
    );
}
