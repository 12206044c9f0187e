//! Waiting for a condition with a limit and a readable failure.
//! It asks again and again; it never sleeps for a fixed time in the hope that something has happened.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is asked.
const EVERY: Duration = Duration::from_millis(20);

/// What one look at a condition found.
pub enum Look<T> {
    /// It holds.
    Found(T),
    /// Not yet, and what was seen instead.
    Not(String),
}

/// Asks until `look` finds something, at most for `limit`. The error says what was awaited and what was seen
/// last; an error of `look` itself counts as something seen.
pub async fn until<T, F, R>(what: &str, limit: Duration, mut look: F) -> Result<T>
where
    F: FnMut() -> R,
    R: Future<Output = Result<Look<T>>>,
{
    let start = Instant::now();
    loop {
        let seen = match tokio::time::timeout(limit, look()).await {
            Ok(Ok(Look::Found(value))) => return Ok(value),
            Ok(Ok(Look::Not(seen))) => seen,
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "no answer".to_owned(),
        };
        if start.elapsed() > limit {
            bail!("{what}: not within {limit:?}; last seen: {seen}");
        }
        tokio::time::sleep(EVERY).await;
    }
}
