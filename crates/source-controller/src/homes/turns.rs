//! Turns: of those who work on the same thing one at a time does. What they do then is theirs.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;

/// See the module.
pub(crate) struct Turns<K>(Mutex<HashMap<K, Arc<tokio::sync::Mutex<()>>>>);

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone> Turns<K> {
    /// Does the work when nobody else works on `key`.
    pub(crate) async fn take<T>(&self, key: &K, work: impl Future<Output = T>) -> T {
        let turn = Arc::clone(self.0.lock().entry(key.clone()).or_default());
        let done = {
            let _turn = turn.lock().await;
            work.await
        };
        let mut turns = self.0.lock();
        // Here and in the table: nobody else waits for it.
        if Arc::strong_count(&turn) == 2 {
            turns.remove(key);
        }
        done
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}
