//! Renders that cost too much, or that nobody wants any more. What costs how much is the engine's to test.

use manifest::budget::{Budget, Cancel, Exceeded, Limits};

use super::{config_map, request, tree};
use crate::{RenderError, Stage, render};

fn many() -> String {
    (0..50).map(|i| format!("-- f{i}.yaml --\n{}", config_map(&format!("c{i}")))).collect()
}

fn refused(text: &str, limits: Limits) -> RenderError {
    render(&tree(text), &request(), &Budget::new(limits, Cancel::default())).expect_err("too much")
}

#[test]
fn a_budget_is_kept_in_every_stage() {
    let text = many();
    let whole = Budget::default();
    let rendered = render(&tree(&text), &request(), &whole).expect("objects");
    let weight: usize = rendered.objects.iter().map(|object| kustomize_engine::weight(object.value())).sum();
    assert!(whole.held() >= weight as u64, "{} held for {weight}", whole.held());
    assert!(whole.held() <= weight as u64 + (1 << 20), "{} held for {weight}", whole.held());
    // Wherever the steps end, the render says so.
    for steps in (0..whole.steps()).step_by(97).chain([whole.steps() - 1]) {
        let error = refused(&text, Limits { steps, ..Limits::NONE });
        assert_eq!(error.exceeded(), Some(Exceeded::Steps(steps)), "{error}");
        assert_eq!(error.stage(), Stage::Build);
        assert!(error.to_string().starts_with("kustomize build failed: "), "{error}");
    }
    let enough = Limits { steps: whole.steps(), ..Limits::NONE };
    render(&tree(&text), &request(), &Budget::new(enough, Cancel::default())).expect("just enough");
    let error = refused(&text, Limits { bytes: 10_000, ..Limits::NONE });
    assert_eq!(error.exceeded(), Some(Exceeded::Bytes(10_000)), "{error}");
}

#[test]
fn a_cancelled_render_ends() {
    let cancel = Cancel::default();
    cancel.cancel();
    let budget = Budget::new(Limits::NONE, cancel);
    let error = render(&tree(&many()), &request(), &budget).expect_err("cancelled");
    assert_eq!(error.exceeded(), Some(Exceeded::Cancelled), "{error}");
}

#[test]
fn the_root_file_counts() {
    let error = refused(
        "-- kustomization.yaml --\nnamePrefix: a-\nresources: []\n",
        Limits { steps: 1, ..Limits::NONE },
    );
    assert_eq!(error.exceeded(), Some(Exceeded::Steps(1)), "{error}");
}
