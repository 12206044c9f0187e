//! A client for one API server, and what is said when it does not answer. Which server is meant is decided by
//! `kubeconfig`.

use std::time::Duration;

use cluster::{Class, ConnectOptions, Connector};
use k8s_openapi::apimachinery::pkg::version::Info;
use kube::Client;

use super::flags::ClusterFlags;
use super::kubeconfig;
use crate::error::CliError;

#[cfg(test)]
mod tests;

/// Longer than anybody waits.
const UNLIMITED: Duration = Duration::from_secs(24 * 3600);
/// How long opening a connection may take: a server that drops packets is to be known in seconds.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A way to one API server.
pub(crate) struct Connection {
    client: Client,
    options: ConnectOptions,
    server: String,
    place: String,
    namespace: Option<String>,
}

impl Connection {
    /// Reads the configuration and asks the server for its version, so that one that is not there is known at once.
    pub(crate) async fn open(flags: &ClusterFlags) -> Result<(Self, Info), CliError> {
        let chosen = kubeconfig::choose(flags).await?;
        let limit = flags.call_limit().unwrap_or(UNLIMITED);
        let options = ConnectOptions {
            user_agent: concat!("flyball-cli/", env!("CARGO_PKG_VERSION")).to_owned(),
            retries: false,
            call_timeout: limit,
            connect_timeout: limit.min(CONNECT_LIMIT),
            ..ConnectOptions::default()
        };
        cluster::install_crypto();
        let unusable = |error: cluster::Error| {
            CliError::cluster(format!("{}: {}", chosen.place, error.message())).with_hints([credentials()])
        };
        let connector = Connector::over(chosen.config.clone(), &options).map_err(unusable)?;
        let connection = Self {
            client: connector.client().map_err(unusable)?,
            options,
            server: connector.server(),
            place: chosen.place.clone(),
            namespace: flags.namespace().map(ToOwned::to_owned).or(chosen.namespace),
        };
        match connection.client.apiserver_version().await {
            Ok(version) => Ok((connection, version)),
            Err(error) => Err(connection.unreachable(&error.into())),
        }
    }

    /// The client, which is cheap to clone.
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// How other clusters are connected to.
    pub(crate) fn options(&self) -> ConnectOptions {
        self.options.clone()
    }

    /// Host and port of the API server.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// The namespace of the command line, of the context, or of the pod.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn unreachable(&self, error: &cluster::Error) -> CliError {
        let (server, place) = (&self.server, &self.place);
        let said = without_layers(error.message());
        let (message, hint) = match error.classify() {
            Class::Unauthorized => {
                (format!("the API server at {server} does not accept the credentials: {said}"), credentials())
            }
            Class::Forbidden => (
                format!("the API server at {server} refuses: {said}"),
                "--as and --as-group need the right to impersonate".to_owned(),
            ),
            Class::Timeout => (
                format!("the API server at {server} does not answer: {said}"),
                format!(
                    "it is the one of {place}; choose another with --context, or wait longer with --request-timeout"
                ),
            ),
            _ => (
                format!("the API server at {server} cannot be reached: {said}"),
                format!("it is the one of {place}; choose another with --context"),
            ),
        };
        CliError::cluster(message).with_hints([hint])
    }
}

/// Why there was no connection, without the layers of software that say so one by one.
pub(crate) fn without_layers(text: &str) -> String {
    if let Some((_, cause)) = text.rsplit_once("tcp connect error: ") {
        return cause.split(" (os error").next().unwrap_or_default().to_lowercase();
    }
    // As Go has it; the address is named anyway.
    let dialled = text.rsplit_once("dial tcp ").and_then(|(_, dialled)| dialled.split_once(": "));
    dialled.map_or(text, |(_, cause)| cause.trim_start_matches("connect: ")).to_owned()
}

/// A call about `what` that failed.
pub(crate) fn failed(what: &str, error: &cluster::Error) -> CliError {
    let hints = match error.classify() {
        Class::Forbidden => Some("ask for that right, or choose who asks with --context, --user or --as"),
        _ if error.is_transient() => Some("try again; a slow server gets more time with --request-timeout"),
        _ => None,
    };
    let hints = hints.map(ToOwned::to_owned);
    CliError::cluster(format!("{what}: {}", error.message())).with_hints(hints)
}

fn credentials() -> String {
    "log in again, or choose other credentials with --context or --user".to_owned()
}
