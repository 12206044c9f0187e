//! The flags that all controllers share (contracts/source-controller.md 15), and their values.
//!
//! A controller declares its own flags on the same [`FlagSet`].

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::env;
use crate::flags::{Flag, FlagError, FlagSet, MapOfBool};
use crate::telemetry::{Encoding, Level};
use crate::trace::{self, TraceFlags};

#[cfg(test)]
mod tests;

/// What makes one controller's command line differ from another's.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// `kustomize-controller`.
    pub name: &'static str,
    /// Shown in the User-Agent and the first log line.
    pub version: &'static str,
    /// Default of `--concurrent`.
    pub concurrent: usize,
    /// Known feature gates and their defaults.
    pub gates: &'static [(&'static str, bool)],
    /// Those of them that change nothing yet: accepted, and logged once when they are set otherwise.
    pub inert_gates: &'static [&'static str],
}

/// Handles of the shared flags; [`CommonFlags::values`] reads them after parsing.
#[derive(Debug)]
pub struct CommonFlags {
    definition: Definition,
    metrics_addr: Flag<String>,
    resource_info_metrics: Flag<bool>,
    health_addr: Flag<String>,
    events_addr: Flag<String>,
    concurrent: Flag<usize>,
    requeue_dependency: Flag<Duration>,
    watch_all_namespaces: Flag<bool>,
    watch_label_selector: Flag<String>,
    interval_jitter: Flag<u8>,
    min_retry_delay: Flag<Duration>,
    max_retry_delay: Flag<Duration>,
    enable_leader_election: Flag<bool>,
    release_on_cancel: Flag<bool>,
    lease_duration: Flag<Duration>,
    renew_deadline: Flag<Duration>,
    retry_period: Flag<Duration>,
    log_level: Flag<String>,
    log_encoding: Flag<String>,
    feature_gates: Flag<MapOfBool>,
    kubeconfig: Flag<PathBuf>,
    context: Flag<String>,
    trace: TraceFlags,
}

/// What the shared flags say.
#[derive(Clone, Debug)]
pub struct CommonArgs {
    /// Where `/metrics` is served; empty or `0` for nowhere.
    pub metrics_addr: String,
    /// Whether `/metrics` tells of each object (ours).
    pub resource_info_metrics: bool,
    /// Where `/healthz` and `/readyz` are served.
    pub health_addr: String,
    /// Where events are posted; empty for nowhere.
    pub events_addr: String,
    /// Permits for runs.
    pub concurrent: usize,
    /// How long a missing dependency or artifact waits for its timer.
    pub requeue_dependency: Duration,
    /// The only namespace to watch; none for all (`--watch-all-namespaces=false` and `RUNTIME_NAMESPACE`).
    pub watch_namespace: Option<String>,
    /// The label selector of this shard; none for everything.
    pub watch_label_selector: Option<String>,
    /// Percent by which intervals are moved either way.
    pub interval_jitter: u8,
    /// First delay after a failure.
    pub min_retry_delay: Duration,
    /// Longest delay after failures.
    pub max_retry_delay: Duration,
    /// Leader election.
    pub election: Election,
    /// `--log-level`.
    pub log_level: Level,
    /// `--log-encoding`.
    pub log_encoding: Encoding,
    /// All known gates with their values.
    pub gates: BTreeMap<&'static str, bool>,
    /// A kubeconfig instead of the pod's account (ours, for running outside a cluster).
    pub kubeconfig: Option<PathBuf>,
    /// A context of that kubeconfig.
    pub context: Option<String>,
    /// Where traces go, if anywhere.
    pub trace: Option<trace::Options>,
    /// `RUNTIME_NAMESPACE`: where the controller runs and its lease lives.
    pub runtime_namespace: Option<String>,
    /// Given flags and gates that do nothing.
    pub without_effect: Vec<&'static str>,
}

/// `--enable-leader-election` and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// Off by default.
    pub enabled: bool,
    /// Give the lease back at shutdown.
    pub release_on_cancel: bool,
    /// How long others wait for a leader that does not renew.
    pub lease_duration: Duration,
    /// How long the leader itself tries before it gives up.
    pub renew_deadline: Duration,
    /// Between attempts.
    pub retry_period: Duration,
    /// Name of the Lease, with the shard's hash.
    pub lease: String,
}

