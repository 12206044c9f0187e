//! Creating an object without a dry-run before it: one request, which the API server refuses where the object exists
//! (docs/design/0019-first-apply.md). Whether that may be done, and what is recorded before it, is the caller's to decide.

use super::{Applier, Ask};
use crate::creation::{Created, Missed};
use crate::outcome;

impl Applier {
    /// Creates an object.
    ///
    /// # Errors
    /// There is no new object: it exists, the API server refused it, or there was no answer. Why is not told: the dry-run
    /// that has to follow says it.
    pub async fn create(&self, ask: &Ask) -> Result<Created, Missed> {
        let mut manifest = ask.manifest.clone();
        let given = manifest::digest::of(manifest.value());
        let endpoint = self.locate(&mut manifest).await.map_err(|_| Missed::Refused)?;
        match endpoint.create(manifest.value(), &self.manager).await {
            Ok(Some(object)) => {
                let change = outcome::applied(&manifest, false, None, object, &self.manager);
                Ok(Created { manifest, given, change })
            }
            Ok(None) => Err(Missed::Open),
            Err(error) => Err(Missed::of(error.classify())),
        }
    }
}
