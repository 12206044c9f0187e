//! The ledger, and in which order things are recorded and sent.

mod carried;
mod creations;

use super::Ledger;
use crate::fault::FaultKind;
use crate::reconcile::build::{Built, Depth};
use crate::samples::{Fixture, Reply, applied, change, config_map, id, ids, input, object};
use ::apply::Action;
use ::apply::inventory::Ids;
use carried::{carry_out, steps};
use manifest::Manifest;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn everything_intended_is_recorded_before_the_first_write_and_once() {
    let mut ledger = Ledger::new(ids(&["old"]), ids(&["new"]));
    assert_eq!(ledger.due(&ids(&["old"])), Some(ids(&["new", "old"])));
    // Stored already by chance: that work has begun is to be said all the same.
    assert_eq!(ledger.due(&ids(&["new", "old"])), Some(ids(&["new", "old"])));
    ledger.recorded = true;
    assert_eq!(ledger.due(&ids(&["new", "old"])), None);
    // A kind that is only known now.
    ledger.intended.insert(&id("late"), "v1");
    assert_eq!(ledger.due(&ids(&["new", "old"])), Some(ids(&["late", "new", "old"])));
}

#[test]
fn a_failure_keeps_what_was_stored_or_sent() {
    let mut ledger = Ledger::new(ids(&["old"]), ids(&["never", "sent"]));
    assert_eq!(ledger.kept(), None, "nothing was recorded, nothing shrinks");
    ledger.recorded = true;
    ledger.attempted.insert(&id("sent"), "v1");
    assert_eq!(ledger.kept(), Some(ids(&["old", "sent"])));
}

