//! `cargo xtask tidy`: the house rules that no compiler checks.
//! Each rule is a pure function in a module below; this file only gathers what they look at.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::changelog;
use crate::codegen;
use crate::stamp;
use crate::workspace::{self, TextFile};

mod chart;
mod circles;
mod docs;
mod edges;
mod files;
mod forgotten;
mod links;
mod lints;
mod problem;
mod purity;
mod references;
mod supply;
mod tls;
mod troubles;
mod versions;
mod watching;
mod words;

use problem::Problem;

/// Checks every rule and reports all problems at once.
pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    let mut problems = check(&root)?;
    problems.sort();
    for problem in &problems {
        workspace::complain(&problem.to_string());
    }
    if !problems.is_empty() {
        bail!("{} of the house rules are broken", problems.len());
    }
    Ok(())
}

fn check(root: &Path) -> Result<Vec<Problem>> {
    let metadata = workspace::cargo(root, &["metadata", "--format-version=1", "--no-deps", "--offline"])?;
    let packages = edges::packages(&metadata)?;
    let mut sources = Vec::new();
    let mut manifests = Vec::new();
    for folder in ["crates", "e2e", "xtask"] {
        sources.extend(workspace::text_files(root, folder, &[".rs"])?);
        manifests.extend(workspace::text_files(root, folder, &["Cargo.toml", "clippy.toml"])?);
    }
    let allow = workspace::optional_file(root, "xtask/tidy-allow.toml")?.unwrap_or_default();
    let allow = files::Allow::parse(&allow)?;
    let root_clippy = workspace::optional_file(root, "clippy.toml")?.context("clippy.toml is missing")?;
    let (clippy, manifests): (Vec<_>, Vec<_>) =
        manifests.into_iter().partition(|file| file.path.ends_with("clippy.toml"));
    let tree = workspace::cargo(root, &TREE)?;

    let mut problems = edges::check(&packages);
    problems.extend(circles::check(&sources));
    problems.extend(files::check(&sources, &allow));
    problems.extend(forgotten::check(&sources));
    problems.extend(lints::check_sources(&sources));
    problems.extend(lints::check_manifests(&manifests)?);
    problems.extend(lints::check_clippy(&root_clippy, &clippy)?);
    problems.extend(purity::check(&sources));
    problems.extend(tls::check(&tree));
    let all = workspace::cargo(root, &ALL_PACKAGES)?;
    let deny = workspace::optional_file(root, "deny.toml")?.context("deny.toml is missing")?;
    problems.extend(supply::check(&all, &deny)?);
    problems.extend(chart::check(&workspace::text_files(root, "config/rbac", &[".yaml"])?)?);
    problems.extend(check_release(root)?);
    problems.extend(check_docs(root, &sources)?);
    problems.extend(check_watching(root)?);
    problems.extend(check_references(root, sources, manifests.into_iter().chain(clippy).collect())?);
    problems.extend(generated(root)?);
    Ok(problems)
}

const ALL_PACKAGES: [&str; 4] =
    ["metadata", "--format-version=1", "--offline", "--filter-platform=x86_64-unknown-linux-gnu"];
const TREE: [&str; 9] = [
    "tree",
    "--workspace",
    "--offline",
    "--edges=normal,build,dev",
    "--prefix=none",
    "--format={p}",
    "--no-dedupe",
    "--quiet",
    "--locked",
];

fn check_docs(root: &Path, sources: &[TextFile]) -> Result<Vec<Problem>> {
    let mut prose = Vec::new();
    for path in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE"] {
        if let Some(text) = workspace::optional_file(root, path)? {
            prose.push(TextFile { path: path.to_owned(), text });
        }
    }
    prose.extend(workspace::text_files(root, "docs", &[".md"])?);
    let mut problems = docs::check(&prose);
    problems.extend(words::check(&prose));
    problems.extend(troubles::check(&prose, sources));
    for folder in [".github", "charts", "config", "e2e", "crates"] {
        prose.extend(workspace::text_files(root, folder, &[".md"])?);
    }
    problems.extend(links::check_summary(&prose));
    problems.extend(links::check(&prose, |path| root.join(path).exists()));
    Ok(problems)
}

/// What people watch the controllers with.
fn check_watching(root: &Path) -> Result<Vec<Problem>> {
    let tests = "charts/flyball/alerts/tests";
    let mut alerts = workspace::text_files(root, "charts/flyball/alerts", &[".yaml"])?;
    alerts.retain(|file| !file.path.starts_with(tests));
    watching::check(&watching::Watching {
        alerts,
        tests: workspace::text_files(root, tests, &[".yaml"])?,
        dashboards: workspace::text_files(root, "charts/flyball/dashboards", &[".json"])?,
        runbooks: workspace::text_files(root, "docs/runbooks", &[".md"])?,
    })
}

/// Comments are looked at wherever people write them; generated files are not.
fn check_references(
    root: &Path,
    mut sources: Vec<TextFile>,
    manifests: Vec<TextFile>,
) -> Result<Vec<Problem>> {
    let mut documents = workspace::text_files(root, ".github", &[".md"])?;
    for folder in ["crates", "docs", "charts", "config", "e2e"] {
        documents.extend(workspace::text_files(root, folder, &[".md"])?);
    }
    for path in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        documents.extend(
            workspace::optional_file(root, path)?.map(|text| TextFile { path: path.to_owned(), text }),
        );
    }
    for path in ["Cargo.toml", "clippy.toml", "deny.toml", "xtask/tidy-allow.toml"] {
        sources.extend(
            workspace::optional_file(root, path)?.map(|text| TextFile { path: path.to_owned(), text }),
        );
    }
    sources.extend(manifests);
    sources.extend(workspace::text_files(root, "e2e", &[".go"])?);
    for folder in ["charts/flyball/templates", "config", ".github", "crates/health"] {
        sources.extend(workspace::text_files(root, folder, &[".yaml"])?);
    }
    Ok(references::check(&documents, &sources))
}

/// What a release takes from the tree: one version, and a changelog that a program can read.
fn check_release(root: &Path) -> Result<Vec<Problem>> {
    let chart =
        workspace::optional_file(root, "charts/flyball/Chart.yaml")?.context("the chart is missing")?;
    let mut problems = versions::check(&stamp::version(root)?, &chart)?;
    let text = workspace::optional_file(root, "CHANGELOG.md")?.context("CHANGELOG.md is missing")?;
    problems.extend(changelog::faults(&text).into_iter().map(|fault| Problem::new("CHANGELOG.md", fault)));
    Ok(problems)
}

fn generated(root: &Path) -> Result<Vec<Problem>> {
    let message = format!("is out of date; run `{}`", codegen::COMMAND);
    Ok(codegen::stale(root)?.into_keys().map(|path| Problem::new(path, message.clone())).collect())
}
