//! INI files as sops' library reads them, in its default settings: sections keep their order and may repeat, comments go to
//! what follows them, three kinds of quotes.

use std::collections::HashMap;

use crate::error::LoadError;
use crate::limits::Spent;
use crate::tree::{Branch, Comment, Item, Key, Value};

/// Where keys before the first section go.
const DEFAULT: &str = "DEFAULT";

pub(super) fn read(text: &str, spent: &mut Spent<'_>) -> Result<Branch, LoadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        Reader { lines: text.split_inclusive('\n').collect(), at: 0, comment: String::new(), spent };
    let mut sections = vec![Section::new(DEFAULT, None)];
    while let Some(line) = reader.next() {
        let line = line.trim_start();
        if line.is_empty() {
            continue;
        }
        reader.spent.node(1)?;
        if line.starts_with(['#', ';']) {
            reader.comment.push_str(line);
        } else if let Some(rest) = line.strip_prefix('[') {
            let Some((name, after)) = rest.rsplit_once(']') else {
                return Err(reader.fail("unclosed section"));
            };
            if name.is_empty() {
                return Err(reader.fail("empty section name"));
            }
            reader.comment_behind(after);
            sections.push(Section::new(name, reader.take_comment()));
        } else {
            let (key, value) = reader.pair(line)?;
            let comment = reader.take_comment();
            if let Some(section) = sections.last_mut() {
                section.set(key, value, comment);
            }
        }
    }
    Ok(sections.into_iter().map(Section::into_item).collect())
}

struct Section {
    name: String,
    comment: Option<Comment>,
    keys: Vec<(String, Value, Option<Comment>)>,
    places: HashMap<String, usize>,
}

impl Section {
    fn new(name: &str, comment: Option<Comment>) -> Self {
        Self { name: name.to_owned(), comment, keys: Vec::new(), places: HashMap::new() }
    }

    /// A key that comes again changes its value and stays in its place.
    fn set(&mut self, key: String, value: Value, comment: Option<Comment>) {
        let place = *self.places.entry(key.clone()).or_insert(self.keys.len());
        match self.keys.get_mut(place) {
            Some(old) => (old.1, old.2) = (value, comment.or(old.2.take())),
            None => self.keys.push((key, value, comment)),
        }
    }

    /// The comment of a key stands behind it in the tree.
    fn into_item(self) -> Item {
        let mut items: Vec<Item> = self.comment.map(Item::Comment).into_iter().collect();
        for (key, value, comment) in self.keys {
            items.push(Item::Entry(Key::Text(key), value));
            items.extend(comment.map(Item::Comment));
        }
        Item::Entry(Key::Text(self.name), Value::Map(items))
    }
}

struct Reader<'a, 'b, 'c> {
    lines: Vec<&'a str>,
    at: usize,
    comment: String,
    spent: &'b mut Spent<'c>,
}

impl<'a> Reader<'a, '_, '_> {
    fn next(&mut self) -> Option<&'a str> {
        let line = self.lines.get(self.at).copied();
        self.at += 1;
        line
    }

    fn fail(&self, problem: &'static str) -> LoadError {
        LoadError::Syntax { line: self.at, problem }
    }

    fn comment_behind(&mut self, text: &str) {
        if let Some(at) = text.find(['#', ';']) {
            self.comment.push_str(text.get(at..).unwrap_or_default());
        }
    }

    fn take_comment(&mut self) -> Option<Comment> {
        let text = std::mem::take(&mut self.comment);
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        // Only the first line loses its mark here; the others keep theirs.
        let bare = match text.chars().next() {
            Some(';') => text.trim_start_matches([';', ' ']),
            Some('#') => text.trim_start_matches(['#', ' ']),
            _ => text,
        };
        Some(Comment::new(bare, false))
    }

    fn pair(&mut self, line: &str) -> Result<(String, Value), LoadError> {
        let quote = if line.len() > 6 && line.starts_with("\"\"\"") {
            Some("\"\"\"")
        } else if line.starts_with('"') {
            Some("\"")
        } else if line.starts_with('`') {
            Some("`")
        } else {
            None
        };
        let (key, value) = if let Some(quote) = quote {
            let inner = line.strip_prefix(quote).unwrap_or_default();
            let (key, after) =
                inner.split_once(quote).ok_or_else(|| self.fail("missing closing key quote"))?;
            let (_, value) =
                after.split_once(['=', ':']).ok_or_else(|| self.fail("key-value delimiter not found"))?;
            (key, value)
        } else {
            line.split_once(['=', ':']).ok_or_else(|| self.fail("key-value delimiter not found"))?
        };
        if key.is_empty() {
            return Err(self.fail("empty key name"));
        }
        Ok((key.trim().to_owned(), Value::Str(self.value(value)?)))
    }

    fn value(&mut self, text: &str) -> Result<crate::tree::Text, LoadError> {
        let line = text.trim_start();
        let quote = if line.len() > 3 && line.starts_with("\"\"\"") {
            Some("\"\"\"")
        } else if line.starts_with('`') {
            Some("`")
        } else {
            None
        };
        if let Some(quote) = quote {
            let inner = line.strip_prefix(quote).unwrap_or_default();
            return match inner.rsplit_once(quote) {
                Some((value, _)) => Ok(crate::tree::text_of(value)),
                None => self.lines_until(quote, inner),
            };
        }
        let mut line = line.trim();
        if let Some(begun) = line.strip_suffix('\\') {
            return Ok(crate::tree::text_of(&self.continued(begun)));
        }
        if let Some(at) = line.find(['#', ';']) {
            self.comment.push_str(line.get(at..).unwrap_or_default());
            line = line.get(..at).unwrap_or_default().trim();
        }
        for quote in ['\'', '"'] {
            if let Some(inner) = line.strip_prefix(quote).and_then(|line| line.strip_suffix(quote))
                && !inner.contains(quote)
            {
                return Ok(crate::tree::text_of(inner));
            }
        }
        Ok(crate::tree::text_of(line))
    }

    /// A value in quotes that goes over several lines.
    fn lines_until(&mut self, quote: &str, begun: &str) -> Result<crate::tree::Text, LoadError> {
        let mut value = zeroize::Zeroizing::new(begun.as_bytes().to_vec());
        while let Some(line) = self.next() {
            let Some((inner, after)) = line.rsplit_once(quote) else {
                value.extend_from_slice(line.as_bytes());
                continue;
            };
            if after.trim().ends_with('\\') {
                value.extend_from_slice(line.as_bytes());
                continue;
            }
            value.extend_from_slice(inner.as_bytes());
            self.comment_behind(after.trim());
            return Ok(value);
        }
        Err(self.fail("missing closing key quote"))
    }

    /// A value whose lines end in a backslash.
    fn continued(&mut self, begun: &str) -> String {
        let mut value = begun.to_owned();
        while let Some(line) = self.next() {
            let line = line.trim();
            if line.is_empty() {
                break;
            }
            match line.strip_suffix('\\') {
                Some(more) => value.push_str(more),
                None => {
                    value.push_str(line);
                    break;
                }
            }
        }
        value
    }
}