#[test]
fn a_failure_lists_what_earlier_stages_wrote() {
    let mut ledger = Ledger::new(Ids::default(), Ids::default());
    ledger.changes.push(change("made", Action::Created));
    ledger.changes.push(change("same", Action::Unchanged));
    ledger.changes.push(change("this-stage", Action::Configured));
    insta::assert_snapshot!(ledger.failure("it was refused", 2).message, @r"
    it was refused
    ConfigMap/ns/made created
    ");
}

#[tokio::test(start_paused = true)]
async fn objects_are_recorded_before_the_first_is_applied() {
    let fixture = Fixture::with_spec(json!({})).await;
    let done = carry_out(&fixture, Depth::Incremental, vec![config_map("b"), config_map("a")]).await.unwrap();
    assert!(!done.shallow);
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    dry-run ns/configmaps/b
    record [a, b] Reconciling=True Ready=Unknown
    apply ns/configmaps/a
    apply ns/configmaps/b
    ");
    insta::assert_snapshot!(fixture.events().await, @r"
    Normal Progressing: ConfigMap/ns/a created
    ConfigMap/ns/b created
    ");
    assert!(fixture.memory.builds.input().is_some(), "the input is complete");
}

#[tokio::test(start_paused = true)]
async fn an_object_in_a_new_namespace_is_recorded_first_and_asked_about_last() {
    let fixture = Fixture::with_spec(json!({})).await;
    let inner = object("v1", "ConfigMap", "a", &json!({"metadata": {"namespace": "new"}}));
    let outer = object("v1", "Namespace", "new", &json!({"metadata": {"namespace": null}}));
    carry_out(&fixture, Depth::Incremental, vec![inner, outer]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run namespaces/new
    record [new, a] Reconciling=True Ready=Unknown
    apply namespaces/new
    dry-run new/configmaps/a
    apply new/configmaps/a
    ");
}

#[tokio::test(start_paused = true)]
async fn what_is_unchanged_is_neither_recorded_nor_applied() {
    let fixture = Fixture::with_spec(json!({})).await;
    carry_out(&fixture, Depth::Incremental, vec![config_map("a")]).await.unwrap();
    fixture.requests();
    fixture.script.on(|sent| (sent.verb == "dry-run").then(|| Reply::Json(200, applied(&sent.body, 7))));
    let done = carry_out(&fixture, Depth::Full, vec![config_map("a")]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @"dry-run ns/configmaps/a");
    assert_eq!(done.changes[0].action, Action::Unchanged);
    fixture.events().await;
    // What is known to be right is not even asked about.
    carry_out(&fixture, Depth::Incremental, vec![config_map("a")]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @"");
    insta::assert_snapshot!(fixture.events().await, @"");
}

#[tokio::test(start_paused = true)]
async fn a_shallow_run_sends_nothing_and_completes_its_input() {
    let fixture = Fixture::with_spec(json!({})).await;
    let done = carry_out(&fixture, Depth::Shallow, Vec::new()).await.unwrap();
    assert!(done.shallow && done.changes.is_empty());
    assert_eq!(fixture.requests(), "");
    assert!(fixture.memory.builds.input().is_some());
    assert!(
        fixture.memory.builds.full_pass_due().is_some(),
        "the first run's objects were asked about before"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_apply_does_not_end_its_stage() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.script.on(|sent| {
        sent.is("apply ns/configmaps/b").then(|| Reply::refused(403, "Forbidden", "no")).flatten()
    });
    let objects = ["a", "b", "c"].map(config_map).to_vec();
    let fault = carry_out(&fixture, Depth::Incremental, objects).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Apply);
    insta::assert_snapshot!(fault.message, @"ConfigMap/ns/b apply failed: no");
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    dry-run ns/configmaps/b
    dry-run ns/configmaps/c
    record [a, b, c] Reconciling=True Ready=Unknown
    apply ns/configmaps/a
    apply ns/configmaps/b
    apply ns/configmaps/c
    ");
    assert_eq!(fixture.stored.inventory(), ["a", "b", "c"], "what was sent stays recorded");
    assert!(fixture.memory.builds.input().is_none(), "a failed run is repeated");
    assert_eq!(fixture.events().await, "", "the failure's own event names them");
}

/// The class' stage comes first; what the second stage asks about is refused again.
#[tokio::test(start_paused = true)]
async fn what_was_never_sent_does_not_stay_recorded() {
    let fixture = Fixture::new(
        &json!({"status": {"inventory": {"entries": [{"id": "ns_old__ConfigMap", "v": "v1"}]}}}),
    )
    .await;
    fixture.script.on(|sent| {
        sent.is("dry-run ns/configmaps/a").then(|| Reply::refused(403, "Forbidden", "no")).flatten()
    });
    let class =
        object("storage.k8s.io/v1", "StorageClass", "fast", &json!({"metadata": {"namespace": null}}));
    let fault = carry_out(&fixture, Depth::Incremental, vec![config_map("a"), class]).await.err().unwrap();
    insta::assert_snapshot!(fault.message, @r"
    ConfigMap/ns/a dry-run failed (Forbidden): no
    StorageClass/fast created
    ");
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run storageclasses/fast
    dry-run ns/configmaps/a
    get ns/configmaps/a
    record [fast, a, old] Reconciling=True Ready=Unknown
    apply storageclasses/fast
    dry-run ns/configmaps/a
    get ns/configmaps/a
    record [fast, old]
    ");
    assert_eq!(fixture.stored.inventory(), ["fast", "old"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_applied_while_the_record_cannot_be_written() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.stored.refusals.lock().push(500);
    let fault = carry_out(&fixture, Depth::Incremental, vec![config_map("a")]).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Status);
    assert!(!fixture.requests().contains("apply"));
}

/// The old object is held by a finalizer when a newer input comes in.
#[tokio::test(start_paused = true)]
async fn a_newer_input_ends_the_wait_for_an_old_object() {
    let fixture = Fixture::with_spec(json!({"force": true})).await;
    let token = fixture.lent.control.token().clone();
    fixture.script.on(move |sent| match sent.verb {
        // Under another name it is accepted.
        "dry-run" if sent.path.ends_with("/a") => Reply::refused(422, "Invalid", "it cannot be changed"),
        "get" => Reply::ok(applied(config_map("a").value(), 5)),
        "delete" => {
            token.cancel();
            None
        }
        _ => None,
    });
    let fault = carry_out(&fixture, Depth::Incremental, vec![config_map("a")]).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Cancelled);
    let requests = fixture.requests();
    assert!(!requests.contains("apply"), "{requests}");
    assert_eq!(fixture.stored.inventory(), ["a"], "it was recorded before it was deleted");
}

#[tokio::test(start_paused = true)]
async fn a_field_that_was_left_out_is_reported() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.script.on(|sent| {
        let strange = sent.verb == "dry-run" && sent.body.get("strange").is_some();
        let message = "failed to create typed patch object (ns/a; /v1, Kind=ConfigMap): .strange: field not declared in schema";
        strange.then(|| Reply::refused(500, "", message)).flatten()
    });
    let strange = object("v1", "ConfigMap", "a", &json!({"strange": 1}));
    carry_out(&fixture, Depth::Incremental, vec![strange]).await.unwrap();
    insta::assert_snapshot!(fixture.events().await, @r"
    Warning UndeclaredField: ConfigMap/ns/a: field .strange is not declared in the schema and was left out
    Normal Progressing: ConfigMap/ns/a created
    ");
}

/// Definitions that were written may serve new kinds.
#[tokio::test(start_paused = true)]
async fn a_stage_that_does_not_become_ready_ends_the_run() {
    let fixture = Fixture::with_spec(json!({})).await;
    let spec = json!({"metadata": {"namespace": null}, "spec": {
        "group": "example.com", "names": {"kind": "Thing", "plural": "things"}, "scope": "Namespaced"}});
    let definition =
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.example.com", &spec);
    let thing = object("example.com/v1", "Thing", "t", &json!({}));
    let fault = carry_out(&fixture, Depth::Incremental, vec![definition, thing]).await.err().unwrap();
    insta::assert_snapshot!(fault.message, @r"
    timeout waiting for: [CustomResourceDefinition/things.example.com status: 'InProgress']
    CustomResourceDefinition/things.example.com created
    ");
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run customresourcedefinitions/things.example.com
    record [things.example.com, t] Reconciling=True Ready=Unknown
    apply customresourcedefinitions/things.example.com
    watch customresourcedefinitions fieldSelector=metadata.name=things.example.com
    record [things.example.com]
    ");
    assert_eq!(fixture.stored.inventory(), ["things.example.com"]);
}

/// What happens to one object of a story: a name, whether its kind's stage is the classes', and what is refused.
#[derive(Clone, Copy, Debug)]
struct Part {
    class: bool,
    dry_run_refused: bool,
    apply_refused: bool,
    recorded: bool,
    declared: bool,
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let part = (any::<bool>(), 0_u8..8, 0_u8..4, any::<bool>(), 0_u8..4).prop_map(
        |(class, dry, apply, recorded, declared)| Part {
            class,
            dry_run_refused: dry == 0,
            apply_refused: apply == 0,
            recorded,
            declared: declared > 0,
        },
    );
    prop::collection::vec(part, 1..6)
}

fn part_object(part: Part, name: &str) -> Manifest {
    if part.class {
        object("storage.k8s.io/v1", "StorageClass", name, &json!({"metadata": {"namespace": null}}))
    } else {
        config_map(name)
    }
}

/// Plays a story; the transcript and the inventory at its end.
fn play(parts: &[Part], write_refused: bool) -> (String, Vec<String>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let named: Vec<(String, Part)> =
            parts.iter().enumerate().map(|(n, part)| (format!("o{n}"), *part)).collect();
        let mut stored = Ids::default();
        for (name, part) in named.iter().filter(|(_, part)| part.recorded) {
            stored.insert(&part_object(*part, name).id(), "v1");
        }
        let inventory = stored.to_inventory();
        let fixture = Fixture::new(&json!({"status": {"inventory": inventory}})).await;
        let refused = named.clone();
        fixture.script.on(move |sent| {
            let (_, part) = refused.iter().find(|(name, _)| sent.path.ends_with(&format!("/{name}")))?;
            let no = (sent.verb == "dry-run" && part.dry_run_refused)
                || (sent.verb == "apply" && part.apply_refused);
            no.then(|| Reply::refused(403, "Forbidden", "no")).flatten()
        });
        if write_refused {
            fixture.stored.refusals.lock().push(500);
        }
        let declared = named.iter().filter(|(_, part)| part.declared);
        let objects = declared.map(|(name, part)| part_object(*part, name)).collect();
        // Whether the run succeeds is not what this is about.
        drop(carry_out(&fixture, Depth::Incremental, objects).await);
        (fixture.requests(), fixture.stored.inventory())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// At every instant, whatever is refused on the way, the stored inventory names everything that was sent to be
    /// applied; and where the record could be written, what a run leaves recorded was recorded before or was sent.
    #[test]
    fn what_is_sent_is_recorded(parts in parts(), write_refused in any::<bool>()) {
        let (transcript, left) = play(&parts, write_refused);
        let before: BTreeSet<String> =
            (0..parts.len()).filter(|n| parts[*n].recorded).map(|n| format!("o{n}")).collect();
        let (mut recorded, mut sent) = (before.clone(), BTreeSet::new());
        for line in transcript.lines() {
            if let Some(names) = line.strip_prefix("record [").and_then(|rest| rest.split_once(']')) {
                recorded = names.0.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
                prop_assert!(sent.is_subset(&recorded), "{}", transcript);
            }
            if let Some(path) = line.strip_prefix("apply ") {
                let name = path.rsplit('/').next().unwrap().to_owned();
                prop_assert!(recorded.contains(&name), "{} was sent first:\n{}", name, transcript);
                sent.insert(name);
            }
        }
        for name in left.into_iter().filter(|_| !write_refused) {
            prop_assert!(before.contains(&name) || sent.contains(&name), "{} is recorded for nothing:\n{}", name, transcript);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_set_lets_other_namespaces_have_their_turn() {
    let fixture = Fixture::with_spec(json!({})).await;
    let objects: Vec<Manifest> = (0..250).map(|n| config_map(&format!("n{n:03}"))).collect();
    let other = fixture.lent.beside("other").await;
    let turns = async {
        let mut asked = Vec::new();
        for _ in 0..4 {
            let permit = other.permit().await.unwrap();
            asked.push(fixture.requests().lines().count());
            drop(permit);
        }
        asked
    };
    let (done, asked) = futures::join!(carry_out(&fixture, Depth::Incremental, objects), turns);
    assert_eq!(done.unwrap().changes.len(), 250);
    // Requests between two turns: pieces of dry-runs, then the rest of those, the record, and a piece of applies.
    assert_eq!(asked, [0, 100, 100, 151]);
}

/// Applied once, and changed by somebody since.
async fn drifted(mode: &str) -> Fixture {
    let fixture = Fixture::new(&json!({"metadata": {"annotations": {api::labels::DRIFT_MODE: mode}}})).await;
    carry_out(&fixture, Depth::Incremental, vec![valued("a", "1"), valued("b", "1")]).await.unwrap();
    fixture.requests();
    fixture.events().await;
    fixture.memory.objects.observe(&id("a"), crate::samples::present(9, 2));
    let edited = |name: &str| {
        let mut live = applied(valued(name, "edited").value(), 9);
        live["metadata"]["managedFields"] = json!([{
            "manager": "somebody", "operation": "Update", "fieldsV1": {"f:data": {"f:key": {}}},
        }]);
        live
    };
    fixture.script.on(move |sent| match sent.verb {
        "dry-run" => Some(Reply::Json(200, applied(&sent.body, 9))),
        "get" => Some(Reply::Json(200, edited("a"))),
        _ => None,
    });
    fixture
}

fn valued(name: &str, value: &str) -> Manifest {
    object("v1", "ConfigMap", name, &json!({"data": {"key": value}}))
}

fn told(fixture: &Fixture) -> Vec<String> {
    let status = fixture.drift_report().unwrap_or_default();
    let line = |object: &api::drift_report::DriftedObject| {
        let paths: String = object
            .paths
            .iter()
            .map(|path| format!(" {} {}", path.path, path.live.as_deref().unwrap_or("-")))
            .collect();
        let name = object.id.split('_').nth(1).unwrap_or_default();
        format!("{name} {:?}{}{paths}", object.state, if object.deleted { " deleted" } else { "" })
    };
    status.objects.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn drift_that_a_run_finds_is_put_back_and_told() {
    let fixture = drifted("Heal").await;
    carry_out(&fixture, Depth::Incremental, vec![valued("a", "1"), valued("b", "1")]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    get ns/configmaps/a
    apply ns/configmaps/a
    ");
    assert_eq!(told(&fixture), ["a Healed /data/key \"edited\""]);
}

#[tokio::test(start_paused = true)]
async fn in_mode_report_a_run_applies_what_git_changed_and_nothing_else() {
    let fixture = drifted("Report").await;
    let done = carry_out(&fixture, Depth::Full, vec![valued("a", "1"), valued("b", "2")]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    dry-run ns/configmaps/b
    get ns/configmaps/a
    apply ns/configmaps/b
    ");
    let actions: Vec<_> =
        done.changes.iter().map(|change| (change.id.name.as_str(), change.action)).collect();
    assert_eq!(actions, [("a", Action::Unchanged), ("b", Action::Configured)]);
    assert_eq!(told(&fixture), ["a Drifted /data/key \"edited\""]);
    assert!(!fixture.memory.objects.is_settled(), "the next run asks again");
    // Git changes the drifted one: it is applied as always.
    carry_out(&fixture, Depth::Incremental, vec![valued("a", "2"), valued("b", "2")]).await.unwrap();
    assert!(fixture.requests().ends_with("apply ns/configmaps/a"));
    assert_eq!(told(&fixture), ["a Healed /data/key \"edited\""]);
}

/// The first run of a process does not know what was applied, unless the history says that it was this very input.
#[tokio::test(start_paused = true)]
async fn after_a_restart_the_history_tells_drift_from_news() {
    for repeats in [false, true] {
        let fixture = drifted("Report").await;
        for name in ["a", "b"] {
            fixture.memory.objects.forget([id(name)]);
        }
        let (scope, resolved, mut recorder) = (fixture.scope(), fixture.resolved(), fixture.recorder());
        recorder.resolved(&resolved);
        let objects = vec![valued("a", "1")];
        let built = Built { depth: Depth::Incremental, objects, input: input(), memory: None, repeats };
        steps(&scope, &mut recorder, &resolved, built).await.unwrap();
        assert_eq!(fixture.requests().contains("apply"), !repeats);
        assert_eq!(told(&fixture).len(), usize::from(repeats));
        let dirty = fixture.memory.objects.observe(&id("a"), crate::samples::present(11, 3));
        assert!(dirty == crate::memory::Word::Drift, "the watch tells when it changes again");
    }
}

/// Nothing can be in a namespace that is gone.
#[tokio::test(start_paused = true)]
async fn in_mode_report_what_is_in_a_deleted_namespace_is_told_and_not_waited_for() {
    let fixture =
        Fixture::new(&json!({"metadata": {"annotations": {api::labels::DRIFT_MODE: "Report"}}})).await;
    let inner = || object("v1", "ConfigMap", "a", &json!({"metadata": {"namespace": "new"}}));
    let outer = || object("v1", "Namespace", "new", &json!({"metadata": {"namespace": null}}));
    carry_out(&fixture, Depth::Incremental, vec![inner(), outer()]).await.unwrap();
    fixture.requests();
    let done = carry_out(&fixture, Depth::Full, vec![inner(), outer()]).await.unwrap();
    assert_eq!(fixture.requests(), "dry-run namespaces/new");
    assert_eq!(done.changes.len(), 2);
    assert_eq!(told(&fixture), ["new Drifted deleted", "a Drifted deleted"]);
}

/// Requests about objects since the last call.
fn asked(fixture: &Fixture) -> String {
    let requests = fixture.requests();
    requests.lines().filter(|line| !line.starts_with("record")).collect::<Vec<_>>().join("\n")
}

/// One line for each field that is left alone.
fn left_alone(fixture: &Fixture) -> Vec<String> {
    let status = fixture.drift_report().unwrap_or_default();
    let line = |field: &api::drift_report::IgnoredField| {
        let (desired, live) = (field.desired.as_deref().unwrap_or("-"), field.live.as_deref().unwrap_or("-"));
        format!("{} {desired} -> {live} by {}", field.path, field.rule)
    };
    status.ignored.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn fields_that_rules_ignore_are_told_where_they_are_looked_at_anyway() {
    let ignore = json!({"ignore": [{"paths": ["/metadata/labels/x"]}, {"paths": ["/data/key"]}]});
    let fixture = Fixture::with_spec(ignore).await;
    fixture.script.on(|sent| match sent.verb {
        "dry-run" => Some(Reply::Json(200, applied(&sent.body, 9))),
        "get" => Some(Reply::Json(200, applied(valued("a", "theirs").value(), 9))),
        _ => None,
    });
    let run = || carry_out(&fixture, Depth::Full, vec![valued("a", "1")]);
    run().await.unwrap();
    assert_eq!(asked(&fixture), "dry-run ns/configmaps/a\nget ns/configmaps/a");
    assert_eq!(left_alone(&fixture), ["/data/key \"1\" -> \"theirs\" by spec.ignore[1]"]);
    run().await.unwrap();
    assert!(fixture.drift_report().is_none(), "nothing has changed");
    fixture
        .script
        .on(|sent| (sent.verb == "get").then(|| Reply::Json(200, applied(valued("a", "1").value(), 9))));
    run().await.unwrap();
    assert_eq!(fixture.ctx.drift.figures().ignored, 0);
}

/// Such an object is read and not dry-run: one request as before.
#[tokio::test(start_paused = true)]
async fn an_object_that_is_not_changed_is_read_and_compared() {
    let with = |directive: &str, value: &str| {
        let (key, wanted) = directive.split_once(' ').unwrap();
        let annotations = json!({format!("kustomize.toolkit.fluxcd.io/{key}"): wanted});
        let more = json!({"metadata": {"annotations": annotations}, "data": {"key": value}});
        object("v1", "ConfigMap", "a", &more)
    };
    for directive in ["ssa IfNotPresent", "ssa Ignore", "reconcile disabled"] {
        let fixture = Fixture::with_spec(json!({})).await;
        let live = applied(with(directive, "theirs").value(), 9);
        fixture.script.on(move |sent| (sent.verb == "get").then(|| Reply::Json(200, live.clone())));
        let done = carry_out(&fixture, Depth::Full, vec![with(directive, "1")]).await.unwrap();
        assert_eq!(done.changes[0].action, Action::Skipped);
        assert_eq!(asked(&fixture), "get ns/configmaps/a", "{directive}");
        let rule = directive.replace(' ', ": ");
        let wanted = format!("/data/key \"1\" -> \"theirs\" by kustomize.toolkit.fluxcd.io/{rule}");
        assert_eq!(left_alone(&fixture), [wanted]);
        fixture.memory.objects.observe(&id("a"), crate::samples::present(9, 1));
        carry_out(&fixture, Depth::Incremental, vec![with(directive, "1")]).await.unwrap();
        assert_eq!(asked(&fixture), "", "between full passes nothing is asked");
    }
    // One that is not there yet is made.
    let fixture = Fixture::with_spec(json!({})).await;
    carry_out(&fixture, Depth::Full, vec![with("ssa IfNotPresent", "1")]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @r"
    get ns/configmaps/a
    dry-run ns/configmaps/a
    record [a] Reconciling=True Ready=Unknown
    apply ns/configmaps/a
    ");
}

#[tokio::test(start_paused = true)]
async fn what_a_run_could_not_put_back_is_told_with_its_reason() {
    let fixture = drifted("Heal").await;
    fixture
        .script
        .on(|sent| (sent.verb == "apply").then(|| Reply::refused(403, "Forbidden", "no")).flatten());
    assert!(carry_out(&fixture, Depth::Incremental, vec![valued("a", "1"), valued("b", "1")]).await.is_err());
    assert_eq!(told(&fixture), ["a Failed /data/key \"edited\""]);
    // Somebody else put it right: nothing was healed, and nothing differs.
    fixture.memory.objects.observe(&id("a"), crate::samples::present(11, 3));
    fixture.script.on(|sent| match sent.verb {
        "dry-run" => Some(Reply::Json(200, applied(&sent.body, 11))),
        "get" => Some(Reply::Json(200, applied(valued("a", "1").value(), 11))),
        "apply" => Some(Reply::Json(200, applied(&sent.body, 11))),
        _ => None,
    });
    carry_out(&fixture, Depth::Incremental, vec![valued("a", "1"), valued("b", "1")]).await.unwrap();
    assert_eq!(fixture.ctx.drift.figures().failed, 0);
    assert_eq!(told(&fixture), Vec::<String>::new());
}
