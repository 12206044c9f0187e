//! Dotenv files as sops reads them: no quotes, no `export`; a line break in a value is written `\n`.

use crate::error::LoadError;
use crate::limits::Spent;
use crate::tree::{Branch, Comment, Item, Key, Value};

pub(super) fn read(text: &str, spent: &mut Spent<'_>) -> Result<Branch, LoadError> {
    let mut branch = Branch::new();
    for (i, line) in text.split('\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        spent.node(1)?;
        if let Some(comment) = line.strip_prefix('#') {
            branch.push(Item::Comment(Comment::new(comment, false)));
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            return Err(LoadError::Syntax {
                line: i + 1,
                problem: "invalid dotenv input line: no equals sign",
            });
        };
        branch.push(Item::Entry(Key::Text(key.to_owned()), Value::str(&value.replace("\\n", "\n"))));
    }
    Ok(branch)
}
