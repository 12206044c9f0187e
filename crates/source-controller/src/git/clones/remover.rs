//! Takes clones from the disk, on a thread of its own that there is as long as there are any to take: who lets a clone
//! go last may be on a thread that others wait for. One after another, so that many that go at once cost one thread.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

#[cfg(test)]
mod tests;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Remover {
    queue: Mutex<Queue>,
    /// Told whenever one is gone.
    gone: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    paths: VecDeque<PathBuf>,
    /// How many were given so far, and how many of them are gone. There is a thread while these differ.
    given: u64,
    removed: u64,
}

impl Remover {
    /// Removes a clone, if it was made. Does not wait for that.
    pub(super) fn remove(self: &Arc<Self>, path: PathBuf) {
        let mut queue = self.queue.lock();
        let is_worked = queue.removed < queue.given;
        queue.paths.push_back(path);
        queue.given += 1;
        drop(queue);
        if is_worked {
            return;
        }
        let own = Arc::clone(self);
        if std::thread::Builder::new().name("clones".to_owned()).spawn(move || own.work()).is_err() {
            // Where there are no threads to be had, better late than never.
            self.work();
        }
    }

    /// Waits until all that was given so far is gone. Blocking.
    pub(super) fn wait(&self) {
        let mut queue = self.queue.lock();
        let all = queue.given;
        while queue.removed < all {
            self.gone.wait(&mut queue);
        }
    }

    fn work(&self) {
        let mut next = self.queue.lock().paths.pop_front();
        while let Some(path) = next {
            remove(&path);
            // That it is gone and whether there is another is one step: who gives one meanwhile knows if there is a thread.
            let mut queue = self.queue.lock();
            queue.removed += 1;
            next = queue.paths.pop_front();
            self.gone.notify_all();
        }
    }
}

/// Removes one clone, if it was made.
pub(super) fn remove(path: &Path) {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(error = %error, clone = %path.display(), "a clone cannot be removed");
        }
        _ => {}
    }
}
