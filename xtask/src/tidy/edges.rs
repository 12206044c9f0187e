//! Which crate may depend on which (ARCHITECTURE.md, Layers, with decisions 7.1), and which outside crates
//! belong into one crate only.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::problem::Problem;

/// A member of the workspace, as `cargo metadata` describes it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Package {
    /// Its name.
    pub(super) name: String,
    /// What it names as dependencies.
    pub(super) dependencies: Vec<Dependency>,
}

/// One dependency of a member.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dependency {
    /// Name of the crate, not what it is renamed to.
    pub(super) name: String,
    /// `dev`, `build`, or nothing for the usual kind.
    pub(super) kind: Option<String>,
    /// The features that are asked for.
    #[serde(default)]
    pub(super) features: Vec<String>,
    /// Folder, for members of the workspace.
    pub(super) path: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// Reads the answer of `cargo metadata --no-deps`.
pub(super) fn packages(metadata: &str) -> Result<Vec<Package>> {
    let metadata: Metadata = serde_json::from_str(metadata).context("cargo metadata")?;
    Ok(metadata.packages)
}

/// Our crates and what of ours they may depend on. `e2e` and `xtask` are not in it: they may use everything.
const EDGES: [(&str, &[&str]); 20] = [
    ("manifest", &[]),
    ("api", &["manifest"]),
    ("kustomize-engine", &["manifest"]),
    ("expr", &["manifest"]),
    // Rules of health are written in CEL, and people write them as objects of our group.
    ("health", &["manifest", "api", "expr"]),
    // Credentials of clouds: for key services, for clusters, and for registries and buckets.
    ("cloud", &["manifest"]),
    ("sops", &["manifest", "cloud"]),
    // Who signed an artifact.
    ("attest", &["manifest"]),
    // What health-controller, the CLI and others tell of a Kustomization is one reading of what is seen, not one each.
    ("convergence", &["manifest", "api", "health"]),
    // Who may send webhooks, and what for.
    ("receiver", &["manifest", "api", "expr"]),
    ("cluster", &["manifest"]),
    ("artifact", &["manifest"]),
    ("render", &["manifest", "api", "kustomize-engine", "artifact", "sops"]),
    ("apply", &["manifest", "api", "kustomize-engine", "health", "cluster"]),
    ("reconcile-core", &["api", "manifest", "cloud", "cluster"]),
    (
        "source-controller",
        &["api", "manifest", "artifact", "attest", "cloud", "cluster", "receiver", "reconcile-core"],
    ),
    (
        "kustomize-controller",
        &[
            "api",
            "manifest",
            "expr",
            "artifact",
            "cloud",
            "sops",
            "render",
            "apply",
            "health",
            "cluster",
            "reconcile-core",
        ],
    ),
    ("health-controller", &["api", "manifest", "health", "convergence", "cluster", "reconcile-core"]),
    (
        "cli",
        &[
            "api",
            "manifest",
            "kustomize-engine",
            "artifact",
            "sops",
            "render",
            "apply",
            "health",
            "convergence",
            "cluster",
        ],
    ),
    ("testkit", &["manifest", "cluster"]),
];

/// Crates that hold automation and tests, and ship nothing.
const FREE: [&str; 2] = ["e2e", "xtask"];

/// Outside crates and the only crates of ours that may name them (in shipped code; tests are free).
const HOMES: [(&str, &[&str]); 11] = [
    ("kube-runtime", &["reconcile-core"]),
    ("gix", &["source-controller"]),
    ("prometheus", &["reconcile-core", "source-controller", "kustomize-controller", "health-controller"]),
    ("tracing-subscriber", &["reconcile-core"]),
    ("axum", &["reconcile-core", "source-controller", "health-controller", "testkit"]),
    ("tar", &["artifact"]),
    // sops, for the compressed packets of OpenPGP: 2 KiB in memory at most, nothing that is an archive.
    ("flate2", &["artifact", "source-controller", "sops", "testkit"]),
    ("clap", &["cli"]),
    ("json-patch", &["kustomize-engine", "apply"]),
    ("anyhow", &["source-controller", "kustomize-controller", "health-controller", "cli", "testkit"]),
    ("tower", &["cluster", "reconcile-core"]),
];

/// The layers without I/O, and what must not reach them.
const PURE: [&str; 8] =
    ["manifest", "api", "receiver", "attest", "cloud", "kustomize-engine", "health", "convergence"];
