//! Flux's rules of conditions.

use api::Condition;
use jiff::Timestamp;

use super::{LONGEST_MESSAGE, New, cut, get, is_true, remove, set_at};

fn at(second: i64) -> Timestamp {
    Timestamp::from_millisecond(second * 1000 + 123).expect("in range")
}

fn put(
    conditions: &mut Vec<Condition>,
    type_: &str,
    status: &str,
    message: &str,
    generation: i64,
    second: i64,
) {
    set_at(conditions, New { type_, status, reason: "R", message, generation }, at(second));
}

fn since(conditions: &[Condition], type_: &str) -> i64 {
    get(conditions, type_).expect("there").last_transition_time.0.as_millisecond()
}

#[test]
fn the_transition_time_moves_with_status_reason_or_message_only() {
    let mut conditions = Vec::new();
    put(&mut conditions, "Ready", "True", "m", 1, 10);
    assert_eq!(since(&conditions, "Ready"), 10_000, "whole seconds");
    put(&mut conditions, "Ready", "True", "m", 2, 20);
    assert_eq!(since(&conditions, "Ready"), 10_000);
    assert_eq!(get(&conditions, "Ready").and_then(|ready| ready.observed_generation), Some(2));
    put(&mut conditions, "Ready", "True", "n", 2, 30);
    assert_eq!(since(&conditions, "Ready"), 30_000);
    put(&mut conditions, "Ready", "False", "n", 2, 40);
    assert_eq!(since(&conditions, "Ready"), 40_000);
    set_at(
        &mut conditions,
        New { type_: "Ready", status: "False", reason: "S", message: "n", generation: 2 },
        at(50),
    );
    assert_eq!(since(&conditions, "Ready"), 50_000);
    assert_eq!(conditions.len(), 1);
}

#[test]
fn the_order_is_flux() {
    let mut conditions = Vec::new();
    for (type_, generation) in [("B", 1), ("A", 1), ("C", 2), ("Ready", 1), ("Reconciling", 1)] {
        put(&mut conditions, type_, "True", "m", generation, 1);
    }
    let types: Vec<&str> = conditions.iter().map(|condition| condition.type_.as_str()).collect();
    assert_eq!(types, ["Reconciling", "Ready", "C", "A", "B"]);
}

#[test]
fn reconciling_and_stalled_exclude_each_other() {
    let mut conditions = Vec::new();
    put(&mut conditions, "Reconciling", "True", "m", 1, 1);
    put(&mut conditions, "Stalled", "True", "m", 1, 1);
    assert!(get(&conditions, "Reconciling").is_none() && is_true(&conditions, "Stalled"));
    put(&mut conditions, "Reconciling", "True", "m", 1, 1);
    assert!(get(&conditions, "Stalled").is_none());
    assert!(remove(&mut conditions, "Reconciling") && !remove(&mut conditions, "Reconciling"));
}

#[test]
fn messages_are_cut_on_a_characters_border() {
    let mut conditions = Vec::new();
    put(&mut conditions, "Ready", "False", &"ä".repeat(LONGEST_MESSAGE), 1, 1);
    let message = &get(&conditions, "Ready").expect("there").message;
    assert!(message.len() <= LONGEST_MESSAGE && message.ends_with("ä..."), "{}", message.len());
    assert_eq!(cut("short", 10), "short");
    assert_eq!(cut("0123456789", 5), "01...");
}

#[test]
fn the_clock_may_be_set_back() {
    let mut conditions = Vec::new();
    put(&mut conditions, "Ready", "True", "m", 1, 100);
    put(&mut conditions, "Ready", "False", "m", 1, 50);
    assert_eq!(since(&conditions, "Ready"), 50_000, "the change is what it speaks of");
}

#[test]
fn a_message_that_was_cut_counts_as_the_same() {
    let mut conditions = Vec::new();
    let long = "x".repeat(LONGEST_MESSAGE + 7);
    put(&mut conditions, "Ready", "False", &long, 1, 10);
    put(&mut conditions, "Ready", "False", &long, 2, 20);
    assert_eq!(since(&conditions, "Ready"), 10_000);
}

#[test]
fn other_conditions_are_left_alone() {
    let mut conditions = Vec::new();
    for type_ in ["Reconciling", "Ready", "Healthy", "Theirs"] {
        put(&mut conditions, type_, "Unknown", "m", 1, 1);
    }
    put(&mut conditions, "Stalled", "True", "m", 1, 2);
    let types: Vec<&str> = conditions.iter().map(|condition| condition.type_.as_str()).collect();
    assert_eq!(types, ["Stalled", "Ready", "Healthy", "Theirs"], "only Reconciling went");
    assert_eq!(since(&conditions, "Theirs"), 1000);
    assert!(!is_true(&conditions, "Ready") && !is_true(&conditions, "Absent"));
}

#[test]
fn cuts_at_every_length_stay_text() {
    let text = "aäß€𝄞".repeat(3);
    for longest in 3..=text.len() {
        let short = cut(&text, longest);
        assert!(short.len() <= longest && (short == text || short.ends_with("...")), "{longest}: {short}");
        assert!(text.starts_with(short.trim_end_matches('.')), "{longest}: {short}");
    }
}
