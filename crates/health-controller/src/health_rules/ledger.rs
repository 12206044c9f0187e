//! What is known of HealthRules: which are in force, what cannot be used, and what is said of both. Pure.
//!
//! A rule that cannot be used judges nothing, and the version before it stays in force until it is mended or deleted: a
//! typing error must not make what was well unwell. After a restart there is no version before.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::condition::{FALSE, READY, TRUE, reason};
use api::health_rule::{HealthRule, HealthRuleSpec, HealthRuleStatus};
use cluster::Class;
use health::{CompiledRule, DecidedBy};
use jiff::Timestamp;
use reconcile_core::condition::{self, New};
use reconcile_core::status;
use reconcile_core::watch_pool::{PoolEvent, Seen, WatchedKind};
use serde_json::Value;

/// What holds in place of a rule that cannot be used.
const UNTIL: &str = "Until it is corrected or deleted, the last version of it that could be used stays in force; where there was none, nothing is judged by it";
/// HealthRules that are read. Each may have some hundred kibibytes of expressions.
const MOST: usize = 500;

/// One HealthRule.
struct Known {
    generation: i64,
    version: Option<String>,
    status: HealthRuleStatus,
    /// As it is written; `None` where it cannot be read.
    spec: Option<HealthRuleSpec>,
    /// Its last version that can be used.
    usable: Option<Arc<CompiledRule>>,
    /// Reason and message, when it cannot be used as it is written.
    problem: Option<(&'static str, String)>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Ledger {
    known: BTreeMap<String, Known>,
    settled: bool,
    in_force: Vec<Arc<CompiledRule>>,
}

/// Other rules are in force.
pub(super) struct InForce {
    /// All of them.
    pub(super) rules: Vec<Arc<CompiledRule>>,
    /// What they are a change for.
    pub(super) concerned: Concerned,
}

/// Rules that begin or end.
pub(super) struct Concerned(Vec<Arc<CompiledRule>>);

impl Concerned {
    /// Whether objects of a kind have to be judged again.
    pub(super) fn concern(&self, kind: &WatchedKind) -> bool {
        self.0.iter().any(|rule| rule.covers(&kind.group, &kind.kind).is_some())
    }
}

/// A status that has to be written.
#[derive(Debug, PartialEq)]
pub(super) struct Write {
    pub(super) name: String,
    pub(super) version: Option<String>,
    /// As a merge patch.
    pub(super) change: Value,
}

impl Ledger {
    /// Takes in what the watch says; true when rules have to be put in force, or something has to be said.
    pub(super) fn take(&mut self, event: PoolEvent) -> bool {
        match event {
            PoolEvent::Applied(seen) => self.put(*seen),
            PoolEvent::Deleted { gone, .. } => self.known.remove(&gone.key.name).is_some(),
            PoolEvent::Synced(_) => !std::mem::replace(&mut self.settled, true),
            PoolEvent::Failed { error, .. } => {
                if error.classify() == Class::NotFound {
                    self.known = BTreeMap::new();
                }
                self.settled = true;
                true
            }
            PoolEvent::Stopped(_) => false,
        }
    }

    fn put(&mut self, seen: Seen) -> bool {
        let name = seen.metadata.name.clone().unwrap_or_default();
        let spec = seen.body.get("spec").cloned().unwrap_or_default();
        let spec = serde_json::from_value::<HealthRuleSpec>(spec);
        let stored = seen.body.get("status").cloned().and_then(|status| serde_json::from_value(status).ok());
        let room = self.known.len() < MOST;
        let before = self.known.remove(&name);
        let room = room || before.is_some();
        let (old, usable) = match before {
            Some(Known { spec, problem, status, usable, .. }) => (Some((spec, problem, status)), usable),
            None => (None, None),
        };
        let mut known = Known {
            generation: seen.metadata.generation.unwrap_or_default(),
            version: seen.metadata.resource_version.clone(),
            status: stored.unwrap_or_default(),
            spec: spec.as_ref().ok().cloned(),
            usable,
            problem: None,
        };
        if let (Some((Some(before), problem, status)), Ok(spec)) = (&old, &spec)
            && before == spec
        {
            known.problem.clone_from(problem);
            // What we wrote ourselves is known already; what somebody else wrote has to be mended.
            let is_news = known.status != *status;
            self.known.insert(name, known);
            return is_news;
        }
        match spec {
            _ if !room => {
                known.problem = Some((
                    "TooManyRules",
                    format!("there are more than {MOST} HealthRules; so many are read"),
                ));
            }
            Ok(spec) => match CompiledRule::compile(DecidedBy::HealthRule(name.as_str().into()), &spec) {
                Ok(rule) => known.usable = Some(Arc::new(rule)),
                Err(error) => known.problem = Some((error.reason(), error.problem.to_string())),
            },
            Err(error) => {
                let words = format!(
                    "it cannot be read by this version: {}",
                    health::wording::quoted(&error.to_string())
                );
                known.problem = Some(("InvalidSpec", words));
            }
        }
        self.known.insert(name, known);
        true
    }

