//! Reads a body within bounds: of its size, of the time that it takes, and of the memory of all bodies together.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[cfg(test)]
mod tests;

/// What a body may have, as Flux has it: GitHub lists up to two thousand commits.
pub(super) const LARGEST: usize = 3 << 20;
/// What all bodies may have together.
const TOGETHER: usize = 48 << 20;
/// In which pieces that is given out.
const PIECE: usize = 16 << 10;
/// How long a body may take, as Flux has it.
pub(super) const READ: Duration = Duration::from_secs(30);
/// How long a request may wait for memory.
const WAIT: Duration = Duration::from_secs(5);

/// What all bodies share.
pub(super) fn memory() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(TOGETHER / PIECE))
}

/// A body, and what it takes of the memory of all.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    held: Vec<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFault {
    Large,
    Slow,
    Broken,
    /// Others hold all of it.
    NoMemory,
}

/// Reads a body.
pub(super) async fn read<B>(body: B, memory: &Arc<Semaphore>) -> Result<Body, BodyFault>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let reading = read_all(body, memory);
    tokio::time::timeout(READ, reading).await.unwrap_or(Err(BodyFault::Slow))
}

async fn read_all<B>(mut body: B, memory: &Arc<Semaphore>) -> Result<Body, BodyFault>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let hint = body.size_hint();
    if hint.lower() > LARGEST as u64 {
        return Err(BodyFault::Large);
    }
    // No more room is made than was announced, and none before something of it has come.
    let announced = hint.exact().and_then(|exact| usize::try_from(exact).ok()).unwrap_or(LARGEST);
    let most = announced.min(LARGEST).div_ceil(PIECE);
    let mut read = Body { bytes: Vec::new(), held: Vec::new() };
    let mut pieces = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame.map_err(drop) else { return Err(BodyFault::Broken) };
        let Ok(data) = frame.into_data() else { continue };
        let length = read.bytes.len() + data.len();
        if length > LARGEST {
            return Err(BodyFault::Large);
        }
        let needed = length.div_ceil(PIECE);
        if needed > pieces {
            // Twice as much each time, so that what is there already is not copied for each piece.
            let wanted = (pieces * 2).min(most).max(needed);
            let more = u32::try_from(wanted - pieces).map_err(|_| BodyFault::Large)?;
            let held = tokio::time::timeout(WAIT, Arc::clone(memory).acquire_many_owned(more)).await;
            let Ok(Ok(held)) = held else { return Err(BodyFault::NoMemory) };
            read.held.push(held);
            pieces = wanted;
            read.bytes.reserve_exact(wanted * PIECE - read.bytes.len());
        }
        read.bytes.extend_from_slice(&data);
    }
    Ok(read)
}
