//! The three places that a result can go to.

use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::error::ErrorKind;

fn object(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

const TWO: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: a
---
apiVersion: v1
kind: Namespace
metadata:
  name: b
";

/// Writes two objects; gives what was printed, and how it ended.
fn write_two(output: Option<&Path>) -> (String, Result<(), CliError>) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut sink = Sink::of(output);
    sink.add(object("a"));
    sink.add(object("b"));
    let result = sink.write(&mut Output::new(&mut out, &mut err));
    assert!(err.is_empty());
    (String::from_utf8(out).expect("UTF-8"), result)
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    (folder, path)
}

#[test]
fn standard_output() {
    assert_eq!(write_two(None), (TWO.to_owned(), Ok(())));
}

#[test]
fn a_file() {
    let (_owner, folder) = folder();
    let file = folder.join("all.yaml");
    fs::write(&file, TWO.repeat(2)).expect("an old file");
    assert_eq!(write_two(Some(&file)), (String::new(), Ok(())));
    assert_eq!(fs::read_to_string(&file).expect("the file"), TWO, "nothing of the old one is left");
}

#[test]
fn a_directory() {
    let (_owner, folder) = folder();
    assert_eq!(write_two(Some(&folder)), (String::new(), Ok(())));
    let text = fs::read_to_string(folder.join("v1_namespace_b.yaml")).expect("the file");
    assert_eq!(text, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: b\n");
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 2);
}

#[test]
fn nothing_at_all() {
    let (_owner, folder) = folder();
    let file = folder.join("empty.yaml");
    let write =
        |output| Sink::of(output).write(&mut Output::new(&mut std::io::empty(), &mut std::io::empty()));
    assert_eq!(write(None), Ok(()));
    assert_eq!(write(Some(&file)), Ok(()));
    assert_eq!(fs::read_to_string(&file).expect("a file all the same"), "");
}

#[test]
fn what_cannot_be_written() {
    let (_owner, folder) = folder();
    let file = folder.join("gone/all.yaml");
    let (printed, result) = write_two(Some(&file));
    let error = result.expect_err("no such folder");
    assert_eq!((printed.as_str(), error.kind()), ("", ErrorKind::Write));
    assert_eq!(error.to_string(), format!("open {}: no such file or directory", file.display()));
    fs::create_dir(folder.join("v1_namespace_a.yaml")).expect("in the way");
    let (_, result) = write_two(Some(&folder));
    let text = result.expect_err("a folder in the way").to_string();
    assert!(text.ends_with("v1_namespace_a.yaml: is a directory"), "{text}");
}

#[test]
fn nothing_is_written_when_one_name_is_refused() {
    let (_owner, folder) = folder();
    let object = |namespace: &str| serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}});
    let sink = Sink::Directory(&folder, vec![object("good"), object("../../up")]);
    let result = sink.write(&mut Output::new(&mut std::io::empty(), &mut std::io::empty()));
    assert_eq!(result.expect_err("refused").kind(), ErrorKind::Write);
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 0);
}
