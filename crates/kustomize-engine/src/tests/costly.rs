//! Inputs that cost much more than their size: each ends at a limit, with a bound on what it took until then, and so does
//! each of its kind. What ordinary builds cost stands in `tests/golden.rs`.

use std::fmt::Write as _;

use manifest::budget;

use crate::{Budget, Cancel, Error, Exceeded, Files, Options, build};

/// Small limits, so that the tests end soon: what is within them is not what is tested.
const LIMITS: budget::Limits = budget::Limits { steps: 300_000, bytes: 24 << 20 };
/// What one charge may be above the steps that are left: charges come before the work.
const WORK: u64 = 64 << 20;

fn run(files: &[(&str, &str)], limits: budget::Limits) -> (Result<usize, Error>, Budget) {
    let tree: Files = files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect();
    let budget = Budget::new(limits, Cancel::default());
    let options = Options { budget: Some(budget.clone()), ..Options::default() };
    (build(&tree, "", &options).map(|built| built.objects.len()), budget)
}

/// The build takes too many steps.
#[track_caller]
fn too_long(files: &[(&str, &str)]) {
    let (built, budget) = run(files, LIMITS);
    let error = built.expect_err("too many steps");
    assert_eq!(error.exceeded(), Some(Exceeded::Steps(LIMITS.steps)), "{error}");
    assert!(error.to_string().len() < 4096, "{error}");
    assert!(budget.held() <= LIMITS.bytes, "{}", budget.held());
    assert!(budget.steps() < WORK, "{}", budget.steps());
}

/// The build holds too much.
#[track_caller]
fn too_heavy(files: &[(&str, &str)]) {
    let limits = budget::Limits { steps: 20_000_000, ..LIMITS };
    let (built, _) = run(files, limits);
    let error = built.expect_err("too many bytes");
    assert_eq!(error.exceeded(), Some(Exceeded::Bytes(LIMITS.bytes)), "{error}");
    assert!(error.to_string().len() < 4096, "{error}");
}

fn config_maps(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, i| {
        _ = write!(text, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{i}}}\ndata: {{a: b}}\n");
        text
    })
}

fn repeated(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn bases_that_double() {
    let texts: Vec<(String, String)> = (0..20)
        .map(|i| {
            let next = i + 1;
            let below = format!("namePrefix: p{i}-\nresources: [../a{next}, ../b{next}]\n");
            [(format!("a{i}/kustomization.yaml"), below.clone()), (format!("b{i}/kustomization.yaml"), below)]
        })
        .flat_map(<[(String, String); 2]>::from)
        .collect();
    let mut files: Vec<(&str, &str)> =
        texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("a20/kustomization.yaml", "commonLabels: {a: b}\n"));
    files.push(("b20/kustomization.yaml", "commonLabels: {a: b}\n"));
    files.push(("kustomization.yaml", "resources: [a0]\n"));
    too_long(&files);
}

#[test]
fn patches_with_expressions_for_targets() {
    let objects = config_maps(1000);
    let patches = |name: fn(usize) -> String| {
        let list = repeated(2000, |i| {
            format!(
                "- {{patch: '[{{\"op\": \"test\", \"path\": \"/a\"}}]', target: {{name: '{}'}}}}\n",
                name(i)
            )
        });
        format!("resources: [r.yaml]\npatches:\n{list}")
    };
    for name in [
        |i| format!("x{i}.*"),
        |_| "x+".to_owned(),
        |i| format!("x.{i}"),
        |i| format!("(a|b){{9{}}}", i % 90),
    ] {
        too_long(&[("kustomization.yaml", &patches(name)), ("r.yaml", &objects)]);
    }
}

#[test]
fn label_selectors_are_read_once_and_every_comparison_counts() {
    let labels = repeated(400, |i| format!("l{i}: v, "));
    let object = |i: usize| {
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{i}, labels: {{{labels}}}}}\n")
    };
    let objects = repeated(200, object);
    let selector = repeated(200, |i| format!("l{i},"));
    let patch = format!(
        "- {{patch: '[{{\"op\": \"remove\", \"path\": \"/x\"}}]', target: {{labelSelector: '{selector}nope'}}}}\n"
    );
    let top = format!("resources: [r.yaml]\npatches:\n{}", patch.repeat(20));
    too_long(&[("kustomization.yaml", &top), ("r.yaml", &objects)]);
}

#[test]
fn images_with_expressions() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n";
    let images = repeated(8000, |i| format!("- {{name: 'x(a|b)*{i}', newTag: b}}\n"));
    let top = format!("resources: [r.yaml]\nimages:\n{images}");
    // Each is kept for the object that it is held against.
    too_heavy(&[("kustomization.yaml", &top), ("r.yaml", pod)]);
}

