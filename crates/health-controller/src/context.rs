//! What assessments share: the watches, who is woken by them, and the stores of Kustomizations and Convergences. No
//! decisions.

use std::sync::Arc;

use api::convergence::Convergence;
use api::kustomization::Kustomization;
use health::Rules;
use reconcile_core::process::Process;
use reconcile_core::{ObjectKey, Store};
use tokio::sync::mpsc::UnboundedSender;

use crate::args::Options;
use crate::wakes::Wakes;
use crate::watches::Watches;

/// Shared by all assessments.
pub(crate) struct Context {
    pub(crate) process: Process,
    pub(crate) options: Options,
    pub(crate) rules: &'static Rules,
    pub(crate) kustomizations: Store<Kustomization>,
    pub(crate) convergences: Store<Convergence>,
    pub(crate) watches: Watches,
    pub(crate) wakes: Arc<Wakes>,
}

impl Context {
    /// Watches nothing yet. `queue` takes the Kustomizations that something happened to.
    pub(crate) fn new(process: Process, options: Options, queue: UnboundedSender<ObjectKey>) -> Self {
        let (rules, wakes) = (Rules::built_in(), Arc::new(Wakes::new(queue)));
        Self {
            watches: Watches::new(&process, rules, &wakes),
            process,
            options,
            rules,
            kustomizations: Store::new(),
            convergences: Store::new(),
            wakes,
        }
    }

    /// Forgets a Kustomization that is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.wakes.forget(key);
        self.process.metrics.forget("Convergence", key);
    }
}
