//! The controller's own flags (contracts/source-controller.md 15). Shared flags are reconcile-core's.

use std::path::PathBuf;
use std::time::Duration;

use artifact::Algorithm;
use artifact::store::gc::Retention;
use reconcile_core::args::{CommonArgs, Definition};
use reconcile_core::flags::{Flag, FlagError, FlagSet, List};
use reconcile_core::gate::size::MemorySize;

use crate::applied::Bound;
use crate::clouds::Identities;
use crate::git::ssh::Algorithms;
use crate::helm::Limits;
use crate::homes::s3::Settings;
use crate::receivers;

mod storage;
#[cfg(test)]
mod tests;

use storage::StorageFlags;

/// Name, version, defaults and gates.
pub(crate) const DEFINITION: Definition = Definition {
    name: "source-controller",
    version: env!("CARGO_PKG_VERSION"),
    concurrent: 2,
    gates: &[("CacheSecretsAndConfigMaps", false), ("ObjectLevelWorkloadIdentity", false)],
    inert_gates: &["CacheSecretsAndConfigMaps"],
};

/// Handles of the flags.
pub(crate) struct Flags {
    storage_path: Flag<PathBuf>,
    storage_addr: Flag<String>,
    storage_adv_addr: Flag<String>,
    storage: StorageFlags,
    digest_algo: Flag<String>,
    default_service_account: Flag<String>,
    allow_private_redirects: Flag<bool>,
    memory_gate: Flag<MemorySize>,
    receivers_addr: Flag<String>,
    no_cross_namespace_refs: Flag<bool>,
    ssh_kex_algos: Flag<List>,
    ssh_hostkey_algos: Flag<List>,
    helm_index: Flag<i64>,
    helm_chart: Flag<i64>,
    helm_chart_file: Flag<i64>,
}

/// What the flags say.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Root of the storage.
    pub(crate) storage_path: PathBuf,
    /// Where artifacts are served.
    pub(crate) storage_addr: String,
    /// What stands before an artifact's path in its URL, without a slash at the end.
    pub(crate) advertised: String,
    /// What is kept besides the published artifact.
    pub(crate) retention: Retention,
    /// What of it is kept because Kustomizations run it.
    pub(crate) applied: Bound,
    /// `--storage-peers`: names with ports of other replicas' file servers.
    pub(crate) peers: Vec<String>,
    /// `--storage-bucket-…`: the second home of artifacts.
    pub(crate) bucket: Option<Settings>,
    /// `--artifact-digest-algo`.
    pub(crate) algorithm: Algorithm,
    /// `--default-service-account` and the gate `ObjectLevelWorkloadIdentity`.
    pub(crate) identities: Identities,
    /// `--allow-private-redirects`.
    pub(crate) allow_private_redirects: bool,
    /// `--memory-gate` (ours): what fetches and archives may take at a time.
    pub(crate) memory_gate: MemorySize,
    /// `--receivers-addr` (ours) and `--no-cross-namespace-refs`.
    pub(crate) receivers: receivers::Settings,
    /// `--ssh-kex-algos` and `--ssh-hostkey-algos`.
    pub(crate) ssh: Algorithms,
    /// `--helm-index-max-size` and the like.
    pub(crate) helm: Limits,
}

/// Declares the flags.
pub(crate) fn declare(flags: &mut FlagSet) -> Flags {
    declare_uncached(flags);
    Flags {
        ssh_kex_algos: flags.declare(
            "ssh-kex-algos",
            "",
            "The list of key exchange algorithms to use for ssh connections, arranged from most preferred to the least.",
        ),
        ssh_hostkey_algos: flags.declare(
            "ssh-hostkey-algos",
            "",
            "The list of hostkey algorithms to use for ssh connections, arranged from most preferred to the least.",
        ),
        storage_path: flags.declare_env(
            "storage-path",
            "STORAGE_PATH",
            "/data",
            "The local storage path.",
        ),
        storage_addr: flags.declare_env(
            "storage-addr",
            "STORAGE_ADDRESS",
            ":9090",
            "The address the static file server binds to.",
        ),
        storage_adv_addr: flags.declare_env(
            "storage-adv-addr",
            "STORAGE_ADV_ADDR",
            "",
            "The advertised address of the static file server.",
        ),
        storage: StorageFlags::declare(flags),
        digest_algo: flags.declare(
            "artifact-digest-algo",
            "sha256",
            "The algorithm to use to calculate the digest of artifacts.",
        ),
        default_service_account: flags.declare(
            "default-service-account",
            "",
            "Default service account used for authentication when not specified in resources.",
        ),
        allow_private_redirects: flags.declare(
            "allow-private-redirects",
            "false",
            "Follow redirects of Git servers to other hosts also over plain http and at loopback, link-local and private addresses; follow redirects of registries to, and ask token servers at, such addresses.",
        ),
        helm_index: flags.declare(
            "helm-index-max-size",
            "52428800",
            "The max allowed size in bytes of a Helm repository index file.",
        ),
        helm_chart: flags.declare(
            "helm-chart-max-size",
            "10485760",
            "The max allowed size in bytes of a Helm chart file.",
        ),
        helm_chart_file: flags.declare(
            "helm-chart-file-max-size",
            "5242880",
            "The max allowed size in bytes of a file in a Helm chart.",
        ),
        receivers_addr: flags.declare(
            "receivers-addr",
            "",
            "The address the webhook receiver binds to, e.g. ':9292'. With it Receivers are reconciled and webhooks answered, as by Flux's notification-controller. Without it neither is done.",
        ),
        no_cross_namespace_refs: flags.declare(
            "no-cross-namespace-refs",
            "false",
            "When set to true, Receivers ask only for objects of their own namespace.",
        ),
        memory_gate: flags.declare(
            "memory-gate",
            "",
            "How much memory fetches and archives may take at a time, in bytes or as a quantity, e.g. '512Mi'. Without it 70% of the container's memory limit, or 1Gi if there is none.",
        ),
    }
}

