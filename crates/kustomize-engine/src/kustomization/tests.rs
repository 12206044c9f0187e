//! Reading a kustomization file strictly: what is rewritten, warned of and refused. Nothing is built.

use insta::assert_snapshot;
use serde_json::json;

use super::{Kustomization, first_document, first_document_strict};
use crate::error::Error;
use crate::work::Work;

fn read(text: &str) -> Result<(Kustomization, Vec<String>), Error> {
    let mut warnings = Vec::new();
    let read = Kustomization::read(text, "app", "kustomization.yaml", &mut warnings, &Work::default())?;
    Ok((read.0, warnings))
}

fn good(text: &str) -> Kustomization {
    read(text).map(|(read, _)| read).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    match read(text) {
        Ok(_) => panic!("{text} is read"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn kind_and_version_are_filled_in_and_have_to_fit_each_other() {
    let plain = good("resources: [a]");
    assert_eq!((plain.kind.as_str(), plain.is_component()), ("Kustomization", false));
    assert_eq!(plain.api_version, "kustomize.config.k8s.io/v1beta1");
    let component = good("kind: Component\nresources: [a]");
    assert!(component.is_component());
    assert_eq!(component.api_version, "kustomize.config.k8s.io/v1alpha1");
    assert_snapshot!(refusal("kind: Nope\nresources: [a]"), @"
    Failed to read kustomization file under app:
    kind should be Kustomization or Component
    ");
    assert_snapshot!(refusal("apiVersion: v1\nresources: [a]"), @"
    Failed to read kustomization file under app:
    apiVersion for Kustomization should be kustomize.config.k8s.io/v1beta1
    ");
    assert_snapshot!(refusal("kind: Component\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: [a]"), @"
    Failed to read kustomization file under app:
    apiVersion for Component should be kustomize.config.k8s.io/v1alpha1
    ");
    assert_snapshot!(refusal("kind: Nope\napiVersion: v1\nresources: [a]"), @"
    Failed to read kustomization file under app:
    kind should be Kustomization or Component
    apiVersion for Nope should be kustomize.config.k8s.io/v1beta1
    ");
}

#[test]
fn old_spellings_move_behind_the_new_ones() {
    let read = good(
        "bases: [b]\nresources: [a]\nimageTags: [{name: z}]\nimages: [{name: x}]\n\
         configMapGenerator: [{name: c, env: e, envs: [f]}]\nsecretGenerator: [{name: s, env: e}, {name: t}]\n",
    );
    assert_eq!(read.resources, ["a", "b"]);
    let images: Vec<&str> = read.images.iter().map(|image| image.name.as_str()).collect();
    assert_eq!(images, ["x", "z"]);
    let config_maps: Vec<_> = read.config_map_generator.iter().map(|map| map.args.envs.join(",")).collect();
    assert_eq!(config_maps, ["f,e"]);
    let secrets: Vec<_> = read.secret_generator.iter().map(|secret| secret.envs.join(",")).collect();
    assert_eq!(secrets, ["e", ""]);
    assert!(read.bases.is_empty() && read.image_tags.is_empty());
    assert!(read.config_map_generator.iter().all(|map| map.args.env.is_empty()));
}

#[test]
fn deprecated_fields_warn_even_when_they_hold_nothing() {
    let warnings = |text: &str| read(text).expect("a kustomization").1;
    assert_snapshot!(warnings("resources: [a]\nbases: []\nVARS: []\ncommonLabels: {}").join("\n"), @"
    # Warning: 'bases' is deprecated. Please use 'resources' instead. Run 'kustomize edit fix' to update your Kustomization automatically.
    # Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.
    # Warning: 'vars' is deprecated. Please use 'replacements' instead. [EXPERIMENTAL] Run 'kustomize edit fix' to update your Kustomization automatically.
    ");
    let all = "resources: [a]\nimageTags: []\npatchesJson6902: []\npatchesStrategicMerge: []\n";
    assert_eq!(warnings(all).len(), 3);
    assert!(warnings("resources: [a]\nbases: null").is_empty());
    // Of two spellings the last counts, and that one holds nothing.
    assert!(warnings("resources: [a]\nBases: [b]\nbases: null").is_empty());
}

#[test]
fn warnings_come_before_the_refusal() {
    let mut warnings = Vec::new();
    let read = Kustomization::read(
        "bases: [b]\nkind: Nope",
        "app",
        "kustomization.yaml",
        &mut warnings,
        &Work::default(),
    );
    read.map(drop).expect_err("no such kind");
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_file_that_says_nothing_is_empty() {
    for empty in [
        "",
        "# words",
        "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1",
        "namespace: ''",
        "resources: null",
        "bases: []\nimageTags: []\nhelmChartInflationGenerator: []",
        "Kind: Kustomization",
    ] {
        assert_eq!(refusal(empty), "kustomization.yaml is empty", "{empty:?}");
    }
    for filled in ["resources: []", "namespace: a", "commonLabels: {}", "metadata: {name: a}", "bases: [a]"] {
        good(filled);
    }
}

#[test]
fn helm_charts_are_refused_by_name() {
    for field in ["helmCharts", "helmChartInflationGenerator"] {
        let text = format!("{field}: [{{name: a}}]");
        assert_eq!(
            refusal(&text),
            "helmCharts in app/kustomization.yaml is not supported: render the chart beforehand and list the result \
             under resources"
        );
    }
    // Without a chart there is nothing to inflate.
    good("helmGlobals: {chartHome: a}\nhelmCharts: []\nresources: [a]");
}

#[test]
fn what_does_not_fit_is_an_invalid_kustomization() {
    assert_snapshot!(refusal("nope: 1"), @r#"invalid Kustomization: json: unknown field "nope""#);
    assert_snapshot!(refusal("images: [{nope: 1}]"), @r#"invalid Kustomization: json: unknown field "nope""#);
    assert_snapshot!(refusal("- a"), @"invalid Kustomization: json: cannot unmarshal array into Go value of type types.Kustomization");
    assert_snapshot!(refusal("namespace: 1"), @"invalid Kustomization: json: cannot unmarshal number into Go struct field Kustomization.namespace of type string");
    assert_snapshot!(refusal("a: [\n"), @"invalid Kustomization: yaml: line 1: did not find expected node content");
    // The map of a custom schema takes any key.
    good("openapi: {path: a, nope: b}\nresources: [a]");
}

#[test]
fn only_the_first_document_counts() {
    assert_eq!(first_document("a: 1\n---\n}{\n", &Work::default()).expect("YAML"), json!({"a": 1}));
    assert_eq!(first_document("---\n---\na: 1\n", &Work::default()).expect("YAML"), json!(null));
    assert_eq!(first_document("", &Work::default()).expect("YAML"), json!(null));
    assert_eq!(
        first_document_strict("a: {b: yes}\n---\n}{\n", &Work::default()).expect("YAML"),
        json!({"a": {"b": true}})
    );
    assert_eq!(first_document_strict("# nothing\n", &Work::default()).expect("YAML"), json!(null));
}

#[test]
fn repeated_keys_are_refused_in_configurations_alone() {
    assert_eq!(first_document("a: 1\na: 2\n", &Work::default()).expect("YAML"), json!({"a": 2}));
    let strict = |text: &str| {
        first_document_strict(text, &Work::default()).map(drop).expect_err("a key twice").to_string()
    };
    assert_snapshot!(strict("a: 1\na: 2\n"), @r#"
    yaml: unmarshal errors:
      line 2: key "a" already set in map
    "#);
    assert_snapshot!(strict("x:\n- y: {b: 1, 'b': 2}\n"), @r#"
    yaml: unmarshal errors:
      line 2: key "b" already set in map
    "#);
    first_document_strict("a: {b: 1}\nc: {b: 1}\n", &Work::default())
        .expect("two maps may have one key each");
}
