//! The flow of contracts/kustomize-controller.md 10.1.

use manifest::budget::{Budget, Cancel, Exceeded, Limits};
use serde_json::{Value, json};

use super::super::{Cause, Missing, Options, Origin, SubstituteError, Variables, substitute_objects};
use super::variables;

fn objects(text: &str) -> Vec<Value> {
    manifest::yaml::read_all(text, manifest::yaml::Dialect::V3).unwrap()
}

fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn substituted(objects: Vec<Value>, variables: &Variables) -> Result<Vec<Value>, SubstituteError> {
    substitute_objects(objects, variables, Options::default(), &Budget::default())
}

#[track_caller]
fn said(objects: Vec<Value>, variables: &Variables) -> String {
    substituted(objects, variables).expect_err("substitutes").to_string()
}

/// What a value of `data` becomes.
fn becomes(value: &str, variables: &Variables) -> Value {
    let mut objects = substituted(vec![config_map("a", &json!({"k": value}))], variables).unwrap();
    objects[0]["data"]["k"].take()
}

#[test]
fn objects_can_be_left_out() {
    let marked = |map: &str, value: &str| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  {map}:\n    kustomize.toolkit.fluxcd.io/substitute: \
             {value}\ndata:\n  k: ${{a}}\n"
        );
        let mut objects = substituted(objects(&text), &variables(&[("a", "b")])).unwrap();
        objects[0]["data"]["k"].take()
    };
    assert_eq!(marked("labels", "disabled"), "${a}");
    assert_eq!(marked("annotations", "disabled"), "${a}");
    // The case counts, and so does the word.
    for value in ["Disabled", "DISABLED", "enabled", "\"false\""] {
        assert_eq!(marked("labels", value), "b", "{value}");
    }
    // It is looked at before anything is fetched.
    let object = json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "labels": {
        "kustomize.toolkit.fluxcd.io/substitute": "disabled"}}});
    let mut absent = variables(&[("not-a-name", "")]);
    absent.not_found(Origin::Secret, "s");
    assert!(substituted(vec![object], &absent).is_ok());
}

#[test]
fn later_sources_override_earlier_ones() {
    let mut variables = Variables::default();
    variables.add(Origin::ConfigMap, [("a", "one"), ("b", "one"), ("c", "one\n")]);
    variables.add(Origin::Secret, [("b", "two"), ("c", "two\ntwo\n")]);
    variables.add(Origin::Inline, [("a", "three")]);
    // Line breaks are gone.
    assert_eq!(becomes("${a} ${b} ${c}", &variables), "three two twotwo");
    variables.add(Origin::Inline, [("b", "four")]);
    let error = substituted(vec![config_map("a", &json!({"k": "${"}))], &variables).expect_err("fails");
    // What is overridden is no secret any more.
    assert_eq!(error.secret_variables().iter().collect::<Vec<_>>(), ["c"]);
}

#[test]
fn a_source_that_is_absent_is_an_error_of_the_first_object() {
    let mut variables = Variables::default();
    variables.not_found(Origin::ConfigMap, "vars");
    variables.not_found(Origin::Secret, "more");
    assert_eq!(
        said(vec![config_map("a", &json!({}))], &variables),
        "post build failed for 'ConfigMap.v1.[noGrp]/a': substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found"
    );
    let mut variables = Variables::default();
    variables.not_found(Origin::Secret, "s");
    assert_eq!(
        said(
            vec![json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}})],
            &variables
        ),
        "post build failed for 'Deployment.v1.apps/d': substitute from 'Secret/s' error: secrets \"s\" not found"
    );
    assert_eq!(substituted(vec![], &variables), Ok(vec![]));
}

#[test]
fn without_variables_nothing_is_touched() {
    let before = vec![config_map("a", &json!({"k": "${a} $$ ${", "n": "0123"}))];
    assert_eq!(substituted(before.clone(), &Variables::default()).as_ref(), Ok(&before));
    let options = Options { always: true, ..Options::default() };
    let error =
        substitute_objects(before, &Variables::default(), options, &Budget::default()).expect_err("fails");
    assert_eq!(
        error.to_string(),
        "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: variable substitution failed: unable to parse variable name"
    );
    let options = Options { always: true, strict: false };
    let after = substitute_objects(
        vec![config_map("a", &json!({"k": "x${m}$$", "n": "0123"}))],
        &Variables::default(),
        options,
        &Budget::default(),
    );
    assert_eq!(after, Ok(vec![config_map("a", &json!({"k": "x$", "n": "0123"}))]));
}

