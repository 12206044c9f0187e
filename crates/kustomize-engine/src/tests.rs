//! What the recorded answers cannot show: budgets, and paths in messages.

use crate::{Error, Files, Limits, Mode, Options, build};

mod canaries;
mod costly;

fn tree(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect()
}

fn error(files: &[(&str, &str)], options: &Options) -> Error {
    build(&tree(files), "", options).unwrap_err()
}

const OBJECT: &str = "apiVersion: v1\nkind: Foo\nmetadata: {name: a}\nspec: {x: {y: z}}\n";

#[test]
fn copies_of_copies_hit_a_budget() {
    let copy = "- {op: copy, from: /spec/x, path: /spec/x/a}\n".repeat(300);
    let wide =
        "- {op: copy, from: /spec, path: /spec/b}\n- {op: copy, from: /spec, path: /spec/x/c}\n".repeat(40);
    for patch in [copy, wide] {
        let kustomization = format!(
            "resources: [r.yaml]\npatches:\n- target: {{}}\n  patch: |-\n    {}",
            patch.replace('\n', "\n    ")
        );
        let error = error(&[("kustomization.yaml", &kustomization), ("r.yaml", OBJECT)], &Options::default());
        assert!(error.to_string().contains("exceeds the limit"), "{error}");
    }
    let replacement = "- source: {kind: Foo, fieldPath: spec}\n  targets: [{select: {kind: Foo}, fieldPaths: [spec.x.n], options: {create: true}}]\n";
    let kustomization = format!("resources: [r.yaml]\nreplacements:\n{}", replacement.repeat(300));
    let error = error(&[("kustomization.yaml", &kustomization), ("r.yaml", OBJECT)], &Options::default());
    assert!(error.to_string().contains("exceeds the limit"), "{error}");
}

#[test]
fn long_paths_hit_a_budget() {
    let path = vec!["a"; 100_000].join(".");
    let kustomization = format!(
        "resources: [r.yaml]\nreplacements:\n- sourceValue: v\n  targets: [{{select: {{kind: Foo}}, fieldPaths: [{path}], options: {{create: true}}}}]\n"
    );
    let error = error(&[("kustomization.yaml", &kustomization), ("r.yaml", OBJECT)], &Options::default());
    assert!(matches!(error, Error::Budget { .. }), "{error}");
}

#[test]
fn files_bytes_objects_and_depth_are_limited() {
    let files = [("kustomization.yaml", "resources: [r.yaml]\n"), ("r.yaml", OBJECT)];
    for limits in [
        Limits { files: 1, ..Limits::default() },
        Limits { bytes: 10, ..Limits::default() },
        Limits { objects: 0, ..Limits::default() },
    ] {
        let error = error(&files, &Options { limits, ..Options::default() });
        assert!(error.to_string().contains("exceeds the limit"), "{error}");
    }
    let names: Vec<String> = (0..9).map(|i| format!("d{i}/kustomization.yaml")).collect();
    let texts: Vec<String> = (0..9).map(|i| format!("resources: [../d{}]\n", i + 1)).collect();
    let chain: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    let options = Options { limits: Limits { depth: 4, ..Limits::default() }, ..Options::default() };
    let error = build(&tree(&chain), "d0", &options).unwrap_err();
    assert!(error.to_string().contains("nested kustomizations"), "{error}");
}

#[test]
fn paths_outside_the_root_are_refused_in_upstreams_words() {
    let options = Options { root: "/tmp/x".to_owned(), ..Options::default() };
    let files = [("app/kustomization.yaml", "resources: [../../y/z.yaml]\n")];
    let error = build(&tree(&files), "app", &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "accumulating resources: accumulation err='accumulating resources from '../../y/z.yaml': fs-security-constraint read \
         /tmp/y/z.yaml: path '/tmp/y/z.yaml' is not in or below '/tmp/x'': must build at directory: not a valid directory: \
         evalsymlink failure on '/tmp/y/z.yaml' : lstat /tmp/y: no such file or directory"
    );
}

#[test]
fn modes_differ_in_order_and_restrictions() {
    let files = [
        ("app/kustomization.yaml", "resources: [../r.yaml, s.yaml]\n"),
        ("r.yaml", OBJECT),
        ("app/s.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n"),
    ];
    let kinds = |mode| {
        let options = Options { mode, load_restrictions: Some(false), ..Options::default() };
        let built = build(&tree(&files), "app", &options).unwrap();
        built.objects.iter().map(|object| object["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(Mode::Flux), ["Foo", "Namespace"]);
    assert_eq!(kinds(Mode::Cli), ["Namespace", "Foo"]);
    let restricted = Options { mode: Mode::Cli, ..Options::default() };
    let error = build(&tree(&files), "app", &restricted).unwrap_err();
    assert!(error.to_string().contains("security; file '/r.yaml' is not in or below '/app'"), "{error}");
}

#[test]
fn secrets_do_not_show_in_errors() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: !!int hunter2}\n";
    let error =
        error(&[("kustomization.yaml", "resources: [s.yaml]\n"), ("s.yaml", secret)], &Options::default());
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn unsupported_things_name_the_way_out() {
    for (text, wanted) in [
        ("helmCharts: [{name: a}]\n", "render the chart beforehand"),
        ("resources: ['https://example.com/r.yaml']\n", "fetch it beforehand"),
        ("components: ['github.com/o/r//d?ref=v1']\n", "fetch it beforehand"),
        (
            "resources: []\ntransformers: ['{apiVersion: x/v1, kind: K, metadata: {name: n}}']\n",
            "run the plugin beforehand",
        ),
    ] {
        let error = error(&[("kustomization.yaml", text)], &Options::default());
        assert!(error.to_string().contains(wanted), "{error}");
    }
}
