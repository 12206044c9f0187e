//! Names as Flux's dashboards ask for them, and series that go with their object.

use std::time::Duration;

use cluster::Observe as _;
use insta::assert_snapshot;

use super::table::own;
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
fn every_family_has_the_name_type_and_help_that_dashboards_know() {
    let metrics = Metrics::new();
    let key = ObjectKey::new("ns", "a");
    metrics.max_concurrent("c", 1);
    metrics.reconciled("c", "Kind", &key, Outcome::Error, Duration::ZERO);
    metrics.panicked("c");
    metrics.set_leader("lease", false);
    metrics.event_dropped("post", "refused");
    metrics.watch_failed("/api/v1/secrets", "Forbidden");
    metrics.observe(&cluster::Call {
        method: &http::Method::GET,
        host: "h",
        path: "/api",
        watch: true,
        code: None,
        elapsed: Duration::ZERO,
    });
    let text = metrics.render();
    let heads: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| !line.contains(" process_"))
        .collect();
    assert_snapshot!(heads.join("\n"), @r"
    HELP controller_runtime_active_workers Number of currently used workers per controller
    TYPE controller_runtime_active_workers gauge
    HELP controller_runtime_max_concurrent_reconciles Maximum number of concurrent reconciles per controller
    TYPE controller_runtime_max_concurrent_reconciles gauge
    HELP controller_runtime_reconcile_errors_total Total number of reconciliation errors per controller
    TYPE controller_runtime_reconcile_errors_total counter
    HELP controller_runtime_reconcile_panics_total Total number of reconciliation panics per controller
    TYPE controller_runtime_reconcile_panics_total counter
    HELP controller_runtime_reconcile_time_seconds Length of time per reconciliation per controller
    TYPE controller_runtime_reconcile_time_seconds histogram
    HELP controller_runtime_reconcile_total Total number of reconciliations per controller
    TYPE controller_runtime_reconcile_total counter
    HELP flyball_events_dropped_total Events that were not delivered, by sink and reason
    TYPE flyball_events_dropped_total counter
    HELP flyball_watch_failures_total Failures of watches, by kind and class; kinds beyond the first hundred are counted as other.
    TYPE flyball_watch_failures_total counter
    HELP flyball_watches Watches by state: starting, synced or failing. A failing watch is tried again for ever, the log names its kind.
    TYPE flyball_watches gauge
    HELP gotk_reconcile_duration_seconds The duration in seconds of a GitOps Toolkit resource reconciliation.
    TYPE gotk_reconcile_duration_seconds histogram
    HELP leader_election_master_status Whether this process is the leader (1) or a backup (0) of the lease 'name'; the lease's holder is the Pod whose series is 1. With --enable-leader-election only.
    TYPE leader_election_master_status gauge
    HELP rest_client_requests_total Number of HTTP requests, partitioned by status code, method, and host.
    TYPE rest_client_requests_total counter
    HELP workqueue_adds_total Runs that asked for a worker
    TYPE workqueue_adds_total counter
    HELP workqueue_depth Runs that wait for a worker
    TYPE workqueue_depth gauge
    HELP workqueue_longest_running_processor_seconds How many seconds the longest running worker has been running
    TYPE workqueue_longest_running_processor_seconds gauge
    HELP workqueue_queue_duration_seconds How long in seconds a run waits for a worker
    TYPE workqueue_queue_duration_seconds histogram
    HELP workqueue_unfinished_work_seconds Seconds of work that is in progress and not yet observed by work_duration
    TYPE workqueue_unfinished_work_seconds gauge
    HELP workqueue_work_duration_seconds How long in seconds a run holds its worker
    TYPE workqueue_work_duration_seconds histogram
    ");
}

#[test]
fn what_goes_wrong_is_counted_by_its_kind() {
    let metrics = Metrics::new();
    metrics.panicked("c");
    metrics.set_leader("lease", false);
    metrics.event_dropped("post", "refused");
    metrics.watch_failed("/api/v1/secrets", "Forbidden");
    metrics.observe(&cluster::Call {
        method: &http::Method::GET,
        host: "h",
        path: "/api",
        watch: true,
        code: None,
        elapsed: Duration::ZERO,
    });
    let text = metrics.render();
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("process_")).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    controller_runtime_reconcile_panics_total{controller="c"} 1
    flyball_events_dropped_total{reason="queue_full",sink="kubernetes"} 0
    flyball_events_dropped_total{reason="queue_full",sink="post"} 0
    flyball_events_dropped_total{reason="refused",sink="kubernetes"} 0
    flyball_events_dropped_total{reason="refused",sink="post"} 1
    flyball_watch_failures_total{class="Forbidden",kind="/api/v1/secrets"} 1
    flyball_watches{state="failing"} 0
    flyball_watches{state="starting"} 0
    flyball_watches{state="synced"} 0
    leader_election_master_status{name="lease"} 0
    rest_client_requests_total{code="<error>",host="h",method="GET"} 1
    "#);
}

#[test]
fn results_have_controller_runtimes_words() {
    assert_eq!(Outcome::ALL.map(Outcome::label), ["success", "requeue_after", "requeue", "error"]);
}

#[test]
fn a_controllers_own_metrics_are_served_with_the_others() {
    let metrics = Metrics::new();
    let own = metrics.counters(&own::FETCHED).with_label_values(&["git"]);
    own.inc();
    assert!(metrics.render().contains("\nflyball_fetched_bytes_total{origin=\"git\"} 1\n"));
    metrics.on_scrape(move || own.inc_by(2));
    assert!(metrics.render().contains("\nflyball_fetched_bytes_total{origin=\"git\"} 3\n"));
    metrics.forget("Kind", &ObjectKey::new("ns", "never seen"));
}

#[test]
fn a_controllers_counters_begin_at_zero() {
    let metrics = Metrics::new();
    metrics.max_concurrent("c", 1);
    metrics.set_build("c-controller", "1.2.3");
    let text = metrics.render();
    for line in [
        "controller_runtime_reconcile_errors_total{controller=\"c\"} 0",
        "controller_runtime_reconcile_panics_total{controller=\"c\"} 0",
        "controller_runtime_reconcile_total{controller=\"c\",result=\"error\"} 0",
        "flyball_events_dropped_total{reason=\"refused\",sink=\"post\"} 0",
        "flyball_watches{state=\"failing\"} 0",
        "flyball_build_info{controller=\"c-controller\",version=\"1.2.3\"} 1",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}