impl CommonFlags {
    /// Declares the shared flags.
    pub fn declare(flags: &mut FlagSet, definition: Definition) -> Self {
        let concurrent = definition.concurrent.to_string();
        flags.declare_ignored::<f64>("kube-api-qps", "50.0", "The maximum queries-per-second of requests sent to the Kubernetes API. Without effect: the API server's priority and fairness paces requests.");
        flags.declare_ignored::<i64>("kube-api-burst", "300", "The maximum burst queries-per-second of requests sent to the Kubernetes API. Without effect, as --kube-api-qps.");
        flags.declare_ignored::<String>(
            "watch-configs-label-selector",
            "reconcile.fluxcd.io/watch=Enabled",
            "Watch for ConfigMaps and Secrets with matching labels.",
        );
        flags.declare_ignored::<i64>(
            "token-cache-max-size",
            "100",
            "The maximum size of the cache in number of tokens. Without effect: 1000 are kept at most.",
        );
        flags.declare_ignored::<Duration>(
            "token-cache-max-duration",
            "1h",
            "The maximum duration a token is cached. Without effect: tokens are kept for 80% of their lives, and an hour at most.",
        );
        Self {
            definition,
            metrics_addr: flags.declare_env("metrics-addr", env::METRICS_ADDR, ":8080", "The address the metric endpoint binds to."),
            resource_info_metrics: flags.declare("resource-info-metrics", "false", "Serve gotk_resource_info, a series with readiness, revision and source for each Kustomization or source that this controller reconciles, so that Flux's dashboards need no kube-state-metrics."),
            health_addr: flags.declare("health-addr", ":9440", "The address the health endpoint binds to."),
            events_addr: flags.declare_env("events-addr", env::EVENTS_ADDR, "", "The address of the events receiver."),
            concurrent: flags.declare("concurrent", &concurrent, "The number of concurrent reconciles."),
            requeue_dependency: flags.declare("requeue-dependency", "30s", "The interval at which failing dependencies are reevaluated."),
            watch_all_namespaces: flags.declare("watch-all-namespaces", "true", "Watch for custom resources in all namespaces, if set to false it will only watch the runtime namespace."),
            watch_label_selector: flags.declare("watch-label-selector", "", "Watch for resources with matching labels e.g. 'sharding.fluxcd.io/key=shard1'."),
            interval_jitter: flags.declare("interval-jitter-percentage", "5", "Percentage of jitter to apply to interval durations. A value of 10 will apply a jitter of +/-10% to the interval duration. It cannot be negative, and must be less than 100."),
            min_retry_delay: flags.declare("min-retry-delay", "750ms", "The minimum amount of time for which an object being reconciled will have to wait before a retry."),
            max_retry_delay: flags.declare("max-retry-delay", "15m", "The maximum amount of time for which an object being reconciled will have to wait before a retry."),
            enable_leader_election: flags.declare("enable-leader-election", "false", "Enable leader election for controller manager. Enabling this will ensure there is only one active controller manager."),
            release_on_cancel: flags.declare("leader-election-release-on-cancel", "true", "Defines if the leader should step down voluntarily on controller manager shutdown."),
            lease_duration: flags.declare("leader-election-lease-duration", "35s", "Interval at which non-leader candidates will wait to force acquire leadership (duration string)."),
            renew_deadline: flags.declare("leader-election-renew-deadline", "30s", "Duration that the leading controller manager will retry refreshing leadership before giving up (duration string)."),
            retry_period: flags.declare("leader-election-retry-period", "5s", "Duration the LeaderElector clients should wait between tries of actions (duration string)."),
            log_level: flags.declare("log-level", "info", "Log verbosity level. Can be one of 'trace', 'debug', 'info', 'error'."),
            log_encoding: flags.declare("log-encoding", "json", "Log encoding format. Can be 'json' or 'console'."),
            feature_gates: flags.declare("feature-gates", "", "A comma separated list of key=value pairs defining the state of experimental features."),
            kubeconfig: flags.declare("kubeconfig", "", "Path to a kubeconfig. Without it KUBECONFIG, then the pod's service account."),
            context: flags.declare("context", "", "A context of the kubeconfig."),
            trace: TraceFlags::declare(flags),
        }
    }