#[test]
fn one_bad_name_is_bad_for_all() {
    for name in ["app.conf", "my-key", "1a", "", "é", "a\n"] {
        let text = said(vec![config_map("a", &json!({}))], &variables(&[("ok", ""), (name, "")]));
        let shown = manifest::foreign::line(name, 99).into_owned();
        assert_eq!(
            text,
            format!(
                "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: '{shown}' var name is invalid, must match \
                 '^[_[:alpha:]][_[:alpha:][:digit:]]*$'"
            )
        );
    }
    assert!(substituted(vec![config_map("a", &json!({}))], &variables(&[("_", ""), ("A_1", "")])).is_ok());
}

#[test]
fn types_change() {
    for (value, result) in [
        ("3", json!(3)),
        ("true", json!(true)),
        ("0123", json!(83)),
        ("1e3", json!(1000)),
        ("yes", json!(true)),
        ("1.50", json!(1.5)),
        ("~", Value::Null),
        ("null", Value::Null),
        ("# no", Value::Null),
        ("2026-01-02", json!("2026-01-02")),
        ("12:30:45", json!("12:30:45")),
        ("word", json!("word")),
        ("[a, b]", json!(["a", "b"])),
    ] {
        assert_eq!(becomes("${v}", &variables(&[("v", value)])), result, "{value}");
    }
    // Text that was quoted when it was printed stays text.
    assert_eq!(becomes("8${v}:", &variables(&[("v", "0")])), "80:");
    assert_eq!(becomes("untouched", &variables(&[("v", "0")])), "untouched");
    assert_eq!(becomes("line ${v}\nline\n", &variables(&[("v", "1")])), "line 1\nline\n");
    assert_eq!(becomes("0123", &variables(&[("v", "1")])), "0123");
}

#[test]
fn keys_are_evaluated_too() {
    let object = config_map("${n}", &json!({"${k}": 1, "b": {"x": [{"y": "${k}"}]}}));
    let result = substituted(vec![object], &variables(&[("n", "name"), ("k", "a")])).unwrap();
    assert_eq!(result, [config_map("name", &json!({"a": 1, "b": {"x": [{"y": "a"}]}}))]);
}

#[test]
fn a_result_that_is_no_yaml() {
    let text = said(vec![config_map("a", &json!({"k": "${v}"}))], &variables(&[("v", "a: b: c")]));
    assert_eq!(
        text,
        "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: YAMLToJSON: yaml: line 3: mapping values are \
         not allowed in this context"
    );
    let error = substituted(vec![config_map("a", &json!({"k": "${v:0:1}"}))], &variables(&[("v", "é")]));
    assert!(error.is_err_and(|error| {
        error.to_string().ends_with("error: YAMLToJSON: yaml: invalid trailing UTF-8 octet")
    }));
}

#[test]
fn no_text_echoes_a_secret() {
    for value in [
        "*sesame",
        "a: *sesame",
        "!<tag:sesame",
        "%sesame",
        "!!sesame x",
        "'sesame",
        "a: b: sesame",
        "&sesame",
        "[sesame",
        "!sesame!x y",
        "@sesame",
        "`sesame",
    ] {
        let mut secret = Variables::default();
        secret.add(Origin::Secret, [("v", value)]);
        let result = substituted(vec![config_map("a", &json!({"k": "${v}"}))], &secret);
        if let Err(error) = result {
            assert!(!error.to_string().contains("sesame"), "{error}");
            assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
            assert!(error.secret_variables().contains("v"));
            assert!(error.to_string().contains("YAMLToJSON: yaml: "), "{error}");
        }
    }
    let mut secret = Variables::default();
    secret.add(Origin::Secret, [("v", "sesame open")]);
    assert!(!format!("{secret:?}").contains("sesame"));
    let said = manifest::foreign::Foreign::new("the webhook dislikes sesame open");
    assert_eq!(said.masked(&secret.secrets()), "the webhook dislikes ***");
}

#[test]
fn one_variable_that_is_not_set_has_the_text_of_flux() {
    let all = vec![
        config_map("a", &json!({"k": "${a}"})),
        config_map("b", &json!({"k": "${m} ${a} ${m}"})),
        config_map("c", &json!({"k": "${m}"})),
    ];
    assert_eq!(
        said(all, &variables(&[("a", "b")])),
        "post build failed for 'ConfigMap.v1.[noGrp]/b': envsubst error: variable substitution failed: variable not set \
         (strict mode): \"m\""
    );
}

