//! The command line of kustomize-controller (contracts/kustomize-controller.md 22; decisions 5.3).

use crate::reconcile::telling::Settings;
use api::kustomization::KustomizationSpec;
use manifest::budget::Limits;
use reconcile_core::args::{CommonArgs, Definition};
use reconcile_core::flags::{Flag, FlagError, FlagSet, List};
use reconcile_core::gate::size::MemorySize;
use sops::Verify;
use std::time::Duration;

/// Gates and their defaults.
const GATES: &[(&str, bool)] = &[
    ("CacheSecretsAndConfigMaps", false),
    ("DisableStatusPollerCache", true),
    ("DisableFailFastBehavior", false),
    ("StrictPostBuildSubstitutions", true),
    ("GroupChangeLog", false),
    ("AdditiveCELDependencyCheck", false),
    ("ExternalArtifact", false),
    ("CancelHealthCheckOnNewRevision", false),
    ("DisableConfigWatchers", false),
    ("DirectSourceFetch", false),
    ("MigrateAPIVersion", false),
    ("ObjectLevelWorkloadIdentity", false),
    ("DisableCommitStatusEvent", false),
];

/// Gates of features that are not built yet, and of behaviour that is ours whatever they say.
const INERT_GATES: &[&str] = &[
    "CacheSecretsAndConfigMaps",
    "DisableStatusPollerCache",
    "GroupChangeLog",
    "CancelHealthCheckOnNewRevision",
    "DirectSourceFetch",
];

/// Name and version.
pub(crate) const DEFINITION: Definition = Definition {
    name: "kustomize-controller",
    version: env!("CARGO_PKG_VERSION"),
    concurrent: 4,
    gates: GATES,
    inert_gates: INERT_GATES,
};

/// This controller's own settings.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// `--concurrent-ssa`.
    pub(crate) concurrent_ssa: usize,
    /// `--create-without-dry-run` (ours).
    pub(crate) create_without_dry_run: bool,
    /// `--requeue-dependency`.
    pub(crate) requeue_dependency: Duration,
    /// `--http-retry`.
    pub(crate) http_retry: u32,
    /// `--default-service-account`; empty for none.
    pub(crate) default_service_account: String,
    /// `--default-kubeconfig-service-account`; empty for none.
    pub(crate) default_kubeconfig_service_account: String,
    /// Gate `ObjectLevelWorkloadIdentity`: tokens are issued for ServiceAccounts.
    pub(crate) object_identity: bool,
    /// `--insecure-kubeconfig-tls`.
    pub(crate) insecure_kubeconfig_tls: bool,
    /// `--no-cross-namespace-refs`.
    pub(crate) no_cross_namespace_refs: bool,
    /// `--override-manager`.
    pub(crate) overrides: Vec<String>,
    /// `--custom-apply-stage-kinds`.
    pub(crate) custom_stage_kinds: Vec<String>,
    /// `--drift-watch` (ours).
    pub(crate) drift_watch: bool,
    /// Percent.
    pub(crate) jitter_percent: u8,
    /// Gate `ExternalArtifact`.
    pub(crate) external_artifact: bool,
    /// Unless gate `DisableFailFastBehavior`.
    pub(crate) fail_fast: bool,
    /// Unless gate `DisableCommitStatusEvent`.
    pub(crate) commit_status: bool,
    /// Gate `AdditiveCELDependencyCheck`.
    pub(crate) additive_ready_expr: bool,
    /// Gate `StrictPostBuildSubstitutions`.
    pub(crate) strict_substitution: bool,
    /// Unless gate `DisableConfigWatchers`.
    pub(crate) reference_watch: bool,
    /// Gate `MigrateAPIVersion`.
    pub(crate) migrate_api_version: bool,
    /// `--min-retry-delay`, `--max-retry-delay`.
    pub(crate) retry: (Duration, Duration),
    /// `--noop-status-updates`, `--noop-events` (ours): what runs that change nothing are told of.
    pub(crate) noop: Settings,
    /// `--memory-gate` (ours): what artifacts and builds may take at a time.
    pub(crate) memory_gate: MemorySize,
    /// What one build may cost.
    pub(crate) build_limits: Limits,
    /// Decryption.
    pub(crate) sops: SopsOptions,
}

/// Settings of decryption.
#[derive(Clone, Debug, Default)]
pub(crate) struct SopsOptions {
    /// `--sops-age-secret`; empty for none.
    pub(crate) age_secret: String,
    /// Where it is.
    pub(crate) runtime_namespace: String,
    /// `--default-decryption-service-account`; empty for none.
    pub(crate) default_account: String,
    /// `--sops-vault-configmap`; empty for none. It is in `runtime_namespace`.
    pub(crate) vault_configmap: String,
    /// `--sops-verify-mac` (ours).
    pub(crate) verify: Verify,
}