    /// Parses and reads the shared flags; a controller reads its own ones afterwards.
    ///
    /// # Errors
    /// What [`FlagSet::parse`] finds, an unknown gate, or values out of range.
    pub fn parse(
        &self,
        flags: &mut FlagSet,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<CommonArgs, FlagError> {
        flags.parse(arguments)?;
        self.values(flags)
    }

    /// Reads the shared flags after [`FlagSet::parse`].
    ///
    /// # Errors
    /// An unknown gate, or values out of range.
    pub fn values(&self, flags: &FlagSet) -> Result<CommonArgs, FlagError> {
        let runtime_namespace = flags.env(env::RUNTIME_NAMESPACE);
        let watch_namespace = match (flags.get(self.watch_all_namespaces), &runtime_namespace) {
            (true, _) => None,
            (false, Some(namespace)) => Some(namespace.clone()),
            (false, None) => {
                return Err(FlagError::Conflict(format!(
                    "--watch-all-namespaces=false needs the environment variable {}",
                    env::RUNTIME_NAMESPACE
                )));
            }
        };
        let selector = Some(flags.get(self.watch_label_selector)).filter(|selector| !selector.is_empty());
        let interval_jitter = flags.get(self.interval_jitter);
        if interval_jitter > 99 {
            return Err(FlagError::Conflict(
                "the value of --interval-jitter-percentage must be between 0 and 99".to_owned(),
            ));
        }
        let concurrent = flags.get(self.concurrent);
        if concurrent == 0 {
            return Err(FlagError::Conflict("the value of --concurrent must be at least 1".to_owned()));
        }
        let gates = self.gates(flags)?;
        let mut without_effect = flags.without_effect();
        without_effect.extend(self.definition.gates.iter().filter_map(|(name, default)| {
            let set = gates.get(name).is_some_and(|value| value != default);
            (set && self.definition.inert_gates.contains(name)).then_some(*name)
        }));
        let level = flags.get(self.log_level);
        let encoding = flags.get(self.log_encoding);
        Ok(CommonArgs {
            metrics_addr: flags.get(self.metrics_addr),
            resource_info_metrics: flags.get(self.resource_info_metrics),
            health_addr: flags.get(self.health_addr),
            events_addr: flags.get(self.events_addr),
            concurrent,
            requeue_dependency: flags.get(self.requeue_dependency),
            watch_namespace,
            interval_jitter,
            min_retry_delay: flags.get(self.min_retry_delay),
            max_retry_delay: flags.get(self.max_retry_delay),
            election: self.election(flags, selector.as_deref())?,
            watch_label_selector: selector,
            log_level: Level::parse(&level)
                .ok_or_else(|| invalid("log-level", level, "one of 'trace', 'debug', 'info', 'error'"))?,
            log_encoding: Encoding::parse(&encoding)
                .ok_or_else(|| invalid("log-encoding", encoding, "'json' or 'console'"))?,
            gates,
            kubeconfig: Some(flags.get(self.kubeconfig)).filter(|path| !path.as_os_str().is_empty()),
            context: Some(flags.get(self.context)).filter(|context| !context.is_empty()),
            trace: self.trace.values(flags)?,
            runtime_namespace,
            without_effect,
        })
    }

    fn election(&self, flags: &FlagSet, selector: Option<&str>) -> Result<Election, FlagError> {
        let election = Election {
            enabled: flags.get(self.enable_leader_election),
            release_on_cancel: flags.get(self.release_on_cancel),
            lease_duration: flags.get(self.lease_duration),
            renew_deadline: flags.get(self.renew_deadline),
            retry_period: flags.get(self.retry_period),
            lease: lease_name(self.definition.name, selector),
        };
        // client-go's own checks, with its jitter factor of 1.2.
        if election.lease_duration <= election.renew_deadline {
            return Err(FlagError::Conflict("leaseDuration must be greater than renewDeadline".to_owned()));
        }
        if election.renew_deadline <= election.retry_period.mul_f64(1.2) || election.retry_period.is_zero() {
            return Err(FlagError::Conflict(
                "renewDeadline must be greater than retryPeriod*JitterFactor".to_owned(),
            ));
        }
        Ok(election)
    }

    fn gates(&self, flags: &FlagSet) -> Result<BTreeMap<&'static str, bool>, FlagError> {
        let mut gates: BTreeMap<&'static str, bool> = self.definition.gates.iter().copied().collect();
        for (name, value) in flags.get(self.feature_gates).0 {
            match gates.iter_mut().find(|(known, _)| **known == name) {
                Some((_, gate)) => *gate = value,
                None => return Err(FlagError::UnknownGate(name)),
            }
        }
        Ok(gates)
    }
}

impl CommonArgs {
    /// Whether a gate is on; false for one that the controller did not define.
    pub fn gate(&self, name: &str) -> bool {
        self.gates.get(name).copied().unwrap_or(false)
    }
}

fn invalid(flag: &str, value: String, expected: &str) -> FlagError {
    FlagError::Invalid { flag: flag.to_owned(), value, reason: format!("must be {expected}") }
}

/// `<controller>-leader-election`, and for a shard the first eight hex digits of its selector's SHA-256.
pub fn lease_name(controller: &str, selector: Option<&str>) -> String {
    let name = format!("{controller}-leader-election");
    match selector {
        None | Some("") => name,
        Some(selector) => {
            let digest = Sha256::digest(selector.as_bytes());
            format!("{name}-{}", manifest::digest::hex(&digest[..4]))
        }
    }
}
