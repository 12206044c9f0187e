//! Why a controller cannot start or has to end.

/// A failure of the process, not of one object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line is wrong.
    #[error(transparent)]
    Flags(#[from] crate::flags::FlagError),
    /// The API server cannot be used.
    #[error(transparent)]
    Cluster(#[from] cluster::Error),
    /// A port cannot be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// As given on the command line.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// `--events-addr` is not a URL.
    #[error("invalid --events-addr {address:?}: {reason}")]
    EventsAddress {
        /// As given on the command line.
        address: String,
        /// Why.
        reason: String,
    },
    /// The HTTP client cannot be built.
    #[error("cannot build the HTTP client: {0}")]
    HttpClient(String),
    /// The worker threads cannot be started.
    #[error("cannot start the runtime: {0}")]
    Threads(#[source] std::io::Error),
    /// Another process took the lease over, or it could not be renewed in time.
    #[error("leader election lost")]
    LeaseLost,
    /// A part that has to live as long as the process ended.
    #[error("{0} ended unexpectedly")]
    Ended(&'static str),
    /// Anything a controller finds wrong at start-up.
    #[error("{0}")]
    Startup(String),
}
