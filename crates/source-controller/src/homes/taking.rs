//! Takes a file that somebody else sends into the folder: bounded, and under its name only if it has its digest.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use artifact::StoreError;
use artifact::store::{Draft, Store};
use futures::StreamExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::wanted::{Body, Unsent, Wanted};
use crate::published::Published;

/// Most bytes of a file whose size is not known.
const MOST: u64 = 1 << 30;
/// How much is written at a time.
const BUFFER: usize = 1 << 20;
/// Longest silence.
const IDLE: Duration = Duration::from_secs(10);
/// Least bytes per second of a whole file, beside [`IDLE`].
const RATE: u64 = 256 << 10;

/// Why it was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("it has more than {0} bytes")]
    TooLarge(u64),
    #[error("it has other content: {0}")]
    Differs(String),
    #[error(transparent)]
    Sent(#[from] Unsent),
    #[error("it does not come in time")]
    Slow,
    #[error(transparent)]
    Disk(#[from] StoreError),
    #[error("it was not written: {0}")]
    Unwritten(String),
    #[error("it is not waited for any more")]
    Ends,
    #[error("another file is expected there by now, or none")]
    Outdated,
}

/// Takes it. Once this returns nothing is written any more, also when it was cancelled.
pub(super) async fn take(
    storage: &Store,
    published: &Arc<Published>,
    wanted: &Wanted,
    mut body: Body,
    cancelled: &CancellationToken,
) -> Result<(), Refused> {
    let most = wanted.size.unwrap_or(MOST).min(MOST);
    let end = Instant::now() + IDLE + Duration::from_secs(most / RATE);
    let Some((place, _)) = wanted.place() else {
        return Err(StoreError::InvalidPath(wanted.path.clone()).into());
    };
    let (storage, algorithm) = (storage.clone(), wanted.digest.algorithm());
    let mut draft = blocking(move || Ok(storage.begin_as(&place, algorithm)?)).await?;
    let (mut buffer, mut size) = (Vec::new(), 0);
    loop {
        let next = tokio::time::timeout_at(end.min(Instant::now() + IDLE), body.next());
        let next = cancelled.run_until_cancelled(next).await.ok_or(Refused::Ends)?;
        let next = next.map_err(|_| Refused::Slow)?;
        let is_last = next.is_none();
        if let Some(bytes) = next {
            let bytes = bytes?;
            size += bytes.len() as u64;
            if size > most {
                return Err(Refused::TooLarge(most));
            }
            buffer.extend_from_slice(&bytes);
        }
        if is_last || buffer.len() >= BUFFER {
            let full = std::mem::take(&mut buffer);
            draft = blocking(move || Ok(write(draft, &full)?)).await?;
        }
        if is_last {
            break;
        }
    }
    let (published, path, digest) = (Arc::clone(published), wanted.path.clone(), wanted.digest.clone());
    blocking(move || {
        let actual = draft.digest();
        if !actual.same_as(&digest) {
            return Err(Refused::Differs(actual.to_string()));
        }
        if published.adopt(draft, &path, &digest)? { Ok(()) } else { Err(Refused::Outdated) }
    })
    .await
}

fn write(mut draft: Draft, bytes: &[u8]) -> Result<Draft, StoreError> {
    match draft.write_all(bytes) {
        Ok(()) => Ok(draft),
        Err(source) => Err(StoreError::Write { path: draft.folder().to_owned(), source }),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Refused::Unwritten(error.to_string())),
    }
}
