//! The root kustomization file as it comes out of the lenient reading. Nothing is built.

use insta::assert_snapshot;
use manifest::yaml;
use serde_json::Value;

use crate::Budget;
use crate::kustomization::{Kustomization, read_leniently};
use crate::work::Work;

/// What comes out, as YAML, or why nothing does.
fn rewritten(text: &str) -> String {
    match read_leniently(text.as_bytes(), &Budget::default()) {
        Ok(file) => yaml::write(&Value::Object(file)),
        Err(error) => error.to_string(),
    }
}

/// Every field of every structure, none of them empty.
const EVERY_FIELD: &str = include_str!("tests/every_field.yaml");

#[test]
fn a_file_of_every_known_field_comes_out_as_it_was() {
    assert_eq!(rewritten(EVERY_FIELD), EVERY_FIELD);
}

#[test]
fn an_unknown_field_vanishes_wherever_it_stands() {
    let mut places = 0;
    let lines: Vec<&str> = EVERY_FIELD.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        // The structures below: what a map of strings holds is never unknown.
        let field = line.trim_start_matches([' ', '-']);
        if matches!(field, "a: b" | "path: o.json") || !line.contains(':') || field.starts_with("h=i") {
            continue;
        }
        let indent = line.len() - field.len();
        let unknown = format!("{}nope: [1, {{x: y}}]", " ".repeat(indent));
        let mut text: Vec<&str> = lines.get(..at).unwrap_or_default().to_vec();
        let plain = line.replacen("- ", "  ", 1);
        if line.trim_start().starts_with("- ") {
            let first = format!("{}- nope: 1", " ".repeat(indent - 2));
            text.push(&first);
            text.push(&plain);
            text.extend(lines.get(at + 1..).unwrap_or_default());
            assert_eq!(rewritten(&text.join("\n")), EVERY_FIELD, "before line {at}: {line}");
        } else {
            text.push(&unknown);
            text.extend(lines.get(at..).unwrap_or_default());
            assert_eq!(rewritten(&text.join("\n")), EVERY_FIELD, "before line {at}: {line}");
        }
        places += 1;
    }
    assert!(places > 120, "{places} places are too few");
}

#[test]
fn what_comes_out_is_read_strictly_to_the_same_kustomization() {
    let loose = "Resources: [r.yaml]\nnope: 1\nnamespace: x\nimages: [{name: a, newTag: '1', nope: 2}]\n\
        replicas: [{name: a, count: 0}]\nreplacements: [{sourceValue: '', targets: []}]\nlabels: [null]\n\
        sortOptions: {}\ncommonLabels: {}\nvars: [{name: v, objref: {}}]\n";
    let strict = "resources: [r.yaml]\nnamespace: x\nimages: [{name: a, newTag: '1'}]\n\
        replicas: [{name: a}]\nreplacements: [{sourceValue: ''}]\nlabels: [{}]\nsortOptions: {}\nvars: [{name: v}]\n";
    let read = |text: &str| {
        let read = Kustomization::read(text, "dir", "kustomization.yaml", &mut Vec::new(), &Work::default())
            .map(|read| read.0);
        format!("{:#?}", read.expect("a kustomization"))
    };
    assert_eq!(read(&rewritten(loose)), read(strict));
    assert_eq!(rewritten(&rewritten(loose)), rewritten(loose));
}