/// Flux's flags of a cache of indexes. An index is read through and never held, so there is nothing to be cached.
fn declare_uncached(flags: &mut FlagSet) {
    const UNCACHED: &str = "Without effect: Helm indexes are not held in memory.";
    let _ = flags.declare_ignored::<i64>("helm-cache-max-size", "0", UNCACHED);
    for (name, default) in [("helm-cache-ttl", "15m"), ("helm-cache-purge-interval", "1m")] {
        let _ = flags.declare_ignored::<Duration>(name, default, UNCACHED);
    }
}

/// Reads the flags.
pub(crate) fn settings(own: &Flags, flags: &FlagSet, common: &CommonArgs) -> Result<Options, FlagError> {
    const GATE: &str = "ObjectLevelWorkloadIdentity";
    let identities =
        Identities { gate: common.gate(GATE), default_account: flags.get(own.default_service_account) };
    if !identities.gate && !identities.default_account.is_empty() {
        let text = format!("--default-service-account needs --feature-gates={GATE}=true");
        return Err(FlagError::Conflict(text));
    }
    let algorithm = flags.get(own.digest_algo);
    let algorithm: Algorithm = algorithm.parse().map_err(|_| FlagError::Invalid {
        flag: "artifact-digest-algo".to_owned(),
        value: algorithm,
        reason: "must be one of sha1, sha256, sha384, sha512, blake3".to_owned(),
    })?;
    let storage_addr = flags.get(own.storage_addr);
    let host = || flags.env("HOSTNAME").unwrap_or_else(reconcile_core::env::hostname);
    Ok(Options {
        storage_path: flags.get(own.storage_path),
        advertised: advertised(&flags.get(own.storage_adv_addr), &storage_addr, host),
        storage_addr,
        retention: own.storage.retention(flags),
        applied: own.storage.applied(flags)?,
        peers: own.storage.peers(flags)?,
        bucket: own.storage.bucket(flags)?,
        algorithm,
        identities,
        allow_private_redirects: flags.get(own.allow_private_redirects),
        memory_gate: flags.get(own.memory_gate),
        receivers: receivers::Settings {
            addr: flags.get(own.receivers_addr),
            no_cross_namespace_refs: flags.get(own.no_cross_namespace_refs),
        },
        ssh: ssh(&flags.get(own.ssh_kex_algos), &flags.get(own.ssh_hostkey_algos))?,
        helm: Limits {
            index: at_least_none(flags.get(own.helm_index)),
            chart: at_least_none(flags.get(own.helm_chart)),
            chart_file: at_least_none(flags.get(own.helm_chart_file)),
        },
    })
}

/// What SSH may use, each of it by a name that is known.
fn ssh(kex: &List, host_key: &List) -> Result<Algorithms, FlagError> {
    Algorithms::of(&kex.0, &host_key.0).map_err(|error| FlagError::Invalid {
        flag: error.flag.to_owned(),
        value: error.name.clone(),
        reason: error.to_string(),
    })
}

/// A number of bytes; below nothing is nothing.
fn at_least_none(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
}

/// The prefix of artifact URLs (contract 5.1): the advertised address, else one made from the bound address.
pub(crate) fn advertised(given: &str, bound: &str, host: impl FnOnce() -> String) -> String {
    let address = if given.is_empty() {
        match bound.rsplit_once(':') {
            Some(("", port)) => format!("localhost:{port}"),
            Some(("0.0.0.0" | "[::]", port)) => format!("{}:{port}", host()),
            _ => bound.to_owned(),
        }
    } else {
        given.to_owned()
    };
    let address = address.trim_end_matches('/');
    if address.starts_with("http://") || address.starts_with("https://") {
        address.to_owned()
    } else {
        format!("http://{address}")
    }
}
