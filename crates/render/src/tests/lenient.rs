//! The root kustomization file as Flux rewrites it, up to its text. Nothing is built.

use manifest::yaml::{self, Dialect};
use serde_json::{Value, json};

use manifest::budget::Budget;

use super::{at, request, tree};
use crate::generate::generate;
use crate::tree::Tree;
use crate::{Image, Patch, RenderError, Request, Target};

fn file_with(text: &str, request: &Request) -> Result<Value, RenderError> {
    let tree = tree(&format!("-- kustomization.yaml --\n{text}"));
    let tree = Tree::new(&tree);
    let generated = generate(&tree, "", request, &Budget::default())?;
    assert_eq!(generated.path, "kustomization.yaml");
    assert!(generated.candidates.is_empty());
    let mut file = yaml::read_all(&generated.text, Dialect::V2).unwrap().remove(0);
    let fields = file.as_object_mut().unwrap();
    assert_eq!(fields.remove("kind"), Some("Kustomization".into()));
    assert_eq!(fields.remove("apiVersion"), Some("kustomize.config.k8s.io/v1beta1".into()));
    Ok(file)
}

fn check(text: &str, expected: Value) {
    assert_eq!(file_with(text, &request()).unwrap(), expected, "{text}");
}

fn check_error(text: &str, expected: &str) {
    assert_eq!(
        file_with(text, &request()).unwrap_err().to_string(),
        format!(
            "/tmp/kustomization-1/kustomization.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal \
             {expected}"
        ),
        "{text}"
    );
}

#[test]
fn unknown_fields_vanish_at_every_level() {
    check(
        "resources: [a]\nnope: 1\nimages: [{name: a, nope: {}, newTag: b}]\npatches: [{path: p, options: {nope: true, allowNameChange: true}}]\n",
        json!({"resources": ["a"], "images": [{"name": "a", "newTag": "b"}],
            "patches": [{"path": "p", "options": {"allowNameChange": true}}]}),
    );
}

#[test]
fn scalars_in_string_fields_become_text() {
    check(
        "resources: [a]\nimages:\n- {name: a, newTag: 1.10}\n- {name: b, newTag: 7}\n- {name: c, newTag: yes}\n- {name: d, newTag: 1234567.5}\n- {name: e, newTag: 0.00001}\ncommonLabels: {a: 1, b: no, c: null}\nnamespace: 5\n",
        json!({"resources": ["a"], "namespace": "5", "commonLabels": {"a": "1", "b": "false", "c": ""},
            "images": [{"name": "a", "newTag": "1.1"}, {"name": "b", "newTag": "7"}, {"name": "c", "newTag": "true"},
                {"name": "d", "newTag": "1.2345675e+06"}, {"name": "e", "newTag": "1e-05"}]}),
    );
}

#[test]
fn names_match_in_any_case_and_the_last_spelling_wins() {
    check("Resources: [a]\nNAMESPACE: x\nnamespace: z\n", json!({"resources": ["a"], "namespace": "z"}));
    check(
        "resources: [a]\ncommonLabels: {a: '1', b: '1'}\ncommonlabels: {b: '2'}\n",
        json!({"resources": ["a"], "commonLabels": {"a": "1", "b": "2"}}),
    );
}

#[test]
fn what_go_leaves_out_when_empty_goes() {
    check(
        "resources: []\nnamespace: ''\nlabels: null\nsortOptions: {}\n",
        json!({"buildMetadata": ["originAnnotations"], "sortOptions": {}}),
    );
    check(
        "resources: [a]\nreplicas: [{name: a, count: 0}]\n",
        json!({"resources": ["a"], "replicas": [{"name": "a", "count": 0}]}),
    );
    check(
        "resources: [a]\nlabels: [null, {pairs: {a: b}, includeSelectors: false}]\n",
        json!({"resources": ["a"], "labels": [{}, {"pairs": {"a": "b"}}]}),
    );
}

