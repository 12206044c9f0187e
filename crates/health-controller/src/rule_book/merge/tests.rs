//! What two parts of one object are together.

use serde_json::{Value, json};

use super::merged;

#[test]
fn what_is_in_either_part_is_in_the_whole() {
    for (one, other, whole) in [
        (json!({"a": 1}), json!({"b": 2}), json!({"a": 1, "b": 2})),
        (json!({"s": {"a": 1}}), json!({"s": {"b": 2}}), json!({"s": {"a": 1, "b": 2}})),
        (
            json!({"l": [{"a": 1}, {}]}),
            json!({"l": [{"b": 1}, {"b": 2}]}),
            json!({"l": [{"a": 1, "b": 1}, {"b": 2}]}),
        ),
        (json!({"l": []}), json!({"l": [{"b": 1}]}), json!({"l": [{"b": 1}]})),
        (json!({"s": {}}), json!({"s": {}}), json!({"s": {}})),
        (Value::Null, json!({"a": 1}), Value::Null),
    ] {
        assert_eq!(merged(one.clone(), other.clone()), whole, "{one} and {other}");
    }
}
