//! Who asks and what they may read, asked of the API server as seldom as can be: an answer holds for ten seconds, a token is
//! known by its hash, and strangers have as many reviews as they may have and no more. A token that was good a short time
//! ago is no stranger's: it is reviewed again at its own cost, whatever others try from the same address.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use k8s_openapi::api::authentication::v1::UserInfo;
use parking_lot::Mutex;
use reconcile_core::metrics::table::own;
use reconcile_core::metrics::{IntCounterVec, Metrics};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::authority::{Authority, Question};
use super::cache::Cache;
use super::rate::{Limits, Rate};

#[cfg(test)]
mod tests;

/// How long an answer holds: what was granted or withdrawn is known after this time.
const HOLDS: Duration = Duration::from_secs(10);
/// Tokens and answers that are remembered at a time.
const TOKENS: usize = 1024;
const ANSWERS: usize = 8192;
/// Longest token: those of ServiceAccounts have about a kilobyte, those of companies' identity providers a few.
const LONGEST_TOKEN: usize = 16 << 10;
/// For how long a token is remembered that was good: people and dashboards ask again within minutes.
const GOOD_FOR: Duration = Duration::from_secs(3600);
/// Tokens of which it is not known that they were good: in all, and from one address.
const STRANGERS: (Rate, Rate) = (Rate { steady: 20.0, burst: 60.0 }, Rate { steady: 5.0, burst: 20.0 });
/// Reviews of such tokens at a time: where the API server is slow they would take all places.
const STRANGERS_AT_A_TIME: usize = 16;
/// Tokens that were good: all of them, and one. One that stays good is reviewed every ten seconds.
const RETURNING: (Rate, Rate) = (Rate { steady: 50.0, burst: 200.0 }, Rate { steady: 1.0, burst: 5.0 });
/// Questions of those who are known: of all, and of one.
const QUESTIONS: (Rate, Rate) = (Rate { steady: 100.0, burst: 400.0 }, Rate { steady: 50.0, burst: 200.0 });

type Hash = [u8; 32];

/// Somebody whose token is good.
#[derive(Debug)]
pub(super) struct Known {
    user: UserInfo,
    token: Hash,
}

/// Why nothing is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreviewed {
    /// There is no such token.
    Stranger,
    /// Too much is asked at a time.
    Throttled,
    /// The API server does not say.
    Failed,
}

/// See the module.
pub(super) struct Reviews<A> {
    authority: A,
    users: Mutex<Cache<Hash, Option<Arc<Known>>>>,
    /// Tokens that were good when they were last reviewed. Bad ones take no room here.
    good: Mutex<Cache<Hash, ()>>,
    answers: Mutex<Cache<(Hash, Question), bool>>,
    strangers: Mutex<Limits<IpAddr>>,
    waiting_strangers: Semaphore,
    returning: Mutex<Limits<Hash>>,
    questions: Mutex<Limits<Hash>>,
    /// The last review failed, which has been told.
    failing: AtomicBool,
    counted: IntCounterVec,
}

impl<A: Authority> Reviews<A> {
    /// Nothing is known yet.
    pub(super) fn new(authority: A, metrics: &Metrics) -> Self {
        let now = Instant::now();
        Self {
            authority,
            users: Mutex::new(Cache::new(TOKENS, HOLDS)),
            good: Mutex::new(Cache::new(TOKENS, GOOD_FOR)),
            answers: Mutex::new(Cache::new(ANSWERS, HOLDS)),
            strangers: Mutex::new(Limits::new(STRANGERS.0, STRANGERS.1, now)),
            waiting_strangers: Semaphore::new(STRANGERS_AT_A_TIME),
            returning: Mutex::new(Limits::new(RETURNING.0, RETURNING.1, now)),
            questions: Mutex::new(Limits::new(QUESTIONS.0, QUESTIONS.1, now)),
            failing: AtomicBool::new(false),
            counted: metrics.counters(&own::API_REVIEWS),
        }
    }

    /// Whose token it is.
    pub(super) async fn user(&self, token: &str, peer: IpAddr) -> Result<Arc<Known>, Unreviewed> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Err(Unreviewed::Stranger);
        }
        let hash = hash(token);
        let known = self.users.lock().get(&hash, Instant::now());
        if let Some(known) = known {
            return known.ok_or(Unreviewed::Stranger);
        }
        let _turn = self.turn(&hash, peer)?;
        let asked = self.authority.authenticate(token).await;
        self.count("token", asked.as_ref().map(Option::is_some));
        let user = asked.map_err(|error| self.failed(&error))?;
        self.failing.store(false, Ordering::Relaxed);
        let known = user.map(|user| Arc::new(Known { user, token: hash }));
        let now = Instant::now();
        match &known {
            Some(_) => self.good.lock().put(hash, (), now),
            None => self.good.lock().forget(&hash),
        }
        self.users.lock().put(hash, known.clone(), now);
        known.ok_or(Unreviewed::Stranger)
    }

    /// Whether a token may be reviewed once more; for a stranger's what is given back after the review.
    fn turn(&self, token: &Hash, peer: IpAddr) -> Result<Option<SemaphorePermit<'_>>, Unreviewed> {
        let now = Instant::now();
        let was_good = self.good.lock().get(token, now).is_some();
        if was_good {
            let may = self.returning.lock().take(token, now);
            return if may { Ok(None) } else { Err(Unreviewed::Throttled) };
        }
        let place = self.waiting_strangers.try_acquire().map_err(|_| Unreviewed::Throttled)?;
        if self.strangers.lock().take(&peer, now) { Ok(Some(place)) } else { Err(Unreviewed::Throttled) }
    }

    /// Whether they may.
    pub(super) async fn may(&self, known: &Known, question: Question) -> Result<bool, Unreviewed> {
        let key = (known.token, question);
        let answer = self.answers.lock().get(&key, Instant::now());
        if let Some(answer) = answer {
            return Ok(answer);
        }
        if !self.questions.lock().take(&known.token, Instant::now()) {
            return Err(Unreviewed::Throttled);
        }
        let asked = self.authority.may(&known.user, &key.1).await;
        self.count("access", asked.as_ref().map(|allowed| *allowed));
        let answer = asked.map_err(|error| self.failed(&error))?;
        self.failing.store(false, Ordering::Relaxed);
        self.answers.lock().put(key, answer, Instant::now());
        Ok(answer)
    }

    fn count(&self, kind: &str, result: Result<bool, &cluster::Error>) {
        let result = match result {
            Ok(true) => "allowed",
            Ok(false) => "denied",
            Err(_) => "failed",
        };
        self.counted.with_label_values(&[kind, result]).inc();
    }

    /// One line for a row of failures.
    fn failed(&self, error: &cluster::Error) -> Unreviewed {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "cannot tell who may read explanations: the API server does not review tokens or rights for this controller");
        }
        Unreviewed::Failed
    }
}

fn hash(token: &str) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}
