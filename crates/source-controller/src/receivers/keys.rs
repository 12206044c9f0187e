//! Google's public keys: fetched when a request needs one that is not there, kept for an hour, and asked for no more often
//! than once a minute, whatever requests name. What is done with them is the crate `receiver`'s.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud::{Exchange, Request};
use parking_lot::Mutex;
use receiver::google::{KEYS_URL, Keys};

#[cfg(test)]
mod tests;

/// Google does not give its keys, so that nobody knows whether a request is Google's: no fault of the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Google's keys cannot be had")]
pub(super) struct Unavailable;

/// How long keys are kept; Google changes them about every week.
const FRESH: Duration = Duration::from_secs(3600);
/// How long they serve when no newer ones are to be had.
const USABLE: Duration = Duration::from_secs(24 * 3600);
/// Between two questions.
const PAUSE: Duration = Duration::from_secs(60);

/// See the module.
pub(super) struct GoogleKeys {
    exchange: Arc<dyn Exchange>,
    kept: Mutex<Kept>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    keys: Arc<Keys>,
    since: Option<Instant>,
    asked: Option<Instant>,
}

impl Kept {
    /// The keys, if there are any that serve, and whether nothing could be gained by asking.
    fn have(&self, authorization: Option<&str>, now: Instant) -> (Result<Arc<Keys>, Unavailable>, bool) {
        let age = self.since.map(|since| now.duration_since(since));
        let is_paused = self.asked.is_some_and(|asked| now.duration_since(asked) < PAUSE);
        if age.is_none_or(|age| age >= USABLE) {
            // What is wrong with a request that names no key is seen without one.
            let names_none = Keys::default().suffice(authorization);
            return (if names_none { Ok(Arc::default()) } else { Err(Unavailable) }, names_none || is_paused);
        }
        let is_enough = age.is_some_and(|age| age < FRESH) && self.keys.suffice(authorization);
        (Ok(Arc::clone(&self.keys)), is_enough || is_paused)
    }
}

impl GoogleKeys {
    pub(super) fn new(exchange: Arc<dyn Exchange>) -> Self {
        Self { exchange, kept: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// The keys for a request with that header.
    ///
    /// # Errors
    /// It takes one to say anything of the request, and there are none.
    pub(super) async fn for_request(&self, authorization: Option<&str>) -> Result<Arc<Keys>, Unavailable> {
        self.for_request_at(authorization, Instant::now()).await
    }

    async fn for_request_at(
        &self,
        authorization: Option<&str>,
        now: Instant,
    ) -> Result<Arc<Keys>, Unavailable> {
        let have = || self.kept.lock().have(authorization, now);
        if let (keys, true) = have() {
            return keys;
        }
        let _asking = self.asking.lock().await;
        if let (keys, true) = have() {
            return keys;
        }
        self.kept.lock().asked = Some(now);
        match self.ask().await {
            Ok(keys) => {
                let mut kept = self.kept.lock();
                kept.keys = Arc::new(keys);
                kept.since = Some(now);
            }
            Err(error) => tracing::error!(error = %error, "Google's keys cannot be had"),
        }
        have().0
    }

    async fn ask(&self) -> Result<Keys, String> {
        let request = Request {
            method: "GET",
            url: KEYS_URL.to_owned(),
            headers: Vec::new(),
            body: Vec::new().into(),
            near: false,
        };
        let answer = self.exchange.send(request).await.map_err(|error| error.to_string())?;
        if answer.status != 200 {
            return Err(format!("status {}", answer.status));
        }
        Keys::read(&answer.body).ok_or_else(|| "the answer has no keys".to_owned())
    }
}
