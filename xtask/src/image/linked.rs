//! Which crates a program links, as cargo resolves them for one platform: no build scripts, no procedural macros, no
//! features that only other members ask for. What is told of them is decided beside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::product::{PRODUCTS, Target};
use crate::workspace;

/// A crate in a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crate {
    /// Its name.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// An SPDX expression, or empty.
    pub(super) licence: String,
    /// SHA-256 of what the registry gave; none of our own.
    pub(super) checksum: Option<String>,
    /// What it needs: places in [`Linked::crates`].
    pub(super) needs: Vec<usize>,
}

/// All crates of a program, in order of name and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Linked {
    /// They.
    pub(super) crates: Vec<Crate>,
    /// Place of the program's own.
    pub(super) root: usize,
}

/// Asks cargo, for all programs at once, as they are built at once: by package.
pub(crate) fn linked(root: &Path, target: &Target) -> Result<BTreeMap<String, Linked>> {
    let mut args = vec!["tree", "--locked", "--edges=normal,no-proc-macro", "--prefix=depth"];
    args.extend(["--format= {p}|{l}", "--charset=ascii", "--target", target.triple]);
    args.extend(PRODUCTS.iter().flat_map(|product| ["--package", product.package]));
    let tree = workspace::cargo(root, &args)?;
    let lock = workspace::optional_file(root, "Cargo.lock")?.context("Cargo.lock is missing")?;
    read(&tree, &lock)
}

type Key = (String, String);

#[derive(Default)]
struct Graph {
    licences: BTreeMap<Key, String>,
    edges: BTreeMap<Key, BTreeSet<Key>>,
    roots: Vec<Key>,
}

fn read(tree: &str, lock: &str) -> Result<BTreeMap<String, Linked>> {
    let graph = graph(tree)?;
    let checksums = checksums(lock)?;
    let mut all = BTreeMap::new();
    for root in &graph.roots {
        let reached: Vec<Key> = reached(&graph, root).into_iter().collect();
        let place = |key: &Key| reached.binary_search(key).ok().context("a crate that was reached");
        let mut crates = Vec::new();
        for key in &reached {
            let needs = graph.edges.get(key).into_iter().flatten().map(place).collect::<Result<_>>()?;
            crates.push(Crate {
                name: key.0.clone(),
                version: key.1.clone(),
                licence: graph.licences.get(key).cloned().unwrap_or_default(),
                checksum: checksums.get(key).cloned(),
                needs,
            });
        }
        all.insert(root.0.clone(), Linked { root: place(root)?, crates });
    }
    Ok(all)
}

/// Reads cargo's tree. What hangs below a crate is printed once only, where it is met first.
fn graph(tree: &str) -> Result<Graph> {
    let mut graph = Graph::default();
    let mut above: Vec<Key> = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let (depth, key, licence) = node(line).with_context(|| format!("cargo's tree: {line:?}"))?;
        if depth > above.len() {
            bail!("cargo's tree skips a level: {line:?}");
        }
        above.truncate(depth);
        match above.last() {
            Some(parent) => {
                graph.edges.entry(parent.clone()).or_default().insert(key.clone());
            }
            None => graph.roots.push(key.clone()),
        }
        graph.licences.insert(key.clone(), licence);
        above.push(key);
    }
    Ok(graph)
}

/// `3 serde v1.0.0 (/where)|MIT (*)`: its depth, the crate, its licence.
fn node(line: &str) -> Option<(usize, Key, String)> {
    let (depth, rest) = line.split_once(' ')?;
    let (package, licence) = rest.split_once('|')?;
    let mut words = package.split(' ');
    let name = words.next()?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    let licence = licence.strip_suffix(" (*)").unwrap_or(licence).trim().to_owned();
    Some((depth.parse().ok()?, (name, version), licence))
}

fn reached(graph: &Graph, root: &Key) -> BTreeSet<Key> {
    let mut found = BTreeSet::new();
    let mut open = vec![root.clone()];
    while let Some(key) = open.pop() {
        if found.insert(key.clone()) {
            open.extend(graph.edges.get(&key).into_iter().flatten().cloned());
        }
    }
    found
}

fn checksums(lock: &str) -> Result<BTreeMap<Key, String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock: Lock = toml::from_str(lock).context("Cargo.lock")?;
    let packages = lock.package.into_iter();
    Ok(packages.filter_map(|package| Some(((package.name, package.version), package.checksum?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "\
0 cli v0.0.0 (/here/crates/cli)|Apache-2.0
1 clap v4.0.0|MIT OR Apache-2.0
2 strsim v0.11.1|MIT
1 manifest v0.0.0 (/here/crates/manifest)|Apache-2.0
2 strsim v0.11.1|MIT

0 source-controller v0.0.0 (/here/crates/source-controller)|Apache-2.0
1 manifest v0.0.0 (/here/crates/manifest)|Apache-2.0 (*)
1 gix v0.90.0|MIT/Apache-2.0
";
    const LOCK: &str = "[[package]]\nname = \"strsim\"\nversion = \"0.11.1\"\nchecksum = \"ab\"\n\
                        [[package]]\nname = \"cli\"\nversion = \"0.0.0\"\n";

    #[test]
    fn each_program_has_its_own() {
        let all = read(TREE, LOCK).expect("a tree");
        let names = |package: &str| -> Vec<_> {
            all[package].crates.iter().map(|one| one.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names("cli"), ["clap", "cli", "manifest", "strsim"]);
        assert_eq!(names("source-controller"), ["gix", "manifest", "source-controller", "strsim"]);
        let cli = &all["cli"];
        assert_eq!((cli.root, cli.crates[cli.root].needs.as_slice()), (1, &[0, 2][..]));
        let strsim = &cli.crates[3];
        assert_eq!((strsim.checksum.as_deref(), strsim.licence.as_str()), (Some("ab"), "MIT"));
        assert_eq!(cli.crates[2].checksum, None);
        assert_eq!(all["source-controller"].crates[1].needs, [3], "printed below the first program only");
    }

    #[test]
    fn a_tree_that_is_not_understood() {
        for wrong in ["0 cli", "x cli v0|", "1 cli v0.0.0|MIT", "0 cli 0.0.0|MIT"] {
            read(wrong, LOCK).expect_err(wrong);
        }
    }
}
