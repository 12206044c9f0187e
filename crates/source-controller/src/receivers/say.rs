//! What is said of a Receiver, and when nothing is. Pure.
//!
//! Another controller may say it too: whoever wrote the status stands in `managedFields`. Path and readiness follow from the
//! same token in the same way, so both come to the same, and whoever sees a change first writes it. What words a failure
//! has is left to the other one, or the two would take turns. But it may be gone: if the status still says something else at
//! the next look, the failure is said after all. If the other one then takes that back, it is there and sees no failure;
//! it has the last word until something changes.

use api::condition::reason;
use api::condition::{FALSE, READY, RECONCILING, STALLED, TRUE};
use api::labels;
use api::receiver::{Receiver, ReceiverStatus};
use jiff::Timestamp;
use reconcile_core::condition::{New, is_true, remove, set_at};
use reconcile_core::status::changes;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It can be called.
    Initialized {
        /// There.
        path: String,
    },
    /// There is no token; in these words.
    NoToken(String),
    /// It can never be called as it is.
    Terminal {
        /// Why, for programs.
        reason: &'static str,
        /// Why, in these words.
        message: String,
    },
}

/// What a look does about the status.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Say {
    /// It is said already, or another controller has the last word.
    Nothing,
    /// This change of the status says it.
    Write(Value),
    /// Another controller may say it before the next look.
    Later(Left),
}

/// A failure that was left to another controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Left {
    generation: i64,
    verdict: Verdict,
    /// It was said after all.
    pub(super) is_said: bool,
}

impl Left {
    /// Whether it is what is to be said now.
    pub(super) fn is_of(&self, object: &Receiver, verdict: &Verdict) -> bool {
        self.generation == object.metadata.generation.unwrap_or_default() && self.verdict == *verdict
    }
}

/// What to do about the status; `left` is what an earlier look has left to another controller.
pub(super) fn say(object: &Receiver, verdict: &Verdict, left: Option<&Left>, now: Timestamp) -> Say {
    let stored = object.status.clone().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    let annotations = object.metadata.annotations.as_ref();
    let mut status = stored.clone();
    if let Some(asked) = annotations.and_then(|all| all.get(labels::REQUESTED_AT)) {
        status.last_handled_reconcile_at = Some(asked.clone());
    }
    if is_of_another(object) {
        if let Verdict::Initialized { path } = verdict {
            if !is_news(&stored, &status, path, generation) {
                return Say::Nothing;
            }
        } else if is_failed(&stored, generation) {
            return Say::Nothing;
        } else {
            match left.filter(|left| left.is_of(object, verdict)) {
                None => return Say::Later(Left { generation, verdict: verdict.clone(), is_said: false }),
                Some(left) if left.is_said => return Say::Nothing,
                Some(_) => {}
            }
        }
    }
    let mut say = |type_, value, reason, message: &str| {
        set_at(&mut status.conditions, New { type_, status: value, reason, message, generation }, now);
    };
    match verdict {
        Verdict::Initialized { path } => {
            say(READY, TRUE, reason::SUCCEEDED, &format!("Receiver initialized for path: {path}"));
            remove(&mut status.conditions, RECONCILING);
            remove(&mut status.conditions, STALLED);
            status.webhook_path = Some(path.clone());
            status.observed_generation = generation;
        }
        Verdict::NoToken(message) => {
            say(RECONCILING, TRUE, reason::PROGRESSING_WITH_RETRY, "Reconciliation in progress");
            say(READY, FALSE, reason::TOKEN_NOT_FOUND, message);
            status.webhook_path = None;
        }
        Verdict::Terminal { reason, message } => {
            say(STALLED, TRUE, reason, message);
            say(READY, FALSE, reason, message);
            status.observed_generation = generation;
        }
    }
    changes(&stored, &status).map_or(Say::Nothing, Say::Write)
}

/// Whether there is something that the other controller has not said and will say, too.
fn is_news(stored: &ReceiverStatus, now: &ReceiverStatus, path: &str, generation: i64) -> bool {
    stored.webhook_path.as_deref() != Some(path)
        || !is_true(&stored.conditions, READY)
        || stored.observed_generation != generation
        || stored.last_handled_reconcile_at != now.last_handled_reconcile_at
}

/// Whether it is said, in whatever words, that this generation has failed.
fn is_failed(stored: &ReceiverStatus, generation: i64) -> bool {
    let ready = stored.conditions.iter().find(|one| one.type_ == READY);
    ready.is_some_and(|ready| ready.status == FALSE && ready.observed_generation == Some(generation))
}

/// Whether somebody else said last what we would say.
fn is_of_another(object: &Receiver) -> bool {
    let fields = object.metadata.managed_fields.iter().flatten();
    fields.filter(|entry| entry.subresource.as_deref() == Some("status")).any(|entry| {
        let owned = entry.fields_v1.as_ref().map(|fields| &fields.0["f:status"]);
        let says = owned.is_some_and(|status| {
            status.get("f:conditions").is_some() || status.get("f:webhookPath").is_some()
        });
        says && entry.manager.as_deref() != Some(labels::SOURCE_MANAGER)
    })
}
