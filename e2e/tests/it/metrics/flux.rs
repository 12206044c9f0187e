//! What the panels of Flux's dashboards ask, with the series and labels that they use, so that they work on our controllers
//! as they are. Left out are `go_info` and `go_memstats_*`, which a Go runtime alone has: the panels "Controllers" and
//! "Memory" of the control plane's dashboard stay empty, and our dashboard has both.

/// Panel and expression.
pub(super) const EXPRESSIONS: [(&str, &str); 34] = [
    // Cluster: kube-state-metrics with Flux's configuration, or --resource-info-metrics.
    (
        "Cluster Reconcilers",
        r#"count(gotk_resource_info{exported_namespace=~"$namespace", customresource_kind=~"Kustomization|HelmRelease"})"#,
    ),
    (
        "Failing Reconcilers",
        r#"count(gotk_resource_info{exported_namespace=~"$namespace", customresource_kind=~"Kustomization|HelmRelease", ready="False"})"#,
    ),
    (
        "Manifest Sources",
        r#"count(gotk_resource_info{exported_namespace=~"$namespace", customresource_kind=~"GitRepository|HelmRepository|Bucket|OCIRepository"})"#,
    ),
    (
        "Failing Sources",
        r#"count(gotk_resource_info{exported_namespace=~"$namespace", customresource_kind=~"GitRepository|HelmRepository|Bucket|OCIRepository", ready="False"})"#,
    ),
    (
        "Reconciler ops avg duration",
        r#"sum by (kind) (rate(gotk_reconcile_duration_seconds_sum{namespace=~"$operator_namespace", exported_namespace=~"$namespace", kind=~"Kustomization|HelmRelease"}[5m])) / sum by (kind) (rate(gotk_reconcile_duration_seconds_count{namespace=~"$operator_namespace", exported_namespace=~"$namespace", kind=~"Kustomization|HelmRelease"}[5m]))"#,
    ),
    (
        "Source ops avg duration",
        r#"sum by (kind) (rate(gotk_reconcile_duration_seconds_sum{namespace=~"$operator_namespace", exported_namespace=~"$namespace", kind=~"GitRepository|HelmRepository|Bucket|OCIRepository"}[5m])) / sum by (kind) (rate(gotk_reconcile_duration_seconds_count{namespace=~"$operator_namespace", exported_namespace=~"$namespace", kind=~"GitRepository|HelmRepository|Bucket|OCIRepository"}[5m]))"#,
    ),
    (
        "Cluster reconciliation readiness",
        r#"gotk_resource_info{exported_namespace=~"$namespace", customresource_kind=~"Kustomization|HelmRelease", source_name!="", revision!=""}"#,
    ),
    (
        "Source acquisition readiness",
        r#"gotk_resource_info{exported_namespace=~"$namespace", customresource_kind=~"GitRepository|HelmRepository|Bucket|OCIRepository", url!=""}"#,
    ),
    ("Suspended Objects", r#"gotk_resource_info{exported_namespace=~"$namespace", suspended="true"}"#),
    (
        "Cluster reconciliation duration",
        r#"sum by (kind, name) (rate(gotk_reconcile_duration_seconds_sum{exported_namespace=~"$namespace", kind=~"Kustomization|HelmRelease"}[5m])) / sum by (kind, name) (rate(gotk_reconcile_duration_seconds_count{exported_namespace=~"$namespace", kind=~"Kustomization|HelmRelease"}[5m]))"#,
    ),
    (
        "Source acquisition duration",
        r#"sum by (kind, name) (rate(gotk_reconcile_duration_seconds_sum{exported_namespace=~"$namespace", kind=~"GitRepository|HelmRepository|Bucket|OCIRepository"}[5m])) / sum by (kind, name) (rate(gotk_reconcile_duration_seconds_count{exported_namespace=~"$namespace", kind=~"GitRepository|HelmRepository|Bucket|OCIRepository"}[5m]))"#,
    ),
    ("Variable namespace", "count by (exported_namespace) (gotk_reconcile_duration_seconds_count)"),
    // Control plane.
    (
        "Max Work Queue",
        r#"max(workqueue_longest_running_processor_seconds{namespace=~"$namespace", pod=~".*-controller-.*"})"#,
    ),
    (
        "Work queue depth",
        r#"sum by (name) (workqueue_depth{namespace=~"$namespace", pod=~".*-controller-.*"})"#,
    ),
    (
        "API Requests",
        r#"sum(rate(rest_client_requests_total{namespace=~"$namespace", pod=~".*-controller-.*"}[1m]))"#,
    ),
    (
        "Kubernetes API Requests, all",
        r#"sum by (code, method) (rate(rest_client_requests_total{namespace=~"$namespace", pod=~".*-controller-.*"}[1m]))"#,
    ),
    (
        "Kubernetes API Requests, non-2xx",
        r#"sum by (pod) (rate(rest_client_requests_total{namespace=~"$namespace", pod=~".*-controller-.*", code!~"2.."}[1m]))"#,
    ),
    ("CPU", r#"rate(process_cpu_seconds_total{namespace=~"$namespace", pod=~".*-controller-.*"}[1m])"#),
    (
        "Memory of processes",
        r#"process_resident_memory_bytes{namespace=~"$namespace", pod=~".*-controller-.*"}"#,
    ),
    (
        "Reconciliation duration, 50 %",
        r#"histogram_quantile(0.50, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{namespace=~"$namespace", pod=~".*-controller-.*"}[5m])))"#,
    ),
    (
        "Reconciliation duration, 90 %",
        r#"histogram_quantile(0.90, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{namespace=~"$namespace", pod=~".*-controller-.*"}[5m])))"#,
    ),
    (
        "Reconciliation duration, 99 %",
        r#"histogram_quantile(0.99, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{namespace=~"$namespace", pod=~".*-controller-.*"}[5m])))"#,
    ),
    (
        "Kustomization ops, successful",
        r#"sum(increase(controller_runtime_reconcile_total{controller="kustomization", result!="error", namespace=~"$namespace"}[1m]))"#,
    ),
    (
        "Kustomization ops, failed",
        r#"sum(increase(controller_runtime_reconcile_total{controller="kustomization", result="error", namespace=~"$namespace"}[1m]))"#,
    ),
    (
        "Git ops, successful",
        r#"sum(increase(controller_runtime_reconcile_total{controller="gitrepository", result!="error", namespace=~"$namespace"}[1m]))"#,
    ),
    (
        "Git ops, failed",
        r#"sum(increase(controller_runtime_reconcile_total{controller="gitrepository", result="error", namespace=~"$namespace"}[1m]))"#,
    ),
    (
        "OCI ops, successful",
        r#"sum(increase(controller_runtime_reconcile_total{controller="ocirepository", result!="error", namespace=~"$namespace"}[1m]))"#,
    ),
    (
        "OCI ops, failed",
        r#"sum(increase(controller_runtime_reconcile_total{controller="ocirepository", result="error", namespace=~"$namespace"}[1m]))"#,
    ),
    (
        "Bucket ops, successful",
        r#"sum(increase(controller_runtime_reconcile_total{controller="bucket", result!="error", namespace=~"$namespace"}[1m]))"#,
    ),
    (
        "Bucket ops, failed",
        r#"sum(increase(controller_runtime_reconcile_total{controller="bucket", result="error", namespace=~"$namespace"}[1m]))"#,
    ),
    (
        "Errors by controller",
        r#"sum by (controller) (rate(controller_runtime_reconcile_errors_total{namespace=~"$namespace"}[5m]))"#,
    ),
    // Alerts that people have.
    (
        "Alert: not ready",
        r#"max by (exported_namespace, name, ready, customresource_kind) (gotk_resource_info{ready!="True"})"#,
    ),
    ("Alert: suspended", r#"gotk_resource_info{suspended="true", customresource_kind="Kustomization"}"#),
    (
        "Alert: slow",
        r#"histogram_quantile(0.99, sum by (le, kind) (rate(gotk_reconcile_duration_seconds_bucket[5m])))"#,
    ),
];