#[test]
fn all_that_is_not_set_is_told_at_once() {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {
        "template": {"containers": [{"image": "x"}, {"image": "${image}:${tag}", "a.b/c": "${b}", "${key}": 1}]}}});
    let broken = config_map("x", &json!({"k": "${"}));
    let skipped = json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "${s}", "annotations": {
        "kustomize.toolkit.fluxcd.io/substitute": "disabled"}}});
    let all = vec![config_map("a", &json!({"k": "${m}"})), skipped, deployment, broken];
    let error = substituted(all, &variables(&[("a", "b")])).expect_err("fails");
    assert_eq!(
        error.to_string(),
        "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: variable substitution failed: variable not set \
         (strict mode): \"m\"; not set either: \"key\" (spec.template.containers[1].${key} of 'Deployment.v1.apps/d'), \
         \"b\" (spec.template.containers[1][\"a.b/c\"] of 'Deployment.v1.apps/d'), \
         \"image\" (spec.template.containers[1].image of 'Deployment.v1.apps/d'), \
         \"tag\" (spec.template.containers[1].image of 'Deployment.v1.apps/d')"
    );
    let first =
        Missing { subject: "ConfigMap.v1.[noGrp]/a".into(), name: "m".into(), path: Some("data.k".into()) };
    assert_eq!(error.missing()[0], first);
    assert_eq!(error.missing().len(), 5);
}

#[test]
fn a_list_of_what_is_not_set_ends() {
    let data: serde_json::Map<String, Value> =
        (0..100).map(|index| (format!("k{index:02}"), json!(format!("${{m{index:02}}}")))).collect();
    let error =
        substituted(vec![config_map("a", &data.into())], &variables(&[("a", "b")])).expect_err("fails");
    assert_eq!(error.missing().len(), 100);
    assert!(error.to_string().ends_with(" and 79 more"), "{error}");
}

#[test]
fn an_expression_across_fields_has_no_path() {
    let object = config_map("a", &json!({"j": "${m#x", "k": "y}"}));
    let error = substituted(vec![object], &variables(&[("a", "b")])).expect_err("fails");
    assert_eq!(
        error.missing(),
        [Missing { subject: "ConfigMap.v1.[noGrp]/a".into(), name: "m".into(), path: None }]
    );
}

#[test]
fn the_first_object_that_fails_decides() {
    let all = vec![
        config_map("a", &json!({"k": "fine ${a}"})),
        config_map("b", &json!({"k": "${a-b}"})),
        config_map("c", &json!({"k": "${m}"})),
    ];
    assert_eq!(
        said(all, &variables(&[("a", "b")])),
        "post build failed for 'ConfigMap.v1.[noGrp]/b': envsubst error: variable substitution failed: missing closing brace"
    );
}

#[test]
fn two_objects_that_become_one() {
    let named = |name: &str, namespace: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}});
    let set = variables(&[("a", "x"), ("b", "x")]);
    let text = "in Replace: id matched 2 resources";
    assert_eq!(said(vec![named("${a}", "n"), named("${b}", "n")], &set), text);
    assert_eq!(said(vec![named("${a}", "default"), named("x", "")], &set), text);
    assert_eq!(said(vec![named("x", "n"), named("y", "n"), named("${b}", "n")], &set), text);
    assert!(substituted(vec![named("${a}", "n"), named("${b}", "o")], &set).is_ok());
    // One that gives its name up in time.
    let set = variables(&[("a", "x"), ("b", "y")]);
    assert!(substituted(vec![named("${a}", "n"), named("${b}", "n")], &set).is_ok());
    // Objects without namespace: it is no part of their names.
    let role = |name: &str, namespace: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "namespace": namespace}})
    };
    assert_eq!(said(vec![role("${a}", "n"), role("x", "")], &set), text);
    let error = substituted(vec![role("${a}", ""), role("x", "")], &set).expect_err("fails");
    assert_eq!(error.cause(), &Cause::Twice { matched: 2 });
}

#[test]
fn work_is_bounded_and_given_back() {
    let set = variables(&[("v", &"x".repeat(1 << 16))]);
    let many = || vec![config_map("a", &json!({"k": "${v}${v}${v}${v}"})); 1];
    let small = Budget::new(Limits { steps: 1 << 20, bytes: 1 << 17 }, Cancel::default());
    let error = substitute_objects(many(), &set, Options::default(), &small).expect_err("fits");
    assert_eq!(error.exceeded(), Some(Exceeded::Bytes(1 << 17)));
    assert_eq!(
        error.to_string(),
        "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: needs more than 131072 bytes of memory"
    );
    assert_eq!(small.held(), 0);
    let large = Budget::new(Limits { steps: 1 << 20, bytes: 1 << 24 }, Cancel::default());
    let result = substitute_objects(many(), &set, Options::default(), &large).unwrap();
    let weight = |value: &Value| kustomize_engine::weight(value) as u64;
    assert_eq!(large.held(), weight(&result[0]) - weight(&many()[0]));
    let cancel = Cancel::default();
    cancel.cancel();
    let budget = Budget::new(Limits::NONE, cancel);
    let error = substitute_objects(many(), &set, Options::default(), &budget).expect_err("goes on");
    assert_eq!(error.exceeded(), Some(Exceeded::Cancelled));
}

#[test]
fn a_result_that_is_no_object() {
    let text = said(vec![json!({"${k}": "x"})], &variables(&[("k", "- a")]));
    assert!(text.contains("YAMLToJSON") || text.contains("not an object"), "{text}");
}
