//! Where outside crates come from and under which licences: the part of deny.toml that needs no other tool.
//! The advisory database is for hosted CI.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::problem::Problem;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A crate of the whole tree, as `cargo metadata` describes it.
#[derive(Clone, Debug, Deserialize)]
struct Package {
    name: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Every crate from elsewhere than crates.io, or under a licence that deny.toml does not allow.
pub(super) fn check(metadata: &str, deny: &str) -> Result<Vec<Problem>> {
    let metadata: Metadata = serde_json::from_str(metadata).context("cargo metadata")?;
    let deny: Deny = toml::from_str(deny).context("deny.toml")?;
    let allowed = |licence: &str| deny.licenses.allow.iter().any(|allow| allow == licence);
    let mut problems = Vec::new();
    for package in metadata.packages {
        let Some(source) = &package.source else { continue };
        if source != REGISTRY {
            problems.push(Problem::new(&package.name, format!("comes from {source}")));
        }
        let licence = package.license.as_deref().unwrap_or_default();
        if !permits(licence, &allowed) {
            problems.push(Problem::new(&package.name, format!("has the licence {licence:?}; see deny.toml")));
        }
    }
    Ok(problems)
}

/// Whether an SPDX expression can be met with allowed licences only. The old form `MIT/Apache-2.0` means OR.
fn permits(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<_> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    let result = any_of(&mut rest, allowed);
    result && rest.is_empty()
}

fn any_of(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut result = all_of(rest, allowed);
    while let Some((&"OR", after)) = rest.split_first() {
        *rest = after;
        result |= all_of(rest, allowed);
    }
    result
}

fn all_of(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut result = one(rest, allowed);
    while let Some((&"AND", after)) = rest.split_first() {
        *rest = after;
        result &= one(rest, allowed);
    }
    result
}

fn one(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    let Some((first, after)) = rest.split_first() else { return false };
    *rest = after;
    if *first == "(" {
        let inner = any_of(rest, allowed);
        let Some((&")", after)) = rest.split_first() else { return false };
        *rest = after;
        return inner;
    }
    if let [word, exception, after @ ..] = *rest
        && *word == "WITH"
    {
        *rest = after;
        return allowed(&format!("{first} WITH {exception}"));
    }
    allowed(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let allowed = |licence: &str| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("", false),
            ("GPL-3.0 OR MIT", true),
            ("MIT/GPL-3.0", true),
            ("Unlicense / MIT", true),
            ("MIT AND GPL-3.0", false),
            ("MIT AND ISC", true),
            ("GPL-3.0 OR MIT AND ISC", true),
            ("(GPL-3.0 OR MIT) AND ISC", true),
            ("(GPL-3.0 OR MIT) AND GPL-2.0", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("Apache-2.0 WITH LLVM-exception AND GPL-2.0", false),
            ("(MIT", false),
            ("MIT ISC", false),
        ] {
            assert_eq!(permits(expression, &allowed), expected, "{expression}");
        }
    }

    #[test]
    fn sources_and_licences() {
        let metadata = format!(
            r#"{{"packages": [{{"name": "ours", "license": null, "source": null}},
                {{"name": "good", "license": "MIT", "source": "{REGISTRY}"}},
                {{"name": "forked", "license": "MIT", "source": "git+https://example.com/x"}},
                {{"name": "closed", "license": null, "source": "{REGISTRY}"}}]}}"#
        );
        let problems = check(&metadata, "[licenses]\nallow = [\"MIT\"]\n").expect("both are read");
        let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["forked", "closed"]);
    }
}
