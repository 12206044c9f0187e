//! What anybody can write: it ends, with an error if it is too much, and never panics.

use std::fmt::Write as _;

use manifest::budget::{Budget, Cancel, Exceeded, Limits as Cost};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::limited;
use crate::{CompileError, EvaluateError, Expression, Limits};

fn compile(text: &str) -> Result<Expression, CompileError> {
    Expression::compile(text, &Limits { text: 1 << 20, ..Limits::default() })
}

/// On a thread as small as those of tokio.
fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(2 << 20);
        builder.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

#[test]
fn nesting_is_bounded() {
    for (open, middle, close) in [
        ("(", "true", ")"),
        ("[", "1", "]"),
        ("{'a': ", "1", "}"),
        ("size([", "1", "])"),
        ("a[", "0", "]"),
        ("!(", "true", ")"),
        ("-(", "1", ")"),
        ("[1].all(x, ", "true", ")"),
        ("[1].map(x, ", "1", ")"),
        ("true ? true : (", "true", ")"),
        ("1 + (", "1", ")"),
        ("true && (true || (", "true", "))"),
    ] {
        let nested = |depth: usize| format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
        for depth in [100, 1_000, 20_000] {
            let error = on_a_small_stack(|| compile(&nested(depth)).map(|_| ())).expect_err(open);
            let message = &error.issues()[0].message;
            assert_eq!(message, "expression recursion limit exceeded: 64", "{open}");
        }
        on_a_small_stack(|| {
            let limits = Limits { nesting: usize::MAX, ..Limits::default() };
            let deepest = (1..=96).rev().find_map(|depth| Expression::compile(&nested(depth), &limits).ok());
            let deepest = deepest.unwrap_or_else(|| panic!("{open}"));
            let object = json!([0]);
            let _any = deepest.evaluate_bool(&[("a", &object)], &limited(1 << 20, 1 << 24));
            let _any = Expression::compile_checked(deepest.text(), &["a"], &limits);
        });
    }
}

#[test]
fn flat_chains_are_long() {
    let object = json!({"a": {"b": {}}});
    for (text, result) in [
        (vec!["1"; 5_000].join(" + ") + " == 5000", Ok(true)),
        (vec!["true"; 5_000].join(" && "), Ok(true)),
        (vec!["false"; 5_000].join(" || "), Ok(false)),
        (vec!["1 == 1 ? true :"; 5_000].join(" ") + " false", Ok(true)),
        ("!".repeat(5_001) + "true", Ok(false)),
        ("-".repeat(5_000) + "(1) == 1", Ok(true)),
        (format!("[{}].size() == 5000", vec!["1"; 5_000].join(",")), Ok(true)),
        (format!("a{}.b == 1", ".b".repeat(5_000)), Err("no such key: b")),
        (format!("a{} == 1", "['b']".repeat(5_000)), Err("no such key: b")),
        (format!("'a'{} == 'a'", ".trim()".repeat(5_000)), Ok(true)),
        (vec!["1"; 5_000].join(" == "), Ok(false)),
    ] {
        let said = on_a_small_stack(|| {
            let expression = compile(&text).unwrap();
            let said = expression.evaluate_bool(&[("a", &object["a"])], &limited(1 << 22, 1 << 26));
            let _any =
                Expression::compile_checked(&text, &["a"], &Limits { text: 1 << 20, ..Limits::default() });
            said
        });
        match (said, result) {
            (Ok(said), Ok(result)) => assert_eq!(said, result, "{text:.40}"),
            (Err(EvaluateError::Failed { cause, .. }), Err(result)) => assert_eq!(cause, result),
            (said, _) => panic!("{text:.40}: {}", said.is_ok()),
        }
    }
}

#[test]
fn a_text_has_a_longest() {
    let error = Expression::compile(&" ".repeat(20_000), &Limits::default()).expect_err("too long");
    assert_eq!(error, CompileError::TooLong { size: 20_000, limit: 16 << 10 });
}

