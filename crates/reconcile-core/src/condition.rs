//! Conditions with Flux's rules (contracts/source-controller.md 2): order, stamps, length, and the pair
//! Reconciling/Stalled of which only one stands.
//!
//! Which conditions an object gets is its controller's decision.

use api::Condition;
pub use api::condition::get;
use api::condition::{READY, RECONCILING, STALLED, TRUE};
use api::duration::whole_seconds;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

#[cfg(test)]
mod tests;

/// Longest message, in bytes.
pub const LONGEST_MESSAGE: usize = 32_768;

/// A condition to set.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// For example `Ready`.
    pub type_: &'a str,
    /// `True`, `False` or `Unknown`.
    pub status: &'a str,
    /// PascalCase.
    pub reason: &'a str,
    /// For people; cut to [`LONGEST_MESSAGE`].
    pub message: &'a str,
    /// `metadata.generation` of the object it speaks of.
    pub generation: i64,
}

/// Sets a condition as of now.
pub fn set(conditions: &mut Vec<Condition>, new: New<'_>) {
    set_at(conditions, new, Timestamp::now());
}

/// Sets a condition as of `now`. `lastTransitionTime` moves when status, reason or message changes. It is for people:
/// two changes within a second have the same, and a clock that was set back gives an earlier one.
pub fn set_at(conditions: &mut Vec<Condition>, new: New<'_>, now: Timestamp) {
    let opposite = match new.type_ {
        RECONCILING => Some(STALLED),
        STALLED => Some(RECONCILING),
        _ => None,
    };
    if let Some(opposite) = opposite {
        remove(conditions, opposite);
    }
    let message = cut(new.message, LONGEST_MESSAGE);
    let position = conditions.iter().position(|condition| condition.type_ == new.type_);
    let old = position.map(|position| conditions.remove(position));
    let same = old
        .as_ref()
        .filter(|old| old.status == new.status && old.reason == new.reason && old.message == message);
    let since = same.map_or_else(|| Time(whole_seconds(now)), |old| old.last_transition_time.clone());
    conditions.push(Condition {
        type_: new.type_.to_owned(),
        status: new.status.to_owned(),
        reason: new.reason.to_owned(),
        message,
        observed_generation: Some(new.generation),
        last_transition_time: since,
    });
    sort(conditions);
}

/// Removes the condition; true when it was there.
pub fn remove(conditions: &mut Vec<Condition>, type_: &str) -> bool {
    let before = conditions.len();
    conditions.retain(|condition| condition.type_ != type_);
    conditions.len() != before
}

/// Whether the condition is there and `True`.
pub fn is_true(conditions: &[Condition], type_: &str) -> bool {
    get(conditions, type_).is_some_and(|condition| condition.status == TRUE)
}

/// Stalled, Reconciling, Ready, then by observedGeneration descending, then by type.
fn sort(conditions: &mut [Condition]) {
    let rank = |type_: &str| match type_ {
        STALLED => 0_u8,
        RECONCILING => 1,
        READY => 2,
        _ => 3,
    };
    conditions.sort_by(|a, b| {
        rank(&a.type_)
            .cmp(&rank(&b.type_))
            .then_with(|| b.observed_generation.unwrap_or(0).cmp(&a.observed_generation.unwrap_or(0)))
            .then_with(|| a.type_.cmp(&b.type_))
    });
}

/// At most `longest` bytes, on a character's border, with `...` in place of what was cut.
pub fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let mut end = longest.saturating_sub(3);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut short = text.get(..end).unwrap_or_default().to_owned();
    short.push_str("...");
    short
}
