//! Families under names that others have made known: Flux's, controller-runtime's, client-go's and the process's
//! (contracts/source-controller.md 16). Their dashboards and alerts work on these as they are.

use crate::metrics::definition::{Buckets, Definition, Served, Type, definitions};

/// controller-runtime's buckets of `controller_runtime_reconcile_time_seconds`.
const RECONCILE: Type = Type::Histogram(Buckets::List(&[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25,
    1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 60.0,
]));
/// controller-runtime's buckets of the work queue's histograms.
const QUEUE: Type =
    Type::Histogram(Buckets::List(&[1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 60.0, 300.0, 1000.0]));
/// Ten from 10 ms to 30 minutes (contract 16).
const GOTK: Type = Type::Histogram(Buckets::Exponential { first: 0.01, last: 1800.0, count: 10 });

definitions! {
    GOTK_DURATION = All "gotk_reconcile_duration_seconds" GOTK, ["kind", "name", "namespace"],
        "The duration in seconds of a GitOps Toolkit resource reconciliation.";
    RECONCILE_CONDITION = Health "gotk_reconcile_condition" Type::Gauge,
        ["kind", "name", "namespace", "type", "status"],
        "The current condition of a GitOps Toolkit resource: 1 for the status that it has. Ready of Kustomizations and of the sources that they name, Converged of Convergences. Only with --metrics-readiness.";
    RESOURCE_INFO = SourceAndKustomize "gotk_resource_info" Type::Gauge,
        ["customresource_group", "customresource_version", "customresource_kind", "exported_namespace", "name",
         "ready", "suspended", "revision", "source_name", "url", "endpoint", "bucket_name"],
        "The current state of a GitOps Toolkit resource, always 1; with --resource-info-metrics only. Labels without a value are left out.";
    RECONCILE_TOTAL = All "controller_runtime_reconcile_total" Type::Counter, ["controller", "result"],
        "Total number of reconciliations per controller";
    RECONCILE_ERRORS = All "controller_runtime_reconcile_errors_total" Type::Counter, ["controller"],
        "Total number of reconciliation errors per controller";
    RECONCILE_TIME = All "controller_runtime_reconcile_time_seconds" RECONCILE, ["controller"],
        "Length of time per reconciliation per controller";
    RECONCILE_PANICS = All "controller_runtime_reconcile_panics_total" Type::Counter, ["controller"],
        "Total number of reconciliation panics per controller";
    MAX_CONCURRENT = All "controller_runtime_max_concurrent_reconciles" Type::Gauge, ["controller"],
        "Maximum number of concurrent reconciles per controller";
    ACTIVE_WORKERS = All "controller_runtime_active_workers" Type::Gauge, ["controller"],
        "Number of currently used workers per controller";
    QUEUE_DEPTH = All "workqueue_depth" Type::Gauge, ["name", "controller"], "Runs that wait for a worker";
    QUEUE_ADDS = All "workqueue_adds_total" Type::Counter, ["name", "controller"], "Runs that asked for a worker";
    QUEUE_WAITED = All "workqueue_queue_duration_seconds" QUEUE, ["name", "controller"],
        "How long in seconds a run waits for a worker";
    QUEUE_WORKED = All "workqueue_work_duration_seconds" QUEUE, ["name", "controller"],
        "How long in seconds a run holds its worker";
    QUEUE_LONGEST = All "workqueue_longest_running_processor_seconds" Type::Gauge, ["name", "controller"],
        "How many seconds the longest running worker has been running";
    QUEUE_UNFINISHED = All "workqueue_unfinished_work_seconds" Type::Gauge, ["name", "controller"],
        "Seconds of work that is in progress and not yet observed by work_duration";
    CLIENT_REQUESTS = All "rest_client_requests_total" Type::Counter, ["code", "host", "method"],
        "Number of HTTP requests, partitioned by status code, method, and host.";
    LEADER = All "leader_election_master_status" Type::Gauge, ["name"],
        "Whether this process is the leader (1) or a backup (0) of the lease 'name'; the lease's holder is the Pod whose series is 1. With --enable-leader-election only.";
    PROCESS_CPU = All "process_cpu_seconds_total" Type::Counter, [],
        "Total user and system CPU time spent in seconds.";
    PROCESS_RESIDENT = All "process_resident_memory_bytes" Type::Gauge, [], "Resident memory size in bytes.";
    PROCESS_VIRTUAL = All "process_virtual_memory_bytes" Type::Gauge, [], "Virtual memory size in bytes.";
    PROCESS_FILES = All "process_open_fds" Type::Gauge, [], "Number of open file descriptors.";
    PROCESS_MAX_FILES = All "process_max_fds" Type::Gauge, [], "Maximum number of open file descriptors.";
    PROCESS_THREADS = All "process_threads" Type::Gauge, [], "Number of threads of the process.";
    PROCESS_START = All "process_start_time_seconds" Type::Gauge, [],
        "Start time of the process since unix epoch.";
}
