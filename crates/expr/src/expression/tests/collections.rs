//! Lists and maps, and the macros over them.

use serde_json::json;

use super::{all_false, all_true, none, rows};

#[test]
fn lists_and_maps() {
    all_true(
        &none(),
        &[
            "[1] + [2, 3] == [1, 2, 3]",
            "[] + [] == []",
            "size([1, 2]) == 2",
            "{'a': 1}.size() == 1",
            "size('abc') == 3 && size(b'abc') == 3",
            "2 in [1, 2]",
            "!(3 in [1, 2])",
            "'a' in {'a': null}",
            "!('b' in {'a': 1})",
            "null in [null]",
            "[1] in [[1], [2]]",
            "1u in {1: 'x'}",
            "1.0 in {1: 'x'}",
            "!('1' in {1: 'x'})",
            "{1: 'a'}[1u] == 'a'",
            "{1u: 'a'}[1] == 'a'",
            "{1: 'a'}[1.0] == 'a'",
            "{true: 'a'}[true] == 'a'",
            "{'a': 1}.a == 1",
            "{'a': 1, 'a': 2}.a == 2",
            "[[1, 2], [3]][0][1] == 2",
        ],
    );
    rows(
        &none(),
        &[
            ("{1: 'a'}[2] == 'a'", "no such key: 2"),
            ("1 in 1", "no such overload: @in(int, int)"),
            ("'a' in 'abc'", "no such overload: @in(string, string)"),
            ("{1.5: 'a'} == {}", "unsupported key type: double"),
            ("{null: 'a'} == {}", "unsupported key type: null_type"),
            ("[1] + 2 == [1, 2]", "no such overload: _+_(list, int)"),
            ("[1 / 0].size() == 1", "division by zero"),
            ("1.size() == 1", "no such overload: size(int)"),
        ],
    );
}

#[test]
fn macros_over_lists() {
    all_true(
        &none(),
        &[
            "[1, 2, 3].all(x, x > 0)",
            "[].all(x, false)",
            "[1, 2].exists(x, x == 2)",
            "![].exists(x, true)",
            "[1, 2, 2].exists_one(x, x == 1)",
            "![1, 2, 2].exists_one(x, x == 2)",
            "[1, 2].existsOne(x, x == 2)",
            "[1, 2, 3].filter(x, x > 1) == [2, 3]",
            "[1, 2].map(x, x * 2) == [2, 4]",
            "[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]",
            "[[1, 2], [3]].all(x, x.all(y, y > 0))",
            "[1, 2].map(x, [3].map(y, x + y)[0]) == [4, 5]",
            // The inner name hides the outer.
            "[1].all(x, [2].all(x, x == 2))",
            "[1].all(x, [2].all(x, x == 2) && x == 1)",
            "[1, 2].map(x, {'k': x})[1].k == 2",
            "[1, 2, 3].filter(x, x > 1).map(x, string(x)).join(',') == '2,3'",
        ],
    );
}

#[test]
fn macros_absorb_errors_that_do_not_matter() {
    all_true(
        &none(),
        &[
            "[0, 1].exists(x, 1 / x == 1)",
            "[1, 0].exists(x, 1 / x == 1)",
            "![0, 2].all(x, 1 / x == 1)",
            "![2, 0].all(x, 1 / x == 1)",
        ],
    );
    rows(
        &none(),
        &[
            ("[0, 2].exists(x, 1 / x == 1)", "division by zero"),
            ("[0, 1].all(x, 1 / x == 1)", "division by zero"),
            ("[0, 1].exists_one(x, 1 / x == 1)", "division by zero"),
            ("[0].map(x, 1 / x) == []", "division by zero"),
            ("[0].filter(x, 1 / x == 1) == []", "division by zero"),
            ("[1].all(x, x)", "no such overload"),
            ("[1].filter(x, x) == []", "no such overload"),
            ("1.all(x, true)", "got 'int', expected iterable type"),
            ("'ab'.exists(x, true)", "got 'string', expected iterable type"),
            ("null.all(x, true)", "got 'null_type', expected iterable type"),
        ],
    );
}

#[test]
fn macros_over_maps_go_over_the_keys() {
    let object = json!({"m": {"a": 1, "b": 2}});
    all_true(
        &object,
        &[
            "m.all(k, k in ['a', 'b'])",
            "m.exists(k, m[k] == 2)",
            "m.exists_one(k, m[k] > 1)",
            "m.filter(k, m[k] > 1) == ['b']",
            "m.map(k, m[k]) == [1, 2]",
            "{1: 2}.map(k, k) == [1]",
            "{}.all(k, false)",
        ],
    );
    all_false(&object, &["m.all(k, m[k] > 1)", "m == {'a': 1}"]);
}

#[test]
fn names_of_macros_with_other_numbers_of_arguments_are_functions() {
    rows(
        &none(),
        &[
            ("[1].all(x)", "no such attribute(s): x"),
            ("[1].all(1, 2, 3)", "no such overload: all"),
            ("has(1, 2)", "no such overload: has"),
        ],
    );
}

#[test]
fn sets() {
    all_true(
        &none(),
        &[
            "sets.contains([1, 2, 3], [3, 1])",
            "sets.contains([], [])",
            "!sets.contains([1], [2])",
            "sets.equivalent([1, 1, 2], [2, 1])",
            "sets.equivalent([1], [1u, 1.0])",
            "!sets.equivalent([1], [1, 2])",
            "sets.intersects([1, 2], [2, 3])",
            "!sets.intersects([1], [])",
            "sets.contains([[1], [2]], [[1]])",
        ],
    );
    rows(&none(), &[("sets.contains(1, [])", "no such overload: sets.contains(int, list)")]);
}
