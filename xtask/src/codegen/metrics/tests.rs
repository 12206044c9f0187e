//! What the reference says of a family.

use super::files;
use reconcile_core::metrics::table;

#[test]
fn every_family_has_a_row() {
    let files = files();
    let text = files.values().next().unwrap();
    for family in table::all() {
        assert!(text.contains(&format!("\n| `{}` | ", family.name)), "{}", family.name);
    }
    assert!(text.contains(
        "| `flyball_drift_corrected_total` | counter | `kind`, `manager` | kustomize-controller | "
    ));
    assert!(text.contains("(10 buckets, from 0.01 to 1800) |"), "{text}");
}
