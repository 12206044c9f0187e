//! What is made of values and their comments.

use serde_json::{Value, json};

use super::{comments, schema, table, with_table};

const TEXT: &str = "\
# A head that belongs to no key.

# -- Says yes, over
# two lines.
on: false

all:
  # -- How many.
  # @schema {\"minimum\": 1}
  count: 1
  # -- A policy.
  # @schema {\"enum\": [\"a\", \"b\"]}
  policy: a
  # -- Free.
  # @schema {}
  probe:
    path: /x
    list:
      - one: two
  deep:
    # -- A | word.
    word: \"\"

# @inherits all
one:
  # -- Its own.
  own: []
  # -- Another policy.
  # @schema {\"enum\": [\"b\"]}
  policy: b
";

fn made() -> Value {
    schema::of(&comments::keys(TEXT).expect("keys")).expect("a schema")
}

#[test]
fn comments_belong_to_the_key_below() {
    let keys = comments::keys(TEXT).expect("keys");
    let names: Vec<_> = keys.iter().map(comments::Key::name).collect();
    let expected = [
        "on",
        "all",
        "all.count",
        "all.policy",
        "all.probe",
        "all.deep",
        "all.deep.word",
        "one",
        "one.own",
        "one.policy",
    ];
    assert_eq!(names, expected);
    assert_eq!(keys.first().expect("a key").description, "Says yes, over two lines.");
    assert!(comments::keys("on: true\n").is_err(), "nothing is said of it");
    assert!(comments::keys("# -- A.\na:\n    # -- B.\n    b: 1\n").is_err(), "indented by four");
    assert!(comments::keys("# -- A.\n# @schema {\na: 1\n").is_err(), "no JSON");
}

#[test]
fn types_follow_from_defaults() {
    let schema = made();
    let on = json!({"type": "boolean", "description": "Says yes, over two lines.", "default": false});
    assert_eq!(schema["properties"]["on"], on);
    assert_eq!(schema["additionalProperties"], false);
    let all = &schema["properties"]["all"];
    assert_eq!(
        (&all["additionalProperties"], &all["properties"]["count"]["minimum"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(all["properties"]["probe"]["type"], "object");
    assert_eq!(all["properties"]["probe"]["additionalProperties"], Value::Null, "it is free");
}

#[test]
fn what_is_inherited_may_be_left_out_or_taken_away() {
    let one = &made()["properties"]["one"]["properties"];
    assert_eq!(one["count"]["type"], json!(["integer", "null"]));
    assert_eq!(one["count"]["default"], Value::Null);
    assert_eq!(one["deep"]["properties"]["word"]["type"], json!(["string", "null"]));
    assert_eq!(one["own"]["type"], "array");
    assert_eq!((&one["policy"]["enum"], &one["policy"]["default"]), (&json!(["b"]), &json!("b")));
    assert_eq!(one["policy"]["description"], "Another policy.");
}

#[test]
fn the_table_has_a_row_for_each_key() {
    let table = table::of(&comments::keys(TEXT).expect("keys"));
    assert!(table.contains("| `on` | `false` | Says yes, over two lines. |\n"), "{table}");
    assert!(table.contains("| `all.deep.word` | `\"\"` | A \\| word. |\n"), "{table}");
    assert!(table.contains("| `one.*` | | Whatever `all` has. |\n"), "{table}");
    let readme = with_table("a\n<!-- values -->\nold\n<!-- /values -->\nb\n", &table).expect("marks");
    assert!(readme.starts_with("a\n<!-- values -->\n") && readme.ends_with("\n<!-- /values -->\nb\n"));
    assert!(!readme.contains("old"));
    assert_eq!(with_table(&readme, &table).expect("marks"), readme);
    assert!(with_table("a", &table).is_err());
}
