//! That the troubleshooting page has a section for every reason of a condition and every code of a blocker, and for
//! nothing else. What stands in a section is the writer's matter.

use std::collections::BTreeSet;

use super::problem::Problem;
use crate::workspace::TextFile;

#[cfg(test)]
mod tests;

const PAGE: &str = "docs/troubleshooting.md";
const REASONS: &str = "crates/api/src/condition/reason.rs";
const BLOCKERS: &str = "crates/api/src/blocker.rs";

/// Sections that are missing from the page, and those that no program's word stands for.
pub(super) fn check(prose: &[TextFile], sources: &[TextFile]) -> Vec<Problem> {
    let source = |path: &str| sources.iter().find(|file| file.path == path).map_or("", |file| &file.text);
    let mut words = quoted(source(REASONS), "pub const ", "&str = \"");
    words.extend(quoted(source(BLOCKERS), "Self::", "=> \""));
    let Some(page) = prose.iter().find(|file| file.path == PAGE) else {
        return vec![Problem::new(PAGE, "is missing")];
    };
    let sections: BTreeSet<&str> =
        page.text.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let words: BTreeSet<&str> = words.into_iter().collect();
    let missing =
        words.difference(&sections).map(|word| Problem::new(PAGE, format!("has no section on {word}")));
    let gone = sections.difference(&words);
    let gone = gone.map(|word| Problem::new(PAGE, format!("has a section on {word}, which nothing says")));
    missing.chain(gone).collect()
}

/// The texts behind `mark` in lines that begin with `start`.
fn quoted<'a>(text: &'a str, start: &str, mark: &str) -> Vec<&'a str> {
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with(start));
    lines.filter_map(|line| line.split_once(mark)?.1.split('"').next()).collect()
}
