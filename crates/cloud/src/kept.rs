//! What was asked for once is kept until shortly before it ends, and is asked for by one at a time: who comes meanwhile
//! waits for that answer, also for one that says no. Waiting is for the same thing only.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures::lock;
use jiff::{SignedDuration, Timestamp};

use crate::{AwsCredentials, Error, Secret};

/// What may be kept at a time.
const MOST: usize = 1000;
/// Of a life this part is used, and no more than an hour (contracts/source-controller.md 12).
const USED_PERCENT: i64 = 80;
const LONGEST: i64 = 3600;

/// Credentials, and until when they are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Aws(AwsCredentials),
    Token(Secret),
}

/// Something with an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lasting {
    pub(crate) value: Value,
    pub(crate) until: Timestamp,
}

#[derive(Default)]
enum State {
    #[default]
    Empty,
    Found(Lasting),
    Failed(Error, Timestamp),
}

type Slot = Arc<lock::Mutex<State>>;

/// See the module.
#[derive(Default)]
pub(crate) struct Kept {
    slots: Mutex<HashMap<String, Slot>>,
}

/// Until when something is used that is valid for so many seconds from now.
pub(crate) fn until(now: Timestamp, valid_seconds: i64) -> Timestamp {
    let used = (valid_seconds.clamp(0, i64::MAX / 100) * USED_PERCENT / 100).min(LONGEST);
    now.checked_add(SignedDuration::from_secs(used)).unwrap_or(now)
}

impl Kept {
    /// What is kept under this name, or what `ask` says; `now` is the clock.
    pub(crate) async fn get_or<F>(
        &self,
        name: String,
        now: impl Fn() -> Timestamp,
        ask: impl FnOnce() -> F,
    ) -> Result<Lasting, Error>
    where
        F: Future<Output = Result<Lasting, Error>>,
    {
        let came = now();
        let slot = self.slot(name, came);
        let mut state = slot.lock().await;
        match &*state {
            State::Found(found) if now() < found.until => return Ok(found.clone()),
            // Asked while this one waited.
            State::Failed(error, at) if *at > came => return Err(error.clone()),
            _ => {}
        }
        let asked = ask().await;
        *state = match &asked {
            Ok(found) => State::Found(found.clone()),
            Err(error) => State::Failed(error.clone(), now()),
        };
        asked
    }

    fn slot(&self, name: String, now: Timestamp) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(&name) {
            slots.retain(|_, slot| is_of_use(slot, now));
            if slots.len() >= MOST {
                // All of them are good: those that nobody waits for can be asked for again.
                slots.retain(|_, slot| Arc::strong_count(slot) > 1);
            }
        }
        Arc::clone(slots.entry(name).or_default())
    }
}

fn is_of_use(slot: &Slot, now: Timestamp) -> bool {
    match slot.try_lock().as_deref() {
        Some(State::Found(found)) => now < found.until,
        Some(State::Empty | State::Failed(..)) => false,
        None => true,
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Kept").field("slots", &slots.len()).finish()
    }
}
