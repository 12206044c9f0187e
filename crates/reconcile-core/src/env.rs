//! Every environment variable that the shared code reads.

/// Where the controller runs: its lease lives there, and `--watch-all-namespaces=false` watches nothing else.
pub const RUNTIME_NAMESPACE: &str = "RUNTIME_NAMESPACE";
/// Default of `--metrics-addr`.
pub const METRICS_ADDR: &str = "METRICS_ADDR";
/// Default of `--events-addr`.
pub const EVENTS_ADDR: &str = "EVENTS_ADDR";
/// The pod's host name: identity in leases and events. Without it the kernel's.
pub const HOSTNAME: &str = "HOSTNAME";
/// Default of `--otlp-endpoint`.
pub const OTEL_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// How traces are to be encoded: for traces alone, and for everything.
pub const OTEL_PROTOCOL: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
/// Milliseconds that sending traces may take.
pub const OTEL_TIMEOUT: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
/// Certificates that the receiver of traces is trusted by.
pub const OTEL_CERTIFICATE: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];
/// What traces call the controller, instead of its own name.
pub const OTEL_SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

/// The host name, as a pod sees it.
pub fn hostname() -> String {
    std::env::var(HOSTNAME)
        .ok()
        .filter(|name| !name.is_empty())
        .or_else(|| {
            std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned())
        })
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests;
