//! Names and labels as Prometheus wants them, and none with values that nothing bounds.

use std::collections::BTreeSet;

use super::all;
use crate::metrics::definition::Type;

/// Labels whose values are few: kinds, codes, states, parts of a process. Names of objects are allowed only where Flux
/// has them.
const BOUNDED: [&str; 22] = [
    "class",
    "code",
    "controller",
    "customresource_kind",
    "depth",
    "gate",
    "health",
    "host",
    "kind",
    "lane",
    "manager",
    "method",
    "name",
    "origin",
    "reason",
    "receiver",
    "result",
    "severity",
    "sink",
    "state",
    "type",
    "version",
];

#[test]
fn each_family_is_defined_once() {
    let names: BTreeSet<&str> = all().map(|family| family.name).collect();
    assert_eq!(names.len(), all().count());
}

#[test]
fn names_say_their_type_and_unit() {
    for family in all() {
        let is_total = family.name.ends_with("_total");
        assert_eq!(is_total, family.type_ == Type::Counter, "{}", family.name);
        assert!(!family.help.is_empty() && !family.labels.contains(&"le"), "{}", family.name);
        assert!(family.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", family.name);
    }
}

#[test]
fn no_label_of_ours_has_values_without_bound() {
    for family in all().filter(|family| family.name.starts_with("flyball_")) {
        for label in family.labels {
            assert!(BOUNDED.contains(label), "{}: {label}", family.name);
            assert!(!matches!(*label, "namespace" | "name"), "{} names objects", family.name);
        }
    }
}

#[test]
fn objects_are_named_only_where_flux_names_them() {
    let named: Vec<&str> =
        all().filter(|family| family.labels.contains(&"namespace")).map(|family| family.name).collect();
    assert_eq!(named, ["gotk_reconcile_duration_seconds", "gotk_reconcile_condition"]);
    let exported: Vec<&str> = all()
        .filter(|family| family.labels.contains(&"exported_namespace"))
        .map(|family| family.name)
        .collect();
    assert_eq!(exported, ["gotk_resource_info"]);
}
