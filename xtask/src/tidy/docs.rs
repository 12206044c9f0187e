//! That the documents a newcomer needs exist and keep their promises.
//! Their words are looked at by `words`.

use super::problem::Problem;
use crate::workspace::TextFile;

/// The only commands of the README's first section for users.
const COMMANDS: [&str; 2] = ["cargo xtask demo", "cargo xtask test"];

/// Missing documents, and those that break their own rules.
pub(super) fn check(prose: &[TextFile]) -> Vec<Problem> {
    let find = |path: &str| prose.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let mut problems: Vec<_> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "docs/glossary.md", "docs/compat.md"]
            .into_iter()
            .filter(|path| find(path).is_none())
            .map(|path| Problem::new(path, "is missing"))
            .collect();
    problems.extend(find("README.md").and_then(check_readme));
    if find("ARCHITECTURE.md").is_some_and(|text| text.lines().count() >= 300) {
        problems.push(Problem::new("ARCHITECTURE.md", "has 300 lines or more"));
    }
    problems
}

fn check_readme(text: &str) -> Option<Problem> {
    let commands = commands(text);
    (commands != COMMANDS).then(|| {
        let message = format!(
            "its section Getting started must hold exactly {COMMANDS:?} as commands, not {commands:?}"
        );
        Problem::new("README.md", message)
    })
}

/// The lines of code blocks below the heading "Getting started", up to the next heading of its level or above.
fn commands(text: &str) -> Vec<&str> {
    let mut level = None;
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let hashes = line.chars().take_while(|c| *c == '#').count();
        if !fenced && hashes > 0 {
            let title = line.trim_start_matches('#').trim();
            match level {
                None if title.eq_ignore_ascii_case("getting started") => level = Some(hashes),
                Some(open) if hashes <= open => break,
                _ => {}
            }
        } else if fenced && level.is_some() {
            let command = line.split(" #").next().unwrap_or_default().trim().trim_start_matches("$ ");
            if !command.is_empty() && !command.starts_with('#') {
                found.push(command);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Flyball\n\n```\nnot this\n```\n\n## Getting started\n\nText.\n\n```sh\ncargo xtask demo   # two minutes\n\
        cargo xtask test\n```\n\n### More\n\n## Other\n\n```\nkubectl get pods\n```\n";

    #[test]
    fn the_readme_has_two_commands() {
        assert_eq!(commands(GOOD), COMMANDS);
        assert_eq!(check_readme(GOOD), None);
        assert!(check_readme(&GOOD.replace("cargo xtask test\n", "")).is_some());
        assert!(check_readme(&GOOD.replace("cargo xtask test\n", "cargo xtask test\nmake\n")).is_some());
        assert!(check_readme("# Flyball\n").is_some());
    }

    #[test]
    fn documents_must_exist() {
        let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let mut prose = vec![
            file("README.md", GOOD),
            file("ARCHITECTURE.md", "# A"),
            file("CHANGELOG.md", "# Changelog"),
            file("LICENSE", "Apache"),
            file("docs/glossary.md", ""),
        ];
        let problems = check(&prose);
        assert_eq!(problems, [Problem::new("docs/compat.md", "is missing")]);
        prose.push(file("docs/compat.md", ""));
        assert!(check(&prose).is_empty());
        prose[1].text = "line\n".repeat(300);
        assert_eq!(check(&prose).len(), 1);
    }
}
