//! What comes out of texts that others made, and what does not.

mod canaries;
mod go;
mod properties;

use serde_json::{Value, json};

use super::{Foreign, Secrets, Values, line, without_controls, without_credentials};

pub(super) fn secret(extra: Value) -> Value {
    let mut secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "n", "namespace": "tenant-a"}});
    for (key, value) in extra.as_object().cloned().unwrap_or_default() {
        secret[key] = value;
    }
    secret
}

#[track_caller]
fn check(object: &Value, said: &str, expected: &str) {
    assert_eq!(Foreign::from(said).masked(&Secrets::of(object)), expected);
}

#[test]
fn ordinary_answers_stay_as_they_are() {
    let web =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a"}});
    for said in [
        "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable",
        "deployments.apps \"web\" is forbidden: User \"system:serviceaccount:a:x\" cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"a\"",
        "failed to create typed patch object (a/web; apps/v1, Kind=Deployment): errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.x: field not declared in schema",
        "failed calling webhook \"x.example.com\": failed to call webhook: Post \"https://hook.a.svc:443/validate?timeout=10s\": dial tcp 10.0.0.1:443: connect: connection refused",
        "admission webhook \"x\" denied the request: \n\tfirst: no\n\tsecond: no",
        "spec.template.spec.containers[0].image: Required value",
        "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        "metadata.labels: Invalid value: \"a b\": a valid label must be an empty string or consist of alphanumeric characters",
        "Ünïcode: ok → 日本語",
        "",
    ] {
        check(&web, said, said);
        assert_eq!(Foreign::from(said).shown(), said);
    }
}

#[test]
fn refusals_of_secrets_keep_path_rule_and_types() {
    let pin = secret(json!({"stringData": {"pin": 70_001_234}}));
    check(
        &pin,
        "failed to create typed patch object (tenant-a/n; /v1, Kind=Secret): .stringData.pin: expected string, got &value.valueUnstructured{Value:70001234}",
        "failed to create typed patch object (tenant-a/n; /v1, Kind=Secret): .stringData.pin: expected string, got number ***",
    );
    check(
        &pin,
        "errors:\n  .stringData.pin: expected string, got &value.valueUnstructured{Value:70001234}\n  .stringData.x: expected string, got &value.valueUnstructured{Value:true}",
        "errors:\n  .stringData.pin: expected string, got number ***\n  .stringData.x: expected string, got boolean ***",
    );
    check(
        &secret(json!({"data": {"k": "not base64"}})),
        "Secret \"n\" is invalid: data[k]: Invalid value: \"not base64\": must be base64",
        "Secret \"n\" is invalid: data[k]: Invalid value: ***: must be base64",
    );
}

#[test]
fn forms_are_cut_although_nothing_is_known() {
    for (said, expected) in [
        (
            "Secret/a/b dry-run failed: x: Invalid value: {\"a\":\"b: {c}\"}: no",
            "Secret/a/b dry-run failed: x: Invalid value: ***: no",
        ),
        (
            "Secret/a/b: Invalid value: map[string]interface {}{\"a\":\"x: y\"}: no",
            "Secret/a/b: Invalid value: ***: no",
        ),
        ("Secret/a/b: Invalid value: pass: word: no", "Secret/a/b: Invalid value: ***: word: no"),
        ("Secret/a/b: Invalid value: some bare words: no", "Secret/a/b: Invalid value: ***"),
        ("Secret/a/b: Invalid value: \"un\"closed: no", "Secret/a/b: Invalid value: ***"),
        ("Secret/a/b: Invalid value: \"two\nlines", "Secret/a/b: Invalid value: ***"),
        (
            "Secret/a/b: Too long: may not be more than 63 bytes",
            "Secret/a/b: Too long: may not be more than 63 bytes",
        ),
        ("Secret/a/b: Too long: \"value\": may not be", "Secret/a/b: Too long: ***: may not be"),
        (
            "Secret/a/b: .data: expected map, got &{line one}\nline} two\n  .x: expected string, got &{7}",
            "Secret/a/b: .data: expected map, got value ***\n  .x: expected string, got number ***",
        ),
        (
            "Secret/a/b: Object 'Kind' is missing in '{\"data\":{\"a\":\"it's\"}}'",
            "Secret/a/b: Object 'Kind' is missing in '***'",
        ),
        (
            "Service/a/b failed: x: Invalid value: \"shown\"\nSecret/a/b failed: errors:\n  .x: expected string, got &{hid}\nService/a/c failed: Invalid value: \"shown\"",
            "Service/a/b failed: x: Invalid value: \"shown\"\nSecret/a/b failed: errors:\n  .x: expected string, got value ***\nService/a/c failed: Invalid value: \"shown\"",
        ),
    ] {
        assert_eq!(Foreign::from(said).shown(), expected);
    }
}

