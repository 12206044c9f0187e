//! Texts and the objects in them, each with its place.

use super::{objects, parsed};

fn places(text: &str) -> Vec<String> {
    let documents = parsed("x.yaml", text).unwrap();
    objects(documents)
        .unwrap()
        .iter()
        .map(|object| format!("{} at {}", object.object.id(), object.place))
        .collect()
}

fn wrong(text: &str) -> String {
    match parsed("x.yaml", text).and_then(objects) {
        Err(error) => error.to_string(),
        Ok(_) => String::new(),
    }
}

#[test]
fn documents_lists_and_json() {
    let text = "# first\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n---\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n- {apiVersion: v1, kind: Pod, metadata: {name: q}}\n";
    assert_eq!(
        places(text),
        [
            "ConfigMap/b/a at x.yaml, document 1 (line 3)",
            "Pod/p at x.yaml, document 3 (line 8), item 1",
            "Pod/q at x.yaml, document 3 (line 8), item 2"
        ]
    );
    assert_eq!(
        places(r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}"#),
        ["Pod/p at x.yaml, document 1 (line 1)"]
    );
    // Not every kind that ends so is a list.
    assert_eq!(places("{apiVersion: a/v1, kind: AllowList, metadata: {name: p}}").len(), 1);
}

#[test]
fn what_is_no_object_is_said_with_its_place() {
    assert_eq!(
        wrong("a: b\n---\nkind: ["),
        "x.yaml, document 2: yaml: line 3: did not find expected node content"
    );
    assert_eq!(
        wrong("apiVersion: v1\nkind: Pod\n"),
        "x.yaml, document 1 (line 1): missing metadata.name in object"
    );
    assert_eq!(wrong("---\njust text\n"), "x.yaml, document 1: object is not a map");
    assert_eq!(
        wrong("{apiVersion: v1, kind: List, items: [{kind: Pod}]}"),
        "x.yaml, document 1 (line 1), item 1: missing apiVersion in object"
    );
    assert_eq!(wrong("# nothing\n"), "there is no object in the files");
}
