//! Reads the body of an answer: how large, how slow and how much memory at a time. What a status means is `fetch`'s.

use std::sync::Arc;
use std::time::Duration;

use manifest::error::chain;
use tokio::time::Instant;

use super::limits::Limits;
use super::outcome::{Attempt, Download};
use super::shown::shown;
use crate::digest::{Digest, Hasher};
use crate::error::FetchError;
use crate::gate::Reserved;

/// Said of a server that does not answer.
pub(super) const SILENCE: &str = "the server did not answer in time";
/// Memory is asked for in steps of a quarter of what is there, and of this at least.
const STEP: u64 = 256 << 10;

#[cfg(test)]
mod tests;

/// The body of an answer, which has `digest`. `size` bytes are reserved already.
pub(super) async fn read(
    mut response: reqwest::Response,
    url: &str,
    digest: &Digest,
    limits: &Limits,
    reserved: Arc<dyn Reserved>,
    size: u64,
) -> Result<Download, Attempt> {
    let too_large = || Attempt::Final(FetchError::TooLarge { url: shown(url), limit: limits.bytes });
    let announced = response.content_length();
    if announced.is_some_and(|announced| announced > limits.bytes) {
        return Err(too_large());
    }
    let mut room = Room { reserved, size, bytes: Vec::new() };
    let mut hasher = Hasher::new(digest.algorithm());
    let begin = Instant::now();
    loop {
        let patience = Patience::new(limits, begin, room.bytes.len() as u64, Instant::now());
        let chunk = tokio::time::timeout_at(patience.until, response.chunk())
            .await
            .map_err(|_| Attempt::Again(patience.error(url, limits)))?
            .map_err(|error| {
                let message = chain(&error.without_url());
                Attempt::Again(FetchError::Transport { url: shown(url), message })
            })?;
        let Some(chunk) = chunk else { break };
        if (room.bytes.len() + chunk.len()) as u64 > limits.bytes {
            return Err(too_large());
        }
        if !room.make(chunk.len(), announced) {
            return Err(Attempt::Short);
        }
        hasher.update(&chunk);
        room.bytes.extend_from_slice(&chunk);
    }
    let actual = hasher.finish();
    if !actual.same_as(digest) {
        let (expected, actual) = (digest.to_string(), actual.to_string());
        return Err(Attempt::Final(FetchError::DigestMismatch { expected, actual }));
    }
    Ok(Download { bytes: room.bytes, reserved: room.reserved, size: room.size })
}

/// Until when the next bytes have to come.
struct Patience {
    until: Instant,
    is_rate: bool,
}

impl Patience {
    /// After `received` bytes, at the time `now`: the server may be silent for a while, and its average must hold.
    fn new(limits: &Limits, begin: Instant, received: u64, now: Instant) -> Self {
        let far = Duration::from_secs(86_400 * 365);
        let silence = now + limits.idle_timeout.min(far);
        let earned = Duration::from_secs(received / limits.rate.max(1));
        let rate = begin + limits.slow_after.max(earned).min(far);
        Self { until: silence.min(rate), is_rate: rate < silence }
    }

    fn error(&self, url: &str, limits: &Limits) -> FetchError {
        if self.is_rate {
            FetchError::TooSlow { url: shown(url), rate: limits.rate }
        } else {
            FetchError::Transport { url: shown(url), message: SILENCE.to_owned() }
        }
    }
}

/// The bytes so far, in memory that was asked for before.
struct Room {
    reserved: Arc<dyn Reserved>,
    size: u64,
    bytes: Vec<u8>,
}

impl Room {
    /// Makes room for `more` bytes; false when there is not enough memory. `announced` is where to stop: it only saves
    /// copying, since the step is bounded by what has come.
    fn make(&mut self, more: usize, announced: Option<u64>) -> bool {
        let needed = self.bytes.len() + more;
        if needed <= self.bytes.capacity() {
            return true;
        }
        let needed = needed as u64;
        let step = STEP.max(needed / 4);
        let wanted = match announced {
            Some(announced) if announced >= needed => announced.min(needed + step),
            _ => needed + step,
        };
        // While it is copied to its new place, the old one is there, too.
        let peak = wanted + self.bytes.capacity() as u64;
        if peak > self.size {
            if !self.reserved.grow(peak - self.size) {
                return false;
            }
            self.size = peak;
        }
        let Ok(wanted) = usize::try_from(wanted) else { return false };
        self.bytes.reserve_exact(wanted - self.bytes.len());
        true
    }
}
