//! The command line of health-controller.

use std::path::PathBuf;
use std::time::Duration;

use convergence::dependencies::Reach;
use reconcile_core::args::{CommonArgs, Definition};
use reconcile_core::flags::{Flag, FlagError, FlagSet};

use crate::{alerts, server};

/// Name and version.
pub(crate) const DEFINITION: Definition = Definition {
    name: "health-controller",
    version: env!("CARGO_PKG_VERSION"),
    concurrent: 8,
    gates: &[],
    inert_gates: &[],
};

/// What the controller's own flags say.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Watch Secrets too, of which only existence and deletion are looked at.
    pub(crate) observe_secrets: bool,
    /// How far explanations reach.
    pub(crate) reach: Reach,
    /// Show the readiness of each object as a metric.
    pub(crate) metrics_readiness: bool,
    /// Where explanations are served.
    pub(crate) api: server::Settings,
    /// Whether, when and to whom alerts are sent.
    pub(crate) alerts: alerts::Options,
}

/// Handles of the controller's own flags.
pub(crate) struct Flags {
    observe_secrets: Flag<bool>,
    observe_other_namespaces: Flag<bool>,
    no_cross_namespace_refs: Flag<bool>,
    metrics_readiness: Flag<bool>,
    api_addr: Flag<String>,
    api_tls_cert_file: Flag<PathBuf>,
    api_tls_key_file: Flag<PathBuf>,
    alerts: Flag<bool>,
    alert_delay: Flag<Duration>,
    alert_config: Flag<String>,
}

/// Names the controller's own flags.
pub(crate) fn declare(flags: &mut FlagSet) -> Flags {
    Flags {
        observe_secrets: flags.declare(
            "observe-secrets",
            "false",
            "Watch Secrets in inventories too. Needs a role that may list them; their data is dropped on arrival.",
        ),
        observe_other_namespaces: flags.declare(
            "observe-other-namespaces",
            "false",
            "Show in a Convergence what sources and dependencies in other namespaces say, word for word. Without it their namespaces alone see that.",
        ),
        no_cross_namespace_refs: flags.declare("no-cross-namespace-refs", "false", "When set to true, references between custom resources are allowed only if the reference and the referee are in the same namespace."),
        metrics_readiness: flags.declare(
            "metrics-readiness",
            "false",
            "Show in the metrics whether each Kustomization and source is ready and each Convergence converged, by name: three series per object.",
        ),
        api_addr: flags.declare("api-addr", "", "The address that whole explanations are served at, for example ':9293', to who may read the Kustomization. Empty for nowhere. Needs a role that may create TokenReviews and SubjectAccessReviews."),
        api_tls_cert_file: flags.declare("api-tls-cert-file", "", "The certificate of --api-addr, in PEM; it is read again when it changes. Without it explanations are served without TLS."),
        api_tls_key_file: flags.declare("api-tls-key-file", "", "The private key of --api-tls-cert-file, in PEM."),
        alerts: flags.declare("alerts", "true", "Tell when something is wrong with a Kustomization and when that is over: as Events, to --events-addr and to the receivers of --alert-config."),
        alert_delay: flags.declare("alert-delay", "30s", "How long something has to be wrong before an alert is sent, and well again before its end is told."),
        alert_config: flags.declare("alert-config", "", "A Secret in the controller's namespace whose key receivers.yaml lists further receivers of alerts: webhooks, Slack, Microsoft Teams, GitHub and GitLab. Needs a role that may get, list and watch it."),
    }
}

/// Reads them.
pub(crate) fn options(own: &Flags, flags: &FlagSet, _: &CommonArgs) -> Result<Options, FlagError> {
    // What restricts wins.
    let all = flags.get(own.observe_other_namespaces) && !flags.get(own.no_cross_namespace_refs);
    let reach = if all { Reach::AllNamespaces } else { Reach::OwnNamespace };
    Ok(Options {
        observe_secrets: flags.get(own.observe_secrets),
        reach,
        metrics_readiness: flags.get(own.metrics_readiness),
        api: api(own, flags)?,
        alerts: alerts::Options {
            enabled: flags.get(own.alerts),
            delay: flags.get(own.alert_delay),
            config: flags.get(own.alert_config),
        },
    })
}

fn api(own: &Flags, flags: &FlagSet) -> Result<server::Settings, FlagError> {
    let (certificate, key) = (flags.get(own.api_tls_cert_file), flags.get(own.api_tls_key_file));
    let tls = match (certificate.as_os_str().is_empty(), key.as_os_str().is_empty()) {
        (true, true) => None,
        (false, false) => Some(server::Files { certificate, key }),
        _ => {
            let message = "--api-tls-cert-file and --api-tls-key-file need each other";
            return Err(FlagError::Conflict(message.to_owned()));
        }
    };
    Ok(server::Settings { addr: flags.get(own.api_addr), tls })
}

#[cfg(test)]
mod tests;
