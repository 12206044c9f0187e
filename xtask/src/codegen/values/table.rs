//! The table of values in the chart's README.

use std::fmt::Write as _;

use super::comments::Key;

/// A table of Markdown with a row for each key that has something to say.
pub(super) fn of(keys: &[Key]) -> String {
    let mut text = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in keys.iter().filter(|key| !key.description.is_empty()) {
        let default =
            if key.is_section() { String::new() } else { format!("`{}`", escaped(&key.default.to_string())) };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{}` | {default} | {} |", key.name(), escaped(&key.description));
    }
    for key in keys {
        if let Some(base) = &key.inherits {
            let _ = writeln!(text, "| `{}.*` | | Whatever `{base}` has. |", key.name());
        }
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
