//! The flags that say which cluster is meant and as whom it is asked, in kubectl's words. Reading the files is
//! `kubeconfig`'s.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

#[cfg(test)]
mod tests;

/// How long a call may take unless the command line says otherwise.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// Where to connect and as whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Cluster")]
#[group(skip)]
pub(crate) struct ClusterFlags {
    /// Kubeconfig file [default: the files of KUBECONFIG, then ~/.kube/config, then the pod's service account].
    #[arg(long, value_name = "FILE")]
    pub(super) kubeconfig: Option<PathBuf>,

    /// Context of the kubeconfig [default: its current one].
    #[arg(long, value_name = "NAME")]
    pub(super) context: Option<String>,

    /// Cluster of the kubeconfig, instead of the context's.
    #[arg(long, value_name = "NAME")]
    pub(super) cluster: Option<String>,

    /// User of the kubeconfig, instead of the context's.
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,

    /// User to act as, for example system:serviceaccount:apps:deployer.
    #[arg(long = "as", value_name = "USER")]
    pub(super) act_as: Option<String>,

    /// Group to act as; may be repeated, and needs --as.
    #[arg(long = "as-group", value_name = "GROUP", requires = "act_as")]
    pub(super) act_as_groups: Vec<String>,

    /// Namespace to work in.
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(super) namespace: Option<String>,

    /// How long one call to the API server may take, for example 5s or 1m; 0 is without limit [default: 10s].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) request_timeout: Option<Duration>,
}

impl ClusterFlags {
    /// The namespace that was named on the command line.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The bound on one call; none if there is to be no bound.
    pub(super) fn call_limit(&self) -> Option<Duration> {
        Some(self.request_timeout.unwrap_or(CALL_LIMIT)).filter(|limit| !limit.is_zero())
    }
}

/// A duration in Go's form; a bare number is seconds, as in kubectl.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    text.parse::<api::Duration>()
        .map(Into::into)
        .map_err(|_| "must be a duration such as 5s or 1m30s".to_owned())
}
