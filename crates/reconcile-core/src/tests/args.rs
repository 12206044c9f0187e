//! The shared flags.

use std::ffi::OsString;
use std::time::Duration;

use crate::args::{CommonArgs, CommonFlags, Definition};
use crate::flags::{FlagError, FlagSet};
use crate::telemetry::{Encoding, Level};

const DEFINITION: Definition = Definition {
    name: "test-controller",
    version: "1",
    concurrent: 4,
    gates: &[("A", false), ("B", true)],
    inert_gates: &["B"],
};

fn parse(env: &'static [(&'static str, &'static str)], arguments: &[&str]) -> Result<CommonArgs, FlagError> {
    let mut flags = FlagSet::with_env("test-controller", move |name| {
        env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    });
    let common = CommonFlags::declare(&mut flags, DEFINITION);
    let line = std::iter::once("test").chain(arguments.iter().copied()).map(OsString::from);
    common.parse(&mut flags, line)
}

fn refused(arguments: &[&str]) -> String {
    parse(&[], arguments).map(|_| ()).expect_err("a mistake").to_string()
}

#[test]
fn defaults_are_flux() {
    let args = parse(&[], &[]).expect("valid");
    assert_eq!(
        (args.metrics_addr.as_str(), args.health_addr.as_str(), args.events_addr.as_str()),
        (":8080", ":9440", "")
    );
    assert_eq!(args.concurrent, 4);
    assert_eq!(
        (args.min_retry_delay, args.max_retry_delay),
        (Duration::from_millis(750), Duration::from_secs(900))
    );
    assert_eq!((args.log_level, args.log_encoding), (Level::Info, Encoding::Json));
    assert_eq!(args.interval_jitter, 5);
    assert!(!args.election.enabled && args.election.release_on_cancel);
    assert_eq!(args.election.lease_duration, Duration::from_secs(35));
    assert_eq!(args.election.renew_deadline, Duration::from_secs(30));
    assert_eq!(args.election.retry_period, Duration::from_secs(5));
    assert_eq!(args.election.lease, "test-controller-leader-election");
    assert_eq!((args.watch_namespace, args.watch_label_selector), (None, None));
}

#[test]
fn an_install_of_flux_is_understood() {
    let env: &[(&str, &str)] = &[("RUNTIME_NAMESPACE", "flux-system"), ("METRICS_ADDR", ":9999")];
    let args = parse(
        env,
        &[
            "--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
            "--watch-all-namespaces=false",
            "--log-level=debug",
            "--log-encoding=console",
            "--enable-leader-election",
            "--watch-label-selector=sharding.fluxcd.io/key=shard1",
            "--kube-api-qps=100",
            "--kube-api-burst",
            "500",
            "--feature-gates=A=true",
        ],
    )
    .expect("valid");
    assert_eq!(args.metrics_addr, ":9999");
    assert_eq!(args.watch_namespace.as_deref(), Some("flux-system"));
    assert_eq!(args.watch_label_selector.as_deref(), Some("sharding.fluxcd.io/key=shard1"));
    assert!(args.election.enabled && args.election.lease.starts_with("test-controller-leader-election-"));
    assert!(args.gate("A") && args.gate("B") && !args.gate("C"));
    assert_eq!(args.without_effect, ["kube-api-qps", "kube-api-burst"]);
    assert_eq!((args.log_level, args.log_encoding), (Level::Debug, Encoding::Console));
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    assert_eq!(refused(&["--feature-gates=Nope=true"]), "feature-gate 'Nope' not supported");
    assert!(refused(&["--watch-all-namespaces=false"]).contains("RUNTIME_NAMESPACE"));
    assert!(refused(&["--interval-jitter-percentage=100"]).contains("between 0 and 99"));
    assert!(refused(&["--concurrent=0"]).contains("at least 1"));
    assert!(refused(&["--log-level=loud"]).contains("--log-level"));
    assert!(refused(&["--leader-election-renew-deadline=35s"]).contains("leaseDuration"));
    assert!(refused(&["--leader-election-retry-period=29s"]).contains("renewDeadline"));
    assert_eq!(refused(&["--no-such-flag"]), "unknown flag: --no-such-flag");
}

#[test]
fn a_gate_without_effect_is_told_only_when_it_is_set_otherwise() {
    let told = |gates: &str| parse(&[], &[gates]).expect("valid").without_effect;
    assert_eq!(told("--feature-gates=A=true,B=false"), ["B"]);
    assert!(told("--feature-gates=A=true,B=true").is_empty());
}
