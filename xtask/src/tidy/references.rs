//! That every reference in a comment or a document resolves: the document exists, and so does the section.
//! Whether it says there what it is cited for is the reader's matter.
//!
//! One spelling each: a contract by its path and the section, or `contract` and the section where the file's head or
//! its crate's name says which; `decisions` or `architecture` and the number; design notes by path and number; `§`
//! inside a contract; source files by path.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::Problem;
use crate::workspace::TextFile;

const DECISIONS: &str = "docs/design/decisions.md";
const ARCHITECTURE: &str = "docs/design/architecture.md";

/// A word and the number of its line.
type Word<'a> = (usize, &'a str);

/// Every reference that leads nowhere, in documents and in the comments of sources.
pub(super) fn check(documents: &[TextFile], sources: &[TextFile]) -> Vec<Problem> {
    let library = Library(documents.iter().map(|file| (file.path.as_str(), sections(&file.text))).collect());
    let mut problems = Vec::new();
    for file in documents.iter().chain(sources) {
        let contracts = library.contracts_of(file);
        for block in blocks(file) {
            for (index, (line, word)) in block.iter().enumerate() {
                let cited = cited(block.iter().skip(index + 1).map(|(_, word)| *word));
                let mut found = library.check_word(&file.path, word, &cited, &contracts);
                let gone = source_path(&file.path, word).filter(|path| !exists(sources, path));
                found.extend(gone.map(|path| format!("cites {path}, which does not exist")));
                let place = format!("{}:{line}", file.path);
                problems.extend(found.into_iter().map(|what| Problem::new(&place, what)));
            }
        }
    }
    problems
}

/// The sections of each document.
struct Library<'a>(BTreeMap<&'a str, BTreeSet<String>>);

impl Library<'_> {
    /// What is wrong with `word`, which the section numbers `cited` follow.
    fn check_word(&self, file: &str, word: &str, cited: &[String], contracts: &[String]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut targets = Vec::new();
        for path in paths(word) {
            match self.find(file, path) {
                Some(found) => targets.push(found),
                None => problems.push(format!("cites {path}, which does not exist")),
            }
        }
        if let Some(note) = design_note(word) {
            let start = format!("docs/design/{note}-");
            match self.0.keys().find(|path| path.starts_with(&start)) {
                Some(path) => targets.push((*path).to_owned()),
                None => problems.push(format!("cites docs/design/{note}, which does not exist")),
            }
        }
        if word.ends_with("contracts/") && word != "docs/contracts/" {
            problems.push("breaks the name of a contract at the end of a line".to_owned());
        }
        let first = cited.first().and_then(|id| id.chars().next()).unwrap_or_default();
        match word.trim_start_matches(['(', '"', '`']) {
            "decisions" if first.is_ascii_digit() => targets.push(DECISIONS.to_owned()),
            "architecture" if first == 'D' => targets.push(ARCHITECTURE.to_owned()),
            "contract" if first.is_ascii_digit() && contracts.is_empty() => {
                problems.push("says \"contract\", but neither its head nor its crate says which".to_owned());
            }
            "contract" if first.is_ascii_digit() => targets.extend_from_slice(contracts),
            _ => {}
        }
        // What ends a sentence or a parenthesis has no section number behind it.
        if !targets.is_empty() && !word.ends_with(['.', ';', ':', ')']) {
            problems.extend(self.missing(&targets, cited));
        }
        if file.starts_with("docs/contracts/") {
            let own: Vec<_> = word.split('§').skip(1).filter_map(section_id).collect();
            problems.extend(self.missing(&[file.to_owned()], &own));
        }
        problems
    }

    /// What `contract` without a name means: whatever the file's head cites, and the one named like its crate.
    fn contracts_of(&self, file: &TextFile) -> Vec<String> {
        let head: Vec<_> = file.text.lines().take_while(|line| line.starts_with("//!")).collect();
        let own = crate_of(&file.path).map(|name| format!("contracts/{name}.md"));
        let cited = head.iter().flat_map(|line| paths(line)).map(str::to_owned);
        cited.chain(own).filter_map(|path| self.find(&file.path, &path)).collect()
    }

    /// The document that `path` means in `file`: from the root, in `docs`, in the crate, or beside the file.
    fn find(&self, file: &str, path: &str) -> Option<String> {
        let mut folder = parent(file);
        let mut rest = path;
        while let Some(above) = rest.strip_prefix("../") {
            (folder, rest) = (parent(folder), above);
        }
        let in_crate = format!("crates/{}/{path}", crate_of(file).unwrap_or_default());
        let beside = format!("{folder}/{rest}");
        [path, &format!("docs/{path}"), &in_crate, beside.trim_start_matches('/')]
            .into_iter()
            .find(|candidate| self.0.contains_key(candidate))
            .map(str::to_owned)
    }

    /// The cited sections that no target has, neither by themselves nor as items of the one cited before.
    fn missing(&self, targets: &[String], cited: &[String]) -> Vec<String> {
        let has = |id: &str| {
            targets.iter().filter_map(|path| self.0.get(path.as_str())).any(|sections| sections.contains(id))
        };
        let mut missing = Vec::new();
        let mut before = "";
        for id in cited {
            if has(id) {
                before = id;
            } else if !has(&format!("{before}.{id}")) {
                missing.push(format!("cites {id} of {}, which does not exist", targets.join(" or ")));
            }
        }
        missing
    }
}