#[test]
fn steps_are_bounded() {
    let list: Vec<u32> = (0..200).collect();
    let object = json!(list);
    let text = "a.all(x, a.all(y, a.all(z, x + y + z >= 0)))";
    let budget = limited(100_000, 1 << 24);
    let result = compile(text).unwrap().evaluate_bool(&[("a", &object)], &budget);
    let error = result.expect_err("ends");
    assert_eq!(error.exceeded(), Some(Exceeded::Steps(100_000)));
    assert_eq!(
        error.to_string(),
        format!("failed to evaluate the CEL expression '{text}': needs more than 100000 steps")
    );
    assert!(budget.steps() <= 100_010);
    // Not even what decides makes up for it.
    let text = "a.all(x, a.all(y, a.all(z, true))) || true";
    let result = compile(text).unwrap().evaluate_bool(&[("a", &object)], &limited(1_000, 1 << 24));
    assert!(result.is_err_and(|error| error.exceeded().is_some()));
}

#[test]
fn a_raised_flag_ends_it() {
    let cancel = Cancel::default();
    let budget = Budget::new(Cost::NONE, cancel.clone());
    let expression = compile("true").unwrap();
    assert_eq!(expression.evaluate_bool(&[], &budget), Ok(true));
    cancel.cancel();
    let error = expression.evaluate_bool(&[], &budget).expect_err("ends");
    assert_eq!(error.exceeded(), Some(Exceeded::Cancelled));
}

#[test]
fn memory_is_bounded() {
    let doubled = |times: usize| {
        let mut text = String::from("[s]");
        for _ in 0..times {
            text.push_str(".map(x, x + x)");
        }
        text + " != []"
    };
    let s = json!("x".repeat(1000));
    // By the budget.
    let error = compile(&doubled(30))
        .unwrap()
        .evaluate_bool(&[("s", &s)], &limited(1 << 24, 1 << 18))
        .expect_err("ends");
    assert_eq!(error.exceeded(), Some(Exceeded::Bytes(1 << 18)));
    // By the longest string.
    let error =
        compile(&doubled(30)).unwrap().evaluate_bool(&[("s", &s)], &Budget::default()).expect_err("ends");
    assert!(error.to_string().ends_with("string is longer than 1048576 bytes"), "{error}");
    // By the longest list.
    let text = format!("{} != []", vec!["l"; 200].join(" + "));
    let l = json!(vec![0; 1000]);
    let error = compile(&text).unwrap().evaluate_bool(&[("l", &l)], &Budget::default()).expect_err("ends");
    assert!(error.to_string().ends_with("list is longer than 100000 elements"), "{error}");
    for text in [
        "s.replace('', s).replace('', s) != ''",
        "s.split('').map(x, s).join(s) != ''",
        "'%s%s'.format([s.split('').map(x, s), s.split('').map(x, s)]) != ''",
        "s.split('').map(x, s.split('').map(y, s)) != []",
    ] {
        let result = compile(text).unwrap().evaluate_bool(&[("s", &s)], &limited(1 << 20, 4 << 20));
        assert!(result.is_err(), "{text}");
    }
}

#[test]
fn what_is_made_bit_by_bit_costs_what_it_is() {
    let l = json!(vec!["0123456789"; 10_000]);
    let budget = limited(50_000, 2 << 20);
    let result = compile("size(l.join(',')) == 109999").unwrap().evaluate_bool(&[("l", &l)], &budget);
    assert_eq!(result, Ok(true));
    let budget = limited(50_000, 2 << 20);
    let result = compile("size('%s'.format([l])) == 120000").unwrap().evaluate_bool(&[("l", &l)], &budget);
    assert_eq!(result, Ok(true));
}

#[test]
fn deep_objects_are_compared_with_care() {
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]));
    let (a, b) = (deep(5_000), deep(5_000));
    let error = on_a_small_stack(|| {
        compile("a == b").unwrap().evaluate_bool(&[("a", &a), ("b", &b)], &Budget::default())
    });
    assert!(error.is_err_and(|error| error.to_string().contains("nested too deeply")));
    // Taken apart level by level, as serde_json's drop would not.
    for mut value in [a, b] {
        while let Some(inner) = value.get_mut(0).map(Value::take) {
            value = inner;
        }
    }
}

#[test]
fn patterns_are_bounded() {
    let s = json!("a".repeat(100_000));
    let budget = limited(1 << 20, 1 << 20);
    let text = "s.matches('(a*)*b')";
    let result = compile(text).unwrap().evaluate_bool(&[("s", &s)], &budget);
    assert!(result.is_ok_and(|result| !result));
    assert!(compile("s.matches('(((((a{100}){100}){100}){100}){100})')").is_err());
    // Many are not all kept.
    let many = vec![r"s.matches('[\\w]{1,253}b')"; 300].join(" || ");
    let result = compile(&many).unwrap().evaluate_bool(&[("s", &json!("a"))], &limited(1 << 20, 1 << 20));
    assert_eq!(result, Ok(false));
    let mut text = String::from("s.matches(");
    _ = write!(text, "'{}')", "(".repeat(5000));
    assert!(compile(&text).is_err());
}

