//! One word per concept: synonyms that docs/glossary.md bans must not stand in the documents.
//! Code spans and code blocks are free, for they quote other programs.

use super::problem::Problem;
use crate::workspace::TextFile;

const GLOSSARY: &str = "docs/glossary.md";

/// Every banned synonym in the documents.
pub(super) fn check(prose: &[TextFile]) -> Vec<Problem> {
    let glossary = prose.iter().find(|file| file.path == GLOSSARY).map_or("", |file| file.text.as_str());
    let banned = banned(glossary);
    let mut problems = Vec::new();
    for file in prose.iter().filter(|file| file.path != GLOSSARY && file.path != "LICENSE") {
        for (number, line) in prose_lines(&file.text) {
            let line = line.to_lowercase();
            for (synonym, word) in banned.iter().filter(|(synonym, _)| contains_word(&line, synonym)) {
                let place = format!("{}:{}", file.path, number);
                problems.push(Problem::new(
                    place,
                    format!("says \"{synonym}\" where the glossary says \"{word}\""),
                ));
            }
        }
    }
    problems
}

/// Pairs of a banned synonym and the right word, from the tables with a column `not`.
fn banned(glossary: &str) -> Vec<(String, String)> {
    let mut column = None;
    let mut found = Vec::new();
    for line in glossary.lines() {
        let Some(row) = line.trim().strip_prefix('|') else {
            column = None;
            continue;
        };
        let cells: Vec<_> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        match column {
            None => column = Some(cells.iter().position(|cell| cell.eq_ignore_ascii_case("not"))),
            Some(Some(index)) => {
                let word = cells.first().copied().unwrap_or_default().trim_matches(['*', '`']);
                let synonyms = cells.get(index).copied().unwrap_or_default();
                for synonym in synonyms.split(',').map(|synonym| synonym.trim().trim_matches(['*', '`', '"']))
                {
                    if synonym.chars().any(char::is_alphabetic) {
                        found.push((synonym.to_lowercase(), word.to_owned()));
                    }
                }
            }
            Some(None) => {}
        }
    }
    found
}

/// The lines outside code blocks, numbered from one, without their code spans.
fn prose_lines(text: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then(|| (number + 1, line.split('`').step_by(2).collect::<Vec<_>>().join(" ")))
    })
}

fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# Words\n\n| word | meaning | not |\n|---|---|---|\n| artifact | an archive | bundle, `tarball` |\n\
        | heal | put right | – |\n\nText | with a bar.\n";

    #[test]
    fn the_glossary_is_read() {
        let words = banned(TABLE);
        let words: Vec<_> = words.iter().map(|(synonym, word)| (synonym.as_str(), word.as_str())).collect();
        assert_eq!(words, [("bundle", "artifact"), ("tarball", "artifact")]);
        assert!(banned("| word | meaning |\n|---|---|\n| a | b |\n").is_empty());
    }

    #[test]
    fn banned_words_are_found_in_prose_only() {
        let check_text = |text: &str| {
            let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
            check(&[file(GLOSSARY, TABLE), file("README.md", text)])
                .iter()
                .map(Problem::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            check_text("\nThe Bundle is fetched."),
            ["README.md:2: says \"bundle\" where the glossary says \"artifact\""]
        );
        assert!(check_text("The bundles and unbundle and `bundle`.\n```\nbundle\n```\n").is_empty());
    }
}
