//! Who has the folder of the storage. Replicas have one each: two that share one would take each other's files for
//! copies gone wrong. A second one waits, as long as the first lives, and is not ready.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use reconcile_core::Error;
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// Hidden, so that it is never served.
const NAME: &str = ".replica";
const AGAIN: Duration = Duration::from_secs(1);

/// The folder is this process's until this is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct Claim {
    _file: File,
}

/// Waits until nobody else has the folder; `None` when the process ends before.
///
/// # Errors
/// The folder or the file in it cannot be made.
pub(crate) async fn take(folder: &Path, stop: &CancellationToken) -> Result<Option<Claim>, Error> {
    let failed = |error: std::io::Error| Error::Startup(format!("{}: {error}", folder.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let file =
        File::options().create(true).truncate(false).write(true).open(folder.join(NAME)).map_err(failed)?;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(Claim { _file: file })),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        if !is_told {
            tracing::error!(
                folder = %folder.display(),
                "another replica has this folder: each needs its own; waiting until it is free"
            );
            is_told = true;
        }
        if stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_none() {
            return Ok(None);
        }
    }
}
