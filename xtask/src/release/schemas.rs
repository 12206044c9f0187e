//! JSON schemas of our kinds for editors and validators, made from the CRDs: one file per kind and version, named as
//! kubeconform looks for them. They are strict: a field that the API server would drop is a fault.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::archive::Entry;

/// The files.
pub(super) fn files() -> Result<Vec<Entry>> {
    let mut files = Vec::new();
    for crd in api::all_crds().into_iter().chain(api::optional_crds()) {
        let crd = serde_json::to_value(&crd).context("a CRD")?;
        let spec = &crd["spec"];
        for version in spec["versions"].as_array().into_iter().flatten() {
            let kind = spec["names"]["kind"].as_str().context("a CRD's kind")?.to_lowercase();
            let group = spec["group"].as_str().unwrap_or_default();
            let group = group.split('.').next().unwrap_or_default();
            let name = version["name"].as_str().context("a CRD's version")?;
            let mut schema = strict(&version["schema"]["openAPIV3Schema"], true);
            schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
            let text = serde_json::to_string_pretty(&schema).context("a schema")?;
            files.push(Entry::file(format!("{kind}-{group}-{name}.json"), 0o644, text + "\n"));
        }
    }
    Ok(files)
}

/// A schema of Kubernetes' dialect as plain JSON schema.
fn strict(schema: &Value, top: bool) -> Value {
    let Some(map) = schema.as_object() else { return schema.clone() };
    let flag = |name: &str| map.get(name) == Some(&Value::Bool(true));
    let mut out = serde_json::Map::new();
    for (key, value) in map {
        let value = match key.as_str() {
            "properties" => {
                let fields = value.as_object().into_iter().flatten();
                Value::Object(fields.map(|(name, field)| (name.clone(), strict(field, false))).collect())
            }
            "items" | "additionalProperties" | "not" => strict(value, false),
            "allOf" | "anyOf" | "oneOf" => {
                // Branches say what else must hold, not which fields there are.
                value.clone()
            }
            "nullable" => continue,
            key if key.starts_with("x-kubernetes-") => continue,
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    if flag("x-kubernetes-int-or-string") {
        out.insert("type".to_owned(), json!(["integer", "string"]));
        out.remove("anyOf");
    } else if flag("nullable")
        && let Some(kind) = out.get("type").cloned()
    {
        out.insert("type".to_owned(), json!([kind, "null"]));
    }
    let open = flag("x-kubernetes-preserve-unknown-fields") || out.contains_key("additionalProperties");
    if out.contains_key("properties") && !open {
        if top {
            // Every object has them, and a CRD need not say so.
            for name in ["apiVersion", "kind"] {
                out["properties"][name] = json!({ "type": "string" });
            }
            out["properties"]["metadata"] = json!({ "type": "object" });
        }
        out.insert("additionalProperties".to_owned(), json!(false));
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_per_kind_and_version() {
        let files = files().expect("our CRDs");
        let of = |name: &str| -> Value {
            let file = files.iter().find(|file| file.path() == name).expect(name);
            serde_json::from_slice(file.content().expect("a file")).expect("JSON")
        };
        let kustomization = of("kustomization-kustomize-v1.json");
        assert_eq!(kustomization["additionalProperties"], false);
        let spec = &kustomization["properties"]["spec"];
        assert_eq!(spec["additionalProperties"], false);
        assert_eq!(spec["properties"]["prune"]["type"], "boolean");
        assert_eq!(kustomization["properties"]["metadata"], json!({ "type": "object" }));
        of("gitrepository-source-v1.json");
        let text = String::from_utf8_lossy(files[0].content().expect("a file")).into_owned();
        assert!(!text.contains("x-kubernetes-"));
    }

    #[test]
    fn dialect() {
        let given = json!({
            "type": "object",
            "properties": {
                "port": { "x-kubernetes-int-or-string": true, "anyOf": [{ "type": "integer" }, { "type": "string" }] },
                "any": { "type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {} },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                "maybe": { "type": "string", "nullable": true },
            },
        });
        let expected = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "port": { "type": ["integer", "string"] },
                "any": { "type": "object", "properties": {} },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                "maybe": { "type": ["string", "null"] },
            },
        });
        assert_eq!(strict(&given, false), expected);
    }
}
