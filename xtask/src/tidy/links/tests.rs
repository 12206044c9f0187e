//! Links as documents have them.

use super::{check, check_summary, links, resolve};
use crate::workspace::TextFile;

fn file(path: &str, text: &str) -> TextFile {
    TextFile { path: path.to_owned(), text: text.to_owned() }
}

#[test]
fn dead_links_and_anchors_are_found() {
    let documents = [
        file("README.md", "# Top\n\n[a](docs/a.md) [b](docs/a.md#second-part) [c](docs) [d](#top)\n"),
        file(
            "docs/a.md",
            "# A\n\n## Second `part`!\n\n[up](../README.md#top)\n[no](b.md) [x](../README.md#none)\n[out](../../x)\n",
        ),
    ];
    let problems = check(&documents, |path| matches!(path, "README.md" | "docs/a.md" | "docs"));
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "docs/a.md:6: links to b.md, which does not exist",
            "docs/a.md:6: links to ../README.md#none, but there is no such heading",
            "docs/a.md:7: links to ../../x, outside of the repository",
        ]
    );
}

#[test]
fn code_and_other_hosts_are_left_alone() {
    let text = "`[a](b)` [c](https://d.example/e)\n```\n[f](g)\n```\n[h](i.md)";
    assert_eq!(links(text), [(5, "i.md")]);
    assert_eq!(resolve("a/b.md", "./c/../d.md").as_deref(), Some("a/d.md"));
}

#[test]
fn every_page_is_in_the_book() {
    let documents = [
        file("docs/SUMMARY.md", "- [A](a.md)\n- [B](b/c.md)\n"),
        file("docs/a.md", ""),
        file("docs/b/c.md", ""),
    ];
    assert!(check_summary(&documents).is_empty());
    let more = [&documents[..], &[file("docs/d.md", ""), file("README.md", "")]].concat();
    let problems: Vec<_> = check_summary(&more).iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["docs/d.md: is not in docs/SUMMARY.md"]);
}
