//! What is looked at to say how one object is.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::beside::Beside;
use crate::explain::{self, Explanation, Scene};
use crate::kstatus::{Status, Verdict, compute, text};
use crate::learned;
use crate::rules::Rules;

/// One object, and what is around it.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) object: &'a Value,
    pub(super) kind: &'a str,
    /// The Pods that its selector chooses.
    pub(super) pods: &'a [&'a Value],
    pub(super) beside: &'a dyn Beside,
    pub(super) rules: &'a Rules,
    pub(super) now: Timestamp,
}

impl Case<'_> {
    /// kstatus's verdict, with what its Pods change of it.
    pub(super) fn verdict(&self) -> Verdict {
        let verdict = match compute(self.object, self.rules, self.now) {
            Ok(verdict) => verdict,
            Err(error) => return Verdict::unknown(error.to_string()),
        };
        self.escalated(verdict)
    }

    /// A verdict with what its Pods change of it.
    pub(super) fn escalated(&self, verdict: Verdict) -> Verdict {
        if verdict.status != Status::InProgress || !self.rules.of_object(self.object).pods.matter() {
            return verdict;
        }
        let pods: Vec<Value> = self.pods.iter().map(|pod| (*pod).clone()).collect();
        verdict.escalated_by_pods(&pods, self.now)
    }

    /// Why it is what the verdict says.
    pub(super) fn told(&self, verdict: &Verdict) -> Explanation {
        explain::explain_in(self.object, verdict, self.pods, &self.scene(), self.rules)
    }

    /// The command that shows all of it.
    pub(super) fn describe(&self) -> String {
        self.scene().describe(self.object)
    }

    fn scene(&self) -> Scene<'_> {
        Scene { namespace: self.text(&["metadata", "namespace"]), beside: self.beside, now: Some(self.now) }
    }

    /// A text field; empty where there is none.
    pub(super) fn text(&self, path: &[&str]) -> &str {
        text(self.object, path).unwrap_or_default()
    }

    /// Whether a boolean field is true.
    pub(super) fn is_set(&self, pointer: &str) -> bool {
        self.object.pointer(pointer).and_then(Value::as_bool) == Some(true)
    }

    /// How long ago it was created, if that is known.
    pub(super) fn age(&self) -> Option<SignedDuration> {
        learned::age(self.object, self.now)
    }
}
