//! That the whole tree has one TLS provider: two of them make rustls refuse to choose at start.

use std::collections::BTreeSet;

use super::problem::Problem;

const FORBIDDEN: [&str; 5] = ["ring", "openssl", "openssl-sys", "native-tls", "boring"];

/// Every other TLS provider in the answer of `cargo tree --prefix=none`.
pub(super) fn check(tree: &str) -> Vec<Problem> {
    let found: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| FORBIDDEN.contains(name))
        .collect();
    found
        .into_iter()
        .map(|name| Problem::new("Cargo.lock", format!("{name} is a second TLS provider")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_count() {
        let tree = "api v0.0.0 (/x)\nstring-ring v1.0.0\nring v0.17.8\nring v0.17.8 (*)\naws-lc-rs v1.0.0\n";
        assert_eq!(check(tree), [Problem::new("Cargo.lock", "ring is a second TLS provider")]);
        assert!(check("aws-lc-rs v1.0.0\nrustls v0.23.0\n").is_empty());
    }
}
