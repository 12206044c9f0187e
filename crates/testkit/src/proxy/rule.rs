//! Which requests a fault is for, and how often it has come.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::http::Method;
use tokio::sync::watch;

use super::fault::Fault;

/// How long a request may be awaited.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// A request as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path without query.
    pub path: &'a str,
    /// The query, or empty.
    pub query: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl Asked<'_> {
    /// Whether it opens a watch.
    #[must_use]
    pub fn is_watch(&self) -> bool {
        self.query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1")
    }

    /// Whether it changes something: it is no read and no dry run.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.method != Method::GET && !self.is_dry_run()
    }

    /// Whether it is a dry run.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.query.contains("dryRun=All")
    }

    /// Whether it is about one object (not a subresource of it): the plural of its kind, and its name.
    #[must_use]
    pub fn is_about(&self, plural: &str, name: &str) -> bool {
        self.path.ends_with(&format!("/{plural}/{name}"))
    }

    /// Whether it is about a collection, or something in it: the plural of a kind.
    #[must_use]
    pub fn is_of(&self, plural: &str) -> bool {
        self.path.split('/').any(|part| part == plural)
    }

    /// Whether it is about the status of an object: the plural of its kind, and its name.
    #[must_use]
    pub fn is_status_of(&self, plural: &str, name: &str) -> bool {
        self.path.ends_with(&format!("/{plural}/{name}/status"))
    }

    /// Whether its body has this text in it.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        String::from_utf8_lossy(self.body).contains(text)
    }
}

type Wanted = Box<dyn Fn(&Asked<'_>) -> bool + Send + Sync>;

/// A fault, and which requests it is for.
pub struct Rule {
    wanted: Wanted,
    pub(super) fault: Fault,
    left: Mutex<usize>,
    hits: watch::Sender<usize>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("fault", &self.fault).field("hits", &self.hits()).finish_non_exhaustive()
    }
}

impl Rule {
    pub(super) fn new(times: usize, fault: Fault, wanted: Wanted) -> Self {
        let (hits, _) = watch::channel(0);
        Self { wanted, fault, left: Mutex::new(times), hits }
    }

    /// Counts the request if it is wanted.
    pub(super) fn takes(&self, asked: &Asked<'_>) -> bool {
        if !(self.wanted)(asked) {
            return false;
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if *left == 0 {
            return false;
        }
        *left -= 1;
        self.hits.send_modify(|hits| *hits += 1);
        true
    }

    /// How many requests it has met.
    #[must_use]
    pub fn hits(&self) -> usize {
        *self.hits.borrow()
    }

    /// Waits until it has met so many requests.
    pub async fn hit(&self, count: usize) -> Result<()> {
        let mut hits = self.hits.subscribe();
        let met = hits.wait_for(|hits| *hits >= count);
        let met = tokio::time::timeout(LIMIT, met).await;
        met.with_context(|| format!("{self:?}: no request number {count} within {LIMIT:?}"))?.map(drop)?;
        Ok(())
    }

    /// It meets no request any more.
    pub fn lift(&self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = 0;
    }
}
