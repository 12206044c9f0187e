//! Log lines, in both encodings, and which are written.

use std::sync::Arc;

use insta::assert_snapshot;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{Encoding, Kind, Level, Lines, line, object_span, targets};
use crate::key::ObjectKey;

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is not an object"),
    }
}

#[test]
fn a_line_has_flux_fields() {
    let at = "2026-01-02T03:04:05.6789Z".parse().expect("a time");
    let text = line(
        Encoding::Json,
        "error",
        "kustomize_controller::reconcile",
        at,
        fields(json!({
            "message": "it \"failed\"\nbadly", "controller": "kustomization", "controllerGroup": "kustomize.toolkit.fluxcd.io",
            "controllerKind": "Kustomization", "name": "a", "namespace": "ns", "reconcileID": "id", "error": "no",
            "level": "forged", "count": 3, "output": {"ConfigMap/ns/a": "created"},
        })),
    );
    assert_eq!(text.matches('\n').count(), 1, "one line: {text}");
    let read: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        read,
        json!({
            "level": "error", "ts": "2026-01-02T03:04:05.678Z", "logger": "kustomize_controller.reconcile",
            "msg": "it \"failed\"\nbadly", "controller": "kustomization",
            "controllerGroup": "kustomize.toolkit.fluxcd.io", "controllerKind": "Kustomization",
            "Kustomization": {"name": "a", "namespace": "ns"}, "name": "a", "namespace": "ns", "reconcileID": "id",
            "error": "no", "count": 3, "output": {"ConfigMap/ns/a": "created"},
        })
    );
    assert!(text.starts_with("{\"level\":\"error\",\"ts\":\""), "{text}");
}

#[test]
fn the_console_form_is_for_people() {
    let at = "2026-01-02T03:04:05Z".parse().expect("a time");
    let text = line(Encoding::Console, "info", "a::b", at, fields(json!({"message": "hello", "n": 1})));
    assert_eq!(text, "2026-01-02T03:04:05.000Z\tINFO\ta.b\thello\t{\"n\":1}\n");
    assert_eq!(line(Encoding::Console, "info", "a", at, Map::new()), "2026-01-02T03:04:05.000Z\tINFO\ta\t\n");
}

const CLOCK: fn() -> jiff::Timestamp = || "2026-01-02T03:04:05.6789Z".parse().expect("a time");

/// What `log` writes at a level.
fn written(level: Level, encoding: Encoding, log: impl FnOnce()) -> String {
    let text = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&text);
    let lines = Lines { encoding, clock: CLOCK, write: move |line: &str| sink.lock().push_str(line) };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(targets(level)));
    tracing::subscriber::with_default(subscriber, log);
    text.lock().clone()
}

