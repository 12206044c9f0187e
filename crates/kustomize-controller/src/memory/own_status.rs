//! What this process wrote into a Kustomization's status last, and what it has said already: so that its own write is not
//! overtaken by an older copy from the watch, and nothing is said twice.

use api::kustomization::KustomizationStatus;
use parking_lot::Mutex;

/// The status that this process wrote last.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    /// After the write.
    pub(crate) resource_version: u64,
    /// After the write.
    pub(crate) status: KustomizationStatus,
}

#[derive(Debug, Default)]
struct Inner {
    own: Option<Own>,
    last_wait: Option<String>,
    /// The last wait that was logged.
    logged_wait: Option<String>,
    handover_told: Option<String>,
    mode_told: Option<String>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct OwnStatus {
    inner: Mutex<Inner>,
}

impl OwnStatus {
    /// True when this has not been said yet of the objects that are kept for others; `None` when none are.
    pub(crate) fn tells_handover(&self, message: Option<&str>) -> bool {
        let mut inner = self.inner.lock();
        let new = inner.handover_told.as_deref() != message;
        inner.handover_told = message.map(ToOwned::to_owned);
        new && message.is_some()
    }

    /// True when this has not been said yet of the annotation that says what is done about drift; `None` when nothing is
    /// wrong with it.
    pub(crate) fn tells_mode(&self, message: Option<&str>) -> bool {
        let mut inner = self.inner.lock();
        let new = inner.mode_told.as_deref() != message;
        inner.mode_told = message.map(ToOwned::to_owned);
        new && message.is_some()
    }

    /// The status that this process wrote last.
    pub(crate) fn own(&self) -> Option<Own> {
        self.inner.lock().own.clone()
    }

    /// Remembers a status write.
    pub(crate) fn set_own(&self, own: Own) {
        self.inner.lock().own = Some(own);
    }

    /// True when this waiting message has not been logged yet.
    pub(crate) fn logs_wait(&self, message: &str) -> bool {
        let mut inner = self.inner.lock();
        let new = inner.logged_wait.as_deref() != Some(message);
        inner.logged_wait = Some(message.to_owned());
        new
    }

    /// True when this waiting message has not been reported yet (decisions 2.4).
    pub(crate) fn tells_wait(&self, message: Option<&str>) -> bool {
        let mut inner = self.inner.lock();
        let new = inner.last_wait.as_deref() != message;
        inner.last_wait = message.map(ToOwned::to_owned);
        new && message.is_some()
    }
}

#[cfg(test)]
mod tests;
