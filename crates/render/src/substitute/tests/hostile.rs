//! What anybody can write: it ends in time, costs no more than it may, and never panics.

use manifest::budget::{Budget, Cancel, Exceeded, Limits};
use proptest::prelude::*;

use super::super::{Options, Origin, Problem, Variables, expand, substitute_objects};
use super::{limited, variables};

#[test]
fn what_grows_has_a_budget() {
    let variables = variables(&[("v", &"x".repeat(1 << 20))]);
    for text in ["${v}".repeat(100), "${v//x/${v}}".to_owned(), "${v//x/xxxxxxxxxxxxxxxxx}".to_owned()] {
        let result = expand(&text, &variables, true, &limited(1 << 20, 8 << 20));
        assert!(matches!(result, Err(Problem::Exceeded(_))), "{text:.20}");
    }
    let pattern = format!("${{v#{}}}", "*x".repeat(10_000));
    assert!(matches!(
        expand(&pattern, &variables, true, &limited(1 << 20, 8 << 20)),
        Err(Problem::Exceeded(Exceeded::Steps(_)))
    ));
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "${a:=".repeat(depth), "}".repeat(depth));
    assert_eq!(expand(&nested(64), &variables(&[]), true, &Budget::default()).as_deref(), Ok(""));
    for depth in [65, 100_000] {
        let result = expand(&nested(depth), &variables(&[]), true, &Budget::default());
        assert_eq!(result, Err(Problem::TooDeep(64)), "{depth}");
    }
}

#[test]
fn cancelled_work_ends() {
    let cancel = Cancel::default();
    cancel.cancel();
    let budget = Budget::new(Limits::NONE, cancel);
    assert_eq!(
        expand("${a}", &variables(&[("a", "b")]), true, &budget),
        Err(Problem::Exceeded(Exceeded::Cancelled))
    );
}

/// Texts of which the cost is easily more than linear: ten times as long, they cost ten times as much.
#[test]
fn cost_is_linear() {
    let units =
        ["${a}", "$", "$$", "${m:=", "x", "${a/l/x}", "${a#*}", "${m:=a}b}", "\\", "${a/l", "é", "${u1}"];
    for unit in units {
        let cost = |count: usize| {
            let budget = limited(u64::MAX, 1 << 30);
            let _result = expand(&unit.repeat(count), &variables(&[("a", "hello")]), true, &budget);
            budget.steps()
        };
        let (few, many) = (cost(1_000), cost(10_000));
        assert!(many <= few * 11 + 100, "{unit}: {few} {many}");
    }
    // Names that are all different.
    let cost = |count: usize| {
        let text: String = (0..count).map(|index| format!("${{m{index}}}")).collect();
        let budget = limited(u64::MAX, 1 << 30);
        let Err(Problem::NotSet(names)) = expand(&text, &variables(&[]), true, &budget) else {
            panic!("all are set");
        };
        assert_eq!(names.len(), count);
        budget.steps()
    };
    assert!(cost(10_000) <= cost(1_000) * 11);
}

const PIECES: &[&str] = &[
    "${", "}", "$", "$$", "a", "m", "empty", ":", "=", ":=", ":-", "-", "+", "?", "#", "##", "%", "%%", "/",
    "//", "/#", "/%", "\\", "\\/", "^", "^^", ",", ",,", "*", "[", "]", "[a-z]", "[^", "0", "1", "-1", "99",
    " ", "\n", "é", "${a}", "${m}", "${m:=", "${a/", "\u{0}", "_", "1a", "!", "{", ".", "\"",
];

fn sets() -> Variables {
    let mut variables = variables(&[("a", "hello/wörld"), ("empty", ""), ("k", "-2"), ("star", "*")]);
    variables.add(Origin::Secret, [("b", vec![0xff, 0x41])]);
    variables
}

/// What holds of every text.
fn check(text: &str) {
    let budget = limited(20_000, 1 << 16);
    let loose = expand(text, &sets(), false, &budget);
    assert!(budget.steps() <= 30_000, "{text:?}");
    assert_eq!(budget.held(), 0, "{text:?}");
    let strict = expand(text, &sets(), true, &limited(20_000, 1 << 16));
    match (&loose, &strict) {
        (_, Err(Problem::NotSet(names))) => {
            let mut set = sets();
            set.add(Origin::Inline, names.iter().map(|name| (name.as_str(), "")));
            let result = expand(text, &set, true, &limited(20_000, 1 << 16));
            assert_eq!(result, loose, "{text:?}");
        }
        (loose, strict) => assert_eq!(loose, strict, "{text:?}"),
    }
    if !text.contains('$') {
        assert_eq!(loose.as_deref(), Ok(text));
    }
    if let Ok(text) = loose {
        assert!(text.len() <= 1 << 16);
    }
}

#[test]
fn seeded_texts() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or_default() % limit
    };
    for _ in 0..20_000 {
        let text: String = (0..below(14)).map(|_| PIECES[below(PIECES.len())]).collect();
        check(&text);
    }
}

/// What holds of every object.
fn check_object(key: &str, value: &str, secret: &str) {
    let mut variables = sets();
    variables.add(Origin::Secret, [("s", format!("{secret}sesame-7"))]);
    let data: serde_json::Map<String, serde_json::Value> =
        [(key.to_owned(), value.into())].into_iter().collect();
    let object =
        serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data});
    let budget = limited(100_000, 1 << 20);
    match substitute_objects(vec![object], &variables, Options::default(), &budget) {
        Ok(objects) => assert!(objects.len() == 1 && objects[0].is_object()),
        Err(error) => {
            assert_eq!(budget.held(), 0, "{error}");
            let said = format!("{error} {error:?}");
            assert!(!said.contains("sesame-7"), "{said}");
        }
    }
}

#[test]
fn seeded_objects() {
    const YAML: &[&str] = &[
        "'", "\"", "*", "&", "!", "!!int ", "!<", "- ", "? ", ": ", "{", "[", "|", ">", "%", "@", "`", "#",
        "~", "---", "\n", "\t", "${s}", "${s:0:9}", "${a}",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or_default() % limit
    };
    for _ in 0..5_000 {
        let mut text =
            |most: usize| -> String { (0..below(most)).map(|_| YAML[below(YAML.len())]).collect() };
        check_object(&text(4), &text(7), &text(3).replace("${", ""));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text(text in ".{0,60}") {
        check(&text);
    }

    #[test]
    fn any_expression(name in "[a-c]{0,2}", rest in "[:=#%/^,*a-c0-9${}\\\\-]{0,12}") {
        check(&format!("x${{{name}{rest}}}y"));
    }

    #[test]
    fn a_text_with_dollars_doubled_stays(text in "[a-z${}/\\\\ ]{0,30}") {
        let doubled = text.replace('$', "$$");
        prop_assert_eq!(expand(&doubled, &sets(), true, &Budget::default()), Ok(text));
    }
}