/// Numbered headings, numbered items below a heading (`12.2.5`), and decisions in bold (`**D3. `).
fn sections(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut heading = String::new();
    for (_, line) in unfenced(text) {
        if line.starts_with('#') {
            let title = line.trim_start_matches('#').trim_start();
            heading = section_id(title.strip_prefix("Appendix ").unwrap_or(title)).unwrap_or_default();
            found.insert(heading.clone());
        } else if let Some((number, _)) = line.split_once(". ") {
            if number.chars().all(|c| c.is_ascii_digit()) {
                found.insert(format!("{heading}.{number}").trim_start_matches('.').to_owned());
            } else if let Some(decision) = number.strip_prefix("**").and_then(section_id) {
                found.insert(decision);
            }
        }
    }
    found
}

/// The section number that `text` begins with: `12`, `12.2.5`, `A`, `A.1`, `D3`; punctuation may follow, words may not.
fn section_id(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(text.len());
    let (id, rest) = text.split_at(end);
    let id = id.trim_end_matches('.');
    let mut parts = id.split('.');
    let first = parts.next().unwrap_or_default();
    let number = |part: &str| !part.is_empty() && part.len() < 3 && part.chars().all(|c| c.is_ascii_digit());
    let lettered = first.strip_prefix(|c: char| c.is_ascii_uppercase());
    let good = number(first) || lettered.is_some_and(|digits| digits.is_empty() || number(digits));
    (good && parts.all(number) && !rest.starts_with(['/', '-', '_', '\'', ':'])).then(|| id.to_owned())
}

/// The section numbers that follow a citation: `12.1, 15 and 17 to 19` until other words or a full stop come.
fn cited<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found = Vec::new();
    let mut joined = true;
    for word in words {
        if matches!(word, "and" | "to" | "or") && !found.is_empty() {
            joined = true;
            continue;
        }
        match section_id(word.trim_end_matches(':')).filter(|_| joined) {
            Some(id) => found.push(id),
            None => break,
        }
        joined = word.ends_with(',');
        if word.ends_with(['.', ';', ':', ')']) {
            break;
        }
    }
    found
}

/// Every path in `text` that ends in `.md`.
fn paths(text: &str) -> Vec<&str> {
    let in_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let ends = text.match_indices(".md").map(|(start, _)| start + 3);
    let whole =
        ends.filter(|end| !text.get(*end..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric)));
    let found = whole.filter_map(|end| text.get(..end)).map(|before| {
        let start = before
            .rfind(|c| !in_path(c))
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        &before[start..]
    });
    found.filter(|path| *path != ".md" && !path.contains("NNNN")).collect()
}

/// The number of the design note in `text`: `docs/design/0005`.
fn design_note(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("design/")?;
    after.get(..4).filter(|number| number.chars().all(|c| c.is_ascii_digit()))
}

/// The file or folder of ours that a document names in `word`. Accepted notes and the changelog tell of their own time.
fn source_path<'a>(document: &str, word: &'a str) -> Option<&'a str> {
    let dated = document == "CHANGELOG.md" || design_note(document).is_some();
    if !document.ends_with(".md") || dated {
        return None;
    }
    let path = word.trim_start_matches(['(', '`']);
    let end = path.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '/' | '-'));
    let path = path.get(..end.unwrap_or(path.len()))?.trim_end_matches('.');
    let ours = ["crates/", "e2e/", "xtask/"].iter().any(|folder| path.starts_with(folder));
    (ours && !path.contains("testdata") && !path.ends_with(".md")).then_some(path)
}

fn exists(sources: &[TextFile], path: &str) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    sources.iter().any(|file| file.path == path || file.path.starts_with(&folder))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

/// The words of a document, or of each comment of a source.
fn blocks(file: &TextFile) -> Vec<Vec<Word<'_>>> {
    if file.path.ends_with(".md") {
        return vec![unfenced(&file.text).flat_map(words).collect()];
    }
    let marker = if file.path.ends_with(".rs") || file.path.ends_with(".go") { "//" } else { "#" };
    let mut blocks = vec![Vec::new()];
    for (number, line) in (1..).zip(file.text.lines()) {
        let whole = line.trim_start().strip_prefix(marker);
        let behind = line.split_once(&format!(" {marker} ")).map(|(_, comment)| comment);
        if whole.is_none() {
            blocks.push(Vec::new());
        }
        if let (Some(comment), Some(block)) = (whole.or(behind), blocks.last_mut()) {
            block.extend(words((number, comment)));
        }
    }
    blocks
}

