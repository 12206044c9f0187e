//! Objects that the API server refuses with words that quote them, objects whose names walk paths, and inventories
//! that somebody forged.

use serde_json::{Value, json};

use super::input::Ending::{self, Refused, Settled};
use super::input::{Build, Family, Input, Matter, VICTIM, files};
use crate::canary::Canaries;

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = wrong_types();
    inputs.extend(others());
    inputs.extend(walking());
    inputs.extend(forged());
    inputs
}

/// A build of these objects.
fn applied(
    name: impl AsRef<str>,
    ending: Ending,
    make: impl Fn(&Canaries) -> Vec<Value> + Send + Sync + 'static,
) -> Input {
    // What the objects say of their namespace stays.
    let crosses = name.as_ref().ends_with("-in-namespace") || name.as_ref() == "into-the-victim";
    Input::new(Family::Object, name, ending, move |canaries| {
        let text: Vec<String> = make(canaries).iter().map(|object| format!("---\n{object}\n")).collect();
        let spec = if crosses { json!({ "targetNamespace": null }) } else { Value::Null };
        Matter::Build(Build { files: files([("objects.yaml", text.concat())]), spec, ..Build::default() })
    })
}

/// Makes a value of a type that does not belong where it stands.
type Wrong = fn(&Canaries) -> Value;

/// Every field of a Secret with every type that it must not have.
fn wrong_types() -> Vec<Input> {
    let values: [(&str, Wrong); 8] = [
        ("number", |canaries| json!(canaries.issue_number("a number in a Secret"))),
        ("negative", |canaries| json!(-canaries.issue_number("a number in a Secret").cast_signed())),
        ("text", |canaries| json!(canaries.issue("a text in a Secret"))),
        ("map", |canaries| json!({ "inner": canaries.issue("a map in a Secret") })),
        ("map-of-numbers", |canaries| json!({ "inner": canaries.issue_number("a map in a Secret") })),
        ("list", |canaries| json!([canaries.issue("a list in a Secret"), canaries.issue_number("another")])),
        ("deep", |canaries| json!({ "a": [{ "b": { "c": [canaries.issue("deep in a Secret")] } }] })),
        ("key", |canaries| json!({ canaries.issue("a key in a Secret"): { "a": 1 } })),
    ];
    let places =
        ["stringData/k", "stringData", "data/k", "data", "type", "immutable", "metadata/annotations/k"];
    let mut inputs = Vec::new();
    for place in places {
        for (what, value) in values {
            // There it would be the name of an entry, which may be shown: people need it to find the entry.
            if what == "key" && matches!(place, "stringData" | "data") {
                continue;
            }
            let name = format!("secret-with-{what}-in-{}", place.replace('/', "."));
            inputs.push(applied(name, Settled, move |canaries| {
                let mut value = value(canaries);
                for part in place.rsplit('/') {
                    value = json!({ part: value });
                }
                let mut secret =
                    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "pin" } });
                merge(&mut secret, value);
                vec![secret]
            }));
        }
    }
    inputs
}

fn others() -> Vec<Input> {
    let secret = |fields: Value| {
        let mut secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "pin" } });
        merge(&mut secret, fields);
        secret
    };
    vec![
        applied("secret-with-bad-key", Refused, move |canaries| {
            vec![secret(json!({ "stringData": { "no key/!": canaries.issue("beside a bad key") } }))]
        }),
        applied("secret-of-a-type-that-wants-more", Refused, move |canaries| {
            let value = canaries.issue("in a Secret of a type");
            vec![secret(json!({ "type": "kubernetes.io/tls", "stringData": { "tls.key": value } }))]
        }),
        applied("secret-of-docker-that-is-no-json", Refused, move |canaries| {
            let value = canaries.issue("in a Secret of Docker's");
            vec![secret(
                json!({ "type": "kubernetes.io/dockerconfigjson", "stringData": { ".dockerconfigjson": value } }),
            )]
        }),
        applied("secret-with-unknown-field", Settled, move |canaries| {
            vec![secret(json!({ "stringdata": { "k": canaries.issue("in an unknown field") } }))]
        }),
        applied("secret-too-large", Refused, move |canaries| {
            let value = canaries.issue("in a large Secret").repeat(60_000);
            vec![secret(json!({ "stringData": { "k": value } }))]
        }),
        applied("secret-with-bad-name", Refused, move |canaries| {
            let value = canaries.issue("in a Secret of a bad name");
            vec![secret(json!({ "metadata": { "name": "Not_A_Name" }, "stringData": { "k": value } }))]
        }),
        applied("secret-twice", Settled, move |canaries| {
            let one = |value| secret(json!({ "stringData": { "k": value } }));
            vec![one(canaries.issue("in the first")), one(canaries.issue("in the second"))]
        }),
        applied("config-map-quotes-the-secret", Refused, move |canaries| {
            let value = canaries.issue("in a Secret and a ConfigMap");
            let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "m" }, "data": { "k": { "v": value } } });
            vec![secret(json!({ "stringData": { "k": value } })), map]
        }),
    ]
}

