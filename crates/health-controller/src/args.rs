//! The command line, and how the parts are put together.

use std::ffi::OsString;
use std::sync::Arc;

use reconcile_core::args::Definition;
use reconcile_core::flags::Flag;
use reconcile_core::process::{self, Process};
use reconcile_core::{Error, ObjectKey, Runtime};
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;

use crate::context::Context;
use crate::reconcile::Assessor;
use crate::step::Event;
use crate::watch;

const DEFINITION: Definition = Definition {
    name: "health-controller",
    version: env!("CARGO_PKG_VERSION"),
    concurrent: 8,
    gates: &[],
    inert_gates: &[],
};

/// What the controller's own flags say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Watch Secrets too, of which only existence and deletion are looked at.
    pub(crate) observe_secrets: bool,
}

struct Own {
    observe_secrets: Flag<bool>,
}

/// Runs the controller until it is told to stop.
///
/// # Errors
/// Wrong flags, no API server, a port that is taken, a lost lease.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    process::run(
        DEFINITION,
        arguments,
        |flags| {
            Own {
            observe_secrets: flags.declare(
                "observe-secrets",
                "false",
                "Watch Secrets in inventories too. Needs a role that may list them; their data is dropped on arrival.",
            ),
        }
        },
        |own, flags, _| Ok(Settings { observe_secrets: flags.get(own.observe_secrets) }),
        body,
    )
}

async fn body(process: Process, settings: Settings) -> Result<(), Error> {
    let (wake, mut woken) = unbounded_channel::<ObjectKey>();
    let context = Arc::new(Context::new(process.clone(), settings, &wake));
    let assessor = Arc::new(Assessor::new(Arc::clone(&context)));
    let runtime = Runtime::with_metrics(assessor, process.args.concurrent, Arc::clone(&process.metrics));
    let seeded = Arc::new(Notify::new());
    let reports =
        tokio::spawn(watch::convergences(Arc::clone(&context), Arc::clone(&runtime), Arc::clone(&seeded)));
    let waker = Arc::clone(&runtime);
    let stop = process.stop.clone();
    let waking = tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                key = woken.recv() => match key {
                    Some(key) => drop(waker.send_existing(&key, Event::Changed)),
                    None => break,
                },
            }
        }
    });
    tokio::select! {
        () = seeded.notified() => watch::kustomizations(Arc::clone(&context), Arc::clone(&runtime)).await,
        () = process.stop.cancelled() => {}
    }
    process.stop.cancelled().await;
    runtime.shutdown().await;
    drop(reports.await);
    drop(waking.await);
    Ok(())
}
