//! What goes through the queues between the recorder and its sinks, and what a sink has to know.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::event::Event;

/// Who records, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// `kustomize-controller`: component and reportingController.
    pub controller: String,
    /// The pod's host name: reportingInstance.
    pub instance: String,
    /// `--events-addr`; empty for none.
    pub events_addr: String,
}

/// An event on its way, with the time at which it happened.
#[derive(Clone, Debug)]
pub(super) struct Stamped {
    pub(super) event: Arc<Event>,
    pub(super) at: Timestamp,
}

pub(super) enum Message {
    Event(Stamped),
    Flush(oneshot::Sender<()>),
}
