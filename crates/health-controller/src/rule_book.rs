//! The rules that objects are judged by: those for all, and those that a Kustomization has for its own objects. Who changes
//! them has what is watched judged again; here they are only kept.

mod checks;
mod cut;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use api::kustomization::CustomHealthCheck;
use health::prune::{self, Reads};
use health::{CompiledRule, Rules};
use parking_lot::{Mutex, RwLock};
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;
use serde_json::Value;

use checks::Checks;

pub(crate) use cut::Cut;

/// A Kustomization's own.
struct Own {
    checks: Checks,
    /// The edition since which they are in force.
    since: u32,
    /// Those for all, and before them its own.
    rules: Arc<Rules>,
}

struct Pages {
    for_all: Vec<Arc<CompiledRule>>,
    base: Arc<Rules>,
    own: HashMap<ObjectKey, Own>,
    /// A greater number with every change.
    edition: u32,
    /// What anybody's rules of this edition read of a kind, for kinds that were asked for.
    read: Mutex<HashMap<WatchedKind, Arc<Reads>>>,
}

impl Pages {
    fn turn(&mut self) {
        self.edition = self.edition.saturating_add(1);
        self.read = Mutex::default();
    }

    /// What anybody reads: whose object it is is not known when a body is cut.
    fn reads(&self, kind: &WatchedKind) -> Arc<Reads> {
        let mut read = self.read.lock();
        if let Some(known) = read.get(kind) {
            return Arc::clone(known);
        }
        let mut all = reads(&self.base, kind);
        for own in self.own.values().filter(|own| own.checks.cover(kind)) {
            all.join(&reads(&own.rules, kind));
        }
        let all = Arc::new(all);
        read.insert(kind.clone(), Arc::clone(&all));
        all
    }
}

fn reads(rules: &Rules, kind: &WatchedKind) -> Reads {
    prune::reads(rules, &kind.group, &kind.kind)
}

/// See the module. Clones share.
#[derive(Clone)]
pub(crate) struct RuleBook {
    pages: Arc<RwLock<Pages>>,
}

impl Default for RuleBook {
    fn default() -> Self {
        let pages = Pages {
            for_all: Vec::new(),
            base: Arc::new(Rules::with_library()),
            own: HashMap::new(),
            edition: 0,
            read: Mutex::default(),
        };
        Self { pages: Arc::new(RwLock::new(pages)) }
    }
}

impl RuleBook {
    /// The rules for all objects.
    pub(crate) fn base(&self) -> Arc<Rules> {
        Arc::clone(&self.pages.read().base)
    }

    /// The rules for the objects of a Kustomization.
    pub(crate) fn of(&self, owner: Option<&ObjectKey>) -> Arc<Rules> {
        let pages = self.pages.read();
        let own = owner.and_then(|owner| pages.own.get(owner));
        Arc::clone(own.map_or(&pages.base, |own| &own.rules))
    }

    /// Whether a Kustomization's own rules read more of a kind than was left of a body that rules of an earlier edition had
    /// cut. All bodies of the kind are listed again for them, and until then they cannot judge this one.
    pub(crate) fn read_more(&self, owner: &ObjectKey, kind: &WatchedKind, edition: u32) -> bool {
        let pages = self.pages.read();
        pages.own.get(owner).is_some_and(|own| {
            edition < own.since
                && own.checks.cover(kind)
                && !reads(&pages.base, kind).cover(&reads(&own.rules, kind))
        })
    }

    /// Has all objects judged by these rules beside the library, in place of those before.
    pub(crate) fn set(&self, rules: Vec<Arc<CompiledRule>>) {
        let mut pages = self.pages.write();
        pages.base = Arc::new(Rules::assembled(&rules, &[]));
        let own = std::mem::take(&mut pages.own);
        pages.own = own
            .into_iter()
            .map(|(key, own)| (key, Own { rules: with(&rules, &own.checks), ..own }))
            .collect();
        pages.for_all = rules;
        pages.turn();
    }

    /// Has the objects of a Kustomization judged by its `spec.healthCheckExprs`, too. Says which kinds have to be judged
    /// again: those for which it makes a difference.
    pub(crate) fn set_own(
        &self,
        key: &ObjectKey,
        exprs: &[CustomHealthCheck],
    ) -> impl Fn(&WatchedKind) -> bool + use<> {
        let mut pages = self.pages.write();
        let before = pages.own.get(key).map(|own| own.checks.clone());
        if before.as_ref().map_or(&[][..], Checks::exprs) == exprs {
            return covered_by(None, None);
        }
        let checks = Checks::compile(key, exprs);
        pages.turn();
        if checks.is_empty() {
            pages.own.remove(key);
        } else {
            let (rules, since) = (with(&pages.for_all, &checks), pages.edition);
            pages.own.insert(key.clone(), Own { checks: checks.clone(), since, rules });
        }
        covered_by(before, Some(checks))
    }

    /// Forgets the rules of a Kustomization that is gone. Nothing has to be judged again.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        if self.pages.read().own.contains_key(key) {
            self.pages.write().own.remove(key);
        }
    }

    /// A body of a kind, cut down to what anybody's rules read: whose object it is is not known yet.
    pub(crate) fn pruned(&self, kind: &WatchedKind, body: Value) -> Cut {
        let (reads, edition) = {
            let pages = self.pages.read();
            (pages.reads(kind), pages.edition)
        };
        Cut { body: prune::cut(body, &reads), edition }
    }
}

fn with(for_all: &[Arc<CompiledRule>], checks: &Checks) -> Arc<Rules> {
    Arc::new(Rules::assembled(for_all, checks.rules()))
}

fn covered_by(one: Option<Checks>, other: Option<Checks>) -> impl Fn(&WatchedKind) -> bool + use<> {
    move |kind| one.iter().chain(&other).any(|checks| checks.cover(kind))
}
