//! Paths as structured-merge-diff prints them: read, printed again, and removed from objects.

use super::{FieldPath, Segment, undeclared};
use proptest::prelude::*;
use serde_json::{Value, json};

fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).unwrap_or_else(|| panic!("{text} is a path"))
}

#[test]
fn every_kind_of_step_is_read() {
    let path = path(r#".spec.ports[containerPort=80,protocol="TCP"].names[="a"][3].x"#);
    let field = |name: &str| Segment::Field(name.to_owned());
    let keys = vec![("containerPort".to_owned(), json!(80)), ("protocol".to_owned(), json!("TCP"))];
    assert_eq!(
        path.segments(),
        [
            field("spec"),
            field("ports"),
            Segment::Keys(keys),
            field("names"),
            Segment::Item(json!("a")),
            Segment::Index(3),
            field("x"),
        ]
    );
}

#[test]
fn what_is_read_is_printed_the_same() {
    for text in [
        ".a",
        ".a.b.c",
        ".a[0]",
        "[0].a",
        r#".a[name="x"]"#,
        r#".a[name="with ] and , and \" and ."].b"#,
        ".a[port=80,on=true,off=false,none=null]",
        r#".a[="v"]"#,
        ".a[=1.5]",
    ] {
        assert_eq!(path(text).to_string(), text);
    }
}

#[test]
fn what_is_not_a_path_is_not_read() {
    for text in [
        "",
        "a",
        ".",
        "..a",
        ".a.",
        ".a b",
        ".a[",
        ".a[]",
        ".a[1",
        ".a[1x]",
        ".a[name]",
        ".a[=]",
        ".a[=x]",
        r#".a[="x]"#,
        r#".a[="x""#,
        r#".a[="x"y]"#,
        r#".a[name="x"y]"#,
        r#".a["name"="x"]"#,
        ".a[=1]b",
        ".a[99999999999999999999999999]",
        ".a[name=\"x\",]",
    ] {
        assert_eq!(FieldPath::parse(text), None, "{text}");
    }
}

/// What is left of an object, and whether the path was found in it.
fn removed(text: &str, mut value: Value) -> (bool, Value) {
    let found = path(text).remove_from(&mut value);
    (found, value)
}

#[test]
fn a_field_is_removed_where_it_is() {
    assert_eq!(
        removed(".a.b", json!({"a": {"b": 1, "c": 2}, "b": 3})),
        (true, json!({"a": {"c": 2}, "b": 3}))
    );
    assert_eq!(removed(".a", json!({"a": {"b": 1}})), (true, json!({})));
    for (text, value) in [
        (".a.x", json!({"a": {"b": 1}})),
        (".x.b", json!({"a": {"b": 1}})),
        (".a.b.c", json!({"a": {"b": 1}})),
        (".a[0]", json!({"a": {"b": 1}})),
        (".a.b", json!({"a": [{"b": 1}]})),
        (".a", json!(null)),
    ] {
        assert_eq!(removed(text, value.clone()), (false, value), "{text}");
    }
}

/// Field names are printed bare: `app.kubernetes.io/name` arrives in pieces.
#[test]
fn a_name_with_dots_is_put_together() {
    let labels = || json!({"labels": {"app.kubernetes.io/name": "x", "app": "y"}});
    assert_eq!(removed(".labels.app.kubernetes.io/name", labels()), (true, json!({"labels": {"app": "y"}})));
    let nested = json!({"labels": {"a.b": {"c": 1, "d": 2}}});
    assert_eq!(removed(".labels.a.b.c", nested), (true, json!({"labels": {"a.b": {"d": 2}}})));
    // The shortest name that leads on is the schema's.
    let both = json!({"a": {"b": 1}, "a.b": 2});
    assert_eq!(removed(".a.b", both), (true, json!({"a": {}, "a.b": 2})));
    // It does not lead there: the longer one does.
    let other = json!({"a": {"x": 1}, "a.b": 2});
    assert_eq!(removed(".a.b", other), (true, json!({"a": {"x": 1}})));
}

#[test]
fn an_index_is_one_item() {
    assert_eq!(removed(".a[1]", json!({"a": [1, 2, 3]})), (true, json!({"a": [1, 3]})));
    assert_eq!(removed(".a[1].b", json!({"a": [{"b": 1}, {"b": 2}]})), (true, json!({"a": [{"b": 1}, {}]})));
    assert_eq!(removed(".a[3]", json!({"a": [1, 2, 3]})), (false, json!({"a": [1, 2, 3]})));
    assert_eq!(removed(".a[3].b", json!({"a": [{"b": 1}]})), (false, json!({"a": [{"b": 1}]})));
}

#[test]
fn a_value_is_every_item_like_it() {
    assert_eq!(removed(r#".a[="x"]"#, json!({"a": ["x", "y", "x"]})), (true, json!({"a": ["y"]})));
    assert_eq!(removed(r#".a[="z"]"#, json!({"a": ["x"]})), (false, json!({"a": ["x"]})));
    assert_eq!(removed(".a[=1]", json!({"a": ["1", 1]})), (true, json!({"a": ["1"]})), "types count");
}

#[test]
fn keys_select_items_and_a_key_that_was_left_out_may_be_a_default() {
    let ports = || {
        json!({"ports": [
            {"port": 80, "protocol": "TCP", "x": 1},
            {"port": 80, "protocol": "UDP", "x": 2},
            {"port": 80, "x": 3},
            {"protocol": "TCP", "x": 4},
            {"x": 5},
            "scalar",
        ]})
    };
    let (found, left) = removed(r#".ports[port=80,protocol="TCP"].x"#, ports());
    assert!(found);
    assert_eq!(
        left,
        json!({"ports": [
            {"port": 80, "protocol": "TCP"},
            {"port": 80, "protocol": "UDP", "x": 2},
            {"port": 80},
            {"protocol": "TCP"},
            // None of the keys is there: nothing says that it is this one.
            {"x": 5},
            "scalar",
        ]})
    );
    let (found, left) = removed(r#".ports[port=80,protocol="UDP"]"#, ports());
    assert!(found);
    assert_eq!(left.pointer("/ports").and_then(Value::as_array).map(Vec::len), Some(4));
    assert!(!removed(".ports[port=81]", json!({"ports": [{"port": 80}]})).0);
}

#[test]
fn only_answers_about_nothing_else_are_taken() {
    let mark = "field not declared in schema";
    let texts = |message: &str| {
        undeclared(message).map(|paths| paths.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(texts(&format!(".a: {mark}")), Some(vec![".a".to_owned()]));
    assert_eq!(texts(&format!("prefix: .a: {mark}")), Some(vec![".a".to_owned()]));
    assert_eq!(texts(&format!("head errors:\n\n .a: {mark}\n .b: {mark}")).map(|all| all.len()), Some(2));
    assert_eq!(texts(&format!(".a: {mark}\nerrors:")), None, "a head stands first");
    assert_eq!(texts(&format!(".a: {mark}\nboom")), None);
    assert_eq!(texts(&format!("nothing: {mark}")), None);
    assert_eq!(texts(&format!("v1.2: {mark}")), None, "a dot within a word begins no path");
    assert_eq!(texts("errors:"), None);
}

#[test]
fn too_much_is_not_followed() {
    let lines = |count: usize| {
        let line = |n| format!(".a{n}: field not declared in schema");
        (0..count).map(line).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(undeclared(&lines(super::MOST_PATHS)).map(|paths| paths.len()), Some(super::MOST_PATHS));
    assert_eq!(undeclared(&lines(super::MOST_PATHS + 1)), None);
    let long = "x".repeat(super::LONGEST_TEXT);
    assert_eq!(undeclared(&format!("{long}: .a: field not declared in schema")), None);
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ]
}

fn segment() -> impl Strategy<Value = Segment> {
    prop_oneof![
        "[a-zA-Z][a-zA-Z0-9/-]{0,8}".prop_map(Segment::Field),
        (0_usize..1000).prop_map(Segment::Index),
        scalar().prop_map(Segment::Item),
        prop::collection::vec(("[a-z][a-zA-Z]{0,8}", scalar()), 1..3).prop_map(Segment::Keys),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in the quotes, what is printed is read as the same path.
    #[test]
    fn printing_and_reading_are_inverse(segments in prop::collection::vec(segment(), 1..6)) {
        let printed = FieldPath(segments.clone()).to_string();
        prop_assert_eq!(FieldPath::parse(&printed).map(|path| path.0), Some(segments), "{}", printed);
    }

    /// The API server's words are foreign: nothing in them may end the process.
    #[test]
    fn no_text_ends_in_a_panic(text in "(\\PC|[.\\[\\]=,\":\\n]){0,64}") {
        drop(FieldPath::parse(&text));
        drop(undeclared(&format!("{text}: field not declared in schema")));
    }
}
