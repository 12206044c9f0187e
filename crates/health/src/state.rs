//! How an object is, richer than kstatus says it: one of seven [`State`]s with its cause. Flux's Ready does not depend on
//! it; [`crate::kstatus`] stays beside it, to the letter.
//!
//! Each object is judged by the first of: a HealthRule, the library's entry for its kind, what is built in for its kind,
//! the library's entry for its group, and what holds for kinds of which nothing is known. [`crate::track`] then adds what
//! the object was before.

mod batch;
mod built_in;
mod by_rule;
mod case;
mod cluster_scope;
mod condition;
mod generic;
mod judgement;
mod mapped;
mod scaling;
mod silent;
mod storage;
mod traffic;
mod workload;

use jiff::Timestamp;
use serde_json::Value;

pub use judgement::{Confidence, Judgement, State, Well};

use crate::beside::Beside;
use crate::kstatus::{Status, Verdict, group_kind, int, text};
use crate::rules::{CompiledRule, DecidedBy, Rules};
use built_in::StateFn;
use case::Case;

impl Rules {
    /// How an object is, pruned or whole. `pods` are those that its selector chooses, as for [`crate::explain::explain`].
    #[must_use]
    pub fn judge(&self, object: &Value, pods: &[&Value], beside: &dyn Beside, now: Timestamp) -> Judgement {
        let (group, kind) = group_kind(object);
        let case = Case { object, kind, pods, beside, rules: self, now };
        let judgement = if case.text(&["metadata", "deletionTimestamp"]).is_empty() {
            judged(&case, group)
        } else {
            let judgement =
                mapped::of(&case, &Verdict::new(Status::Terminating, "", "Resource scheduled for deletion"));
            Judgement { by: DecidedBy::BuiltIn, ..judgement }
        };
        let judgement = advised(&case, judgement);
        Judgement {
            generation: int(object, &["metadata", "generation"]),
            created: text(object, &["metadata", "creationTimestamp"]).and_then(|time| time.parse().ok()),
            ..judgement
        }
    }

    /// Whose rule decides for objects of a kind.
    #[must_use]
    pub fn decider(&self, group: &str, kind: &str) -> DecidedBy {
        match ruling(self, group, kind) {
            Ruling::Rule(rule) => rule.name().clone(),
            Ruling::BuiltIn(_) => DecidedBy::BuiltIn,
            Ruling::Generic => DecidedBy::Generic,
        }
    }
}

/// What is wrong is never said without what to do about it.
fn advised(case: &Case<'_>, judgement: Judgement) -> Judgement {
    let is_wrong = matches!(judgement.state, State::Degraded | State::Unknown);
    if !is_wrong || judgement.hint.is_some() {
        return judgement;
    }
    judgement.hinting(format!("read its status and its events: {}", case.describe()))
}

/// What an object is judged by.
enum Ruling<'a> {
    Rule(&'a CompiledRule),
    BuiltIn(StateFn),
    Generic,
}

fn ruling<'a>(rules: &'a Rules, group: &str, kind: &str) -> Ruling<'a> {
    if let Some(rule) = rules.health_rule(group, kind) {
        return Ruling::Rule(rule);
    }
    if rules.has_added(group, kind) {
        return Ruling::BuiltIn(mapped::mapped);
    }
    if let Some(rule) = rules.of_library(group, kind) {
        return Ruling::Rule(rule);
    }
    if let Some(judge) = built_in::of(group, kind) {
        return Ruling::BuiltIn(judge);
    }
    rules.of_group(group, kind).map_or(Ruling::Generic, Ruling::Rule)
}

fn judged(case: &Case<'_>, group: &str) -> Judgement {
    match ruling(case.rules, group, case.kind) {
        Ruling::Rule(rule) => by_rule::judge(case, rule),
        Ruling::BuiltIn(judge) => judge(case),
        Ruling::Generic => Judgement { by: DecidedBy::Generic, ..generic::judge(case) },
    }
}

#[cfg(test)]
mod tests;