#[test]
fn every_type_of_field_keeps_its_type() {
    let text = written(Level::Info, Encoding::Json, || {
        let error: &(dyn std::error::Error + 'static) = &std::fmt::Error;
        tracing::info!(text = "t", shown = %7, debug = ?Some(7), whole = -7, large = u64::MAX, part = 0.5,
            yes = true, error, "done");
    });
    assert_snapshot!(text, @r#"{"level":"info","ts":"2026-01-02T03:04:05.678Z","logger":"reconcile_core.telemetry.tests","msg":"done","debug":"Some(7)","error":"an error occurred when formatting an argument","large":18446744073709551615,"part":0.5,"shown":"7","text":"t","whole":-7,"yes":true}"#);
}

#[test]
fn a_field_of_json_is_written_as_a_value() {
    let text = written(Level::Info, Encoding::Json, || {
        tracing::info!(json.output = r#"{"ConfigMap/ns/a":"created"}"#, json.broken = "{", "applied");
    });
    assert_snapshot!(text, @r#"{"level":"info","ts":"2026-01-02T03:04:05.678Z","logger":"reconcile_core.telemetry.tests","msg":"applied","broken":"{","output":{"ConfigMap/ns/a":"created"}}"#);
}

#[test]
fn a_warning_is_information_and_disappears_with_it() {
    let log = || {
        tracing::warn!("careful");
        tracing::error!("broken");
    };
    assert_snapshot!(written(Level::Info, Encoding::Json, log), @r#"
    {"level":"info","ts":"2026-01-02T03:04:05.678Z","logger":"reconcile_core.telemetry.tests","msg":"careful"}
    {"level":"error","ts":"2026-01-02T03:04:05.678Z","logger":"reconcile_core.telemetry.tests","msg":"broken"}
    "#);
    assert_snapshot!(written(Level::Error, Encoding::Json, log), @r#"{"level":"error","ts":"2026-01-02T03:04:05.678Z","logger":"reconcile_core.telemetry.tests","msg":"broken"}"#);
}

#[test]
fn lines_within_a_span_carry_its_fields_and_the_inner_ones_win() {
    let text = written(Level::Info, Encoding::Json, || {
        let outer =
            tracing::info_span!("outer", controller = "bucket", name = "a", later = tracing::field::Empty);
        let _outer = outer.enter();
        tracing::info!("before");
        outer.record("later", 7);
        let _inner = tracing::info_span!("inner", name = "b").entered();
        tracing::info!(controller = "c", "after");
    });
    assert_snapshot!(text, @r#"
    {"level":"info","ts":"2026-01-02T03:04:05.678Z","logger":"reconcile_core.telemetry.tests","msg":"before","controller":"bucket","name":"a"}
    {"level":"info","ts":"2026-01-02T03:04:05.678Z","logger":"reconcile_core.telemetry.tests","msg":"after","controller":"c","later":7,"name":"b"}
    "#);
}

#[test]
fn a_run_of_an_object_has_flux_fields_and_a_number_of_its_own() {
    let kind =
        Kind { controller: "kustomization", group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" };
    let lines: Vec<Value> = (0..2)
        .map(|_| {
            let text = written(Level::Error, Encoding::Json, || {
                let _span = object_span(kind, &ObjectKey::new("ns", "a")).entered();
                tracing::error!("failed");
            });
            serde_json::from_str(&text).expect("JSON")
        })
        .collect();
    assert_ne!(lines[0]["reconcileID"], lines[1]["reconcileID"]);
    let id = lines[0]["reconcileID"].as_str().expect("text").to_owned();
    assert_eq!(id.len(), 36, "a UUID: {id}");
    assert_snapshot!(lines[0].to_string().replace(&id, "ID"), @r#"{"Kustomization":{"name":"a","namespace":"ns"},"controller":"kustomization","controllerGroup":"kustomize.toolkit.fluxcd.io","controllerKind":"Kustomization","level":"error","logger":"reconcile_core.telemetry.tests","msg":"failed","name":"a","namespace":"ns","reconcileID":"ID","ts":"2026-01-02T03:04:05.678Z"}"#);
}

#[test]
fn the_console_form_shows_fields_after_the_message() {
    let text = written(Level::Debug, Encoding::Console, || {
        tracing::debug!(count = 3, "first");
        tracing::error!("second");
    });
    assert_snapshot!(text, @r#"
    2026-01-02T03:04:05.678Z	DEBUG	reconcile_core.telemetry.tests	first	{"count":3}
    2026-01-02T03:04:05.678Z	ERROR	reconcile_core.telemetry.tests	second
    "#);
}

#[test]
fn libraries_are_quiet_unless_everything_is_asked_for() {
    use tracing::Level as L;
    for (level, target, enabled) in [
        (Level::Info, "kustomize_controller::heal", vec![L::INFO, L::WARN, L::ERROR]),
        (Level::Error, "kustomize_controller::heal", vec![L::ERROR]),
        (Level::Debug, "kustomize_controller::heal", vec![L::DEBUG, L::INFO, L::WARN, L::ERROR]),
        (Level::Debug, "hyper_util::client", vec![]),
        (Level::Info, "kube_client::client", vec![]),
        (Level::Trace, "kube_runtime::watcher", vec![L::DEBUG, L::INFO, L::WARN, L::ERROR]),
    ] {
        let targets = targets(level);
        let all = [L::TRACE, L::DEBUG, L::INFO, L::WARN, L::ERROR];
        let open: Vec<L> = all.into_iter().filter(|at| targets.would_enable(target, at)).collect();
        assert_eq!(open, enabled, "{level:?} {target}");
    }
}

#[test]
fn levels_and_encodings_are_read_as_flux_reads_them() {
    assert_eq!(Level::parse("INFO"), Some(Level::Info));
    assert_eq!(Level::parse("trace"), Some(Level::Trace));
    assert_eq!(Level::parse("warn"), None, "Flux has no such level");
    assert_eq!(
        (Encoding::parse("json"), Encoding::parse("console")),
        (Some(Encoding::Json), Some(Encoding::Console))
    );
    assert_eq!(Encoding::parse("JSON"), None);
}

#[test]
fn a_line_without_a_message_and_one_whose_message_is_a_number_are_lines_too() {
    let at = CLOCK();
    let numbered = fields(json!({"message": 7, "msg": "forged", "ts": "forged", "logger": "forged"}));
    assert_snapshot!(line(Encoding::Json, "info", "a", at, numbered), @r#"{"level":"info","ts":"2026-01-02T03:04:05.678Z","logger":"a","msg":"7"}"#);
    assert_snapshot!(line(Encoding::Json, "info", "a", at, Map::new()), @r#"{"level":"info","ts":"2026-01-02T03:04:05.678Z","logger":"a","msg":""}"#);
}