impl Options {
    /// The ServiceAccount that a Kustomization applies as, if any (contract 19).
    pub(crate) fn account<'a>(&'a self, spec: &'a KustomizationSpec) -> Option<&'a str> {
        let named = spec.service_account_name.as_deref().filter(|name| !name.is_empty());
        named.or_else(|| Some(self.default_service_account.as_str()).filter(|name| !name.is_empty()))
    }
}

impl Options {
    /// The ServiceAccount whose tokens lead to a cluster where the ConfigMap names none (contract 19); empty for the
    /// controller's own. Where tenants have a default account, the controller's is nobody's (contracts/flux-2.10.md).
    pub(crate) fn kubeconfig_account(&self) -> &str {
        match self.default_kubeconfig_service_account.as_str() {
            "" => &self.default_service_account,
            account => account,
        }
    }
}

/// Handles of this controller's own flags.
pub(crate) struct Own {
    concurrent_ssa: Flag<usize>,
    create_without_dry_run: Flag<bool>,
    http_retry: Flag<usize>,
    default_service_account: Flag<String>,
    no_cross_namespace_refs: Flag<bool>,
    overrides: Flag<List>,
    overrides_before: Flag<List>,
    custom_stage_kinds: Flag<List>,
    drift_watch: Flag<bool>,
    noop_status_updates: Flag<bool>,
    noop_events: Flag<bool>,
    memory_gate: Flag<MemorySize>,
    build_steps: Flag<usize>,
    build_memory: Flag<MemorySize>,
    age_secret: Flag<String>,
    verify_mac: Flag<bool>,
    vault_configmap: Flag<String>,
    default_decryption: Flag<String>,
    default_kubeconfig: Flag<String>,
    insecure_exec: Flag<bool>,
    insecure_tls: Flag<bool>,
}

/// Declares this controller's own flags.
pub(crate) fn declare(flags: &mut FlagSet) -> Own {
    // Remote bases are never fetched yet: the restriction holds whatever the flag says.
    flags.declare_ignored::<bool>(
        "no-remote-bases",
        "false",
        "Disallow remote bases. Remote bases are not supported yet, so none is ever fetched.",
    );
    Own {
        concurrent_ssa: flags.declare("concurrent-ssa", "4", "The number of concurrent server-side apply operations."),
        create_without_dry_run: flags.declare("create-without-dry-run", "false", "Create objects that the cluster does not have without a dry-run before it: one request instead of two. An object that the API server refuses then no longer keeps the new objects of its stage from being created."),
        http_retry: flags.declare("http-retry", "9", "The maximum number of retries when failing to fetch artifacts over HTTP."),
        default_service_account: flags.declare("default-service-account", "", "Default service account used for impersonation."),
        no_cross_namespace_refs: flags.declare("no-cross-namespace-refs", "false", "When set to true, references between custom resources are allowed only if the reference and the referee are in the same namespace."),
        overrides: flags.declare("override-manager", "", "Field manager disallowed to perform changes on managed resources."),
        overrides_before: flags.declare("override-manager-before-dry-run", "", "Field manager whose ownership is reclaimed before the dry-run."),
        custom_stage_kinds: flags.declare("custom-apply-stage-kinds", "", "Kinds (group/Kind or Kind) applied in a stage of their own, before the rest."),
        drift_watch: flags.declare("drift-watch", "true", "Watch the metadata of applied objects and correct drift when it happens. When false only the interval does."),
        noop_status_updates: flags.declare("noop-status-updates", "true", "Write times and counters of status.history after a reconciliation that changed nothing, as Flux does. When false the status is written when something else in it changes."),
        noop_events: flags.declare("noop-events", "true", "Send the event that ends a reconciliation also when the reconciliation changed nothing, as Flux does. When false it is sent when something in the status changes beside times and counters."),
        memory_gate: flags.declare("memory-gate", "", "How much memory artifacts and builds may take at a time, in bytes or as a quantity, e.g. '512Mi'. Without it 70% of the container's memory limit, or 1Gi if there is none."),
        build_steps: flags.declare("build-step-limit", "50000000", "How many steps one build may take: a step is about as much as reading a small YAML node."),
        build_memory: flags.declare("build-memory-limit", "512Mi", "How much memory one build and the API server's answers about its objects may take, in bytes or as a quantity. Empty for no limit but --memory-gate."),
        age_secret: flags.declare("sops-age-secret", "", "The name of a Secret in RUNTIME_NAMESPACE with age identities, used by Kustomizations whose spec.decryption names no Secret."),
        verify_mac: flags.declare("sops-verify-mac", "true", "Refuse files that were changed after SOPS encrypted them. When false only each value is authenticated, as in Flux."),
        vault_configmap: flags.declare("sops-vault-configmap", "", "The name of a ConfigMap in RUNTIME_NAMESPACE with the Vault and OpenBao servers where tokens of ServiceAccounts may log in, and their login paths."),
        default_decryption: flags.declare("default-decryption-service-account", "", "The ServiceAccount whose identity asks key services for Kustomizations whose spec.decryption names none."),
        default_kubeconfig: flags.declare("default-kubeconfig-service-account", "", "Default service account for kubeconfig."),
        insecure_exec: flags.declare("insecure-kubeconfig-exec", "false", "Allow use of the user.exec section in kubeconfigs provided for remote apply."),
        insecure_tls: flags.declare("insecure-kubeconfig-tls", "false", "Allow that kubeconfigs provided for remote apply can disable TLS verification."),
    }
}