/// Names, namespaces and kinds that mean something in a path.
fn walking() -> Vec<Input> {
    let texts = [
        "../../../victim/configmaps/plain",
        "..",
        ".",
        "a/b",
        "a?dryRun=",
        "a#",
        "a%2f..%2fb",
        "%2e%2e",
        "a\\b",
        "a b",
        "a\nb",
        "\u{202e}a",
        "\u{1b}[2J",
        "",
        "a;b",
        "a&force=true",
        "?fieldManager=x",
    ];
    let mut inputs = Vec::new();
    for (number, text) in texts.into_iter().enumerate() {
        for field in ["name", "namespace", "kind", "apiVersion"] {
            inputs.push(applied(format!("path-{number}-in-{field}"), Settled, move |_| {
                let mut map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "m" } });
                match field {
                    "name" | "namespace" => map["metadata"][field] = json!(text),
                    _ => map[field] = json!(text),
                }
                vec![map]
            }));
        }
    }
    inputs.push(applied("into-the-victim", Refused, |_| {
        let metadata = json!({ "name": "planted", "namespace": VICTIM });
        vec![json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata })]
    }));
    inputs.push(applied("as-cluster-admin", Refused, |_| {
        vec![json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": { "name": "planted" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": [{ "kind": "User", "name": "planted", "apiGroup": "rbac.authorization.k8s.io" }],
        })]
    }));
    inputs
}

/// Inventories that name what the Kustomization never made; the next run would prune them.
fn forged() -> Vec<Input> {
    let victim = |rest: &str| format!("{VICTIM}_{rest}");
    let ids = [
        ("victim", victim("plain__ConfigMap")),
        ("victims-secret", victim("hidden__Secret")),
        ("namespace", format!("_{VICTIM}__Namespace")),
        ("up", format!("..{VICTIM}_../plain__ConfigMap")),
        ("query", victim("plain?dryRun=__ConfigMap")),
        ("slash", victim("a/b__ConfigMap")),
        ("nothing", String::new()),
        ("underscores", "____________".to_owned()),
        ("escapes", victim("\u{1b}[2J__ConfigMap")),
        ("unknown-kind", victim("a_example.com_Nothing")),
        ("kind-that-walks", victim("a__../../Secret")),
    ];
    let mut inputs = Vec::new();
    for (what, id) in ids {
        for version in ["v1", "../v1", ""] {
            let id = id.clone();
            let name = format!("inventory-{what}-{}", if version == "../v1" { "up" } else { version });
            inputs.push(inventory(name, move || vec![json!({ "id": id, "v": version })]));
        }
    }
    for count in [1_000, 10_000] {
        inputs.push(inventory(format!("inventory-of-{count}"), move || {
            (0..count).map(|n| json!({ "id": format!("{VICTIM}_n{n}__ConfigMap"), "v": "v1" })).collect()
        }));
    }
    inputs
}

fn inventory(name: String, entries: impl Fn() -> Vec<Value> + Send + Sync + 'static) -> Input {
    Input::new(Family::Object, name.trim_end_matches('-'), Settled, move |_| {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n";
        let status = json!({ "inventory": { "entries": entries() } });
        Matter::Build(Build { files: files([("own.yaml", map)]), status, ..Build::default() })
    })
}

/// Puts the fields of one object over another's.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
