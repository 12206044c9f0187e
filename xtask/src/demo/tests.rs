//! Tests of what the demo commits and measures; the story itself is told by running it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::figures::{Figures, Rss, Spread, millis};
use super::manifests;

#[test]
fn spreads() {
    let ms = |values: &[u64]| values.iter().copied().map(Duration::from_millis).collect::<Vec<_>>();
    assert_eq!(Spread::of(ms(&[30, 10, 20])), Spread { count: 3, p50: 20.0, max: 30.0 });
    assert_eq!(Spread::of(ms(&[4, 1, 3, 2])), Spread { count: 4, p50: 2.0, max: 4.0 });
    assert_eq!(Spread::of(Vec::new()), Spread::default());
    assert!((millis(Duration::from_micros(1_234)) - 1.2).abs() < f64::EPSILON);
}

#[test]
fn figures_are_readable_and_machine_readable() {
    let figures = Figures {
        commit_to_applied_ms: 412.3,
        drift_heal_ms: Spread { count: 50, p50: 31.0, max: 88.5 },
        prune_ms: 300.0,
        requests_per_noop: Some(2),
        rss_bytes: Rss {
            source_controller: 20_000_000,
            kustomize_controller: 31_500_000,
            health_controller: 1,
        },
    };
    let read: Value = serde_json::from_str(&figures.json()).expect("JSON");
    assert_eq!(read["drift_heal_ms"]["p50"], 31.0);
    assert_eq!(read["requests_per_noop"], 2);
    assert_eq!(read["rss_bytes"]["kustomize-controller"], 31_500_000);
    let table = figures.table();
    let widths: BTreeSet<_> = table.trim().lines().map(|line| line.trim_end().chars().count()).collect();
    assert!(widths.len() <= 2, "aligned:\n{table}");
    assert!(table.contains("31.5 MB") && table.contains("412 ms"), "{table}");
}

#[test]
fn every_edit_changes_the_value_it_watches() {
    let members = manifests::members();
    assert_eq!(members.len(), manifests::FLEET_OBJECTS);
    for member in &members {
        for round in 1..=60 {
            let edit = member.edit(round);
            let changed = edit.pointer(member.pointer).expect("the watched value is edited");
            assert_ne!(changed, &member.wanted, "{} in round {round}", member.name);
        }
    }
}

#[test]
fn manifests_are_what_they_say() {
    let mut files = manifests::app("hello");
    files.extend(manifests::fleet());
    let paths: BTreeSet<_> = files.iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(paths.len(), files.len(), "every file once");
    let mut objects = 0;
    for (path, text) in &files {
        let value: Value = serde_saphyr::from_str(text).expect(path);
        if path.ends_with("kustomization.yaml") {
            let folder = path.split('/').next().unwrap_or_default();
            for resource in value["resources"].as_array().expect("resources") {
                let resource = format!("{folder}/{}", resource.as_str().unwrap_or_default());
                assert!(paths.contains(&resource), "{resource}");
            }
        } else {
            objects += 1;
            assert!(value["metadata"]["name"].is_string(), "{path}");
        }
    }
    assert_eq!(objects, manifests::APP_OBJECTS + manifests::FLEET_OBJECTS);
    for member in manifests::members() {
        let (_, text) =
            files.iter().find(|(path, _)| *path == format!("fleet/{}.yaml", member.file)).expect("a file");
        let value: Value = serde_saphyr::from_str(text).expect("YAML");
        assert_eq!(value.pointer(member.pointer), Some(&member.wanted), "{}", member.name);
    }
}
