//! What became of an explanation: the events that alerts and dashboards tell.

use std::collections::BTreeMap;

use api::convergence::Blocker;
use api::explain::{Explanation, ObjectExplanation, ObjectState, Transition};

/// What is different in `new`: whether all is well first, then blockers, then objects. Words that changed without a
/// change of what they say are none.
#[must_use]
pub fn transitions(old: &Explanation, new: &Explanation) -> Vec<Transition> {
    let mut found = Vec::new();
    match (old.is_converged(), new.is_converged()) {
        (false, true) => found.push(Transition::Converged { verdict: new.verdict.clone() }),
        (true, false) => found.push(Transition::Diverged { verdict: new.verdict.clone() }),
        (true, true) | (false, false) => {}
    }
    blockers(&old.blockers, &new.blockers, &mut found);
    objects(&old.objects, &new.objects, &mut found);
    found
}

/// A blocker is the same as long as its code and its object are; its message may change.
fn blockers(old: &[Blocker], new: &[Blocker], found: &mut Vec<Transition>) {
    let is_in = |list: &[Blocker], blocker: &Blocker| {
        list.iter().any(|other| other.code == blocker.code && other.object == blocker.object)
    };
    for blocker in new.iter().filter(|blocker| !is_in(old, blocker)) {
        found.push(Transition::BlockerAppeared { blocker: blocker.clone() });
    }
    for blocker in old.iter().filter(|blocker| !is_in(new, blocker)) {
        found.push(Transition::BlockerWent { code: blocker.code, object: blocker.object.clone() });
    }
}

fn objects(old: &[ObjectExplanation], new: &[ObjectExplanation], found: &mut Vec<Transition>) {
    let mut known: BTreeMap<&str, ObjectState> =
        old.iter().map(|object| (object.id.as_str(), object.state())).collect();
    for object in new {
        let before = known.remove(object.id.as_str());
        let after = Some(object.state());
        if before != after {
            found.push(Transition::Object { id: object.id.clone(), before, after });
        }
    }
    for (id, before) in known {
        found.push(Transition::Object { id: id.to_owned(), before: Some(before), after: None });
    }
}

#[cfg(test)]
mod tests;
