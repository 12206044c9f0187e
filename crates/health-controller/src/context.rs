//! What assessments share: the watches, who is woken by them, and the stores of Kustomizations and Convergences. No
//! decisions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use api::convergence::Convergence;
use api::kustomization::Kustomization;
use reconcile_core::process::Process;
use reconcile_core::{ObjectKey, Store};
use tokio::sync::mpsc::UnboundedSender;

use crate::alerts::Alerts;
use crate::args::Options;
use crate::claims::Claims;
use crate::explanations::Explanations;
use crate::health_rules::{HealthRules, Subjects};
use crate::measures::Measures;
use crate::relists::Relists;
use crate::rule_book::RuleBook;
use crate::wakes::{Touched, Wakes};
use crate::watches::Watches;

/// Shared by all assessments.
pub(crate) struct Context {
    pub(crate) process: Process,
    pub(crate) options: Options,
    pub(crate) rules: RuleBook,
    /// Whose rules are read.
    pub(crate) health_rules: HealthRules,
    relists: Relists,
    /// Who names which object.
    pub(crate) claims: Claims,
    pub(crate) kustomizations: Store<Kustomization>,
    listed: AtomicBool,
    pub(crate) convergences: Store<Convergence>,
    pub(crate) watches: Watches,
    pub(crate) wakes: Arc<Wakes>,
    pub(crate) measures: Measures,
    /// For whoever asks by HTTP.
    pub(crate) explanations: Arc<Explanations>,
    pub(crate) alerts: Arc<Alerts>,
}

impl Context {
    /// Watches nothing yet. `queue` takes the Kustomizations that something happened to.
    pub(crate) fn new(
        process: Process,
        options: Options,
        explanations: Arc<Explanations>,
        queue: UnboundedSender<ObjectKey>,
    ) -> Self {
        let convergences = Store::new();
        let alerts = Alerts::new(&options.alerts, options.reach, &convergences);
        let (rules, wakes) = (RuleBook::default(), Arc::new(Wakes::new(queue)));
        Self {
            watches: Watches::new(&process, &rules, &wakes),
            health_rules: HealthRules::new(&process),
            measures: Measures::new(&process.metrics),
            process,
            options,
            rules,
            relists: Relists::default(),
            claims: Claims::default(),
            kustomizations: Store::new(),
            listed: AtomicBool::new(false),
            convergences,
            wakes,
            explanations,
            alerts: Arc::new(alerts),
        }
    }

    /// Keeps HealthRules in force, and has judged by Kustomizations' own what has to be, until the process ends.
    pub(crate) async fn keep_rules(&self) {
        let Self { process, rules, watches, .. } = self;
        let subjects = Subjects { process, rules, observed: &watches.observed, objects: &watches.objects };
        let relists = self.relists.keep(&watches.objects, &process.stop);
        tokio::join!(self.health_rules.keep(subjects), relists);
    }

    /// A Kustomization has these rules of its own. Where they make a difference what is watched is judged again.
    pub(crate) fn take_rules_of(&self, key: &ObjectKey, object: &Kustomization) {
        let is_concerned = self.rules.set_own(key, &object.spec.health_check_exprs);
        self.relists.ask(self.watches.objects.kinds().into_iter().filter(is_concerned));
    }

    /// All Kustomizations are in the store. Nobody has been able to tell before whether another one is missing, so that all
    /// have to look again.
    pub(crate) fn all_are_known(&self) {
        if !self.listed.swap(true, Ordering::Relaxed) {
            let all = self.kustomizations.all();
            let keys = all.iter().map(|object| ObjectKey::of(&object.metadata)).collect();
            self.wakes.wake_for(&Touched::Kustomizations(keys));
        }
    }

    /// Whether a Kustomization that is not in the store is missing.
    pub(crate) fn are_kustomizations_known(&self) -> bool {
        self.listed.load(Ordering::Relaxed)
    }

    /// Forgets a Kustomization that is gone. Those that shared an object with it hear of it.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        let others = self.claims.remove(key);
        self.wakes.wake_for(&Touched::Kustomizations(others.into_iter().collect()));
        self.wakes.forget(key);
        self.rules.forget(key);
        self.explanations.forget(key);
        self.alerts.forget(key);
        self.process.metrics.forget("Convergence", key);
    }
}
