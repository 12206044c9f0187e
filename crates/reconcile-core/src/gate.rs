//! The memory that hostile input may make a process use, counted before it is used. Who needs some waits in line for
//! it; namespaces take turns, so that one of them cannot starve the others.
//!
//! How much a piece of work needs is its own estimate; it may grow while it works, at once or not at all. A piece of
//! work that is refused more gives everything back and enters again with a larger estimate: nobody waits in line while
//! holding something of the same gate. What a process may use in all, and where that is known from, is `size`'s.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use manifest::budget::Reserve;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::metrics::table::own;
use crate::metrics::{IntGauge, IntGaugeVec, Metrics};
use line::{Line, Turn};

mod line;
pub mod size;
#[cfg(test)]
mod tests;

/// More than the whole gate was asked for: waiting would not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "needs {needs} bytes of memory, which is more than the {limit} bytes there are for it (--memory-gate)"
)]
pub struct TooLarge {
    /// What was asked for.
    pub needs: u64,
    /// What there is in all.
    pub limit: u64,
}

/// The two gates of a process. What holds memory of one may wait for the other in this order only, inputs before work,
/// so that nobody waits in a circle: a run holds its input while it waits for leave to build.
#[derive(Clone, Debug)]
pub struct Gates {
    /// For what is fetched and unpacked, as long as somebody uses it.
    pub inputs: MemoryGate,
    /// For what is made of it: builds, archives.
    pub work: MemoryGate,
}

impl Gates {
    /// Three eighths of `bytes` for inputs, the rest for work.
    pub fn new(bytes: u64, metrics: Option<&Metrics>) -> Self {
        let inputs = bytes / 8 * 3;
        let [inputs, work] = MemoryGate::named([("inputs", inputs), ("work", bytes - inputs)], metrics);
        Self { inputs, work }
    }
}

/// A gate; clones share it.
///
/// # Guarantees
/// - What is reserved never exceeds the limit.
/// - Within a namespace the first to ask is the first to get. Namespaces take turns. One namespace holds more than half
///   only by a single reservation.
///
/// # Assumptions
/// - Who holds a reservation does not wait for another one of the same gate.
#[derive(Clone)]
pub struct MemoryGate(Arc<Inner>);

type Waiter = oneshot::Sender<Reservation>;
type Relief = Arc<dyn Fn() + Send + Sync>;

struct Inner {
    limit: u64,
    line: Mutex<Line<Waiter>>,
    relief: Mutex<Vec<Relief>>,
    reserved: Option<IntGauge>,
}

impl fmt::Debug for MemoryGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryGate")
            .field("limit", &self.limit())
            .field("reserved", &self.reserved())
            .finish_non_exhaustive()
    }
}

impl MemoryGate {
    /// A gate of so many bytes.
    pub fn new(limit: u64) -> Self {
        Self::with_gauge(limit, None)
    }

    /// The gates of a process, with what metrics call them and how many bytes they have.
    pub fn named<const N: usize>(gates: [(&str, u64); N], metrics: Option<&Metrics>) -> [Self; N] {
        let gauges = metrics.map(Gauges::register);
        gates.map(|(name, bytes)| Self::with_gauge(bytes, gauges.as_ref().map(|all| all.of(name, bytes))))
    }

    fn with_gauge(limit: u64, reserved: Option<IntGauge>) -> Self {
        let line = Mutex::new(Line::new(limit));
        Self(Arc::new(Inner { limit, line, relief: Mutex::default(), reserved }))
    }

    /// All there is.
    pub fn limit(&self) -> u64 {
        self.0.limit
    }

    /// What is reserved now.
    pub fn reserved(&self) -> u64 {
        self.0.line.lock().held()
    }