    /// Whether all rules are known that there are, or none can be.
    pub(super) const fn is_settled(&self) -> bool {
        self.settled
    }

    /// Whether there are any.
    pub(super) fn has_rules(&self) -> bool {
        !self.known.is_empty()
    }

    /// The rules that are to be in force, if they are not.
    pub(super) fn put_in_force(&mut self) -> Option<InForce> {
        let rules: Vec<Arc<CompiledRule>> =
            self.known.values().filter_map(|known| known.usable.clone()).collect();
        let is_in = |list: &[Arc<CompiledRule>], rule: &Arc<CompiledRule>| {
            list.iter().any(|known| Arc::ptr_eq(known, rule))
        };
        let ended = self.in_force.iter().filter(|rule| !is_in(&rules, rule));
        let begun = rules.iter().filter(|rule| !is_in(&self.in_force, rule));
        let concerned: Vec<Arc<CompiledRule>> = ended.chain(begun).cloned().collect();
        if concerned.is_empty() {
            return None;
        }
        self.in_force.clone_from(&rules);
        Some(InForce { rules, concerned: Concerned(concerned) })
    }

    /// What has to be written. `judged`: how many objects there are of each kind that is watched, and who decides of them;
    /// `None` where not all kinds are, and then others may count.
    pub(super) fn writes(
        &self,
        judged: Option<impl Iterator<Item = (DecidedBy, usize)>>,
        now: Timestamp,
    ) -> Vec<Write> {
        let counts = judged.map(|judged| {
            let mut counts: BTreeMap<String, i64> = BTreeMap::new();
            for (decider, count) in judged {
                if let DecidedBy::HealthRule(name) = decider {
                    *counts.entry(name.to_string()).or_default() += i64::try_from(count).unwrap_or(i64::MAX);
                }
            }
            counts
        });
        let write = |(name, known): (&String, &Known)| {
            let objects = match &counts {
                Some(counts) => Some(counts.get(name).copied().unwrap_or_default()),
                None => known.status.objects,
            };
            let change = status::changes(&known.status, &known.wanted(objects, now))?;
            Some(Write { name: name.clone(), version: known.version.clone(), change })
        };
        self.known.iter().filter_map(write).collect()
    }

    /// A status was written.
    pub(super) fn written(&mut self, object: HealthRule) {
        let name = object.metadata.name.unwrap_or_default();
        let Some(known) = self.known.get_mut(&name) else { return };
        known.version = object.metadata.resource_version;
        known.status = object.status.unwrap_or_default();
    }
}

impl Known {
    /// The same wherever it is made: of several controllers that each look at a part of a cluster, all write it.
    fn wanted(&self, objects: Option<i64>, now: Timestamp) -> HealthRuleStatus {
        let (status, reason, message) = match &self.problem {
            None => (TRUE, reason::SUCCEEDED, "its objects are judged by it".to_owned()),
            Some((reason, problem)) => (FALSE, *reason, format!("{problem}. {UNTIL}")),
        };
        let mut conditions = self.status.conditions.clone();
        let new = New { type_: READY, status, reason, message: &message, generation: self.generation };
        condition::set_at(&mut conditions, new, now);
        HealthRuleStatus { observed_generation: self.generation, objects, conditions }
    }
}

#[cfg(test)]
mod tests;
