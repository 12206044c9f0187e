//! Folders whose objects are called so that `flyball build -o DIR` would write beside DIR.

use serde_json::{Value, json};

use super::input::Ending::Open;
use super::input::{Family, Input, Matter, files};

/// All of the family. `{OUT}` stands for a folder beside DIR in which nothing may appear.
pub(super) fn inputs() -> Vec<Input> {
    let texts = [
        ("up", "../../../../../../../..{OUT}/x"),
        ("absolute", "{OUT}/x"),
        ("dots", ".."),
        ("hidden", ".bashrc"),
        ("backslash", "..\\..\\x"),
        ("escapes", "\u{1b}[2J\u{1b}]0;x\u{7}"),
        ("newline", "a\nb"),
        ("bidi", "\u{202e}lmay"),
        ("long", "{LONG}"),
    ];
    let mut inputs = Vec::new();
    for (what, text) in texts {
        for field in ["name", "namespace", "kind", "apiVersion"] {
            inputs.push(Input::new(Family::Cli, format!("{field}-{what}"), Open, move |_| {
                let text = text.replace("{LONG}", &"l".repeat(5_000));
                let object = |name: &str, namespace: &str| {
                    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name, "namespace": namespace } })
                };
                let mut bad = object("a", "one");
                set(&mut bad, field, &text);
                let folder = files([
                    ("kustomization.yaml", "resources: [a.yaml, b.yaml]\n".to_owned()),
                    ("a.yaml", bad.to_string()),
                    ("b.yaml", object("a", "two").to_string()),
                ]);
                Matter::Cli(folder)
            }));
        }
    }
    inputs
}

fn set(object: &mut Value, field: &str, text: &str) {
    match field {
        "name" | "namespace" => object["metadata"][field] = json!(text),
        _ => object[field] = json!(text),
    }
}
