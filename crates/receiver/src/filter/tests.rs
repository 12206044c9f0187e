//! Which expressions are taken, and what they say.

use serde_json::json;

use super::*;

fn accepts(text: &str) -> Result<bool, FilterError> {
    accepts_within(text, &budget(Cancel::default()))
}

fn accepts_within(text: &str, budget: &Budget) -> Result<bool, FilterError> {
    let filter = Filter::of(Some(text)).expect("an expression").expect("not empty");
    let object = json!({"kind": "GitRepository", "metadata": {"name": "app", "labels": {"team": "a"}}});
    filter.accepts(&object, &json!({"ref": "refs/heads/main", "repository": {"name": "app"}}), budget)
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

/// Some objects cost little and many cost too much: all are charged to one budget.
#[test]
fn what_costs_too_much_ends() {
    let list = format!("[{}0]", "0,".repeat(99));
    let text = format!("{list}.all(a, {list}.all(b, a == b))");
    let budget = Budget::new(Cost { steps: 200_000, ..COST }, Cancel::default());
    let accepted = (0..1000).take_while(|_| accepts_within(&text, &budget) == Ok(true)).count();
    assert!((1..100).contains(&accepted), "{accepted}");
    for text in [text.as_str(), "true"] {
        assert!(accepts_within(text, &budget).is_err_and(|error| error.is_last()), "nothing is left");
    }
    assert!(accepts("req.nothing == 'x'").is_err_and(|error| !error.is_last()));
}

#[test]
fn nobody_waits_for_what_is_cancelled() {
    let cancel = Cancel::default();
    let budget = budget(cancel.clone());
    assert_eq!(accepts_within("true", &budget), Ok(true));
    cancel.cancel();
    assert!(accepts_within("true", &budget).is_err_and(|error| error.is_last()));
}
