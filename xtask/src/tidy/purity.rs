//! That the layers without I/O have none: no runtime, disk, environment, network or clock (ARCHITECTURE.md, Layers).
//! Dependencies are looked at by `edges`; this looks at what the standard library offers.

use super::problem::Problem;
use crate::workspace::TextFile;

const PURE: [&str; 10] = [
    "manifest",
    "api",
    "receiver",
    "kustomize-engine",
    "expr",
    "cloud",
    "sops",
    "attest",
    "health",
    "convergence",
];

const FORBIDDEN: [&str; 10] = [
    "tokio",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
];

/// Every use of the world in a pure crate's code; tests and comments are free.
pub(super) fn check(sources: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in sources.iter().filter(|file| is_pure(&file.path)) {
        for (number, line) in file.text.lines().enumerate() {
            if line.trim() == "#[cfg(test)]" && follows_inline_tests(&file.text, number) {
                break;
            }
            let code = line.split("//").next().unwrap_or_default();
            for word in FORBIDDEN.iter().filter(|word| code.contains(*word)) {
                problems.push(Problem::new(
                    format!("{}:{}", file.path, number + 1),
                    format!("a pure crate uses {word}"),
                ));
            }
        }
    }
    problems
}

fn is_pure(path: &str) -> bool {
    let mut parts = path.split('/');
    let (Some("crates"), Some(name), Some("src")) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    PURE.contains(&name) && !parts.any(|part| part == "tests" || part == "tests.rs")
}

/// Whether the attribute on line `number` opens a test module that is written in the file itself.
fn follows_inline_tests(text: &str, number: usize) -> bool {
    text.lines()
        .nth(number + 1)
        .is_some_and(|line| line.trim_start().starts_with("mod ") && line.contains('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_file(path: &str, text: &str) -> usize {
        check(&[TextFile { path: path.to_owned(), text: text.to_owned() }]).len()
    }

    #[test]
    fn only_code_of_pure_crates() {
        let text = "//! Not std::fs.\nuse std::fs;\nlet now = std::time::SystemTime::now();\n";
        assert_eq!(check_file("crates/api/src/a.rs", text), 2);
        assert_eq!(check_file("crates/cluster/src/a.rs", text), 0);
        assert_eq!(check_file("crates/api/src/tests.rs", text), 0);
        assert_eq!(check_file("crates/api/src/a/tests/b.rs", text), 0);
        assert_eq!(check_file("crates/api/tests/golden.rs", text), 0);
        assert_eq!(
            check_file("crates/api/src/a.rs", "//! A.\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"),
            0
        );
        assert_eq!(check_file("crates/api/src/a.rs", "//! A.\n#[cfg(test)]\nmod tests;\nuse std::fs;\n"), 1);
    }
}