#[test]
fn values_of_environments_and_config_maps_are_cut() {
    let web = json!({"kind": "Deployment", "metadata": {"name": "web"}});
    check(
        &web,
        ".spec.template.spec.containers[name=\"c\"].env[name=\"PIN\"].value: expected string, got &value.valueUnstructured{Value:70001234}",
        ".spec.template.spec.containers[name=\"c\"].env[name=\"PIN\"].value: expected string, got number ***",
    );
    check(
        &web,
        ".spec.template.spec.containers: expected list, got &{map[env:[map[name:A value:hunter2]]]}",
        ".spec.template.spec.containers: expected list, got map ***",
    );
    check(
        &json!({"kind": "Job", "metadata": {"name": "j"}}),
        "spec.template: Invalid value: core.PodTemplateSpec{Spec:core.PodSpec{Containers:[]core.Container{core.Container{Env:[]core.EnvVar{core.EnvVar{Name:\"A\", Value:\"hunter2\"}}}}}}: field is immutable",
        "spec.template: Invalid value: ***: field is immutable",
    );
    check(
        &json!({"kind": "Pod", "metadata": {"name": "p"}}),
        "spec: Forbidden: pod updates may not change fields other than `spec.tolerations`\n  core.PodSpec{\n-   Value:     \"hunter2\",\n+   Value:     \"hunter3\",\n  }",
        "spec: Forbidden: pod updates may not change fields other than `spec.tolerations`\n  core.PodSpec{\n-   Value:***,\n+   Value:***,\n  }",
    );
    check(
        &json!({"kind": "ConfigMap", "metadata": {"name": "c"}}),
        ".data.a: expected string, got &value.valueUnstructured{Value:3}",
        ".data.a: expected string, got number ***",
    );
    check(
        &json!({"kind": "ConfigMap", "metadata": {"name": "c"}}),
        "metadata.name: Invalid value: \"C\": a lowercase RFC 1123 subdomain must",
        "metadata.name: Invalid value: \"C\": a lowercase RFC 1123 subdomain must",
    );
}

#[test]
fn values_of_other_secrets_of_the_build_are_masked() {
    let values = Values::default();
    values.gather(&secret(
        json!({"stringData": {"p": "hunter2-canary", "ns": "tenant-a", "short": "abc", "word": "admin"}}),
    ));
    values.gather(&json!({"kind": "ConfigMap", "data": {"a": "not-a-secret"}}));
    let web = json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": "tenant-a"}});
    let known = Secrets::of(&web).beside(&values);
    let shown = |said: &str| Foreign::from(said).masked(&known);
    assert_eq!(
        shown("denied in \"tenant-a\": hunter2-canary, aHVudGVyMi1jYW5hcnk=, not-a-secret, abc"),
        "denied in \"tenant-a\": ***, ***, not-a-secret, abc"
    );
    assert_eq!(shown("administrators stay"), "administrators stay");
    assert!(!format!("{known:?} {values:?}").contains("hunter2"));
}

#[test]
fn a_foreign_text_does_not_show_itself() {
    let said = Foreign::from("hunter2");
    assert_eq!(format!("{said:?}"), "Foreign(7 bytes)");
    assert!(said.says("hunter2") && !said.is_empty() && Foreign::default().is_empty());
    assert_eq!(said.judged_by(str::len), 7);
}

#[test]
fn control_characters_go() {
    assert_eq!(
        Foreign::from("\u{1b}[31mred\u{1b}[0m\r\n\tnext \u{202e}txt\u{9b}2J\u{0}").shown(),
        "[31mred[0m\n\tnext txt2J"
    );
    assert_eq!(without_controls("a\tb\nc"), "a\tb\nc");
    assert_eq!(line("a\nSecret/x/y failed", 100), "a\u{fffd}Secret/x/y failed");
    assert_eq!(line("abcdef", 4), "abc…");
    assert_eq!(line("äbcd", 4), "äbcd");
}

#[test]
fn a_value_that_control_characters_take_apart_is_masked() {
    check(
        &secret(json!({"stringData": {"p": "hunter2-canary"}})),
        "no: hunt\u{1b}er2-\u{202e}canary",
        "no: ***",
    );
    check(
        &secret(json!({"stringData": {"p": "hunter2\u{1b}canary"}})),
        "no: hunter2canary, hunter2\\x1bcanary",
        "no: ***, ***",
    );
}

