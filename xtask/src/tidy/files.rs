//! How source files begin, what they are called and how long they may be.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::problem::Problem;
use crate::workspace::TextFile;

/// No file may have more lines of code, unless it stands in `xtask/tidy-allow.toml`.
const LIMIT: usize = 600;
/// Nine files of ten have no more lines of code.
const TARGET: usize = 400;

const FORBIDDEN: [&str; 8] = ["util", "utils", "common", "helpers", "misc", "types", "manager", "handler"];

/// The exceptions, from `xtask/tidy-allow.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Allow {
    /// Long files and why they are long.
    #[serde(default)]
    long_files: BTreeMap<String, String>,
}

impl Allow {
    /// Reads the list of exceptions.
    pub(super) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("xtask/tidy-allow.toml")
    }
}

/// Every file that breaks a rule, and every exception that is no longer needed.
pub(super) fn check(sources: &[TextFile], allow: &Allow) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut long = 0;
    for file in sources {
        problems.extend(check_head(file));
        problems.extend(check_name(file));
        let lines = code_lines(&file.text);
        long += usize::from(lines > TARGET);
        if lines > LIMIT && !allow.long_files.contains_key(&file.path) {
            problems
                .push(Problem::new(&file.path, format!("has {lines} lines of code; the limit is {LIMIT}")));
        }
    }
    for (path, reason) in &allow.long_files {
        let file = sources.iter().find(|file| file.path == *path);
        if file.is_none_or(|file| code_lines(&file.text) <= LIMIT) {
            problems.push(Problem::new(path, "needs no entry in xtask/tidy-allow.toml any more"));
        } else if reason.trim().is_empty() {
            problems.push(Problem::new(path, "has no reason in xtask/tidy-allow.toml"));
        }
    }
    if long * 10 > sources.len() {
        let message = format!("{long} of {} files have more than {TARGET} lines of code", sources.len());
        problems.push(Problem::new("crates", message));
    }
    problems
}

fn check_head(file: &TextFile) -> Option<Problem> {
    let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    (!first.starts_with("//!"))
        .then(|| Problem::new(&file.path, "does not begin with `//!`: what it holds, what not"))
}

fn check_name(file: &TextFile) -> Option<Problem> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    if stem == "mod" {
        return Some(Problem::new(&file.path, "must be `<folder>.rs` beside its folder"));
    }
    FORBIDDEN.contains(&stem).then(|| Problem::new(&file.path, "has a name that says nothing"))
}

/// Lines that are neither empty nor only a comment.
fn code_lines(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_file(path: &str, text: &str, allow: &str) -> Vec<String> {
        // Short files around it keep the share of long ones low.
        let mut files =
            vec![TextFile { path: "crates/a/src/lib.rs".to_owned(), text: "//! A.".to_owned() }; 20];
        files.push(TextFile { path: path.to_owned(), text: text.to_owned() });
        check(&files, &Allow::parse(allow).expect("exceptions")).iter().map(Problem::to_string).collect()
    }

    #[test]
    fn heads_and_names() {
        assert!(check_file("crates/a/src/b.rs", "\n//! B.\nfn b() {}", "").is_empty());
        assert_eq!(check_file("crates/a/src/b.rs", "fn b() {}", "").len(), 1);
        assert_eq!(check_file("crates/a/src/b.rs", "/// B.\nfn b() {}", "").len(), 1);
        assert_eq!(check_file("crates/a/src/b/mod.rs", "//! B.", "").len(), 1);
        assert_eq!(check_file("crates/a/src/utils.rs", "//! B.", "").len(), 1);
        assert!(check_file("crates/a/src/common_metadata.rs", "//! B.", "").is_empty());
    }

    #[test]
    fn lengths() {
        let text = format!("//! B.\n{}", "let a = 1;\n// A.\n\n".repeat(601));
        assert_eq!(check_file("b.rs", &text, ""), ["b.rs: has 601 lines of code; the limit is 600"]);
        assert!(check_file("b.rs", &text, "long_files = {\"b.rs\" = \"a table\"}").is_empty());
        assert_eq!(check_file("b.rs", &text, "long_files = {\"b.rs\" = \" \"}").len(), 1, "no reason");
        assert_eq!(
            check_file("b.rs", "//! B.", "long_files = {\"b.rs\" = \"a table\"}").len(),
            1,
            "not needed"
        );
        Allow::parse("longfiles = {}").expect_err("a misspelt key");
        let files =
            vec![TextFile { path: "b.rs".to_owned(), text: format!("//! B.\n{}", "x\n".repeat(401)) }; 1];
        assert_eq!(check(&files, &Allow::default()).len(), 1, "the share of long files");
    }
}
