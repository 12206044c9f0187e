//! When, on the API server's own clock, a request can have been handled. Pure: the clocks are read by `endpoint`.
//!
//! managedFields carry whole seconds of the clock of the API server that handled the request, stamped before the
//! answer's `Date` is written by the same server. So `Date` less the time that the request took on our side is a lower
//! bound for every stamp that this request can have made, however the clocks of other servers, or ours, are set.

use std::time::Duration;

/// Clocks may run at slightly different rates, and are slewed and smeared; a request lasts minutes at the most.
const GUARD: i64 = 1;
/// How far our two clocks may be apart over one request before the shorter duration is called wrong.
const TOLERANCE: Duration = Duration::from_millis(500);

/// How long a request took, on both of our clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// On the clock that is never set, but stands still while the machine is suspended.
    pub monotonic: Duration,
    /// On the clock that goes on while the machine is suspended, but may be set; `None` when it went backwards.
    pub wall: Option<Duration>,
}

/// The earliest second, on the server's clock, in which the request can have been handled. `date` is the second of the
/// answer's `Date` header, written by the server that handled the request.
///
/// `None` when that is not known: there is no `Date`, or our wall clock was set back meanwhile, which may hide that
/// the machine was suspended.
#[must_use]
pub fn earliest(date: Option<i64>, took: Took) -> Option<i64> {
    let wall = took.wall?;
    if wall + TOLERANCE < took.monotonic {
        return None;
    }
    // A second that has begun counts whole: stamp >= Date - duration holds for instants, and both sides are rounded
    // down to seconds.
    let longest = took.monotonic.max(wall);
    let seconds =
        i64::try_from(longest.as_secs()).ok()?.checked_add(i64::from(longest.subsec_nanos() > 0))?;
    date?.checked_sub(seconds)?.checked_sub(GUARD)
}

/// The answer's `Date`, unless something between the server and us wrote it on another clock: kube-apiserver and
/// servers behind its aggregation layer send neither `Via` nor `Server`, and HTTP proxies that rewrite `Date` do.
#[must_use]
pub fn date_of(headers: &http::HeaderMap) -> Option<i64> {
    if headers.contains_key(http::header::VIA) || headers.contains_key(http::header::SERVER) {
        return None;
    }
    let date = headers.get(http::header::DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests;
