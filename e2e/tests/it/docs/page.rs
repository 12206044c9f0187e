//! A document as a reader takes it: commands, and what is shown of their output. Nothing is run here.

/// A block of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The line that it begins on.
    pub(super) line: usize,
    /// The commands.
    pub(super) script: String,
    /// Lines that must be among the output; `…` stands for anything.
    pub(super) shown: Vec<String>,
}

/// The blocks marked `sh`, each with the block marked `text` that follows it at once, if one does.
pub(super) fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut language: Option<&str> = None;
    let mut follows = false;
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), language) {
            (Some(_), Some(ended)) => {
                follows = ended == "sh";
                language = None;
            }
            (Some(begun), None) => {
                if begun == "sh" {
                    steps.push(Step { line: index + 2, script: String::new(), shown: Vec::new() });
                }
                // Only what stands right behind commands is their output.
                language = Some(if begun == "text" && !follows { "other" } else { begun });
            }
            (None, Some("sh")) => {
                if let Some(step) = steps.last_mut() {
                    step.script.push_str(line);
                    step.script.push('\n');
                }
            }
            (None, Some("text")) => {
                steps.last_mut().into_iter().for_each(|step| step.shown.push(line.to_owned()));
            }
            (None, Some(_)) => {}
            (None, None) => follows &= line.trim().is_empty(),
        }
    }
    steps
}

/// The shown lines that no line of the output is like. Columns may be any number of blanks apart.
pub(super) fn missing<'a>(shown: &'a [String], output: &str) -> Vec<&'a str> {
    let lines: Vec<String> = output.lines().map(even).collect();
    shown
        .iter()
        .filter(|wanted| !lines.iter().any(|line| is_like(line, &even(wanted))))
        .map(String::as_str)
        .collect()
}

fn even(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_like(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn commands_and_their_output() {
    let text = "# A\n\n```text\nno output\n```\n\n```sh\nrun this\nand that\n```\n\n```text\nseen …\n```\n\nWords.\n\n\
        ```sh\nmore\n```\n\nWords.\n\n```text\nnot its output\n```\n```yaml\na: b\n```\n";
    let step = |line, script: &str, shown: &[&str]| Step {
        line,
        script: script.to_owned(),
        shown: shown.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(steps(text), [step(8, "run this\nand that\n", &["seen …"]), step(19, "more\n", &[])]);
}

#[test]
fn shown_lines_are_looked_for() {
    let output = "NAME   READY\nweb    True   Applied revision: main@sha1:abc\n";
    let shown = |line: &str| missing(&[line.to_owned()], output).is_empty();
    assert!(shown("web True Applied revision: main@sha1:…"));
    assert!(shown("web … main@…c"));
    assert!(shown("NAME READY"));
    assert!(!shown("NAME"));
    assert!(!shown("web False …"));
    assert!(!shown("web … main@sha1:…d"));
}
