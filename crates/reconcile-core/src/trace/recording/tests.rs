//! Which spans become of what a run tells.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;
use tokio::sync::mpsc;

use super::super::outlet::{Counters, Message, Outlet};
use super::super::{Place, Tracer, belongs, count, ended, id, keep, note, settle, step, trace_id};
use super::STEPS;
use crate::key::ObjectKey;
use crate::metrics::Metrics;
use crate::telemetry::Kind;

const KIND: Kind = Kind { controller: "kustomization", group: "example.com", kind: "Kustomization" };

struct Bench {
    tracer: Tracer,
    queue: mpsc::Receiver<Message>,
    metrics: Arc<Metrics>,
}

fn bench(room: usize, ratio: f64) -> Bench {
    let metrics = Metrics::new();
    let (sender, queue) = mpsc::channel(room);
    let outlet = Outlet::new(sender, Counters::new(&metrics), ratio, "1");
    Bench { tracer: Tracer::of(outlet), queue, metrics }
}

impl Bench {
    async fn run<F: Future>(&mut self, run: F) -> Vec<SpanData> {
        drop(self.tracer.run("reconcile", KIND, &ObjectKey::new("ns", "app"), run).await);
        match self.queue.try_recv() {
            Ok(Message::Spans(spans)) => spans,
            _ => Vec::new(),
        }
    }
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes.iter().find(|known| known.key.as_str() == key).map(|known| known.value.to_string())
}

fn names(spans: &[SpanData]) -> Vec<String> {
    let failed = |span: &SpanData| if span.status == Status::Unset { "" } else { "!" };
    let parent = |span: &SpanData| {
        let parent = spans.iter().find(|other| other.span_context.span_id() == span.parent_span_id);
        parent.map_or("-", |parent| &parent.name).to_owned()
    };
    spans.iter().map(|span| format!("{}>{}{}", parent(span), span.name, failed(span))).collect()
}

#[tokio::test]
async fn steps_are_below_the_run_and_below_each_other() {
    let spans = bench(1, 1.0)
        .run(async {
            let build = step("build");
            let fetch = step("fetch");
            count("inner", 2);
            fetch.end();
            note("outer", "x");
            build.end();
            step("plan").end();
            ended("Succeeded", false);
        })
        .await;
    assert_eq!(names(&spans), ["->reconcile", "reconcile>build", "build>fetch", "reconcile>plan"]);
    let [run, build, fetch, _] = spans.as_slice() else { panic!("four spans") };
    assert_eq!(attribute(run, "k8s.object.name").as_deref(), Some("app"));
    assert_eq!(attribute(run, "flyball.reason").as_deref(), Some("Succeeded"));
    assert_eq!(attribute(build, "outer").as_deref(), Some("x"));
    assert_eq!(attribute(fetch, "inner").as_deref(), Some("2"));
    assert!(run.start_time <= build.start_time && build.start_time <= fetch.start_time);
    assert!(fetch.end_time <= build.end_time && build.end_time <= run.end_time);
}

#[tokio::test]
async fn a_failure_shows_where() {
    async fn fail() -> Result<(), ()> {
        step("resolve").end();
        let _build = step("build");
        Err(())
    }
    let spans = bench(1, 1.0)
        .run(async {
            assert!(fail().await.is_err());
            ended("BuildFailed", true);
            step("finish").end();
        })
        .await;
    assert_eq!(names(&spans), ["->reconcile!", "reconcile>resolve", "reconcile>build!", "reconcile>finish"]);
    assert_eq!(spans[0].status, Status::error("BuildFailed"));
    assert_eq!(attribute(&spans[2], "error.type").as_deref(), Some("BuildFailed"));
}

#[tokio::test]
async fn a_panic_is_a_failure() {
    let mut bench = bench(1, 1.0);
    let run = bench.tracer.run("reconcile", KIND, &ObjectKey::new("ns", "app"), async {
        keep(false);
        let _step = step("build");
        assert!(!std::hint::black_box(true), "on purpose");
    });
    assert!(tokio::spawn(run).await.unwrap_err().is_panic());
    let Ok(Message::Spans(spans)) = bench.queue.try_recv() else { panic!("spans") };
    assert_eq!(names(&spans), ["->reconcile!", "reconcile>build!"]);
}

#[tokio::test]
async fn a_revision_has_one_trace() {
    let mut bench = bench(1, 1.0);
    let trace = id::of_revision("uid", "main@sha1:1");
    let root = id::root(trace);

    let spans = bench.run(async { belongs(|| Some((Place::Root, "uid", "main@sha1:1"))) }).await;
    assert_eq!(spans[0].span_context.trace_id(), trace);
    assert_eq!((spans[0].span_context.span_id(), spans[0].parent_span_id), (root, SpanId::INVALID));
    assert!(!spans[0].parent_span_is_remote);

    let part = async {
        belongs(|| Some((Place::Part, "uid", "main@sha1:1")));
        assert_eq!(trace_id(), Some(trace.to_string()));
        step("build").end();
    };
    let spans = bench.run(part).await;
    assert_eq!(spans[0].parent_span_id, root);
    assert!(spans[0].parent_span_is_remote && !spans[1].parent_span_is_remote);
    assert!(spans.iter().all(|span| span.span_context.trace_id() == trace));

    let spans = bench.run(async { belongs(|| Some((Place::Later, "uid", "main@sha1:1"))) }).await;
    assert_ne!(spans[0].span_context.trace_id(), trace);
    assert_eq!(spans[0].links.links[0].span_context.trace_id(), trace);
    assert_eq!(spans[0].links.links[0].span_context.span_id(), root);
    assert_eq!(attribute(&spans[0], "flyball.revision").as_deref(), Some("main@sha1:1"));
}

#[tokio::test]
async fn what_is_said_last_holds() {
    let mut bench = bench(1, 1.0);
    let spans = bench
        .run(async {
            belongs(|| Some((Place::Part, "uid", "one")));
            belongs(|| Some((Place::Root, "uid", "one")));
            settle();
        })
        .await;
    assert_eq!(spans[0].span_context.span_id(), id::root(id::of_revision("uid", "one")));
    let spans = bench
        .run(async {
            belongs(|| Some((Place::Root, "uid", "one")));
            belongs::<&str>(|| None);
        })
        .await;
    assert_ne!(spans[0].span_context.trace_id(), id::of_revision("uid", "one"));
}

#[tokio::test]
async fn what_is_not_worth_it_is_not_sent() {
    assert!(bench(1, 1.0).run(async { keep(false) }).await.is_empty());
    assert!(bench(1, 0.0).run(async { settle() }).await.is_empty(), "not sampled");
    let many = async { (0..STEPS + 9).for_each(|_| step("one").end()) };
    assert_eq!(bench(1, 1.0).run(many).await.len(), STEPS + 1);
}

#[tokio::test]
async fn what_does_not_fit_is_counted() {
    let bench = bench(1, 1.0);
    for _ in 0..3 {
        bench.tracer.run("reconcile", KIND, &ObjectKey::new("ns", "app"), async { step("one").end() }).await;
    }
    let text = bench.metrics.render();
    assert!(text.contains("flyball_trace_spans_total{result=\"queue_full\"} 4"), "{text}");
}

#[tokio::test]
async fn nothing_happens_when_traces_are_off() {
    let run = async {
        step("build").end();
        note("a", "b");
        belongs::<&str>(|| panic!("nobody needs it"));
        ended("Succeeded", false);
        trace_id()
    };
    let key = ObjectKey::new("ns", "app");
    assert_eq!(Tracer::default().run("reconcile", KIND, &key, run).await, None);
    step("outside of any run").end();
}
