//! Renders of small repositories, each written as one string of many files. No disk, no cluster.

mod accessed;
mod budget;
mod failures;
mod generate;
mod lenient;
mod normalize;
mod overrides;

use artifact::MemTree;
use manifest::budget::Budget;
use serde_json::Value;

use crate::{Owner, RenderError, Rendered, Request, render};

/// `-- path --` starts a file; what follows up to the next such line is its content.
fn files(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let path = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        match (path, files.last_mut()) {
            (Some(path), _) => files.push((path.to_owned(), String::new())),
            (None, Some((_, content))) => {
                content.push_str(line);
                content.push('\n');
            }
            (None, None) => assert!(line.is_empty(), "content before the first file: {line}"),
        }
    }
    files
}

fn tree(text: &str) -> MemTree {
    MemTree::from_files(files(text).into_iter().map(|(path, content)| (path, content.into_bytes()))).unwrap()
}

fn request() -> Request {
    Request {
        owner: Owner { name: "apps".into(), namespace: "flux-system".into() },
        root: "/tmp/kustomization-1".into(),
        ..Request::default()
    }
}

fn at(path: &str) -> Request {
    Request { path: path.into(), ..request() }
}

fn rendered(text: &str, request: &Request) -> Rendered {
    render(&tree(text), request, &Budget::default()).unwrap()
}

fn error(text: &str, request: &Request) -> RenderError {
    render(&tree(text), request, &Budget::default()).expect_err("renders")
}

/// The subjects of all objects, in order.
fn subjects(rendered: &Rendered) -> Vec<String> {
    rendered.objects.iter().map(|object| object.id().to_string()).collect()
}

/// The objects, without the owner labels.
fn values(rendered: &Rendered) -> Vec<Value> {
    let mut values: Vec<Value> = rendered.objects.iter().map(|object| object.value().clone()).collect();
    for value in &mut values {
        let labels = value.pointer_mut("/metadata/labels").and_then(Value::as_object_mut).unwrap();
        assert_eq!(labels.remove("kustomize.toolkit.fluxcd.io/name"), Some("apps".into()));
        assert_eq!(labels.remove("kustomize.toolkit.fluxcd.io/namespace"), Some("flux-system".into()));
        if labels.is_empty() {
            value.pointer_mut("/metadata").and_then(Value::as_object_mut).unwrap().remove("labels");
        }
    }
    values
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}