#[test]
fn scalars_become_the_text_that_go_makes_of_them() {
    for (number, text) in [
        ("7", "7"),
        ("-7", "-7"),
        ("1.10", "1.1"),
        ("1.0", "1"),
        ("0.5", "0.5"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("123456.5", "123456.5"),
        ("1234567.5", "1.2345675e+06"),
        ("1e3", "1000"),
        ("1e300", "inf"),
        ("0.1234567891", "0.12345679"),
        ("18446744073709551615", "18446744073709551615"),
        ("0x10", "16"),
        ("010", "8"),
        ("yes", "true"),
        ("off", "false"),
        ("2001-01-01", "2001-01-01"),
        ("'1.10'", "1.10"),
    ] {
        let file =
            read_leniently(format!("namespace: {number}").as_bytes(), &Budget::default()).expect("a file");
        assert_eq!(file.get("namespace"), Some(&Value::from(text)), "{number}");
    }
}

#[test]
fn what_go_leaves_out_when_empty_goes_and_pointers_stay() {
    assert_snapshot!(rewritten("
namespace: ''
namePrefix: null
resources: []
components: [null, '']
images: [null, {}]
generatorOptions: {immutable: false, labels: {}, annotations: null}
replicas: [{count: 0}, {count: null}]
replacements: [{sourceValue: '', source: {}, targets: []}, {sourceValue: null}]
sortOptions: {legacySortOptions: {orderFirst: []}}
vars: [{objref: {}, fieldref: {}}]
"), @r#"
    components:
    - ""
    - ""
    generatorOptions:
      labels: {}
    images:
    - {}
    - {}
    replacements:
    - source: {}
      sourceValue: ""
    - {}
    replicas:
    - count: 0
    - {}
    sortOptions:
      legacySortOptions: {}
    vars:
    - fieldref: {}
      objref: {}
    "#);
}

#[test]
fn of_several_spellings_the_last_in_byte_order_wins_and_maps_are_merged() {
    assert_snapshot!(rewritten("
namespace: c
NAMESPACE: a
Namespace: b
commonLabels: {a: '1', b: '1'}
commonlabels: {b: '2', c: null}
generatorOptions: {immutable: true}
GENERATOROPTIONS: {labels: {a: b}, Immutable: false}
resources: [a, b]
RESOURCES: [c]
\u{17f}ortOptions: {order: fifo}
\u{212a}ind: Component
"), @r#"
    commonLabels:
      a: "1"
      b: "2"
      c: ""
    generatorOptions:
      immutable: true
      labels:
        a: b
    kind: Component
    namespace: c
    resources:
    - a
    - b
    sortOptions:
      order: fifo
    "#);
}

#[test]
fn helm_fields_are_kept_whole_for_the_build_to_refuse() {
    assert_snapshot!(rewritten("
helmCharts: [{name: x, nope: 1}, null, 2]
helmGlobals: {chartHome: a, nope: [1]}
helmChartInflationGenerator: x
"), @"
    helmChartInflationGenerator: x
    helmCharts:
    - name: x
      nope: 1
    - null
    - 2
    helmGlobals:
      chartHome: a
      nope:
      - 1
    ");
}

#[test]
fn a_wrong_type_is_named_with_its_place() {
    for (text, error) in [
        ("- a", "array into Go value of type types.Kustomization"),
        ("a", "string into Go value of type types.Kustomization"),
        ("7", "number into Go value of type types.Kustomization"),
        ("namePrefix: {}", "object into Go struct field Kustomization.namePrefix of type string"),
        ("resources: {}", "object into Go struct field Kustomization.resources of type []string"),
        ("resources: [[a]]", "array into Go struct field Kustomization.resources of type string"),
        ("openapi: [a]", "array into Go struct field Kustomization.openapi of type map[string]string"),
        ("openapi: {path: [a]}", "array into Go struct field Kustomization.openapi of type string"),
        ("metadata: a", "string into Go struct field Kustomization.metadata of type types.ObjectMeta"),
        (
            "patches: [{target: a}]",
            "string into Go struct field Kustomization.patches.target of type types.Selector",
        ),
        (
            "labels: [{includeSelectors: 1}]",
            "number into Go struct field Kustomization.labels.includeSelectors of type bool",
        ),
        (
            "replicas: [{count: '1'}]",
            "string into Go struct field Kustomization.replicas.count of type int64",
        ),
        (
            "replicas: [{count: 18446744073709551615}]",
            "number into Go struct field Kustomization.replicas.count of type int64",
        ),
        (
            "replacements: [{sourceValue: []}]",
            "array into Go struct field Kustomization.replacements.sourceValue of type string",
        ),
        (
            "Vars: [{ObjRef: {Kind: {}}}]",
            "object into Go struct field Kustomization.vars.objref.kind of type string",
        ),
    ] {
        let start = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        assert_eq!(rewritten(text), format!("{start} {error}"), "{text}");
    }
}

#[test]
fn only_the_first_document_has_to_be_yaml() {
    for (text, expected) in [
        ("", "{}\n"),
        ("# nothing\n", "{}\n"),
        ("---\n---\nnamespace: a\n", "{}\n"),
        ("---\nnamespace: a\n---\n}{\n", "namespace: a\n"),
        ("# words\n---\nnamespace: a\n", "namespace: a\n"),
        ("%YAML 1.1\n---\nnamespace: a\n--- b\n", "namespace: a\n"),
        ("namespace: a\n...\n}{\n", "namespace: a\n"),
        ("namespace: a\n%YAML 1.1\n", "namespace: a\n"),
        ("\u{feff}---\nnamespace: a\n---\nnamespace: b\n", "namespace: a\n"),
        ("'\n---\n", "error converting YAML to JSON: yaml: line 2: found unexpected document indicator"),
        (
            "namespace: |\n  x\n ---\n",
            "error converting YAML to JSON: yaml: line 2: did not find expected key",
        ),
        ("namespace: [\n", "error converting YAML to JSON: yaml: line 1: did not find expected node content"),
    ] {
        assert_eq!(rewritten(text), expected, "{text}");
    }
    let error = read_leniently(b"namespace: \xff\n", &Budget::default()).expect_err("no UTF-8");
    assert_eq!(error.to_string(), "error converting YAML to JSON: yaml: invalid UTF-8");
}