#[test]
fn urls_lose_their_credentials() {
    for (text, expected) in [
        ("https://TOKEN@host/a", "https://***@host/a"),
        ("https://TOKEN:x-oauth-basic@host", "https://***@host"),
        ("Get \"https://host/a?private_token=TOKEN\": EOF", "Get \"https://host/a?***\": EOF"),
        ("see https://host/a?t=TOKEN.", "see https://host/a?***."),
        ("https://host/x?timeout=10s: no", "https://host/x?timeout=10s: no"),
        ("https://host/x?timeout=10s&token=T", "https://host/x?***"),
        ("https://host?a=https://u:p@h", "https://host?***"),
        (
            "ssh://git@h/a https://u:p@h/b,https://v@h/c?d",
            "ssh://***@h/a https://***@h/b,https://***@h/c?***",
        ),
        ("no url? here@all", "no url? here@all"),
    ] {
        assert_eq!(without_credentials(text), expected);
    }
}

#[test]
fn long_texts_are_bounded() {
    let long = "ä".repeat(100_000);
    let shown = Foreign::from(long.as_str()).shown();
    assert!(shown.len() <= 16 * 1024 + 3 && shown.ends_with('…'), "{}", shown.len());
    // The end of what is looked at may hold the beginning of a value.
    let canary = "hunter2-canary-".repeat(3);
    let said = format!("{}{}", "abcdefgh".repeat(8 * 1024 - 3), canary);
    check(&secret(json!({"stringData": {"p": canary, "q": "abcdefgh"}})), &said, "***");
}

#[test]
fn texts_made_of_marks_end_where_they_are_too_many() {
    let said = Foreign::from(format!("{} hunter2", "x, got 1 ".repeat(600))).masked(&Secrets::of_kind("Pod"));
    assert!(said.starts_with("x, got 1 x") && said.ends_with("***") && !said.contains("hunter2"), "{said}");
    let said = without_credentials(&format!("{} hunter2", "a://b ".repeat(600))).into_owned();
    assert!(said.ends_with("***") && !said.contains("hunter2"), "{said}");
}

#[test]
fn long_values_are_masked_whole_and_shortened() {
    let long: String = (0..400).map(|n| format!("{n:04}-")).collect();
    let known = secret(json!({"stringData": {"p": long}}));
    check(&known, &format!("no: {long}"), "no: ***");
    check(&known, &format!("no: {}… and more", &long[..60]), "no: ***… and more");
    let lines = "-----BEGIN KEY-----\nfirst line of it\nsecond line of it\n-----END KEY-----\n";
    check(&secret(json!({"stringData": {"p": lines}})), "bad line: second line of it!", "bad line: ***!");
}

#[test]
fn too_many_values_hide_the_whole_text() {
    let data: serde_json::Map<String, Value> =
        (0..60_000).map(|n| (format!("k{n}"), Value::from(format!("value-{n}-<\n>")))).collect();
    let shown =
        Foreign::from("said: value-59999-<\n>").masked(&Secrets::of(&secret(json!({"stringData": data}))));
    assert!(shown.starts_with("***") && !shown.contains("59999"), "{shown}");
}

#[test]
fn what_is_no_value_does_not_become_one() {
    let known = secret(json!({
        "type": "Opaque",
        "stringData": {"a": "string", "b": "", "password": null, "c": "1", "d": "true", "e": "data"},
    }));
    let said = "Secret \"n\" in version \"v1\": json: cannot unmarshal object into Go struct field Secret.data of type string, password";
    check(&known, said, said);
}

#[test]
fn the_annotation_of_kubectl_is_known() {
    let applied = json!({"kind": "Secret", "stringData": {"p": "hunter2-old"}}).to_string();
    let annotations = json!({crate::labels::KUBECTL_LAST_APPLIED: applied});
    let known = secret(json!({"metadata": {"name": "n", "annotations": annotations}}));
    check(&known, "denied: hunter2-old", "denied: ***");
}

#[test]
fn texts_within_json_within_base64_are_known() {
    let config = r#"{"auths":{"r.example.com":{"username":"bob","password":"hunter2-pass","auth":"Ym9iOmh1bnRlcjItcGFzcw=="}}}"#;
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(config);
    let known = secret(json!({"data": {".dockerconfigjson": encoded}}));
    check(&known, "no: hunter2-pass, bob:hunter2-pass", "no: ***, ***");
}
