//! Why a cluster is not known, and how a run ends by that (contracts/kustomize-controller.md 5.15).

use crate::fault::{Fault, FaultKind};

/// Why the cluster is not known.
#[derive(Debug)]
pub(crate) struct Lost {
    /// In Flux's words.
    pub(crate) text: String,
    /// The kubeconfig is not there, or none: what was reached with an earlier one is not to be reached any more. Else it
    /// could not be read just now.
    pub(crate) certain: bool,
}

impl Lost {
    pub(super) fn certainly(text: impl Into<String>) -> Self {
        Self { text: text.into(), certain: true }
    }

    pub(super) fn perhaps(text: impl Into<String>) -> Self {
        Self { text: text.into(), certain: false }
    }

    /// As the end of a run (contract 5.15).
    pub(crate) fn fault(&self) -> Fault {
        Fault::new(FaultKind::Client, self.text.clone())
            .event(format!("failed to build kube client: {}", self.text))
    }
}
