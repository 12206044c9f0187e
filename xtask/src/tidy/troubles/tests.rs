//! A page against the words of programs.

use super::check;
use crate::workspace::TextFile;

fn file(path: &str, text: &str) -> TextFile {
    TextFile { path: path.to_owned(), text: text.to_owned() }
}

#[test]
fn every_word_has_a_section_and_every_section_a_word() {
    let sources = [
        file(
            "crates/api/src/condition/reason.rs",
            "/// A.\npub const A: &str = \"Alpha\";\npub const B: &str = \"Beta\";\n",
        ),
        file("crates/api/src/blocker.rs", "match self {\n    Self::Gamma => \"Gamma\",\n}\n"),
    ];
    let page = |text: &str| check(&[file("docs/troubleshooting.md", text)], &sources);
    assert!(page("### `Alpha`\n\n### `Beta`\n\n### `Gamma`\n\n### Other\n").is_empty());
    let problems: Vec<_> =
        page("### `Alpha`\n### `Delta`\n### `Gamma`\n").iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "docs/troubleshooting.md: has no section on Beta",
            "docs/troubleshooting.md: has a section on Delta, which nothing says",
        ]
    );
    assert_eq!(check(&[], &sources).len(), 1);
}
