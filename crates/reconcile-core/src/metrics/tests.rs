//! Names as Flux's dashboards ask for them, and series that go with their object.

use std::time::Duration;

use cluster::Observe as _;

use super::process::{Stat, resident_kilobytes};
use super::{Metrics, Outcome};
use crate::key::ObjectKey;

#[test]
fn series_have_flux_names_and_go_with_the_object() {
    let metrics = Metrics::new();
    let key = ObjectKey::new("ns", "a");
    metrics.max_concurrent("kustomization", 4);
    metrics.reconciled(
        "kustomization",
        "Kustomization",
        &key,
        Outcome::RequeueAfter,
        Duration::from_millis(20),
    );
    metrics.reconciled("kustomization", "Kustomization", &key, Outcome::Error, Duration::from_millis(20));
    metrics.set_leader("lease", true);
    let method = http::Method::PATCH;
    metrics.observe(&cluster::Call {
        method: &method,
        host: "h:6443",
        path: "/api",
        watch: false,
        code: Some(200),
        elapsed: Duration::ZERO,
    });
    let text = metrics.render();
    for line in [
        "gotk_reconcile_duration_seconds_count{kind=\"Kustomization\",name=\"a\",namespace=\"ns\"} 2",
        "gotk_reconcile_duration_seconds_bucket{kind=\"Kustomization\",name=\"a\",namespace=\"ns\",le=\"0.01\"} 0",
        "controller_runtime_reconcile_total{controller=\"kustomization\",result=\"requeue_after\"} 1",
        "controller_runtime_reconcile_total{controller=\"kustomization\",result=\"error\"} 1",
        "controller_runtime_reconcile_errors_total{controller=\"kustomization\"} 1",
        "controller_runtime_max_concurrent_reconciles{controller=\"kustomization\"} 4",
        "controller_runtime_active_workers{controller=\"kustomization\"} 0",
        "workqueue_depth{controller=\"kustomization\",name=\"kustomization\"} 0",
        "workqueue_longest_running_processor_seconds{controller=\"kustomization\",name=\"kustomization\"} 0",
        "rest_client_requests_total{code=\"200\",host=\"h:6443\",method=\"PATCH\"} 1",
        "leader_election_master_status{name=\"lease\"} 1",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    let last = text
        .lines()
        .filter(|line| line.starts_with("gotk_reconcile_duration_seconds_bucket"))
        .filter_map(|line| line.split("le=\"").nth(1)?.split('"').next())
        .filter(|bound| *bound != "+Inf")
        .filter_map(|bound| bound.parse::<f64>().ok())
        .fold(0.0, f64::max);
    assert!((last - 1800.0).abs() < 0.01, "{last}");
    metrics.forget("Kustomization", &key);
    assert!(!metrics.render().contains("name=\"a\""));
}

#[test]
fn workers_are_counted_while_they_work() {
    let metrics = Metrics::new();
    let waiting = metrics.queued("bucket");
    assert!(metrics.render().contains("workqueue_depth{controller=\"bucket\",name=\"bucket\"} 1"));
    let working = waiting.begin();
    let text = metrics.render();
    assert!(text.contains("workqueue_depth{controller=\"bucket\",name=\"bucket\"} 0"));
    assert!(text.contains("controller_runtime_active_workers{controller=\"bucket\"} 1"));
    drop(working);
    let text = metrics.render();
    assert!(text.contains("controller_runtime_active_workers{controller=\"bucket\"} 0"));
    assert!(text.contains("workqueue_work_duration_seconds_count{controller=\"bucket\",name=\"bucket\"} 1"));
}

#[test]
fn proc_files_are_read_whatever_the_command_is_called() {
    let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 7 0 100 1048576 300 18446744073709551615 1";
    assert_eq!(Stat::parse(stat), Some(Stat::new(150.0, 50.0, 7.0, 1_048_576.0)));
    assert_eq!(Stat::parse("nonsense"), None);
    assert_eq!(resident_kilobytes("Name:\tx\nVmRSS:\t   1234 kB\n"), Some(1234.0));
    assert_eq!(resident_kilobytes("Name:\tx\n"), None);
}

#[cfg(target_os = "linux")]
#[test]
fn this_process_has_memory() {
    let text = Metrics::new().render();
    let line =
        text.lines().find(|line| line.starts_with("process_resident_memory_bytes ")).expect("the gauge");
    let bytes: f64 = line.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a number");
    assert!(bytes > 100_000.0, "{bytes}");
}
