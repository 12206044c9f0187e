//! A comparison as Markdown for a pull request: what is said first, then an object each to open, no more than such a
//! comment may hold. Pure.

use super::report::{ObjectDiff, Report};
use super::rows::{Row, Sign, is_shown, mark, rows};

#[cfg(test)]
mod tests;

/// Bytes of a comment: GitHub takes 65,536 characters, and others more.
const MAX: usize = 60_000;
/// Bytes that are kept for what is said at the end.
const RESERVE: usize = 400;

/// All of it.
pub(super) fn text(report: &Report) -> String {
    let subject = format!("{}/{}", report.namespace, report.name);
    let mut text = format!(
        "### Kustomization {}: {}\n\nCompared with the cluster: {}.\n",
        code(&subject),
        plain(&report.summary()),
        code(&report.compared)
    );
    for note in &report.notes {
        let line = format!("\n> {}\n", plain(note));
        if text.len().saturating_add(line.len()) < MAX / 4 {
            text.push_str(&line);
        }
    }
    let shown: Vec<&ObjectDiff> = report.objects.iter().filter(|object| is_shown(object)).collect();
    let mut left = 0_usize;
    for object in shown {
        let whole = section(object, &rows(object, None));
        let room = MAX.saturating_sub(RESERVE).saturating_sub(text.len());
        let said = if whole.len() <= room { whole } else { section(object, &[]) };
        if left > 0 || said.len() > room {
            left = left.saturating_add(1);
            continue;
        }
        text.push_str(&said);
    }
    if left > 0 {
        let more = format!(
            "\n{left} more objects are not shown: a comment has room for {MAX} bytes. `flyball diff` on a terminal shows all.\n"
        );
        text.push_str(&more);
    }
    text
}

/// One object, to be opened; one line where there is nothing within.
fn section(object: &ObjectDiff, rows: &[Row]) -> String {
    let fields = match object.fields.len() {
        0 => String::new(),
        1 => " (1 field)".to_owned(),
        several => format!(" ({several} fields)"),
    };
    let head = format!("{} {}{fields}", mark(object.act), object.id.shown());
    if rows.is_empty() {
        return format!("\n- {}\n", code(&head));
    }
    let body: String = rows.iter().map(line).collect();
    let fence = fence(&body);
    format!(
        "\n<details><summary><code>{}</code></summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n",
        escaped(&head)
    )
}

/// Coloured as a diff where it is shown.
fn line(row: &Row) -> String {
    let sign = match row.sign {
        Sign::Around => ' ',
        Sign::Live => '-',
        Sign::Desired => '+',
        Sign::Remark => '#',
    };
    // A line stays one: what would begin another is a blank.
    format!("{sign} {}\n", row.text.replace(['\n', '\r'], " "))
}

/// More backticks than any run of them in the text.
fn fence(body: &str) -> String {
    "`".repeat(longest_run(body).saturating_add(1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Foreign words in code, whatever they hold.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let fence = "`".repeat(longest_run(&text).saturating_add(1));
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Foreign words in a sentence: nothing in them is markup, and nobody is called.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => shown.push(' '),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '@' => shown.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => {
                shown.push('\\');
                shown.push(c);
            }
            c => shown.push(c),
        }
    }
    shown
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
