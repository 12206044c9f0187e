//! That lints are inherited everywhere and never silenced without a reason.

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use super::problem::Problem;
use crate::workspace::TextFile;

/// Every bare `allow` attribute. The needle is put together so that this file does not hold it.
pub(super) fn check_sources(sources: &[TextFile]) -> Vec<Problem> {
    let needles = ["[", "![", "[cfg_attr("].map(|open| format!("#{open}allow("));
    let mut problems = Vec::new();
    for file in sources {
        for (number, line) in file.text.lines().enumerate() {
            let line = line.trim_start();
            if needles.iter().any(|needle| line.starts_with(needle)) {
                let message = "use #[expect(lint, reason = \"...\")] instead of an allow attribute";
                problems.push(Problem::new(format!("{}:{}", file.path, number + 1), message));
            }
        }
    }
    problems
}

/// What every member's manifest must inherit. Fuzz targets are outside of the workspace, for they need another compiler.
pub(super) fn check_manifests(manifests: &[TextFile]) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for file in manifests.iter().filter(|file| !file.path.ends_with("/fuzz/Cargo.toml")) {
        let table: Table = toml::from_str(&file.text).with_context(|| file.path.clone())?;
        let inherits = |keys: &[&str]| at(&table, keys).and_then(Value::as_bool) == Some(true);
        if !inherits(&["lints", "workspace"]) {
            problems.push(Problem::new(&file.path, "does not inherit the workspace's lints"));
        }
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            if !inherits(&["package", key, "workspace"]) {
                problems.push(Problem::new(&file.path, format!("does not inherit `{key}`")));
            }
        }
        let folder = file.path.split('/').rev().nth(1).unwrap_or_default();
        if at(&table, &["package", "name"]).and_then(Value::as_str) != Some(folder) {
            problems.push(Problem::new(&file.path, "is not named like its folder"));
        }
    }
    Ok(problems)
}

fn at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))
}

/// A crate-local clippy.toml replaces the root's, so it must repeat it; it may forbid more.
pub(super) fn check_clippy(root: &str, locals: &[TextFile]) -> Result<Vec<Problem>> {
    let root: Table = toml::from_str(root).context("clippy.toml")?;
    let mut problems = Vec::new();
    for file in locals {
        let local: Table = toml::from_str(&file.text).with_context(|| file.path.clone())?;
        for (key, wanted) in &root {
            let found = local.get(key);
            let repeated = match (wanted, found) {
                // The reason may be another.
                (Value::Array(wanted), Some(Value::Array(found))) => {
                    wanted.iter().all(|item| found.iter().any(|other| other.get("path") == item.get("path")))
                }
                _ => found == Some(wanted),
            };
            if !repeated {
                problems.push(Problem::new(
                    &file.path,
                    format!("does not repeat `{key}` of the root's clippy.toml"),
                ));
            }
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn silenced_lints() {
        let text =
            ["//! A.", "#![allow(dead_code)]", "    #[allow(unused)]", "#[expect(unused, reason = \"x\")]"]
                .join("\n");
        let problems = check_sources(&[file("a.rs", &text)]);
        let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["a.rs:2", "a.rs:3"]);
    }

    #[test]
    fn manifests_inherit() {
        let good = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\n\
            rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n";
        let check = |text: &str| check_manifests(&[file("crates/a/Cargo.toml", text)]).expect("TOML").len();
        assert_eq!(check(good), 0);
        assert_eq!(check(&good.replace("[lints]\nworkspace = true\n", "")), 1);
        assert_eq!(check(&good.replace("edition.workspace = true", "edition = \"2021\"")), 1);
        assert_eq!(check(&good.replace("\"a\"", "\"b\"")), 1);
        check_manifests(&[file("a/Cargo.toml", "[")]).expect_err("no TOML");
        assert!(check_manifests(&[file("crates/a/fuzz/Cargo.toml", "")]).expect("TOML").is_empty());
    }

    #[test]
    fn local_clippy_files_repeat_the_root() {
        let root = "too-many-lines-threshold = 80\ndisallowed-methods = [{ path = \"a\" }]\n";
        let check =
            |text: &str| check_clippy(root, &[file("crates/a/clippy.toml", text)]).expect("TOML").len();
        assert_eq!(check(root), 0);
        assert_eq!(
            check(
                "too-many-lines-threshold = 80\ndisallowed-methods = [{ path = \"a\" }, { path = \"b\" }]\n"
            ),
            0
        );
        assert_eq!(check("too-many-lines-threshold = 90\ndisallowed-methods = [{ path = \"a\" }]\n"), 1);
        assert_eq!(check("disallowed-methods = []"), 2);
    }
}