/// Reads the flags.
///
/// # Errors
/// Settings whose promise cannot be kept (decisions 5.3).
pub(crate) fn settings(own: &Own, flags: &FlagSet, common: &CommonArgs) -> Result<Options, FlagError> {
    // Features that do not exist yet: a set flag would be a promise that is not kept.
    for (name, set) in [
        ("override-manager-before-dry-run", !flags.get(own.overrides_before).0.is_empty()),
        ("insecure-kubeconfig-exec", flags.get(own.insecure_exec)),
    ] {
        if set {
            return Err(FlagError::Conflict(format!("--{name} is not supported yet")));
        }
    }
    let build_limits = Limits {
        steps: flags.get(own.build_steps) as u64,
        // Empty stands for no limit but the gate's.
        bytes: flags.get(own.build_memory).0.unwrap_or(u64::MAX),
    };
    if build_limits.steps == 0 {
        return Err(FlagError::Conflict("--build-step-limit must be more than zero".to_owned()));
    }
    let sops = SopsOptions {
        age_secret: flags.get(own.age_secret),
        runtime_namespace: common.runtime_namespace.clone().unwrap_or_default(),
        default_account: flags.get(own.default_decryption),
        vault_configmap: flags.get(own.vault_configmap),
        verify: if flags.get(own.verify_mac) { Verify::Required } else { Verify::Ignored },
    };
    for (name, value) in
        [("sops-age-secret", &sops.age_secret), ("sops-vault-configmap", &sops.vault_configmap)]
    {
        if !value.is_empty() && sops.runtime_namespace.is_empty() {
            return Err(FlagError::Conflict(format!("--{name} needs RUNTIME_NAMESPACE")));
        }
    }
    let (default_kubeconfig, gate) = (flags.get(own.default_kubeconfig), "ObjectLevelWorkloadIdentity");
    for (name, account) in [("kubeconfig", &default_kubeconfig), ("decryption", &sops.default_account)] {
        if !account.is_empty() && !common.gate(gate) {
            return Err(FlagError::Conflict(format!(
                "--default-{name}-service-account needs --feature-gates={gate}=true"
            )));
        }
    }
    Ok(Options {
        default_kubeconfig_service_account: default_kubeconfig,
        object_identity: common.gate(gate),
        insecure_kubeconfig_tls: flags.get(own.insecure_tls),
        concurrent_ssa: flags.get(own.concurrent_ssa),
        create_without_dry_run: flags.get(own.create_without_dry_run),
        requeue_dependency: common.requeue_dependency,
        http_retry: u32::try_from(flags.get(own.http_retry)).unwrap_or(u32::MAX),
        default_service_account: flags.get(own.default_service_account),
        no_cross_namespace_refs: flags.get(own.no_cross_namespace_refs),
        overrides: flags.get(own.overrides).0,
        custom_stage_kinds: flags.get(own.custom_stage_kinds).0,
        drift_watch: flags.get(own.drift_watch),
        jitter_percent: common.interval_jitter,
        external_artifact: common.gate("ExternalArtifact"),
        fail_fast: !common.gate("DisableFailFastBehavior"),
        commit_status: !common.gate("DisableCommitStatusEvent"),
        additive_ready_expr: common.gate("AdditiveCELDependencyCheck"),
        strict_substitution: common.gate("StrictPostBuildSubstitutions"),
        reference_watch: !common.gate("DisableConfigWatchers"),
        migrate_api_version: common.gate("MigrateAPIVersion"),
        retry: (common.min_retry_delay, common.max_retry_delay),
        noop: Settings { status: flags.get(own.noop_status_updates), events: flags.get(own.noop_events) },
        memory_gate: flags.get(own.memory_gate),
        build_limits,
        sops,
    })
}

#[cfg(test)]
mod tests;