const WORDS: &[&str] = &[
    "a",
    "b",
    ".",
    ".?",
    "[",
    "[?",
    "]",
    "(",
    ")",
    "{",
    "}",
    ",",
    ":",
    "?",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    "!",
    "in",
    "true",
    "false",
    "null",
    "1",
    "-1",
    "0",
    "2u",
    "1.5",
    "'a'",
    "b'a'",
    "r'\\'",
    "'\\x41'",
    "has(",
    "size(",
    ".all(x, ",
    ".exists(x, ",
    ".map(x, ",
    ".filter(x, ",
    "x",
    ".size()",
    ".orValue(",
    ".hasValue()",
    ".matches('a')",
    ".split('')",
    ".join()",
    "optional.of(",
    "optional.none()",
    "timestamp(0)",
    "duration('1h')",
    "int(",
    "string(",
    "type(",
    ".format([",
    "]) ",
    ".substring(",
    ".getHours()",
    "// c\n",
    "\n",
    " ",
    "é",
    "$",
    "'",
    "\"\"\"",
    "9223372036854775807",
    "sets.contains(",
    "base64.decode(",
    ".optMap(x, ",
    "a.b",
    "a['b']",
];

fn check(text: &str, object: &Value) {
    match Expression::compile(text, &Limits::default()) {
        Ok(expression) => {
            let budget = limited(5_000, 1 << 18);
            let first = expression.evaluate_bool(&[("a", object), ("b", &object["b"])], &budget);
            assert!(budget.steps() < 20_000_000, "{text}");
            assert_eq!(budget.held(), 0, "{text}");
            let again =
                expression.evaluate_bool(&[("a", object), ("b", &object["b"])], &limited(5_000, 1 << 18));
            assert_eq!(first, again, "{text}");
            let checked = Expression::compile_checked(text, &["a", "b"], &Limits::default());
            if let (Ok(_), Err(EvaluateError::NotBool { .. })) = (checked, &first) {
                panic!("checked, but no boolean: {text}");
            }
        }
        Err(error) => {
            for issue in error.issues() {
                assert!(issue.line >= 1 && issue.column >= 1, "{text}");
            }
            assert!(!error.to_string().is_empty());
        }
    }
}

fn object() -> Value {
    json!({"b": {"c": [1, "x", null, {"d": 1.5}]}, "s": "text", "n": 3, "l": [1, 2, 3], "t": true})
}

#[test]
fn seeded_texts() {
    let object = object();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or_default() % limit
    };
    for _ in 0..20_000 {
        let text: String = (0..below(12)).map(|_| WORDS[below(WORDS.len())]).collect();
        check(&text, &object);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text(text in ".{0,60}") {
        check(&text, &object());
    }

    #[test]
    fn any_symbols(text in "[abx1'.?()\\[\\]{},:+!=&|<-]{0,30}") {
        check(&text, &object());
    }

    #[test]
    fn integers_are_added_as_they_are(a: i64, b: i64) {
        let (a_json, b_json) = (json!(a), json!(b));
        let sum = json!(a.wrapping_add(b));
        let expression = compile("a + b == sum").unwrap();
        let result = expression.evaluate_bool(&[("a", &a_json), ("b", &b_json), ("sum", &sum)], &Budget::default());
        prop_assert_eq!(result.is_ok(), a.checked_add(b).is_some());
        let order = compile("a < b").unwrap();
        prop_assert_eq!(order.evaluate_bool(&[("a", &a_json), ("b", &b_json)], &Budget::default()), Ok(a < b));
    }

    #[test]
    fn doubles_and_integers_have_one_order(a: i64, b: f64) {
        prop_assume!(b.is_finite());
        let (a_json, b_json) = (json!(a), json!(b));
        let less = compile("a < b").unwrap();
        let greater = compile("a > b").unwrap();
        let equal = compile("a == b").unwrap();
        let bindings = [("a", &a_json), ("b", &b_json)];
        let of = |expression: &Expression| usize::from(expression.evaluate_bool(&bindings, &Budget::default()).unwrap());
        prop_assert_eq!(of(&less) + of(&greater) + of(&equal), 1);
    }
}