const IMPURE: [&str; 9] = [
    "tokio",
    "tokio-util",
    "reqwest",
    "hyper",
    "hyper-util",
    "axum",
    "kube-client",
    "kube-runtime",
    "rustls",
];

/// Every edge that the tables do not allow.
pub(super) fn check(packages: &[Package]) -> Vec<Problem> {
    packages.iter().filter(|package| !FREE.contains(&package.name.as_str())).flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Problem> {
    let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == package.name) else {
        return vec![Problem::new(&package.name, "is in no layer; add it to xtask/src/tidy/edges.rs")];
    };
    let mut problems = Vec::new();
    for dependency in &package.dependencies {
        let name = dependency.name.as_str();
        let dev = dependency.kind.as_deref() == Some("dev");
        if dependency.path.is_some() {
            if !(allowed.contains(&name) || dev && name == "testkit") {
                problems
                    .push(Problem::new(&package.name, format!("may not depend on {name} (ARCHITECTURE.md)")));
            }
        } else if !dev {
            problems.extend(check_outside(package, dependency));
        }
    }
    problems
}

fn check_outside(package: &Package, dependency: &Dependency) -> Option<Problem> {
    let name = dependency.name.as_str();
    let crate_name = package.name.as_str();
    if let Some((_, homes)) = HOMES.iter().find(|(outside, _)| *outside == name)
        && !homes.contains(&crate_name)
    {
        return Some(Problem::new(crate_name, format!("{name} belongs to {} only", homes.join(", "))));
    }
    let pure = PURE.contains(&crate_name);
    let client = name == "kube" && dependency.features.iter().any(|feature| feature != "derive");
    if pure && (client || IMPURE.contains(&name)) {
        return Some(Problem::new(crate_name, format!("has no I/O, so it may not depend on {name}")));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(krate: &str, dependency: &str, kind: Option<&str>, ours: bool) -> Vec<String> {
        let dependency = Dependency {
            name: dependency.to_owned(),
            kind: kind.map(str::to_owned),
            features: vec!["client".to_owned()],
            path: ours.then(|| "/somewhere".to_owned()),
        };
        check(&[Package { name: krate.to_owned(), dependencies: vec![dependency] }])
            .iter()
            .map(Problem::to_string)
            .collect()
    }

    #[test]
    fn our_own_edges() {
        assert!(check_one("render", "manifest", None, true).is_empty());
        assert_eq!(
            check_one("render", "health", None, true),
            ["render: may not depend on health (ARCHITECTURE.md)"]
        );
        assert_eq!(
            check_one("source-controller", "kustomize-controller", None, true).len(),
            1,
            "no edge inside L4"
        );
        assert!(check_one("source-controller", "testkit", Some("dev"), true).is_empty());
        assert_eq!(check_one("source-controller", "testkit", None, true).len(), 1, "testkit only for tests");
        assert_eq!(check_one("manifest", "api", Some("dev"), true).len(), 1, "upwards not even in tests");
        assert!(check_one("e2e", "source-controller", None, true).is_empty());
        assert_eq!(check_one("newcomer", "serde", None, false).len(), 1, "a crate without a layer");
    }

    #[test]
    fn outside_crates_have_homes() {
        assert!(check_one("reconcile-core", "kube-runtime", None, false).is_empty());
        assert_eq!(
            check_one("cluster", "kube-runtime", None, false),
            ["cluster: kube-runtime belongs to reconcile-core only"]
        );
        assert_eq!(check_one("artifact", "gix", None, false).len(), 1);
        assert!(check_one("artifact", "anyhow", Some("dev"), false).is_empty());
        assert_eq!(check_one("artifact", "anyhow", None, false).len(), 1);
    }

    #[test]
    fn pure_crates_stay_pure() {
        assert_eq!(check_one("api", "kube", None, false), ["api: has no I/O, so it may not depend on kube"]);
        assert_eq!(check_one("health", "tokio", None, false).len(), 1);
        assert!(check_one("health", "tokio", Some("dev"), false).is_empty());
        assert!(check_one("cluster", "tokio", None, false).is_empty());
    }

    #[test]
    fn cargo_metadata_is_understood() {
        let text = r#"{"packages": [{"name": "api", "dependencies": [
            {"name": "manifest", "kind": null, "features": [], "path": "/x"}, {"name": "serde", "kind": "dev"}]}]}"#;
        let packages = packages(text).expect("metadata");
        assert_eq!(packages[0].dependencies.len(), 2);
        assert!(check(&packages).is_empty());
    }
}