/// The lines outside code blocks, with their numbers.
fn unfenced(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

fn words((number, line): (usize, &str)) -> impl Iterator<Item = Word<'_>> {
    line.split_whitespace().map(move |word| (number, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = "# Contract\n\n## 1. One\n\n1. First.\n2. Second (§1.1, §2.9).\n\n### 1.3 Three\n\n## Appendix A. More\n\n\
        ```\n## 9. Not a heading\n```\n";

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    /// The problems of a source beside a contract, a list of decisions, an architecture and a design note.
    fn check_source(path: &str, text: &str) -> Vec<String> {
        let documents = [
            file("docs/contracts/engine.md", &CONTRACT.replace(", §2.9", "")),
            file(DECISIONS, "## 4. Cost\n1. Shallow.\n"),
            file(ARCHITECTURE, "**D3. Drift.** Text.\n"),
            file("docs/design/0005-proof.md", "# 0005: proof\n\n1. One.\n"),
            file("README.md", "See [the notes](docs/design/0005-proof.md).\n"),
        ];
        check(&documents, &[file(path, text)]).iter().map(Problem::to_string).collect()
    }

    #[test]
    fn sections_are_headings_items_and_decisions() {
        let found: Vec<_> = sections(CONTRACT).into_iter().collect();
        assert_eq!(found, ["", "1", "1.1", "1.2", "1.3", "A"]);
        assert!(sections("**D10. Hostile.** Text").contains("D10"));
        assert!(sections("# 0002: title\n\n3. Three.\n").contains("3"));
    }

    #[test]
    fn what_exists_may_be_cited() {
        let good = "//! Head (contracts/engine.md 1.3, 1 and 2; decisions 4.1): text.\n\n// contract 1.2. Then 7 apples.\n\
            let a = \"contract 9\"; // architecture D3, docs/design/0005, 1.\n// Ten decisions, 3 of them (README.md). A dog.\n";
        assert_eq!(check_source("crates/a/src/lib.rs", good), [""; 0]);
        assert_eq!(check_source("crates/engine/src/lib.rs", "// contract A"), [""; 0]);
        assert_eq!(check_source("crates/engine/src/lib.rs", "// contract 1.2"), [""; 0]);
        assert_eq!(check_source("deny.toml", "# decisions 4"), [""; 0]);
    }

    #[test]
    fn what_does_not_exist_may_not() {
        for (text, problem) in [
            ("// contracts/engine.md 1.4", "cites 1.4 of docs/contracts/engine.md, which does not exist"),
            (
                "// contracts/engine.md 1.3,\n// 5",
                "cites 5 of docs/contracts/engine.md, which does not exist",
            ),
            ("// (contracts/\n// engine.md 1)", "breaks the name of a contract at the end of a line"),
            ("// contracts/other.md 1", "cites contracts/other.md, which does not exist"),
            ("// notes/kube.md 4", "cites notes/kube.md, which does not exist"),
            ("// decisions 4.2", "cites 4.2 of docs/design/decisions.md, which does not exist"),
            ("// architecture D4", "cites D4 of docs/design/architecture.md, which does not exist"),
            ("// docs/design/0006", "cites docs/design/0006, which does not exist"),
            ("// docs/design/0005, 2", "cites 2 of docs/design/0005-proof.md, which does not exist"),
            ("// contract 1.2", "says \"contract\", but neither its head nor its crate says which"),
        ] {
            let problems = check_source("crates/a/src/lib.rs", text);
            assert!(problems.iter().any(|found| found.ends_with(problem)), "{text}: {problems:?}");
        }
    }

    #[test]
    fn documents_name_files_that_exist() {
        let sources = [file("crates/a/src/lib.rs", "")];
        for (path, text, count) in [
            (
                "ARCHITECTURE.md",
                "`crates/a/src/lib.rs`, `crates/a/src/`, (crates/a). `crates/a/testdata/x`",
                0,
            ),
            ("ARCHITECTURE.md", "`crates/a/src/gone.rs`: and `crates/b`.", 2),
            ("docs/design/0001-old.md", "`crates/b`", 0),
        ] {
            assert_eq!(check(&[file(path, text)], &sources).len(), count, "{text}");
        }
    }

    #[test]
    fn contracts_cite_themselves() {
        let problems = check(&[file("docs/contracts/a.md", CONTRACT)], &[]);
        let expected =
            Problem::new("docs/contracts/a.md:6", "cites 2.9 of docs/contracts/a.md, which does not exist");
        assert_eq!(problems, [expected]);
    }
}
