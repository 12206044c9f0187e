//! The shared flags.

use std::ffi::OsString;
use std::time::Duration;

use super::{CommonArgs, CommonFlags, Definition, lease_name};
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
fn a_gate_without_effect_is_logged_only_when_it_is_set_otherwise() {
    let logged = |gates: &str| parse(&[], &[gates]).expect("valid").without_effect;
    assert_eq!(logged("--feature-gates=A=true,B=false"), ["B"]);
    assert!(logged("--feature-gates=A=true,B=true").is_empty());
}

#[test]
fn lease_names_carry_the_shard() {
    assert_eq!(lease_name("kustomize-controller", None), "kustomize-controller-leader-election");
    assert_eq!(lease_name("c", Some("")), "c-leader-election");
    // printf 'sharding.fluxcd.io/key=shard1' | sha256sum
    assert_eq!(lease_name("c", Some("sharding.fluxcd.io/key=shard1")), format!("c-leader-election-{SHARD1}"));
    assert_ne!(lease_name("c", Some("a")), lease_name("c", Some("b")));
}

const SHARD1: &str = "73fdc1be";

#[test]
fn every_flag_reaches_its_value() {
    let args = parse(
        &[("METRICS_ADDR", ":1"), ("EVENTS_ADDR", "http://from-env/")],
        &[
            "--metrics-addr=:2",
            "--health-addr=0",
            "--concurrent=7",
            "--requeue-dependency=1s",
            "--interval-jitter-percentage=0",
            "--min-retry-delay=2s",
            "--max-retry-delay=3s",
            "--leader-election-release-on-cancel=false",
            "--leader-election-lease-duration=60s",
            "--leader-election-renew-deadline=40s",
            "--leader-election-retry-period=8s",
            "--kubeconfig=/k",
            "--context=c",
        ],
    )
    .expect("valid");
    assert_eq!((args.metrics_addr.as_str(), args.health_addr.as_str()), (":2", "0"), "flags win");
    assert_eq!(args.events_addr, "http://from-env/");
    assert_eq!((args.concurrent, args.interval_jitter), (7, 0));
    let seconds = [args.requeue_dependency, args.min_retry_delay, args.max_retry_delay].map(|d| d.as_secs());
    assert_eq!(seconds, [1, 2, 3]);
    let election = args.election;
    assert!(!election.release_on_cancel && !election.enabled);
    let seconds = [election.lease_duration, election.renew_deadline, election.retry_period];
    assert_eq!(seconds.map(|d| d.as_secs()), [60, 40, 8]);
    assert_eq!(args.kubeconfig.as_deref(), Some(std::path::Path::new("/k")));
    assert_eq!((args.context.as_deref(), args.runtime_namespace), (Some("c"), None));
}

#[test]
fn limits_of_an_election_are_client_gos() {
    let election = |lease: &str, renew: &str, retry: &str| {
        let flags = [
            format!("--leader-election-lease-duration={lease}"),
            format!("--leader-election-renew-deadline={renew}"),
            format!("--leader-election-retry-period={retry}"),
        ];
        parse(&[], &flags.iter().map(String::as_str).collect::<Vec<_>>()).map(|_| ())
    };
    assert!(election("31s", "30s", "24s").is_ok());
    assert!(election("30s", "30s", "5s").is_err(), "the lease must outlast its renewal");
    assert!(election("35s", "30s", "25s").is_err(), "25 s with jitter are 30 s");
    assert!(election("35s", "30s", "0s").is_err(), "no pause would be a storm");
}

#[test]
fn the_help_text_names_every_shared_flag() {
    let mut flags = FlagSet::with_env("test-controller", |_| None);
    let _ = CommonFlags::declare(&mut flags, DEFINITION);
    let usage = flags.usage();
    let names: Vec<&str> = usage.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    insta::assert_snapshot!(names.join("\n"), @r"
    --concurrent
    --context
    --enable-leader-election
    --events-addr
    --feature-gates
    --health-addr
    --interval-jitter-percentage
    --kube-api-burst
    --kube-api-qps
    --kubeconfig
    --leader-election-lease-duration
    --leader-election-release-on-cancel
    --leader-election-renew-deadline
    --leader-election-retry-period
    --log-encoding
    --log-level
    --max-retry-delay
    --metrics-addr
    --min-retry-delay
    --otlp-endpoint
    --otlp-headers-file
    --otlp-sampling-ratio
    --requeue-dependency
    --resource-info-metrics
    --token-cache-max-duration
    --token-cache-max-size
    --watch-all-namespaces
    --watch-configs-label-selector
    --watch-label-selector
    ");
}

#[test]
fn an_environment_that_is_wrong_is_refused_as_a_flag_is() {
    let mut flags = FlagSet::with_env("test", |name| (name == "NUMBER").then(|| "many".to_owned()));
    let _ = flags.declare_env::<usize>("number", "NUMBER", "1", "A number.");
    let error = flags.parse([OsString::from("test")]).expect_err("not a number");
    assert!(error.to_string().starts_with("invalid argument \"many\" for \"--number\" flag"), "{error}");
}
