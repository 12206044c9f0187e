//! JSON with its order and its duplicate keys, and Go's view of numbers. What follows the object is not looked at.

use crate::error::LoadError;
use crate::limits::Spent;
use crate::tree::{Branch, Item, Key, Value};

pub(super) fn read(text: &str, spent: &mut Spent<'_>) -> Result<Branch, LoadError> {
    let mut parser = Parser { text, at: 0, spent };
    parser.blanks();
    if parser.peek() != Some(b'{') {
        return Err(parser.fail("SOPS only supports JSON files with a top-level object (starting with '{')"));
    }
    parser.map(0)
}

struct Parser<'a, 'b, 'c> {
    text: &'a str,
    at: usize,
    spent: &'b mut Spent<'c>,
}

impl Parser<'_, '_, '_> {
    fn fail(&self, problem: &'static str) -> LoadError {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        LoadError::Syntax { line: before.iter().filter(|b| **b == b'\n').count() + 1, problem }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn map(&mut self, depth: usize) -> Result<Branch, LoadError> {
        self.spent.node(depth)?;
        self.at += 1;
        let mut items = Branch::new();
        self.blanks();
        if self.eat(b'}') {
            return Ok(items);
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.fail("expected a key"));
            }
            let key = self.string()?;
            self.blanks();
            if !self.eat(b':') {
                return Err(self.fail("expected a colon after a key"));
            }
            let value = self.value(depth + 1)?;
            items.push(Item::Entry(Key::Text(key), value));
            self.blanks();
            if self.eat(b'}') {
                return Ok(items);
            }
            if !self.eat(b',') {
                return Err(self.fail("expected a comma or the end of an object"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Value>, LoadError> {
        self.spent.node(depth)?;
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.eat(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.eat(b']') {
                return Ok(items);
            }
            if !self.eat(b',') {
                return Err(self.fail("expected a comma or the end of a list"));
            }
        }
    }

    /// Recurses as deep as the budget of levels allows.
    fn value(&mut self, depth: usize) -> Result<Value, LoadError> {
        self.spent.node(depth)?;
        self.blanks();
        match self.peek() {
            Some(b'{') => Ok(Value::Map(self.map(depth)?)),
            Some(b'[') => Ok(Value::Seq(self.list(depth)?)),
            Some(b'"') => Ok(Value::str(&self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let words =
                    [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
                for (word, value) in words {
                    if self.rest().starts_with(word) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(self.fail("expected a value"))
            }
        }
    }

    /// An integer where it fits 64 bits, else a float.
    fn number(&mut self) -> Result<Value, LoadError> {
        let length = self
            .rest()
            .bytes()
            .take_while(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        let text = self.rest().get(..length).unwrap_or_default();
        if !is_number(text) {
            return Err(self.fail("a number is not in its form"));
        }
        let value = match text.parse::<i64>() {
            Ok(int) => Value::Int(int),
            Err(_) => match text.parse::<f64>() {
                Ok(float) if float.is_finite() => Value::Float(float),
                _ => return Err(self.fail("a number is out of range")),
            },
        };
        self.at += length;
        Ok(value)
    }

    fn string(&mut self) -> Result<String, LoadError> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let plain = self.rest().bytes().take_while(|b| !matches!(b, b'"' | b'\\' | 0..=0x1f)).count();
            out.push_str(self.rest().get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                Some(_) => return Err(self.fail("a control character stands in a string")),
                None => return Err(self.fail("a string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, LoadError> {
        let escaped = self.peek();
        self.at += 1;
        Ok(match escaped {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'u') => {
                let first = self.hex()?;
                match first {
                    0xd800..0xdc00 => self.low_surrogate(first)?,
                    _ => char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
                }
            }
            _ => return Err(self.fail("an unknown escape stands in a string")),
        })
    }

    /// A half of a pair alone becomes a replacement character, as in Go.
    fn low_surrogate(&mut self, high: u32) -> Result<char, LoadError> {
        let before = self.at;
        if self.rest().starts_with("\\u") {
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32, LoadError> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.fail("an escape needs four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`
fn is_number(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.starts_with('0')) {
        return false;
    }
    let mut rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = fraction.get(count..).unwrap_or_default();
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}
