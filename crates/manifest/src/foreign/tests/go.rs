//! Values as Go programs print them, written apart from the code that masks them.

use serde_json::Value;

fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out + "\""
}

fn number(value: &Value) -> String {
    match (value.as_i64(), value.as_f64()) {
        (Some(whole), _) => whole.to_string(),
        (None, Some(float)) => {
            let text = format!("{float:e}");
            let (mantissa, exponent) = text.split_once('e').unwrap();
            let exponent: i32 = exponent.parse().unwrap();
            if (-4..21).contains(&exponent) {
                float.to_string()
            } else {
                format!("{mantissa}e{exponent:+03}")
            }
        }
        _ => value.to_string(),
    }
}

/// `%#v`
pub(super) fn syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(_) => number(value),
        Value::String(text) => quote(text),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", items.iter().map(syntax).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{}:{}", quote(key), syntax(value)));
            format!("map[string]interface {{}}{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// `%v`
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{key}:{}", plain(value)));
            format!("map[{}]", pairs.collect::<Vec<_>>().join(" "))
        }
        other => syntax(other),
    }
}

/// All texts in which an API server or a webhook may quote a value at a path, with what must stay of each.
pub(super) fn refusals(path: &str, expected: &str, value: &Value) -> Vec<(String, Vec<String>)> {
    let head = "failed to create typed patch object (tenant-a/n; /v1, Kind=Secret): ";
    let kept = || vec![path.to_owned(), format!("expected {expected}, got ")];
    let (syntax, plain, json) = (syntax(value), plain(value), value.to_string());
    vec![
        (
            format!("{head}.{path}: expected {expected}, got &value.valueUnstructured{{Value:{syntax}}}"),
            kept(),
        ),
        (format!("{head}.{path}: expected {expected}, got &{{{plain}}}"), kept()),
        (format!("{head}.{path}: expected {expected}, got {plain}"), kept()),
        (
            format!(
                "{head}errors:\n  .x: field not declared in schema\n  .{path}: expected {expected}, got &value.valueUnstructured{{Value:{syntax}}}\n  .y: expected map, got &{{{plain}}}"
            ),
            kept(),
        ),
        (
            format!("Secret \"n\" is invalid: {path}: Invalid value: {syntax}: must be so"),
            vec![path.to_owned()],
        ),
        (
            format!("Secret \"n\" is invalid: {path}: Invalid value: {json}: must be so"),
            vec![path.to_owned()],
        ),
        (
            format!(
                "Secret \"n\" is invalid: [{path}: Unsupported value: {syntax}: supported values: \"a\", x: Duplicate value: {json}]"
            ),
            vec![path.to_owned()],
        ),
        (
            format!("admission webhook \"hook.example.com\" denied the request: {path} is {plain}"),
            vec!["denied the request".to_owned()],
        ),
        (
            format!("admission webhook \"hook.example.com\" denied the request: {{\"{path}\":{json}}}"),
            vec!["hook.example.com".to_owned()],
        ),
        (
            format!("error decoding patch: couldn't parse {}", quote(&json)),
            vec!["error decoding patch".to_owned()],
        ),
    ]
}
