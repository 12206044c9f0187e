//! That every relative link of a document leads to a file, and its anchor to a heading.
//! Links to other hosts are not followed.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::Problem;
use crate::workspace::TextFile;

#[cfg(test)]
mod tests;

/// Every link that leads nowhere. `exists` tells of a path from the root, a folder's included.
pub(super) fn check(documents: &[TextFile], exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let anchors: BTreeMap<&str, BTreeSet<String>> =
        documents.iter().map(|file| (file.path.as_str(), anchors(&file.text))).collect();
    let mut problems = Vec::new();
    for file in documents {
        for (line, target) in links(&file.text) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let Some(path) = resolve(&file.path, path) else {
                problems.push(Problem::new(
                    format!("{}:{line}", file.path),
                    format!("links to {target}, outside of the repository"),
                ));
                continue;
            };
            let wrong = if !path.is_empty() && !exists(&path) {
                Some(format!("links to {target}, which does not exist"))
            } else {
                let known = anchors.get(path.as_str());
                let missing = !anchor.is_empty() && known.is_none_or(|known| !known.contains(anchor));
                missing.then(|| format!("links to {target}, but there is no such heading"))
            };
            problems.extend(wrong.map(|wrong| Problem::new(format!("{}:{line}", file.path), wrong)));
        }
    }
    problems
}

/// The book's table of contents.
const SUMMARY: &str = "docs/SUMMARY.md";

/// Pages that the book would leave out, because its table of contents does not name them.
pub(super) fn check_summary(documents: &[TextFile]) -> Vec<Problem> {
    let summary = documents.iter().find(|file| file.path == SUMMARY).map_or("", |file| &file.text);
    let named: BTreeSet<String> =
        links(summary).into_iter().filter_map(|(_, target)| resolve(SUMMARY, target)).collect();
    let pages = documents.iter().filter(|file| file.path.starts_with("docs/") && file.path != SUMMARY);
    pages
        .filter(|page| !named.contains(&page.path))
        .map(|page| Problem::new(&page.path, format!("is not in {SUMMARY}")))
        .collect()
}

/// The targets of links that are paths, with their lines; none of code.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in outside_fences(text) {
        // What stands between backticks quotes other texts.
        for (index, part) in line.split('`').enumerate() {
            if index % 2 == 0 {
                let targets = part.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
                found.extend(targets.map(|(target, _)| (number, target)));
            }
        }
    }
    found.retain(|(_, target)| !target.contains("://") && !target.starts_with("mailto:"));
    found
}

fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// The anchors that GitHub and mdBook make of the headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, line) in outside_fences(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let anchor = slug(title);
        let mut unique = anchor.clone();
        let mut count = 0;
        while !found.insert(unique.clone()) {
            count += 1;
            unique = format!("{anchor}-{count}");
        }
    }
    found
}

fn slug(title: &str) -> String {
    let words = title.trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A link's path from the root; none if it leaves the repository. An empty one is the file itself.
fn resolve(file: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(file.to_owned());
    }
    let mut segments: Vec<&str> = file.split('/').collect();
    segments.pop();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            other => segments.push(other),
        }
    }
    Some(segments.join("/"))
}
