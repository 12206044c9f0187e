//! Families of our own, under `flyball_`. No label has values that nothing bounds: objects are counted, not named.

use crate::metrics::definition::{Buckets, Definition, Served, Type, definitions};

/// Seconds of what should take less than one.
const QUICK: Type = Type::Histogram(Buckets::List(&[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0,
]));
/// Seconds of what may take a moment or a month.
const LONG: Type = Type::Histogram(Buckets::List(&[
    1.0,
    5.0,
    15.0,
    60.0,
    300.0,
    900.0,
    3600.0,
    14_400.0,
    86_400.0,
    604_800.0,
    2_592_000.0,
]));
/// Numbers of requests.
const REQUESTS: Type = Type::Histogram(Buckets::List(&[
    0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0,
]));
/// From a kibibyte to a quarter of a gibibyte.
const BYTES: Type = Type::Histogram(Buckets::Exponential { first: 1024.0, last: 268_435_456.0, count: 10 });

definitions! {
    BUILD_INFO = All "flyball_build_info" Type::Gauge, ["controller", "version"],
        "Which controller this is, always 1.";
    RESOURCES = SourceAndKustomize "flyball_resources" Type::Gauge, ["kind", "state"],
        "Objects that this process reconciles, each in one state: ready, failing, progressing, stalled or suspended.";
    OVERDUE = SourceAndKustomize "flyball_overdue_intervals" Type::Gauge, ["kind"],
        "How many of its own intervals the most overdue object of a kind has been without a successful reconciliation. Suspended objects do not count.";
    RUN_REQUESTS = All "flyball_run_requests" REQUESTS, ["controller", "lane"],
        "Requests to the API server that one job made, by lane: run or heal. Events are sent beside it and do not count.";
    EVENTS_DROPPED = All "flyball_events_dropped_total" Type::Counter, ["sink", "reason"],
        "Events that were not delivered, by sink and reason";
    TRACE_SPANS = All "flyball_trace_spans_total" Type::Counter, ["result"],
        "Spans by what became of them: exported, or dropped because of queue_full, refused or unreachable. Only with --otlp-endpoint.";
    WATCHES = All "flyball_watches" Type::Gauge, ["state"],
        "Watches by state: starting, synced or failing. A failing watch is tried again for ever, the log names its kind.";
    WATCH_FAILURES = All "flyball_watch_failures_total" Type::Counter, ["kind", "class"],
        "Failures of watches, by kind and class; kinds beyond the first hundred are counted as other.";
    WATCH_RESTARTS = All "flyball_watch_restarts_total" Type::Counter, ["kind"],
        "Watches that began again with a complete list, by kind; kinds beyond the first hundred are counted as other.";
    GATE_LIMIT = SourceAndKustomize "flyball_memory_gate_limit_bytes" Type::Gauge, ["gate"],
        "Memory that may be reserved, by gate";
    GATE_RESERVED = SourceAndKustomize "flyball_memory_gate_reserved_bytes" Type::Gauge, ["gate"],
        "Memory that is reserved, by gate";
    FETCHED = SourceAndKustomize "flyball_fetched_bytes_total" Type::Counter, ["origin"],
        "Bytes received: from repositories (git, by source-controller) or as artifacts (artifact, by kustomize-controller).";
    ARTIFACT_SIZE = Source "flyball_artifact_size_bytes" BYTES, ["kind"],
        "Size of the archives that were published, by kind of source.";
    STORAGE_CAPACITY = Source "flyball_storage_capacity_bytes" Type::Gauge, [],
        "Size of the file system that artifacts are stored in.";
    STORAGE_AVAILABLE = Source "flyball_storage_available_bytes" Type::Gauge, [],
        "What is left of the file system that artifacts are stored in.";
    WEBHOOKS = Source "flyball_webhook_requests_total" Type::Counter, ["type", "code"],
        "Requests to the webhook receiver, by the type of the Receiver whose path they name (empty where none may be called there) and the status of the answer. Only with --receivers-addr.";
    BUILD_TIME = Kustomize "flyball_build_duration_seconds" QUICK, ["result"],
        "How long a build took on its thread, without the wait for it; result is success or failure.";
    RUNS = Kustomize "flyball_runs_total" Type::Counter, ["depth"],
        "Runs that came as far as objects, by how much was asked about: shallow, incremental or full.";
    HEAL_TIME = Kustomize "flyball_heal_duration_seconds" QUICK, [],
        "From the moment at which drift was seen to the moment at which the object was put back.";
    DRIFT_CORRECTED = Kustomize "flyball_drift_corrected_total" Type::Counter, ["kind", "manager"],
        "Objects that were put back after drift, by their kind and by the field manager that changed them last; a deletion has the manager none. Kinds beyond the first hundred and managers beyond the first twenty are counted as other.";
    DRIFT_FIGHTS = Kustomize "flyball_drift_fights_total" Type::Counter, [],
        "Times at which the brake began to delay heals of an object that something keeps changing.";
    DRIFTED_OBJECTS = Kustomize "flyball_drifted_objects" Type::Gauge, ["state"],
        "Objects that differ now, by state: drifted ones stay so by the mode of their Kustomization or until the brake lets them be put back, failed ones could not be put back.";
    FOUGHT_FIELDS = Kustomize "flyball_fought_fields" Type::Gauge, [],
        "Fights at present: objects in which something changes a field again as often as it is put back.";
    IGNORED_FIELDS = Kustomize "flyball_ignored_divergent_fields" Type::Gauge, [],
        "Fields that a rule of spec.ignore or an annotation leaves alone, and that differed from the manifest when their object was compared last.";
    HEAL_FAILURES = Kustomize "flyball_heal_failures_total" Type::Counter, [],
        "Objects that could not be healed; a run follows, and Ready says why.";
    INVENTORY = Kustomize "flyball_inventory_entries" Type::Gauge, [],
        "Objects in the inventories of all Kustomizations of this process.";
    INVENTORY_LARGEST = Kustomize "flyball_inventory_largest_entries" Type::Gauge, [],
        "Objects in the largest inventory.";
    CONVERGENCES = Health "flyball_convergences" Type::Gauge, ["health"],
        "Kustomizations by the health of their objects, the worst of each.";
    KUSTOMIZATIONS = Health "flyball_kustomizations" Type::Gauge, ["state", "reason"],
        "Kustomizations by the health of their objects, the worst of each, and by the reason of their Converged condition, which is Converged for those that have. Reasons beyond the first hundred are counted as other.";
    OBJECTS = Health "flyball_objects" Type::Gauge, ["state"],
        "Objects of all inventories by their health. An object that two inventories name counts twice.";
    STATE_TIME = Health "flyball_state_duration_seconds" LONG, ["state"],
        "How long the health of a Kustomization's objects, the worst of each, was what it was, observed when that ends.";
    BLOCKERS = Health "flyball_blockers" Type::Gauge, ["code"],
        "What stands in the way at present, by code, over all Kustomizations.";
    ALERTS = Health "flyball_alerts_total" Type::Counter, ["receiver", "result"],
        "Alerts by the receiver they are for and by what became of them: sent, failed (one attempt, which is repeated), refused (the receiver does not take it), or dropped after an hour of attempts or for want of room.";
    ALERTS_WAITING = Health "flyball_alerts_waiting" Type::Gauge, ["receiver"],
        "Alerts that a receiver has not taken yet.";
    ALERTS_OPEN = Health "flyball_alerts_open" Type::Gauge, ["severity"],
        "Root causes that alerts were sent for and that have not gone, by severity: error or info.";
    API_REQUESTS = Health "flyball_api_requests_total" Type::Counter, ["code"],
        "Requests to the explanation server, by the status of the answer. Only with --api-addr.";
    API_REVIEWS = Health "flyball_api_reviews_total" Type::Counter, ["kind", "result"],
        "TokenReviews and SubjectAccessReviews that the explanation server asked for, by result: allowed, denied or failed. Only with --api-addr.";
}
