//! What receivers are sent: alerts, and how commits fare.

use reconcile_core::ObjectKey;

use super::alert::Alert;
use super::commit::Commit;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    /// For people.
    Alert(Box<Alert>),
    /// For Git servers.
    Commit(Commit),
}

impl Message {
    /// The Kustomization that it is about.
    pub(super) const fn key(&self) -> &ObjectKey {
        match self {
            Self::Alert(alert) => &alert.key,
            Self::Commit(commit) => &commit.key,
        }
    }

    /// What it holds, in bytes, as far as that can be large.
    pub(super) fn size(&self) -> usize {
        let map = |map: &std::collections::BTreeMap<String, String>| -> usize {
            map.iter().map(|(key, value)| key.len() + value.len()).sum()
        };
        size_of::<Self>()
            + match self {
                Self::Alert(alert) => alert.message().len() + map(&alert.metadata),
                Self::Commit(commit) => commit.revision.len() + commit.description.len(),
            }
    }
}
