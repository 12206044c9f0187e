//! Optional values.

use serde_json::json;

use super::{all_false, all_true, rows};

#[test]
fn optionals() {
    let object = json!({"m": {"a": {"b": 1}, "n": null, "s": "x"}, "list": [1, 2]});
    all_true(
        &object,
        &[
            "m.?a.hasValue()",
            "!m.?x.hasValue()",
            "m.?a.b.value() == 1",
            "m.?a.?b.value() == 1",
            "!m.?x.y.z.hasValue()",
            "!m.?x.?y.?z.hasValue()",
            "m.?a.?x.orValue(7) == 7",
            "m.?a.?b.orValue(7) == 1",
            "m[?'a'].hasValue()",
            "!m[?'x'].hasValue()",
            "list[?0].value() == 1",
            "!list[?2].hasValue()",
            "!list[?-1].hasValue()",
            "list[?0].orValue(9) == 1",
            "list[?5].orValue(9) == 9",
            "m.?s.?x == optional.none()",
            "!m.?n.?x.hasValue()",
            "m.?n == optional.of(null)",
            "m.?x.or(m.?s).value() == 'x'",
            "m.?s.or(optional.of(1 / 0)).value() == 'x'",
            "m.?s.orValue(1 / 0) == 'x'",
            "!m.?x.or(optional.none()).hasValue()",
            "optional.of(1) == optional.of(1)",
            "optional.of(1) != optional.none()",
            "optional.none() == optional.none()",
            "optional.ofNonZeroValue('') == optional.none()",
            "optional.ofNonZeroValue(0) == optional.none()",
            "optional.ofNonZeroValue([]) == optional.none()",
            "optional.ofNonZeroValue(null) == optional.none()",
            "optional.ofNonZeroValue('x').value() == 'x'",
            "m.?a.optMap(x, x.b + 1).value() == 2",
            "!m.?x.optMap(x, x.b + 1).hasValue()",
            "m.?a.optFlatMap(x, x.?b).value() == 1",
            "!m.?a.optFlatMap(x, x.?nope).hasValue()",
            "[?m.?x, ?m.?s] == ['x']",
            "{?'a': m.?x, ?'s': m.?s} == {'s': 'x'}",
            "has(m.?a.b)",
            "!has(m.?a.x)",
            "!has(m.?x.y)",
            "optional.unwrap([m.?x, m.?s]) == ['x']",
            "[m.?x, m.?s].unwrapOpt() == ['x']",
            "list.first().value() == 1",
            "list.last().value() == 2",
            "![].last().hasValue()",
            "type(optional.none()) == optional_type",
        ],
    );
    all_false(&object, &["m.?x.orValue({}).exists(k, true)", "m.?x.?y.orValue(false)"]);
    rows(
        &object,
        &[
            ("m.?x.value() == 1", "optional.none() dereference"),
            ("m.x.?y.hasValue()", "no such key: x"),
            ("x.?y.hasValue()", "no such attribute(s): x.y"),
            ("m.?a", "not a boolean"),
            ("m.?a == m.?a.value()", "false"),
            ("[?1] == []", "cannot initialize optional entry from non-optional value of type int"),
            ("{?'a': 1} == {}", "cannot initialize optional entry from non-optional value of type int"),
            ("1.orValue(2) == 1", "no such overload: orValue(int, int)"),
            ("m.?x.or(1).hasValue()", "no such overload: or(optional_type, int)"),
            ("'a'.optMap(x, x) == 'a'", "no such overload: optMap(string)"),
        ],
    );
}
