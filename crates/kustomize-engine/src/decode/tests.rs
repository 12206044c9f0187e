//! Decoding in each of its five ways, and the table that follows from the types.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Decode, Decoder, same_name};
use crate::kustomization::{
    ConfigFieldSpec, ConfigMapArgs, GeneratorArgs, Image, Kustomization, Label, Patch, Replacement, Replica,
    Selector, Var,
};
use crate::shape::{Shape, Struct};

fn decode<T: Decode + Default>(value: &Value, mut decoder: Decoder) -> Result<T, String> {
    let mut decoded = T::default();
    decoded.decode(value, &mut decoder).map(|()| decoded).map_err(|error| error.to_string())
}

/// The error of the strict decoding, behind the words that all have.
fn refusal<T: Decode + Default>(value: Value) -> String {
    let error = decode::<T>(&value, Decoder::strict()).map(drop).expect_err("a refusal");
    error.strip_prefix("json: ").unwrap_or(&error).to_owned()
}

#[test]
fn what_is_wrong_is_said_in_gos_words() {
    assert_snapshot!(refusal::<Kustomization>(json!("a")), @"cannot unmarshal string into Go value of type types.Kustomization");
    assert_snapshot!(refusal::<Kustomization>(json!({"nope": 1})), @r#"unknown field "nope""#);
    assert_snapshot!(refusal::<Kustomization>(json!({"namespace": 1})), @"cannot unmarshal number into Go struct field Kustomization.namespace of type string");
    assert_snapshot!(refusal::<Kustomization>(json!({"kind": []})), @"cannot unmarshal array into Go struct field Kustomization.TypeMeta.kind of type string");
    assert_snapshot!(refusal::<Kustomization>(json!({"resources": "a"})), @"cannot unmarshal string into Go struct field Kustomization.resources of type []string");
    assert_snapshot!(refusal::<Kustomization>(json!({"commonLabels": ["a"]})), @"cannot unmarshal array into Go struct field Kustomization.commonLabels of type map[string]string");
    assert_snapshot!(refusal::<Kustomization>(json!({"images": [{"newTag": true}]})), @"cannot unmarshal bool into Go struct field Image.images.newTag of type string");
    assert_snapshot!(refusal::<Kustomization>(json!({"patches": [{"target": {"kind": 1}}]})), @"cannot unmarshal number into Go struct field Selector.patches.target.ResId.Gvk.kind of type string");
    assert_snapshot!(refusal::<Kustomization>(json!({"patches": [{"options": {"allowNameChange": "x"}}]})), @"cannot unmarshal string into Go struct field PatchArgs.patches.options.allowNameChange of type bool");
    assert_snapshot!(refusal::<Kustomization>(json!({"replacements": [{"source": {"name": {}}}]})), @"cannot unmarshal object into Go struct field SourceSelector.replacements.Replacement.source.ResId.name of type string");
    assert_snapshot!(refusal::<Kustomization>(json!({"secretGenerator": [{"literals": [1]}]})), @"cannot unmarshal number into Go struct field SecretArgs.secretGenerator.GeneratorArgs.KvPairSources.literals of type string");
    assert_snapshot!(refusal::<Replica>(json!({"count": 1.5})), @"cannot unmarshal number 1.5 into Go struct field Replica.count of type int64");
    assert_snapshot!(refusal::<Replica>(json!({"count": "1"})), @"cannot unmarshal string into Go struct field Replica.count of type int64");
    assert_snapshot!(refusal::<ConfigMapArgs>(json!({"type": "Opaque"})), @r#"unknown field "type""#);
}

#[test]
fn each_way_of_decoding_forgives_something_else() {
    let unknown = json!({"name": "a", "nope": 1});
    let number = json!({"newTag": 1.5});
    let cased = json!({"NewTag": "a"});
    let tries = |decoder: fn() -> Decoder| {
        let one = |value: &Value| match decode::<Image>(value, decoder()) {
            Ok(image) => format!("{}{}", image.name, image.new_tag),
            Err(_) => "refused".to_owned(),
        };
        [one(&unknown), one(&number), one(&cased)]
    };
    assert_eq!(tries(Decoder::strict), ["refused", "refused", "a"]);
    assert_eq!(tries(Decoder::exact), ["a", "refused", "a"]);
    assert_eq!(tries(Decoder::lenient), ["a", "1.5", "a"]);
    assert_eq!(tries(Decoder::known_fields), ["refused", "1.5", "a"]);
    assert_eq!(tries(Decoder::cased), ["a", "1.5", ""]);
}

#[test]
fn fields_of_embedded_structs_take_no_numbers_even_leniently() {
    let lenient = |value: Value| decode::<Selector>(&value, Decoder::lenient());
    assert_eq!(
        lenient(json!({"labelSelector": true})).map(|found| found.label_selector),
        Ok("true".to_owned())
    );
    for field in ["group", "version", "kind", "name", "namespace"] {
        let error = lenient(json!({field: 1})).expect_err("refused");
        assert!(error.contains("cannot unmarshal number"), "{error}");
    }
    // The rule ends with the field: a later one is decoded leniently again.
    let both = lenient(json!({"kind": "a", "labelSelector": 7})).expect("a selector");
    assert_eq!((both.kind.as_str(), both.label_selector.as_str()), ("a", "7"));
    let spec = decode::<ConfigFieldSpec>(&json!({"path": 1}), Decoder::lenient()).expect("a field spec");
    assert_eq!(spec.path, "1");
    decode::<ConfigFieldSpec>(&json!({"group": 1}), Decoder::lenient()).expect_err("an embedded field");
}

#[test]
fn later_spellings_are_decoded_onto_earlier_ones() {
    let both = json!({"Images": [{"name": "a", "newTag": "1"}, {"name": "b"}], "images": [{"newTag": "2"}]});
    let read: Kustomization = decode(&both, Decoder::strict()).expect("a kustomization");
    let images: Vec<_> =
        read.images.iter().map(|image| (image.name.as_str(), image.new_tag.as_str())).collect();
    assert_eq!(images, [("a", "2")]);
    let labels = json!({"CommonLabels": {"a": "1", "b": "1"}, "commonLabels": {"b": "2"}});
    let read: Kustomization = decode(&labels, Decoder::strict()).expect("a kustomization");
    assert_eq!(format!("{:?}", read.common_labels), r#"{"a": "1", "b": "2"}"#);
    let options = json!({"Options": {"allowNameChange": true}, "options": {"allowKindChange": true}});
    let options = decode::<Patch>(&options, Decoder::strict()).expect("a patch").options.expect("options");
    assert!(options.allow_name_change && options.allow_kind_change);
}

#[test]
fn null_empties_what_go_can_set_to_nil_and_leaves_the_rest() {
    let mut read = Kustomization::default();
    let filled = json!({"namespace": "a", "resources": ["r"], "commonLabels": {"a": "b"},
        "generatorOptions": {"immutable": true}, "replicas": [{"name": "r", "count": 3}]});
    read.decode(&filled, &mut Decoder::strict()).expect("fields");
    let nulls = json!({"namespace": null, "resources": null, "commonLabels": null, "generatorOptions": null,
        "replicas": [{"name": null, "count": null}]});
    read.decode(&nulls, &mut Decoder::strict()).expect("nulls");
    assert_eq!(read.namespace, "a");
    assert!(read.resources.is_empty() && read.common_labels.is_empty() && read.generator_options.is_none());
    let replica = read.replicas.first().expect("a replica");
    assert_eq!((replica.name.as_str(), replica.count), ("r", 3));
    read.decode(&Value::Null, &mut Decoder::strict()).expect("null is a struct without fields");
}

#[test]
fn an_absent_pointer_is_not_an_empty_one() {
    let read = |value: Value| decode::<Replacement>(&value, Decoder::strict()).expect("a replacement");
    let absent = read(json!({}));
    assert!(absent.source.is_none() && absent.source_value.is_none() && absent.targets.is_none());
    let empty = read(json!({"source": {}, "sourceValue": "", "targets": []}));
    assert!(empty.source.is_some() && empty.targets.is_some_and(|targets| targets.is_empty()));
    assert_eq!(empty.source_value.as_deref(), Some(""));
}

#[test]
fn names_fold_as_gos_do() {
    assert!(same_name("resources", "RESOURCE\u{17f}"));
    assert!(same_name("kind", "\u{212a}ind"));
    assert!(!same_name("resources", "resource"));
    assert!(!same_name("name", "n\u{e4}me"));
}

/// One line for each structure, in the order in which they are met.
fn lines(structure: &'static Struct, known: &mut Vec<&'static str>) -> String {
    fn kind(shape: &Shape) -> String {
        match shape {
            Shape::List(item) => format!("[{}]", kind(item)),
            Shape::Struct(below) => below.name.to_owned(),
            other => format!("{other:?}"),
        }
    }
    fn below(shape: &'static Shape) -> Option<&'static Struct> {
        match shape {
            Shape::List(item) => below(item),
            Shape::Struct(found) => Some(found),
            _ => None,
        }
    }
    if known.contains(&structure.name) {
        return String::new();
    }
    known.push(structure.name);
    let fields: Vec<String> =
        structure.fields.iter().map(|(name, shape)| format!("{name}: {}", kind(shape))).collect();
    let mut text = format!("{} {{ {} }}\n", structure.name, fields.join(", "));
    for (_, shape) in structure.fields {
        text.extend(below(shape).map(|found| lines(found, known)));
    }
    text
}

#[test]
fn the_table_follows_from_the_types() {
    let table = |shape: Shape| match shape {
        Shape::Struct(structure) => lines(structure, &mut Vec::new()),
        other => format!("{other:?}"),
    };
    assert_snapshot!(table(Image::SHAPE), @"Image { name: Text, newName: Text, tagSuffix: Text, newTag: Text, digest: Text }");
    assert_snapshot!(table(Label::SHAPE), @"
    Label { pairs: TextMap, includeSelectors: Flag, includeTemplates: Flag, fields: [FieldSpec] }
    FieldSpec { group: Text, version: Text, kind: Text, path: Text, create: Flag }
    ");
    assert_snapshot!(table(Var::SHAPE), @"
    Var { name: Text, objref: Target, fieldref: FieldSelector }
    Target { apiVersion: Text, group: Text, version: Text, kind: Text, name: Text, namespace: Text }
    FieldSelector { fieldPath: Text }
    ");
    assert_snapshot!(table(Replacement::SHAPE), @"
    ReplacementField { path: Text, source: SourceSelector, sourceValue: TextPointer, targets: [TargetSelector] }
    SourceSelector { group: Text, version: Text, kind: Text, name: Text, namespace: Text, fieldPath: Text, options: FieldOptions }
    FieldOptions { delimiter: Text, index: Whole, encoding: Text, create: Flag }
    TargetSelector { select: Selector, reject: [Selector], fieldPaths: [Text], options: FieldOptions }
    Selector { group: Text, version: Text, kind: Text, name: Text, namespace: Text, annotationSelector: Text, labelSelector: Text }
    ");
    assert_snapshot!(table(ConfigMapArgs::SHAPE), @"
    ConfigMapArgs { namespace: Text, name: Text, behavior: Text, literals: [Text], files: [Text], envs: [Text], env: Text, options: GeneratorOptions }
    GeneratorOptions { labels: TextMap, annotations: TextMap, disableNameSuffixHash: Flag, immutable: Flag }
    ");
    assert!(table(GeneratorArgs::SHAPE).contains("options: GeneratorOptions, type: Text }"));
    let whole = table(Kustomization::SHAPE);
    assert_eq!(whole.lines().count(), 21, "{whole}");
    for helm in ["helmGlobals: Any", "helmCharts: Any", "helmChartInflationGenerator: Any"] {
        assert!(whole.contains(helm), "{whole}");
    }
    assert_snapshot!(table(<Vec<Value>>::SHAPE), @"Any");
    assert_snapshot!(table(<Option<Vec<Option<String>>>>::SHAPE), @"List(TextPointer)");
}