    /// Waits until `bytes` are there for `namespace`, in its turn. Who drops the future leaves the line.
    ///
    /// # Errors
    /// More than the whole gate is asked for.
    pub async fn enter(&self, namespace: &str, bytes: u64) -> Result<Reservation, TooLarge> {
        if bytes > self.limit() {
            return Err(TooLarge { needs: bytes, limit: self.limit() });
        }
        let (sender, mut receiver) = oneshot::channel();
        let id = self.0.change(|line| line.enter(namespace, bytes, sender));
        let _place = Place { gate: &self.0, namespace, id };
        if let Ok(reservation) = receiver.try_recv() {
            return Ok(reservation);
        }
        self.0.relieve();
        // The sender lives in the line until it is used, and the line as long as this gate.
        receiver.await.map_err(|_| TooLarge { needs: bytes, limit: self.limit() })
    }

    /// Has `relief` called whenever somebody has to wait or is refused more: it shall let go of what is held for later
    /// only. It may be called from any thread and must not wait.
    pub fn on_pressure(&self, relief: impl Fn() + Send + Sync + 'static) {
        self.0.relief.lock().push(Arc::new(relief));
    }
}

impl Inner {
    /// Changes the line, then lets in whoever may enter now.
    fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut Line<Waiter>) -> T) -> T {
        let (result, turns) = {
            let mut line = self.line.lock();
            let result = change(&mut line);
            let turns = line.admit();
            if let Some(gauge) = &self.reserved {
                gauge.set(i64::try_from(line.held()).unwrap_or(i64::MAX));
            }
            (result, turns)
        };
        for Turn { namespace, bytes, waiter } in turns {
            let reservation = Reservation { gate: Arc::clone(self), namespace, bytes: AtomicU64::new(bytes) };
            // Who left meanwhile has the reservation dropped, and so given back.
            drop(waiter.send(reservation));
        }
        result
    }

    /// Called without the line's lock: those who let go of something change the line.
    fn relieve(&self) {
        let hooks = self.relief.lock().clone();
        for hook in hooks {
            hook();
        }
    }
}

/// A place in the line, which is left when its owner no longer waits.
struct Place<'a> {
    gate: &'a Arc<Inner>,
    namespace: &'a str,
    id: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        // The waiter is dropped after the lock.
        drop(self.gate.change(|line| line.leave(self.namespace, self.id)));
    }
}

/// Memory that is set aside; given back on drop.
#[must_use = "the memory is given back when it is dropped"]
pub struct Reservation {
    gate: Arc<Inner>,
    namespace: Arc<str>,
    bytes: AtomicU64,
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

impl Reservation {
    /// How much is set aside.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Gives back what is beyond `bytes`.
    pub fn shrink_to(&self, bytes: u64) {
        self.gate.change(|line| {
            // Only changed under the line's lock.
            let more = self.bytes().saturating_sub(bytes);
            self.bytes.fetch_sub(more, Ordering::Relaxed);
            line.shrink(&self.namespace, more);
        });
    }

    fn try_grow(&self, bytes: u64) -> bool {
        self.gate.change(|line| {
            let grown = line.grow(&self.namespace, bytes);
            if grown {
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
            }
            grown
        })
    }
}

impl Reserve for Reservation {
    fn grow(&self, bytes: u64) -> bool {
        self.try_grow(bytes) || {
            self.gate.relieve();
            self.try_grow(bytes)
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let bytes = self.bytes();
        self.gate.change(|line| line.end(&self.namespace, bytes));
    }
}

/// What is shown of both gates.
struct Gauges {
    limit: IntGaugeVec,
    reserved: IntGaugeVec,
}

impl Gauges {
    fn register(metrics: &Metrics) -> Self {
        Self { limit: metrics.gauges(&own::GATE_LIMIT), reserved: metrics.gauges(&own::GATE_RESERVED) }
    }

    fn of(&self, name: &str, limit: u64) -> IntGauge {
        self.limit.with_label_values(&[name]).set(i64::try_from(limit).unwrap_or(i64::MAX));
        self.reserved.with_label_values(&[name])
    }
}
