//! The control handle of a job, for tests of what a job calls: only a runtime makes one.

use reconcile_core::{Control, Effect, Lane, Machine, ObjectKey, Runtime};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Mutex, mpsc};

/// A machine whose only job gives its control away, and lasts.
struct Lender(mpsc::UnboundedSender<Control>);

impl Machine for Lender {
    type State = ();
    type Event = ();
    type Job = ();

    fn controller(&self) -> &'static str {
        "lender"
    }

    fn new_state(&self, _key: &ObjectKey) {}

    fn step((): &mut (), (): (), _now: Instant) -> Vec<Effect<(), ()>> {
        vec![Effect::Start { lane: Lane::Run, job: () }]
    }

    async fn run(self: Arc<Self>, _key: ObjectKey, (): (), ctl: Control) {
        drop(self.0.send(ctl.clone()));
        ctl.cancelled().await;
    }

    fn panicked(&self, _lane: Lane, _message: String) {}
}

/// A control handle, and the runtime that it belongs to.
pub(crate) struct Lent {
    pub(crate) control: Control,
    runtime: Arc<Runtime<Lender>>,
    lent: Mutex<mpsc::UnboundedReceiver<Control>>,
}

impl Lent {
    /// Of a job that goes on until [`cancel`](Self::cancel).
    pub(crate) async fn new() -> Self {
        let (sender, mut lent) = mpsc::unbounded_channel();
        let runtime = Runtime::new(Arc::new(Lender(sender)), 1);
        runtime.send(&ObjectKey::new("ns", "lender"), ());
        let control = lent.recv().await.unwrap();
        Self { control, runtime, lent: Mutex::new(lent) }
    }

    /// Of another job, for an object of that namespace.
    pub(crate) async fn beside(&self, namespace: &str) -> Control {
        self.runtime.send(&ObjectKey::new(namespace, "lender"), ());
        self.lent.lock().await.recv().await.unwrap()
    }

    /// A newer input comes in.
    pub(crate) fn cancel(&self) {
        self.control.token().cancel();
    }
}
