//! The content of a bucket, at hand on disk: packed in the order of a walk, with the folders that the keys imply
//! (contracts/source-controller.md 5.2 and 8). What is ignored was left out before. How it came here is `bucket`'s.

use std::io::{self, Write};
use std::sync::Arc;

use artifact::ignore::FILE_NAME;
use artifact::pack::Packer;
use artifact::path;
use reconcile_core::gate::Reservation;

use super::kept::{self, Shelf};
use crate::upstream::{COPIES, Content, Means, PackError, STEPS, exceeded};

/// See the module. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    pub(super) shelf: Shelf,
    /// Places and contents, in the order of a walk.
    pub(super) files: Arc<Vec<(String, kept::Content)>>,
    /// The file with ignore rules.
    pub(super) rules: Option<Arc<Vec<u8>>>,
    /// What all this takes, where it is much; nobody looks at it.
    pub(super) _memory: Option<Arc<Reservation>>,
}

impl Content for Objects {
    fn pack(&self, _: Option<&str>, means: &Means, out: &mut dyn Write) -> Result<(), PackError> {
        let budget = means.budget(STEPS);
        let mut packer = Packer::within(out, budget.clone()).map_err(explained)?;
        let mut folder = String::new();
        let mut rules = self.rules.as_deref();
        for (place, content) in self.files.iter() {
            if let Some(text) = rules.take_if(|_| path::walk_order(FILE_NAME, place).is_lt()) {
                packer.file(FILE_NAME, false, text).map_err(explained)?;
            }
            let (parent, _) = path::split(place);
            for new in folders(&folder, parent) {
                packer.dir(new).map_err(explained)?;
            }
            parent.clone_into(&mut folder);
            budget.hold(COPIES * content.size)?;
            let Some(bytes) = self.shelf.read(content)? else {
                return Err(PackError::Broken(
                    "what is kept of the bucket is not what was written".to_owned(),
                ));
            };
            packer.file(place, false, &bytes).map_err(explained)?;
            budget.release(COPIES * content.size);
        }
        if let Some(text) = rules {
            packer.file(FILE_NAME, false, text).map_err(explained)?;
        }
        packer.finish().map_err(explained)?;
        Ok(())
    }
}

/// The folders from the root to `to` that do not lead to `from` as well.
fn folders<'t>(from: &str, to: &'t str) -> Vec<&'t str> {
    let mut new = Vec::new();
    for (end, _) in to.match_indices('/').chain(Some((to.len(), ""))) {
        let folder = to.get(..end).unwrap_or_default();
        let is_old = from.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !folder.is_empty() && !is_old {
            new.push(folder);
        }
    }
    new
}

/// A packer wraps what ended it.
fn explained(error: io::Error) -> PackError {
    exceeded(&error).map_or(PackError::Write(error), PackError::from)
}

#[cfg(test)]
mod tests;
