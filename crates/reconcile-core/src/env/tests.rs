//! The variables' names are a contract with the chart, and with Flux's manifests.

use super::{EVENTS_ADDR, HOSTNAME, METRICS_ADDR, RUNTIME_NAMESPACE, hostname};

#[test]
fn names_are_flux() {
    assert_eq!(
        [RUNTIME_NAMESPACE, METRICS_ADDR, EVENTS_ADDR, HOSTNAME],
        ["RUNTIME_NAMESPACE", "METRICS_ADDR", "EVENTS_ADDR", "HOSTNAME"]
    );
}

#[test]
fn a_host_always_has_a_name_of_one_line() {
    let name = hostname();
    assert!(!name.is_empty() && name.trim() == name && !name.contains('\n'), "{name:?}");
}
