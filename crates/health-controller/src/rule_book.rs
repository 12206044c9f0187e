//! The rules that objects are judged by: those for all, and those that a Kustomization has for its own objects. Who changes
//! them has what is watched judged again; here they are only kept.

mod checks;
mod merge;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use api::kustomization::CustomHealthCheck;
use health::prune::pruned_as;
use health::{CompiledRule, Rules};
use parking_lot::RwLock;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;
use serde_json::Value;

use checks::Checks;
use merge::merged;

/// A Kustomization's own.
struct Own {
    checks: Checks,
    /// Those for all, and before them its own.
    rules: Arc<Rules>,
}

struct Pages {
    for_all: Vec<Arc<CompiledRule>>,
    base: Arc<Rules>,
    own: HashMap<ObjectKey, Own>,
    /// Another number with every change.
    edition: u32,
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
        };
        Self { pages: Arc::new(RwLock::new(pages)) }
    }
}

impl RuleBook {
    /// The rules for all objects.
    pub(crate) fn base(&self) -> Arc<Rules> {
        Arc::clone(&self.pages.read().base)
    }

    /// The rules for the objects of a Kustomization, and their edition: what was judged by another may be judged otherwise
    /// by this one.
    pub(crate) fn of(&self, owner: Option<&ObjectKey>) -> (Arc<Rules>, u32) {
        let pages = self.pages.read();
        let own = owner.and_then(|owner| pages.own.get(owner));
        (Arc::clone(own.map_or(&pages.base, |own| &own.rules)), pages.edition)
    }

    /// Has all objects judged by these rules beside the library, in place of those before.
    pub(crate) fn set(&self, rules: Vec<Arc<CompiledRule>>) {
        let mut pages = self.pages.write();
        pages.base = Arc::new(Rules::with_library().with_compiled(rules.clone()));
        let own = std::mem::take(&mut pages.own);
        pages.own = own
            .into_iter()
            .map(|(key, own)| (key, Own { rules: with(&rules, &own.checks), ..own }))
            .collect();
        pages.for_all = rules;
        pages.edition = pages.edition.wrapping_add(1);
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
        if checks.is_empty() {
            pages.own.remove(key);
        } else {
            let rules = with(&pages.for_all, &checks);
            pages.own.insert(key.clone(), Own { checks: checks.clone(), rules });
        }
        pages.edition = pages.edition.wrapping_add(1);
        covered_by(before, Some(checks))
    }

    /// Forgets the rules of a Kustomization that is gone. Nothing has to be judged again.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        if self.pages.read().own.contains_key(key) {
            self.pages.write().own.remove(key);
        }
    }

    /// A body of a kind, cut down to what anybody's rules read: whose object it is is not known yet.
    pub(crate) fn pruned(&self, kind: &WatchedKind, body: Value) -> Value {
        let pages = self.pages.read();
        let cut = |body: Value, rules: &Rules| pruned_as(body, rules, &kind.group, &kind.kind);
        let own = pages.own.values().filter(|own| own.checks.cover(kind));
        let more: Vec<Value> = own.map(|own| cut(body.clone(), &own.rules)).collect();
        more.into_iter().fold(cut(body, &pages.base), merged)
    }
}

fn with(for_all: &[Arc<CompiledRule>], checks: &Checks) -> Arc<Rules> {
    let rules = for_all.iter().chain(checks.rules()).map(Arc::clone).collect();
    Arc::new(Rules::with_library().with_compiled(rules))
}

fn covered_by(one: Option<Checks>, other: Option<Checks>) -> impl Fn(&WatchedKind) -> bool + use<> {
    move |kind| one.iter().chain(&other).any(|checks| checks.cover(kind))
}