#[test]
fn replacements_times_objects_and_texts_in_fields() {
    let objects = config_maps(1000);
    let entry = "- {sourceValue: v, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]}\n";
    let top = format!("resources: [r.yaml]\nreplacements:\n{}", entry.repeat(300));
    too_long(&[("kustomization.yaml", &top), ("r.yaml", &objects)]);
    let inside = repeated(1000, |i| format!("    k{i}: v\n"));
    let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  a: |\n{inside}");
    let paths = repeated(500, |i| format!("data.a.k{i},"));
    let top = format!(
        "resources: [r.yaml]\nreplacements:\n- {{sourceValue: v, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [{paths}]}}]}}\n"
    );
    too_long(&[("kustomization.yaml", &top), ("r.yaml", &object)]);
}

#[test]
fn operations_that_move_or_copy_much() {
    let list = "x,".repeat(20_000);
    let object = format!("apiVersion: v1\nkind: Foo\nmetadata: {{name: a}}\nlist: [{list}]\n");
    for operation in [
        "- {op: add, path: /list/0, value: a}\n",
        "- {op: copy, from: /list, path: /other}\n- {op: remove, path: /other}\n",
        "- {op: move, from: /list/0, path: /list/-}\n",
        "- {op: add, path: /list/0, value: a}\n- {op: remove, path: /list/0}\n",
    ] {
        let top = "resources: [r.yaml]\npatches: [{path: p.yaml, target: {kind: Foo}}]\n";
        let patch = operation.repeat(3000);
        let files = [("kustomization.yaml", top), ("p.yaml", &*patch), ("r.yaml", &*object)];
        let (built, _) = run(&files, LIMITS);
        let exceeded = built.expect_err(operation).exceeded();
        assert!(
            matches!(exceeded, Some(Exceeded::Steps(_) | Exceeded::Bytes(_))),
            "{operation}: {exceeded:?}"
        );
    }
}

#[test]
fn lists_that_merge_by_key() {
    let ports = repeated(3000, |i| format!("      - {{containerPort: {i}, protocol: TCP}}\n"));
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    ports:\n{ports}"
    );
    let top = "resources: [r.yaml]\npatches: [{path: p.yaml}]\n";
    too_long(&[("kustomization.yaml", top), ("p.yaml", &pod), ("r.yaml", &pod)]);
}

#[test]
fn definitions_that_double() {
    let definition = |i: usize| {
        let next = i + 1;
        format!(
            "D{i}: {{Schema: {{properties: {{a: {{$ref: D{next}}}, b: {{$ref: D{next}}}, kind: {{}}, apiVersion: {{}}, metadata: {{}}}}}}}}\n"
        )
    };
    let crd = repeated(40, definition);
    too_long(&[("kustomization.yaml", "crds: [c.yaml]\ncommonLabels: {a: b}\n"), ("c.yaml", &crd)]);
}

#[test]
fn texts_that_are_multiplied() {
    let objects = config_maps(1000);
    let long = "x".repeat(64 << 10);
    for field in [
        format!("namePrefix: {long}\n"),
        format!("nameSuffix: {long}\n"),
        format!("namespace: {long}\n"),
        format!("commonAnnotations: {{a: {long}}}\n"),
        format!("commonLabels: {{? {long} : a}}\n"),
        format!("labels: [{{pairs: {{a: {long}}}}}]\n"),
        format!(
            "replacements: [{{sourceValue: {long}, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [data.a]}}]}}]\n"
        ),
        format!(
            "patches: [{{patch: '{{apiVersion: v1, kind: ConfigMap, metadata: {{name: n}}, data: {{x: {long}}}}}', target: {{kind: ConfigMap}}}}]\n"
        ),
        format!(
            "patches: [{{patch: '[{{\"op\": \"add\", \"path\": \"/data/x\", \"value\": \"{long}\"}}]', target: {{kind: ConfigMap}}}}]\n"
        ),
    ] {
        let top = format!("resources: [r.yaml]\n{field}");
        too_heavy(&[("kustomization.yaml", &top), ("r.yaml", &objects)]);
    }
}

#[test]
fn one_value_in_many_fields_of_one_object() {
    let fields = repeated(1000, |i| format!("  k{i}: v\n"));
    let long = "x".repeat(64 << 10);
    let object =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  long: {long}\n{fields}");
    let paths = repeated(1000, |i| format!("data.k{i},"));
    let top = format!(
        "resources: [r.yaml]\nreplacements: [{{source: {{kind: ConfigMap, fieldPath: data.long}}, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [{paths}]}}]}}]\n"
    );
    too_heavy(&[("kustomization.yaml", &top), ("r.yaml", &object)]);
}