#[test]
fn a_root_without_resources_gets_build_metadata() {
    let expected = json!({"bases": ["a"], "buildMetadata": ["originAnnotations"]});
    check("bases: [a]\nbuildMetadata: [managedByLabel]\n", expected);
    check(
        "resources: [a]\nbuildMetadata: [managedByLabel]\n",
        json!({"resources": ["a"], "buildMetadata": ["managedByLabel"]}),
    );
    check("", json!({"buildMetadata": ["originAnnotations"]}));
    check("# nothing\n---\nresources: [a]\n---\n}{\n", json!({"resources": ["a"]}));
    let request = Request { build_metadata: vec!["transformerAnnotations".into()], ..request() };
    assert_eq!(file_with("", &request).unwrap(), json!({"buildMetadata": ["transformerAnnotations"]}));
}

#[test]
fn wrong_shapes_are_errors_that_name_the_field() {
    check_error("- a\n", "array into Go value of type types.Kustomization");
    check_error("namespace: [a]\n", "array into Go struct field Kustomization.namespace of type string");
    check_error("resources: a\n", "string into Go struct field Kustomization.resources of type []string");
    check_error("images: [a]\n", "string into Go struct field Kustomization.images of type types.Image");
    check_error(
        "commonLabels: {a: {}}\n",
        "object into Go struct field Kustomization.commonLabels of type string",
    );
    check_error(
        "generatorOptions: {immutable: 'x'}\n",
        "string into Go struct field Kustomization.generatorOptions.immutable of type bool",
    );
    check_error(
        "replicas: [{count: 1.5}]\n",
        "number into Go struct field Kustomization.replicas.count of type int64",
    );
}

#[test]
fn the_spec_is_merged_in() {
    let request = Request {
        target_namespace: Some("n".into()),
        name_prefix: Some(String::new()),
        patches: vec![
            Patch { patch: "p".into(), target: None },
            Patch {
                patch: "q".into(),
                target: Some(Target { label_selector: "a=b".into(), ..Target::default() }),
            },
            Patch { patch: "r".into(), target: Some(Target::default()) },
        ],
        images: vec![Image { name: "i".into(), digest: "sha256:0".into(), ..Image::default() }],
        components: vec!["c".into()],
        ..request()
    };
    let text = "resources: [a]\nnamePrefix: keep\npatches: [{path: first}]\nimages: [{name: i, newTag: old, newName: kept}]\n";
    assert_eq!(
        file_with(text, &request).unwrap(),
        json!({"resources": ["a"], "namespace": "n", "namePrefix": "keep", "components": ["c"],
            "patches": [{"path": "first"}, {"patch": "p"}, {"patch": "q", "target": {"labelSelector": "a=b"}}, {"patch": "r", "target": {}}],
            "images": [{"name": "i", "newName": "kept", "digest": "sha256:0"}]})
    );
}

#[test]
fn text_of_any_kind_survives_the_rewriting() {
    for patch in [
        "a: |\n  b\n\n  c\n",
        "tab\there",
        "\u{85}\u{2028}\u{1f600}",
        "- x\n- 'y'\n",
        " lead",
        "trail \n",
        "\"q\" # no comment",
    ] {
        let request = Request { patches: vec![Patch { patch: patch.into(), target: None }], ..request() };
        assert_eq!(file_with("resources: [a]\n", &request).unwrap()["patches"][0]["patch"], patch);
    }
}

#[test]
fn a_folder_without_a_file_gets_one() {
    let tree =
        tree("-- app/b.yaml --\n-- app/sub/a.yml --\n-- app/base/Kustomization --\n-- app/base/x.yaml --\n");
    let tree = Tree::new(&tree);
    let generated = generate(&tree, "app", &at("app"), &Budget::default()).unwrap();
    assert_eq!(generated.path, "app/kustomization.yaml");
    assert_eq!(generated.candidates, ["app/b.yaml", "app/sub/a.yml"]);
    let file = yaml::read_all(&generated.text, Dialect::V2).unwrap().remove(0);
    assert_eq!(file["resources"], json!(["./b.yaml", "./base", "./sub/a.yml"]));
    assert_eq!(file.get("buildMetadata"), None);
}
