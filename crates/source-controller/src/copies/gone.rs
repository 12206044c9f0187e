//! The ends of objects, as a replica that does not lead sees them: their copies are removed, on threads for such work, and
//! not while one is being made. A replica that works leaves that to its runs.

use artifact::StoreError;
use artifact::store::Place;
use reconcile_core::ObjectKey;

use super::{Copies, Owner};

impl Copies {
    /// The watch no longer shows an object. Its copies are not served from now on, and removed by and by.
    pub(crate) fn gone(&self, controller: &'static str, key: &ObjectKey) {
        self.named.lock().remove(&(controller, key.clone()));
        self.tried.send_modify(|count| *count += 1);
        let mut gone = self.gone.lock();
        if self.works() {
            return;
        }
        if let Ok(place) = Place::new(controller, &key.namespace, &key.name) {
            self.published.forget(&place);
            gone.push((controller, key.clone()));
        }
        drop(gone);
        self.news.send_modify(|count| *count += 1);
    }

    /// All objects are known: what is here of any other was deleted while nobody looked.
    pub(crate) async fn miss(&self) {
        let (storage, controllers) = (self.storage.clone(), self.controllers);
        let listing = move || {
            let places = |controller: &'static str| {
                let places = storage.objects(controller)?;
                Ok(places
                    .into_iter()
                    .map(move |(namespace, name)| (controller, ObjectKey::new(&namespace, &name))))
            };
            let all = controllers.iter().map(|controller| places(controller));
            Ok::<Vec<_>, StoreError>(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        };
        match tokio::task::spawn_blocking(listing).await {
            Ok(Ok(there)) => {
                for (controller, key) in there {
                    let owner = (controller, key);
                    if !self.named.lock().contains_key(&owner) {
                        // Not yet known to be gone for good: that is looked at once more.
                        self.gone.lock().push(owner);
                    }
                }
            }
            Ok(Err(error)) => tracing::error!(error = %error, "the folders of artifacts could not be listed"),
            // The process ends.
            Err(_) => {}
        }
    }

    /// Removes the folder of an object that is gone, unless it is back.
    pub(super) async fn clear(&self, owner: &Owner) {
        let clear = async {
            let Ok(place) = Place::new(owner.0, &owner.1.namespace, &owner.1.name) else { return };
            {
                let all = self.named.lock();
                if all.contains_key(owner) {
                    return;
                }
                self.published.forget(&place);
            }
            let storage = self.storage.clone();
            let removed = tokio::task::spawn_blocking(move || storage.remove_all(&place)).await;
            if let Ok(Err(error)) = removed {
                tracing::error!(error = %error, "the copies of a deleted object could not be removed");
            }
        };
        self.turns.take(owner, clear).await;
    }

    /// Removes the folders of objects that are gone, while this replica copies.
    pub(super) async fn clear_all(&self) {
        let open = self.open.read().await;
        if !*open {
            return;
        }
        // Until it is done it stands there: being ready waits for it.
        let gone = self.gone.lock().clone();
        for owner in &gone {
            self.clear(owner).await;
            let mut gone = self.gone.lock();
            // It may have come back and be gone again meanwhile.
            if let Some(index) = gone.iter().position(|other| other == owner) {
                gone.remove(index);
            }
        }
        if !gone.is_empty() {
            self.tried.send_modify(|count| *count += 1);
        }
    }
}