#[test]
fn aliases_in_many_files() {
    let file = |i: usize| {
        let aliases = "*a,".repeat(40);
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{i}}}\nx: &a [{}]\ny: [{aliases}]\n",
            "x,".repeat(100)
        )
    };
    let texts: Vec<(String, String)> = (0..100).map(|i| (format!("f{i}.yaml"), file(i))).collect();
    let names = repeated(100, |i| format!("f{i}.yaml,"));
    let top = format!("resources: [{names}]\n");
    let mut files: Vec<(&str, &str)> =
        texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("kustomization.yaml", &top));
    too_heavy(&files);
}

#[test]
fn a_cancelled_build_ends_at_its_next_step() {
    let cancel = Cancel::default();
    cancel.cancel();
    let budget = Budget::new(budget::Limits::NONE, cancel);
    let tree: Files = [("kustomization.yaml", &b"namePrefix: a\n"[..])].into_iter().collect();
    let options = Options { budget: Some(budget.clone()), ..Options::default() };
    let error = build(&tree, "", &options).unwrap_err();
    assert_eq!(error.exceeded(), Some(Exceeded::Cancelled), "{error}");
    assert_eq!(budget.steps(), 0);
}

#[test]
fn what_is_held_is_what_is_returned() {
    let objects = config_maps(500);
    let top = "resources: [r.yaml]\nnamePrefix: a-\nnamespace: ns\ncommonLabels: {a: b}\ncommonAnnotations: {c: d}\n\
               images: [{name: x, newTag: v1}]\npatches: [{patch: '[{\"op\": \"add\", \"path\": \"/data/z\", \"value\": \"1\"}]', target: {kind: ConfigMap}}]\n";
    let tree: Files =
        [("kustomization.yaml", top.as_bytes()), ("r.yaml", objects.as_bytes())].into_iter().collect();
    let budget = Budget::default();
    let options = Options { budget: Some(budget.clone()), ..Options::default() };
    let built = build(&tree, "", &options).expect("a build");
    let weight: usize = built.objects.iter().map(crate::weight).sum();
    assert_eq!(budget.held(), weight as u64);
}

#[test]
fn an_expression_is_bounded_in_size_and_in_each_match() {
    let objects = config_maps(1);
    let long = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\n", "a".repeat(1 << 20));
    for (name, object) in
        [("a{900}b{900}c*", &*long), (&*"a|".repeat(20_000), &*objects), ("(\\pL{30}){30}", &*objects)]
    {
        let top = format!(
            "resources: [r.yaml]\npatches: [{{patch: '[]', target: {{name: '{name}'}}}}, {{patch: '[{{\"op\": \"remove\", \"path\": \"/x\"}}]', target: {{name: '{name}'}}}}]\n"
        );
        let (built, _) = run(&[("kustomization.yaml", &top), ("r.yaml", object)], budget::Limits::NONE);
        let error = built.expect_err("too large");
        assert!(error.to_string().contains("regular expression"), "{error}");
    }
}

#[test]
fn what_large_sensible_builds_cost() {
    let deployment = |i: usize| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d{i}\n  labels: {{app: d{i}, tier: web}}\nspec:\n  \
             replicas: 2\n  selector: {{matchLabels: {{app: d{i}}}}}\n  template:\n    metadata: {{labels: {{app: d{i}}}}}\n    spec:\n      \
             containers:\n      - name: main\n        image: example/web:1.0\n        args: [--a, --b]\n        env:\n        - {{name: A, value: x}}\n        \
             - {{name: B, valueFrom: {{configMapKeyRef: {{name: settings, key: b}}}}}}\n        ports: [{{containerPort: 80}}]\n        \
             resources: {{limits: {{cpu: 1, memory: 1Gi}}, requests: {{cpu: 100m, memory: 1Gi}}}}\n      volumes:\n      - {{name: v, emptyDir: {{}}}}\n"
        )
    };
    let objects = repeated(1000, deployment);
    let top = "resources: [r.yaml]\nnamePrefix: a-\nnamespace: ns\ncommonLabels: {team: b}\ncommonAnnotations: {c: d}\n\
               images: [{name: example/web, newTag: v2}]\npatches:\n\
               - {patch: '[{\"op\": \"add\", \"path\": \"/spec/replicas\", \"value\": 3}]', target: {kind: Deployment, name: 'd.*'}}\n\
               - {patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: n}, spec: {template: {spec: {containers: [{name: main, tty: true}]}}}}', target: {labelSelector: tier=web}}\n";
    let (built, budget) = run(&[("kustomization.yaml", top), ("r.yaml", &objects)], budget::Limits::NONE);
    assert_eq!(built.expect("a build"), 1000);
    println!("{} steps, {} bytes", budget.steps(), budget.held());
    let limits = crate::Limits::default();
    // Ten times as many objects stay far below the limits.
    assert!(budget.steps() * 10 < limits.steps / 10, "{}", budget.steps());
    assert!(budget.held() * 10 < limits.weight / 2, "{}", budget.held());
}
