//! The spec's overrides on the root kustomization file.

use super::{config_map, error, rendered, request, subjects, values};
use crate::{Image, Patch, Request, Target};

fn pod(image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    image: {image}\n"
    )
}

fn image_of(files: &str, images: Vec<Image>) -> String {
    let rendered = rendered(files, &Request { images, ..request() });
    rendered.objects[0]
        .get(&["spec"])
        .unwrap()
        .pointer("/containers/0/image")
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

fn image(name: &str, new_name: &str, new_tag: &str, digest: &str) -> Image {
    Image { name: name.into(), new_name: new_name.into(), new_tag: new_tag.into(), digest: digest.into() }
}

#[test]
fn namespace_and_prefix_replace_those_of_the_file() {
    let files = format!(
        "-- kustomization.yaml --\nnamespace: a\nnamePrefix: b-\nnameSuffix: -c\nresources: [a.yaml]\n-- a.yaml --\n{}",
        config_map("x")
    );
    assert_eq!(subjects(&rendered(&files, &request())), ["ConfigMap/a/b-x-c"]);
    let request = Request {
        target_namespace: Some("n".into()),
        name_prefix: Some("p-".into()),
        name_suffix: Some("-s".into()),
        ..request()
    };
    assert_eq!(subjects(&rendered(&files, &request)), ["ConfigMap/n/p-x-s"]);
}

#[test]
fn patches_come_after_those_of_the_file() {
    let files = format!(
        "-- kustomization.yaml --\nresources: [a.yaml]\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {{name: x}}\n    data: {{a: file, b: file}}\n-- a.yaml --\n{}",
        config_map("x")
    );
    let patch = "- op: replace\n  path: /data/b\n  value: spec\n";
    let target = Target { kind: "Config.*".into(), ..Target::default() };
    let request = Request { patches: vec![Patch { patch: patch.into(), target: Some(target) }], ..request() };
    let value = values(&rendered(&files, &request)).remove(0);
    assert_eq!(value["data"], serde_json::json!({"a": "file", "b": "spec"}));
}

#[test]
fn a_patch_without_target_names_its_object() {
    let files = format!("-- a.yaml --\n{}", config_map("x"));
    let patch = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  k: v\n";
    let request = Request { patches: vec![Patch { patch: patch.into(), target: None }], ..request() };
    assert_eq!(values(&rendered(&files, &request))[0]["data"]["k"], "v");
    let none = Request { patches: vec![Patch { patch: patch.replace('x', "y"), target: None }], ..request };
    assert!(error(&files, &none).to_string().starts_with("kustomize build failed: "));
}

#[test]
fn images_are_merged_by_name() {
    let file = |images: &str| {
        format!(
            "-- kustomization.yaml --\nresources: [p.yaml]\nimages: {images}\n-- p.yaml --\n{}",
            pod("app:1")
        )
    };
    let digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let with = |entry: Image| image_of(&file("[{name: app, newName: repo/app, newTag: '2'}]"), vec![entry]);
    assert_eq!(with(image("app", "", "", "")), "repo/app:2");
    assert_eq!(with(image("app", "other", "", "")), "other:2");
    assert_eq!(with(image("app", "", "3", "")), "repo/app:3");
    assert_eq!(with(image("app", "", "", digest)), format!("repo/app@{digest}"));
    let digested =
        image_of(&file(&format!("[{{name: app, digest: '{digest}'}}]")), vec![image("app", "", "3", "")]);
    assert_eq!(digested, "app:3");
    assert_eq!(image_of(&file("[]"), vec![image("app", "x", "4", "")]), "x:4");
    assert_eq!(image_of(&format!("-- p.yaml --\n{}", pod("app")), vec![image("app", "", "5", "")]), "app:5");
}

#[test]
fn components_must_be_relative_paths() {
    let files = format!("-- a.yaml --\n{}", config_map("x"));
    for component in ["https://example.com/x", "/abs", ""] {
        let request = Request { components: vec![component.into()], ..request() };
        assert_eq!(
            error(&files, &request).to_string(),
            format!("component path '{component}' must be local and relative")
        );
    }
    let missing =
        Request { components: vec!["../gone".into()], ignore_missing_components: true, ..request() };
    assert_eq!(subjects(&rendered(&files, &missing)), ["ConfigMap/x"]);
}

#[test]
fn components_of_the_spec_work_on_what_the_file_gathered() {
    let files = format!(
        "-- app/kustomization.yaml --\nresources: [a.yaml]\n-- app/a.yaml --\n{}\
         -- extra/kustomization.yaml --\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\nresources: [b.yaml]\n\
         -- extra/b.yaml --\n{}",
        config_map("x"),
        config_map("y")
    );
    let with = |components: &[&str], ignore_missing_components| Request {
        path: "app".into(),
        components: components.iter().map(|path| (*path).to_owned()).collect(),
        ignore_missing_components,
        ..request()
    };
    let rendered = rendered(&files, &with(&["../extra", "../gone"], true));
    assert_eq!(subjects(&rendered), ["ConfigMap/c-x", "ConfigMap/c-y"]);
    let text = error(&files, &with(&["../gone"], false)).to_string();
    assert!(text.starts_with("kustomize build failed: accumulating components: "), "{text}");
}
