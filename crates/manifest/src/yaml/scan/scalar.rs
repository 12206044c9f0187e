//! Scalars: plain, quoted and block.

use compact_str::CompactString;

use super::{Kind, Mark, Scan, Scanner, Token};
use crate::yaml::Style;

/// Line breaks and blanks met on the way, until it is clear what becomes of them.
#[derive(Default)]
struct Pending {
    blanks: CompactString,
    first_break: CompactString,
    more_breaks: CompactString,
    broken: bool,
}

impl Pending {
    /// Adds what is pending to the text: a single line break becomes a space.
    fn join(&mut self, text: &mut CompactString) {
        if self.broken {
            if self.first_break.starts_with('\n') {
                if self.more_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&self.first_break);
            }
            text.push_str(&self.more_breaks);
        } else {
            text.push_str(&self.blanks);
        }
        self.blanks.clear();
        self.first_break.clear();
        self.more_breaks.clear();
        self.broken = false;
    }
}

impl Scanner<'_> {
    /// Takes the character that stands there.
    fn read(&mut self, into: &mut CompactString) {
        let start = self.mark.position;
        self.skip();
        into.push_str(self.text.get(start..self.mark.position).unwrap_or_default());
    }

    /// Takes characters as long as they are of ASCII, printable and in no need of a look; tells whether there were any.
    fn read_run(&mut self, into: &mut CompactString, special: impl Fn(u8) -> bool) -> bool {
        let start = self.mark.position;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|b| matches!(b, b' '..=b'~') && !special(**b)).count();
        into.push_str(self.text.get(start..start + length).unwrap_or_default());
        self.mark.position += length;
        self.mark.column += u32::try_from(length).unwrap_or(u32::MAX);
        length > 0
    }

    /// Takes the line break that stands there; all but the Unicode separators become `\n`.
    fn read_line(&mut self, into: &mut CompactString) {
        match self.break_at(0) {
            0 => {}
            3 => into.push_str(self.text.get(self.mark.position..self.mark.position + 3).unwrap_or_default()),
            _ => into.push('\n'),
        }
        self.skip_line();
    }

    /// Takes blanks and line breaks between words.
    fn gather(&mut self, pending: &mut Pending, plain: Option<(i64, Mark)>) -> Scan<()> {
        while self.is_blank(0) || self.is_break(0) {
            if self.is_blank(0) {
                if let Some((indent, start)) = plain
                    && pending.broken
                    && i64::from(self.mark.column) < indent
                    && self.at(0) == b'\t'
                {
                    return Err(self.problem(Some(start), "found a tab character that violates indentation"));
                }
                if pending.broken {
                    self.skip();
                } else {
                    self.read(&mut pending.blanks);
                }
            } else if pending.broken {
                self.read_line(&mut pending.more_breaks);
            } else {
                pending.blanks.clear();
                self.read_line(&mut pending.first_break);
                pending.broken = true;
            }
        }
        Ok(())
    }

    pub(super) fn scan_plain(&mut self) -> Scan<Token> {
        let start = self.mark;
        let indent = self.indent + 1;
        let flow = self.in_flow();
        let mut text = CompactString::default();
        let mut pending = Pending::default();
        loop {
            if self.is_document_indicator(b'-') || self.is_document_indicator(b'.') || self.at(0) == b'#' {
                break;
            }
            while !self.is_blank_or_end(0) {
                let byte = self.at(0);
                if byte == b':' && self.is_blank_or_end(1)
                    || flow && matches!(byte, b',' | b'?' | b'[' | b']' | b'{' | b'}')
                {
                    break;
                }
                if pending.broken || !pending.blanks.is_empty() {
                    pending.join(&mut text);
                }
                let special = |b| matches!(b, b' ' | b':' | b',' | b'?' | b'[' | b']' | b'{' | b'}');
                if !self.read_run(&mut text, special) {
                    self.read(&mut text);
                }
            }
            if !self.is_blank(0) && !self.is_break(0) {
                break;
            }
            self.gather(&mut pending, Some((indent, start)))?;
            if !flow && i64::from(self.mark.column) < indent {
                break;
            }
        }
        if pending.broken {
            self.key_allowed = true;
        }
        Ok(Token { kind: Kind::Scalar { text, style: Style::Plain }, start })
    }

    pub(super) fn scan_quoted(&mut self, single: bool) -> Scan<Token> {
        let start = self.mark;
        let quote = if single { b'\'' } else { b'"' };
        let mut text = CompactString::default();
        let mut pending = Pending::default();
        self.skip();
        loop {
            if self.is_document_indicator(b'-') || self.is_document_indicator(b'.') {
                return Err(self.problem(Some(start), "found unexpected document indicator"));
            }
            if self.is_end(0) {
                return Err(self.problem(Some(start), "found unexpected end of stream"));
            }
            while !self.is_blank_or_end(0) {
                let byte = self.at(0);
                if single && byte == b'\'' && self.at(1) == b'\'' {
                    text.push('\'');
                    self.skip();
                    self.skip();
                } else if byte == quote {
                    break;
                } else if !single && byte == b'\\' && self.is_break(1) {
                    self.skip();
                    self.skip_line();
                    pending.broken = true;
                    break;
                } else if !single && byte == b'\\' {
                    self.escape(&mut text, start)?;
                } else if !self.read_run(&mut text, |b| matches!(b, b' ' | b'\'' | b'"' | b'\\')) {
                    self.read(&mut text);
                }
            }
            if self.at(0) == quote {
                break;
            }
            self.gather(&mut pending, None)?;
            pending.join(&mut text);
        }
        self.skip();
        let style = if single { Style::Single } else { Style::Double };
        Ok(Token { kind: Kind::Scalar { text, style }, start })
    }

    fn escape(&mut self, text: &mut CompactString, start: Mark) -> Scan<()> {
        let mut digits = 0;
        match self.at(1) {
            b'0' => text.push('\0'),
            b'a' => text.push('\u{7}'),
            b'b' => text.push('\u{8}'),
            b't' | b'\t' => text.push('\t'),
            b'n' => text.push('\n'),
            b'v' => text.push('\u{b}'),
            b'f' => text.push('\u{c}'),
            b'r' => text.push('\r'),
            b'e' => text.push('\u{1b}'),
            byte @ (b' ' | b'"' | b'\'' | b'\\') => text.push(char::from(byte)),
            b'N' => text.push('\u{85}'),
            b'_' => text.push('\u{a0}'),
            b'L' => text.push('\u{2028}'),
            b'P' => text.push('\u{2029}'),
            b'x' => digits = 2,
            b'u' => digits = 4,
            b'U' => digits = 8,
            _ => return Err(self.problem(Some(start), "found unknown escape character")),
        }
        self.skip();
        self.skip();
        if digits > 0 {
            let mut code = 0u32;
            for i in 0..digits {
                let Some(digit) = char::from(self.at(i)).to_digit(16) else {
                    return Err(self.problem(Some(start), "did not find expected hexdecimal number"));
                };
                code = code << 4 | digit;
            }
            let Some(c) = char::from_u32(code) else {
                return Err(self.problem(Some(start), "found invalid Unicode character escape code"));
            };
            text.push(c);
            for _ in 0..digits {
                self.skip();
            }
        }
        Ok(())
    }

    pub(super) fn scan_block(&mut self, literal: bool) -> Scan<Token> {
        let start = self.mark;
        self.skip();
        let (keep, strip, increment) = self.block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            increment => increment + self.indent.max(0),
        };
        let (mut text, mut first_break, mut more_breaks) =
            (CompactString::default(), CompactString::default(), CompactString::default());
        let mut previous_blank = false;
        self.block_breaks(&mut indent, &mut more_breaks, start)?;
        while i64::from(self.mark.column) == indent && !self.is_end(0) {
            let blank = self.is_blank(0);
            if !literal && !previous_blank && !blank && first_break.starts_with('\n') {
                if more_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&first_break);
            }
            first_break.clear();
            text.push_str(&more_breaks);
            more_breaks.clear();
            previous_blank = blank;
            while !self.is_break(0) && !self.is_end(0) {
                if !self.read_run(&mut text, |_| false) {
                    self.read(&mut text);
                }
            }
            self.read_line(&mut first_break);
            self.block_breaks(&mut indent, &mut more_breaks, start)?;
        }
        if !strip {
            text.push_str(&first_break);
        }
        if keep {
            text.push_str(&more_breaks);
        }
        let style = if literal { Style::Literal } else { Style::Folded };
        Ok(Token { kind: Kind::Scalar { text, style }, start })
    }

    /// Chomping and indentation indicators up to the end of the line: keep, strip, indentation.
    fn block_header(&mut self, start: Mark) -> Scan<(bool, bool, i64)> {
        let (mut keep, mut strip, mut increment) = (false, false, 0);
        for _ in 0..2 {
            match self.at(0) {
                b'+' if !keep && !strip => keep = true,
                b'-' if !keep && !strip => strip = true,
                b'0' if increment == 0 => {
                    return Err(self.problem(Some(start), "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = i64::from(digit - b'0'),
                _ => break,
            }
            self.skip();
        }
        while self.is_blank(0) {
            self.skip();
        }
        if self.at(0) == b'#' {
            while !self.is_break(0) && !self.is_end(0) {
                self.skip();
            }
        }
        if !self.is_break(0) && !self.is_end(0) {
            return Err(self.problem(Some(start), "did not find expected comment or line break"));
        }
        self.skip_line();
        Ok((keep, strip, increment))
    }

    /// Takes empty lines in front of a line of a block, and finds the indentation when it is not known.
    fn block_breaks(&mut self, indent: &mut i64, breaks: &mut CompactString, start: Mark) -> Scan<()> {
        let mut deepest = 0;
        loop {
            while (*indent == 0 || i64::from(self.mark.column) < *indent) && self.at(0) == b' ' {
                self.skip();
            }
            deepest = deepest.max(i64::from(self.mark.column));
            if (*indent == 0 || i64::from(self.mark.column) < *indent) && self.at(0) == b'\t' {
                return Err(
                    self.problem(Some(start), "found a tab character where an indentation space is expected")
                );
            }
            if !self.is_break(0) {
                break;
            }
            self.read_line(breaks);
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
