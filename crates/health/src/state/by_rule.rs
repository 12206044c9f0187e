//! What a rule that is written as data says of an object.

use std::time::Duration;

use super::case::Case;
use super::condition::{conditions, find};
use super::generic::{behind, by};
use super::judgement::{Judgement, State};
use super::{mapped, silent};
use crate::rules::{CompiledRule, Matched, Outcome};
use crate::wording;

/// What was well and does not say so any more may be in the hands of its controller.
const RELAPSE_AFTER: Duration = Duration::from_secs(300);

/// Conditions that say why an object is not well yet, the most telling first.
const TELLING: [&str; 6] = ["Ready", "Available", "Healthy", "Synced", "Programmed", "Accepted"];

/// By one rule.
pub(super) fn judge(case: &Case<'_>, rule: &CompiledRule) -> Judgement {
    Judgement { weight: rule.weight(), by: rule.name().clone(), ..judged(case, rule) }
}

fn judged(case: &Case<'_>, rule: &CompiledRule) -> Judgement {
    let waits = rule.needs_status() && silent::is_silent(case.object);
    let behind = if rule.observes_generation() { behind(case) } else { None };
    if (waits || behind.is_some())
        && let Outcome::Matched(matched) = rule.evaluate_wish(case.object)
    {
        return by_state(case, &matched);
    }
    if waits {
        return silent::awaited(case);
    }
    if let Some((generation, observed)) = behind {
        return mapped::unobserved(case, generation, &observed);
    }
    match rule.evaluate(case.object) {
        Outcome::Matched(matched) => by_state(case, &matched),
        Outcome::Otherwise(state) => otherwise(case, state.into()),
        Outcome::TooCostly { state } => {
            let why = format!("state {state} of the rule costs more to evaluate than one object may");
            Judgement::unknown("RuleTooCostly", &why)
                .hinting("make the rule's expression cheaper: fewer macros inside each other, shorter lists")
        }
    }
}

fn by_state(case: &Case<'_>, matched: &Matched<'_>) -> Judgement {
    let state = State::from(matched.state);
    let condition = matched.condition.and_then(|type_| find(case.object, type_));
    let reason = match (matched.reason, &condition) {
        (Some(reason), _) => wording::word(reason),
        (None, Some(condition)) => condition.word(),
        (None, None) => state.as_str().to_owned(),
    };
    let said = matched.message.as_deref().map(wording::quoted).filter(|text| !text.is_empty());
    let message = said.or_else(|| condition.as_ref().map(|condition| condition.sentence()));
    let is_told = matched.reason.is_some() || matched.message.is_some();
    // That its status says nothing more is no news of what is well.
    let (reason, message) = match message {
        Some(message) => (reason, message),
        None if state == State::Healthy && !is_told => (String::new(), String::new()),
        None => (reason, unsaid(state)),
    };
    Judgement {
        notable: state == State::Healthy && is_told,
        hint: matched.hint.map(str::to_owned),
        evidence: condition.iter().map(|condition| condition.evidence()).collect(),
        ..Judgement::new(state, reason, message)
    }
}

/// A state for which the object has no words.
fn unsaid(state: State) -> String {
    match state {
        State::Degraded => "its status says that it has failed",
        State::Progressing => "its status says that it is on its way",
        State::Suspended => "it rests because somebody wants it to",
        State::Healthy => "its status says that it is well",
        _ => "its status does not say how it is",
    }
    .to_owned()
}

/// None of the states holds.
fn otherwise(case: &Case<'_>, state: State) -> Judgement {
    if state == State::Healthy {
        return Judgement::healthy();
    }
    let all = conditions(case.object);
    let open = TELLING.iter().find_map(|type_| {
        all.iter().find(|condition| condition.type_ == *type_ && !condition.is_stale && !condition.is_true())
    });
    let judgement = match open {
        Some(condition) => by(state, condition),
        None => {
            let stale = all.iter().any(|condition| condition.is_stale);
            let message = if stale {
                "its conditions are about an older generation"
            } else {
                "its status does not say yet that it is well"
            };
            let reason = if stale { "LatestGenerationNotObserved" } else { state.as_str() };
            Judgement::new(state, reason, message)
        }
    };
    if state == State::Progressing { judgement.relapsing(RELAPSE_AFTER) } else { judgement }
}
