//! That every source file belongs to its crate: the compiler says nothing about a file that no `mod` names,
//! and a forgotten test never runs.

use std::collections::BTreeMap;

use super::problem::Problem;
use crate::workspace::TextFile;

/// Files that cargo finds by itself.
const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "build.rs"];

/// Every file that no other file names as a module.
pub(super) fn check(sources: &[TextFile]) -> Vec<Problem> {
    let texts: BTreeMap<_, _> = sources.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    sources
        .iter()
        .filter(|file| !is_root(&file.path) && !is_named(&texts, &file.path))
        .map(forgotten)
        .collect()
}

fn forgotten(file: &TextFile) -> Problem {
    Problem::new(&file.path, "is named by no `mod`, so it is never compiled")
}

/// Roots of a package: `src/lib.rs`, `src/main.rs`, `src/bin/*.rs`, `build.rs` and the files in `tests`,
/// `examples` and `benches`.
fn is_root(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').collect();
    let Some((name, folders)) = parts.split_last() else { return true };
    let within =
        folders.iter().position(|part| ["src", "tests", "examples", "benches", "fuzz"].contains(part));
    match within {
        None => true,
        Some(at) if folders[at] == "src" => {
            folders.len() == at + 1 && ROOTS.contains(name) || folders.get(at + 1) == Some(&"bin")
        }
        Some(at) => folders.len() == at + 1 || folders.len() == at + 2 && *name == "main.rs",
    }
}

fn is_named(texts: &BTreeMap<&str, &str>, path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return true };
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    let parents = [format!("{folder}/lib.rs"), format!("{folder}/main.rs"), format!("{folder}.rs")];
    parents.iter().filter_map(|parent| texts.get(parent.as_str())).any(|text| {
        text.lines().any(|line| {
            let line = line.trim();
            let declared = line.rsplit_once("mod ").filter(|(before, _)| !before.contains("//"));
            declared
                .and_then(|(_, rest)| rest.split_once(';'))
                .is_some_and(|(module, _)| module.trim() == stem)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_files(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| TextFile { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        check(&files).into_iter().map(|problem| problem.place).collect()
    }

    #[test]
    fn modules_are_named() {
        let lib = "//! A.\npub mod source;\n#[cfg(test)] mod tests;\n// mod gone;\n";
        assert_eq!(
            check_files(&[
                ("crates/a/src/lib.rs", lib),
                ("crates/a/src/source.rs", "pub(crate) mod git;\n"),
                ("crates/a/src/source/git.rs", ""),
                ("crates/a/src/source/oci.rs", ""),
                ("crates/a/src/tests.rs", ""),
                ("crates/a/src/gone.rs", ""),
                ("crates/a/src/other/deep.rs", ""),
            ]),
            ["crates/a/src/source/oci.rs", "crates/a/src/gone.rs", "crates/a/src/other/deep.rs"]
        );
    }

    #[test]
    fn cargo_finds_roots_by_itself() {
        assert_eq!(
            check_files(&[
                ("crates/a/build.rs", ""),
                ("crates/a/src/main.rs", ""),
                ("crates/a/src/bin/tool.rs", ""),
                ("crates/a/tests/golden.rs", ""),
                ("e2e/tests/it/main.rs", "mod crds;"),
                ("e2e/tests/it/crds.rs", ""),
                ("e2e/tests/it/smoke.rs", ""),
            ]),
            ["e2e/tests/it/smoke.rs"]
        );
    }
}
