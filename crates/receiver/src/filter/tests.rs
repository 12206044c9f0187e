//! Which expressions are taken, and what they say.

use serde_json::json;

use super::*;

fn accepts(text: &str) -> Result<bool, FilterError> {
    let filter = Filter::of(Some(text)).expect("an expression").expect("not empty");
    let object = json!({"kind": "GitRepository", "metadata": {"name": "app", "labels": {"team": "a"}}});
    filter.accepts(&object, &json!({"ref": "refs/heads/main", "repository": {"name": "app"}}))
}

#[test]
fn objects_and_requests_are_seen() {
    for (text, expected) in [
        ("res.metadata.name == req.repository.name", true),
        ("req.ref == 'refs/heads/other'", false),
        ("has(res.metadata.labels.team) && res.metadata.labels.team in ['a', 'b']", true),
    ] {
        assert_eq!(accepts(text), Ok(expected), "{text}");
    }
    assert!(accepts("req.nothing == 'x'").is_err());
}

#[test]
fn what_is_no_filter() {
    assert!(Filter::of(None).expect("nothing").is_none());
    assert!(Filter::of(Some("")).expect("nothing").is_none());
    for wrong in ["req.", "'text'", "other == 1", "1 + 1"] {
        assert!(Filter::of(Some(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn what_costs_too_much_ends() {
    let list = format!("[{}0]", "0,".repeat(999));
    let text = format!("{list}.all(a, {list}.all(b, {list}.all(c, a == b && b == c)))");
    let found = accepts(&text);
    assert!(found.is_err(), "{found:?}");
}
