//! The controller runtime: implement [`Machine`], get the rest. It knows conditions and reasons, but no kind of ours.
//!
//! ```text
//! watch / watch_pool ──Change──▶ the controller's sink ──Event──▶ Runtime ──▶ step (pure) ──▶ Effect
//!                                                                    ▲                          │ Start
//!                                                                    └──── Event ◀── run (job) ◀┘
//! ```
//!
//! Invariants: `step` decides and does nothing else; one object's panic concerns that object; nobody waits in a
//! worker; publishing an event or counting a metric never blocks a job.

mod backoff;
mod control;
mod error;
mod key;
mod lane;
mod machine;
mod mailbox;
mod runtime;
mod turns;

pub mod accounts;
pub mod admin;
pub mod args;
pub mod condition;
pub mod connections;
pub mod env;
pub mod events;
pub mod flags;
pub mod gate;
pub mod index;
pub mod lease;
pub mod metrics;
pub mod outside;
pub mod panic;
pub mod process;
pub mod reference;
pub mod shutdown;
pub mod status;
pub mod store;
pub mod telemetry;
pub mod trace;
pub mod watch;
pub mod watch_pool;

pub use backoff::{Backoff, jitter, lengthen};
pub use control::{Control, Permit};
pub use error::Error;
pub use key::{LONGEST_NAME, ObjectKey, is_segment};
pub use lane::Lane;
pub use machine::{Effect, Machine};
pub use runtime::Runtime;
pub use store::Store;
pub use turns::{Place, Turns};
