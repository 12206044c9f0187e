//! Flags and gates: defaults, what they set, and what is refused.

use super::{DEFINITION, GATES, INERT_GATES, Options, declare, settings};
use crate::samples::{kustomization, options};
use reconcile_core::args::CommonFlags;
use reconcile_core::flags::{FlagError, FlagSet};
use serde_json::{Value, json};
use std::ffi::OsString;

fn read(arguments: &[&str]) -> Result<Options, FlagError> {
    let mut flags = FlagSet::with_env(DEFINITION.name, |_| None);
    let common = CommonFlags::declare(&mut flags, DEFINITION);
    let own = declare(&mut flags);
    let common =
        common.parse(&mut flags, std::iter::once(&DEFINITION.name).chain(arguments).map(OsString::from))?;
    settings(&own, &flags, &common)
}

#[test]
fn defaults_are_flux_s() {
    insta::assert_snapshot!(format!("{:#?}", read(&[]).unwrap()), @r#"
    Options {
        concurrent_ssa: 4,
        create_without_dry_run: false,
        requeue_dependency: 30s,
        http_retry: 9,
        default_service_account: "",
        default_kubeconfig_service_account: "",
        object_identity: false,
        insecure_kubeconfig_tls: false,
        no_cross_namespace_refs: false,
        overrides: [],
        custom_stage_kinds: [],
        drift_watch: true,
        jitter_percent: 5,
        external_artifact: false,
        fail_fast: true,
        commit_status: true,
        additive_ready_expr: false,
        strict_substitution: true,
        reference_watch: true,
        migrate_api_version: false,
        retry: (
            750ms,
            900s,
        ),
        noop: Settings {
            status: true,
            events: true,
        },
        memory_gate: MemorySize(
            None,
        ),
        build_limits: Limits {
            steps: 50000000,
            bytes: 536870912,
        },
        sops: SopsOptions {
            age_secret: "",
            runtime_namespace: "",
            default_account: "",
            vault_configmap: "",
            verify: Required,
        },
    }
    "#);
}

#[test]
fn flags_reach_their_setting() {
    let options = read(&[
        "--concurrent-ssa=9",
        "--requeue-dependency=7s",
        "--http-retry=3",
        "--default-service-account=default",
        "--no-cross-namespace-refs=true",
        "--override-manager=helm",
        "--override-manager=argo",
        "--custom-apply-stage-kinds=example.com/Thing",
        "--drift-watch=false",
        "--noop-status-updates=false",
        "--noop-events=false",
        "--memory-gate=512Mi",
        "--interval-jitter-percentage=11",
        "--min-retry-delay=2s",
        "--max-retry-delay=3m",
        "--feature-gates=ExternalArtifact=true,DisableFailFastBehavior=true,DisableCommitStatusEvent=true,ObjectLevelWorkloadIdentity=true",
        "--default-kubeconfig-service-account=reacher",
        "--insecure-kubeconfig-tls=true",
    ])
    .unwrap();
    insta::assert_snapshot!(format!("{options:#?}"), @r#"
    Options {
        concurrent_ssa: 9,
        create_without_dry_run: false,
        requeue_dependency: 7s,
        http_retry: 3,
        default_service_account: "default",
        default_kubeconfig_service_account: "reacher",
        object_identity: true,
        insecure_kubeconfig_tls: true,
        no_cross_namespace_refs: true,
        overrides: [
            "helm",
            "argo",
        ],
        custom_stage_kinds: [
            "example.com/Thing",
        ],
        drift_watch: false,
        jitter_percent: 11,
        external_artifact: true,
        fail_fast: false,
        commit_status: false,
        additive_ready_expr: false,
        strict_substitution: true,
        reference_watch: true,
        migrate_api_version: false,
        retry: (
            2s,
            180s,
        ),
        noop: Settings {
            status: false,
            events: false,
        },
        memory_gate: MemorySize(
            Some(
                536870912,
            ),
        ),
        build_limits: Limits {
            steps: 50000000,
            bytes: 536870912,
        },
        sops: SopsOptions {
            age_secret: "",
            runtime_namespace: "",
            default_account: "",
            vault_configmap: "",
            verify: Required,
        },
    }
    "#);
}

#[test]
fn a_promise_that_cannot_be_kept_is_refused() {
    for flag in ["override-manager-before-dry-run=a", "insecure-kubeconfig-exec=true"] {
        let error = read(&[&format!("--{flag}")]).unwrap_err().to_string();
        assert_eq!(error, format!("--{} is not supported yet", flag.split('=').next().unwrap()));
    }
    for harmless in [
        "no-remote-bases=true",
        "sops-verify-mac=false",
        "insecure-kubeconfig-exec=false",
        "insecure-kubeconfig-tls=true",
    ] {
        assert!(read(&[&format!("--{harmless}")]).is_ok(), "{harmless}");
    }
    assert!(read(&["--feature-gates=NoSuchGate=true"]).is_err());
    for which in ["kubeconfig", "decryption"] {
        let flag = format!("--default-{which}-service-account");
        let gate = "--feature-gates=ObjectLevelWorkloadIdentity=true";
        let error = read(&[&format!("{flag}=a")]).unwrap_err().to_string();
        assert_eq!(error, format!("{flag} needs {gate}"));
        assert!(read(&[&format!("{flag}=a"), gate]).is_ok());
    }
    let error = read(&["--sops-vault-configmap=a"]).unwrap_err().to_string();
    assert_eq!(error, "--sops-vault-configmap needs RUNTIME_NAMESPACE");
}

#[test]
fn gates_that_do_something_are_not_inert() {
    let known = |name: &&str| GATES.iter().any(|(gate, _)| gate == name);
    assert!(INERT_GATES.iter().all(known));
    let live: Vec<&str> =
        GATES.iter().map(|(gate, _)| *gate).filter(|gate| !INERT_GATES.contains(gate)).collect();
    assert_eq!(
        live,
        [
            "DisableFailFastBehavior",
            "StrictPostBuildSubstitutions",
            "AdditiveCELDependencyCheck",
            "ExternalArtifact",
            "DisableConfigWatchers",
            "MigrateAPIVersion",
            "ObjectLevelWorkloadIdentity",
            "DisableCommitStatusEvent"
        ]
    );
}

#[test]
fn the_account_is_the_spec_s_or_the_default() {
    let account = |default: &str, spec: Value| {
        let options = Options { default_service_account: default.into(), ..options() };
        options.account(&kustomization(&json!({ "spec": spec })).spec).map(str::to_owned)
    };
    assert_eq!(account("", json!({})), None);
    assert_eq!(account("", json!({"serviceAccountName": ""})), None);
    assert_eq!(account("", json!({"serviceAccountName": "own"})).as_deref(), Some("own"));
    assert_eq!(account("default", json!({})).as_deref(), Some("default"));
    assert_eq!(account("default", json!({"serviceAccountName": ""})).as_deref(), Some("default"));
    assert_eq!(account("default", json!({"serviceAccountName": "own"})).as_deref(), Some("own"));
}

/// Where tenants have a default account, the controller's own is nobody's.
#[test]
fn the_account_that_leads_to_a_cluster_by_default() {
    let of = |default: &str, kubeconfig: &str| {
        let options = Options {
            default_service_account: default.into(),
            default_kubeconfig_service_account: kubeconfig.into(),
            ..options()
        };
        options.kubeconfig_account().to_owned()
    };
    assert_eq!(of("", ""), "");
    assert_eq!(of("", "reacher"), "reacher");
    assert_eq!(of("tenant", ""), "tenant");
    assert_eq!(of("tenant", "reacher"), "reacher");
}

#[test]
fn the_reference_of_flags_is_current() {
    assert_eq!(reconcile_core::reference::check(DEFINITION, declare), Ok(()));
}
