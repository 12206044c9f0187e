//! From text to tokens by the rules of YAML 1.1 as libyaml and its Go port apply them: what they accept is accepted, and problems carry their
//! words and marks.

mod property;
mod scalar;
mod token;

use std::collections::VecDeque;

use super::Dialect;

pub(super) use token::{Kind, Kinds, Mark, Tagging, Token};

/// Longest distance in characters between a key's start and its `:`.
const SIMPLE_KEY: usize = 1024;

/// A problem: where the construct began, where the trouble is, and whether the scanner found it.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) context: Option<Mark>,
    pub(super) mark: Mark,
    pub(super) message: &'static str,
    pub(super) scanner: bool,
}

impl Problem {
    /// The line that go-yaml reports: that of the construct, or where that is the first line, of the problem; 0 for none.
    pub(super) fn line(&self) -> u32 {
        let line = match self.context {
            Some(context) if context.line != 0 => context.line,
            _ => self.mark.line,
        };
        if line != 0 && self.scanner { line + 1 } else { line }
    }
}

type Scan<T> = Result<T, Problem>;

#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

/// Produces tokens on demand.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    text: &'a str,
    mark: Mark,
    tokens: VecDeque<Token>,
    /// Whether nothing can come in front of the first of them any more.
    ready: bool,
    /// Tokens handed out so far.
    parsed: usize,
    /// Tokens that are looked at before one is handed out: what is wrong with them is reported first, even behind a document.
    ahead: usize,
    started: bool,
    ended: bool,
    indent: i64,
    indents: Vec<i64>,
    keys: Vec<SimpleKey>,
    key_allowed: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        let mark = Mark { position: if text.starts_with('\u{feff}') { 3 } else { 0 }, ..Mark::default() };
        Self {
            bytes: text.as_bytes(),
            text,
            mark,
            tokens: VecDeque::new(),
            ready: false,
            parsed: 0,
            // For its comments, v3 wants to know what follows.
            ahead: if dialect == Dialect::V3 { 2 } else { 0 },
            started: false,
            ended: false,
            indent: -1,
            indents: Vec::new(),
            keys: Vec::new(),
            key_allowed: true,
        }
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Scan<&Token> {
        if !self.ready {
            self.fetch_more()?;
        }
        match self.tokens.front() {
            Some(token) => Ok(token),
            None => Err(self.problem(None, "unexpected end of stream")),
        }
    }

    /// The next token, taken.
    pub(super) fn take(&mut self) -> Scan<Token> {
        if !self.ready {
            self.fetch_more()?;
        }
        self.ready = false;
        self.parsed += 1;
        self.tokens.pop_front().ok_or_else(|| self.problem(None, "unexpected end of stream"))
    }

    fn problem(&self, context: Option<Mark>, message: &'static str) -> Problem {
        Problem { context, mark: self.mark, message, scanner: true }
    }

    fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.mark.position + ahead).copied().unwrap_or(0)
    }

    fn is_end(&self, ahead: usize) -> bool {
        self.mark.position + ahead >= self.bytes.len()
    }

    /// Bytes of the line break that stands there, 0 for none.
    fn break_at(&self, ahead: usize) -> usize {
        match self.at(ahead) {
            b'\r' if self.at(ahead + 1) == b'\n' => 2,
            b'\r' | b'\n' => 1,
            0xc2 if self.at(ahead + 1) == 0x85 => 2,
            0xe2 if self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    fn is_break(&self, ahead: usize) -> bool {
        self.break_at(ahead) > 0
    }

    fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t')
    }

    fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break(ahead) || self.is_end(ahead)
    }

    /// Goes over one character that is not a line break.
    fn skip(&mut self) {
        let width = match self.at(0) {
            0..=0x7f => 1,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        self.mark.position = (self.mark.position + width).min(self.bytes.len());
        self.mark.column += 1;
    }

    fn skip_line(&mut self) {
        let width = self.break_at(0);
        if width > 0 {
            self.mark.position += width;
            self.mark.line += 1;
            self.mark.column = 0;
        }
    }

    fn fetch_more(&mut self) -> Scan<()> {
        while !self.ended || self.tokens.len() > self.ahead {
            if self.tokens.len() > self.ahead {
                // The head may still turn out to be a key, which puts tokens in front of it.
                let head = self.parsed;
                let level = self.keys.iter().position(|key| key.possible && key.token == head);
                let waits = match level {
                    Some(level) => self.is_valid_key(level)?,
                    None => false,
                };
                if !waits {
                    break;
                }
            }
            self.fetch_next()?;
        }
        self.ready = true;
        Ok(())
    }

    /// Whether a key can still be one: on one line and not too long.
    fn is_valid_key(&mut self, level: usize) -> Scan<bool> {
        let Some(key) = self.keys.get(level).copied().filter(|key| key.possible) else { return Ok(false) };
        if key.mark.line < self.mark.line || key.mark.position + SIMPLE_KEY < self.mark.position {
            if key.required {
                return Err(self.problem(Some(key.mark), "could not find expected ':'"));
            }
            if let Some(key) = self.keys.get_mut(level) {
                key.possible = false;
            }
            return Ok(false);
        }
        Ok(true)
    }

    fn is_document_indicator(&self, indicator: u8) -> bool {
        self.mark.column == 0 && (0..3).all(|i| self.at(i) == indicator) && self.is_blank_or_end(3)
    }

    fn fetch_next(&mut self) -> Scan<()> {
        if !self.started {
            self.started = true;
            self.keys.push(SimpleKey::default());
            self.push(Kind::StreamStart, self.mark);
            return Ok(());
        }
        self.skip_to_token();
        self.unroll(i64::from(self.mark.column));
        if self.is_end(0) {
            return self.fetch_stream_end();
        }
        if self.mark.column == 0 && self.at(0) == b'%' {
            return self.fetch_directive();
        }
        for (indicator, kind) in [(b'-', Kind::DocumentStart), (b'.', Kind::DocumentEnd)] {
            if self.is_document_indicator(indicator) {
                return self.fetch_document_indicator(kind);
            }
        }
        let flow = self.in_flow();
        match self.at(0) {
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_key()?;
                self.key_allowed = true;
                self.indicator(Kind::FlowEntry);
                Ok(())
            }
            b'-' if self.is_blank_or_end(1) => self.fetch_block_entry(),
            b'?' if flow || self.is_blank_or_end(1) => self.fetch_key(),
            b':' if flow || self.is_blank_or_end(1) => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(),
            b'!' => self.fetch_tag(),
            b'|' if !flow => self.fetch_block_scalar(true),
            b'>' if !flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_quoted(true),
            b'"' => self.fetch_quoted(false),
            first => self.fetch_plain_or_fail(first),
        }
    }

    fn fetch_plain_or_fail(&mut self, first: u8) -> Scan<()> {
        let indicator = matches!(
            first,
            b'-' | b'?'
                | b':'
                | b','
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'#'
                | b'&'
                | b'*'
                | b'!'
                | b'|'
                | b'>'
                | b'\''
                | b'"'
                | b'%'
                | b'@'
                | b'`'
        );
        let plain = !(self.is_blank_or_end(0) || indicator)
            || (first == b'-' && !self.is_blank(1))
            || (!self.in_flow() && matches!(first, b'?' | b':') && !self.is_blank_or_end(1));
        if !plain {
            let mark = self.mark;
            return Err(self.problem(Some(mark), "found character that cannot start any token"));
        }
        self.save_key()?;
        self.key_allowed = false;
        let token = self.scan_plain()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    fn push(&mut self, kind: Kind, start: Mark) {
        self.tokens.push_back(Token { kind, start });
    }

    /// A token of one character.
    fn indicator(&mut self, kind: Kind) {
        let start = self.mark;
        self.skip();
        self.push(kind, start);
    }

    /// Goes over spaces.
    fn skip_blanks(&mut self) {
        let rest = self.bytes.get(self.mark.position..).unwrap_or_default();
        let count = rest.iter().take_while(|b| **b == b' ').count();
        self.mark.position += count;
        self.mark.column += u32::try_from(count).unwrap_or(u32::MAX);
    }

    /// Goes over blanks, comments and line breaks.
    fn skip_to_token(&mut self) {
        loop {
            self.skip_blanks();
            while self.at(0) == b'\t' && (self.in_flow() || !self.key_allowed) {
                self.skip();
                self.skip_blanks();
            }
            if self.at(0) == b'#' {
                while !self.is_break(0) && !self.is_end(0) {
                    self.skip();
                }
            }
            if !self.is_break(0) {
                return;
            }
            self.skip_line();
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    fn save_key(&mut self) -> Scan<()> {
        if !self.key_allowed {
            return Ok(());
        }
        let required = !self.in_flow() && self.indent == i64::from(self.mark.column);
        let key =
            SimpleKey { possible: true, required, token: self.parsed + self.tokens.len(), mark: self.mark };
        self.remove_key()?;
        if let Some(last) = self.keys.last_mut() {
            *last = key;
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Scan<()> {
        let Some(key) = self.keys.last_mut() else { return Ok(()) };
        if key.possible && key.required {
            let mark = key.mark;
            return Err(self.problem(Some(mark), "could not find expected ':'"));
        }
        key.possible = false;
        Ok(())
    }

    /// Opens a block collection when the column lies deeper than the current one.
    fn roll(&mut self, column: u32, before: Option<usize>, kind: Kind, mark: Mark) {
        let column = i64::from(column);
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let token = Token { kind, start: mark };
        match before {
            Some(number) => self.tokens.insert((number - self.parsed).min(self.tokens.len()), token),
            None => self.tokens.push_back(token),
        }
    }

    /// Closes block collections that lie deeper than the column.
    fn unroll(&mut self, column: i64) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, self.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_stream_end(&mut self) -> Scan<()> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.ended = true;
        self.push(Kind::StreamEnd, self.mark);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: Kind) -> Scan<()> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let start = self.mark;
        for _ in 0..3 {
            self.skip();
        }
        self.push(kind, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind) -> Scan<()> {
        self.save_key()?;
        self.keys.push(SimpleKey::default());
        self.key_allowed = true;
        self.indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind) -> Scan<()> {
        self.remove_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.indicator(kind);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Scan<()> {
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(self.problem(None, "block sequence entries are not allowed in this context"));
            }
            self.roll(self.mark.column, None, Kind::BlockSequenceStart, self.mark);
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.indicator(Kind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scan<()> {
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(self.problem(None, "mapping keys are not allowed in this context"));
            }
            self.roll(self.mark.column, None, Kind::BlockMappingStart, self.mark);
        }
        self.remove_key()?;
        self.key_allowed = !self.in_flow();
        self.indicator(Kind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scan<()> {
        let level = self.keys.len() - 1;
        if self.is_valid_key(level)? {
            let key = self.keys.last().copied().unwrap_or_default();
            let place = (key.token - self.parsed).min(self.tokens.len());
            self.tokens.insert(place, Token { kind: Kind::Key, start: key.mark });
            self.roll(key.mark.column, Some(key.token), Kind::BlockMappingStart, key.mark);
            if let Some(key) = self.keys.last_mut() {
                key.possible = false;
            }
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.key_allowed {
                    return Err(self.problem(None, "mapping values are not allowed in this context"));
                }
                self.roll(self.mark.column, None, Kind::BlockMappingStart, self.mark);
            }
            self.key_allowed = !self.in_flow();
        }
        self.indicator(Kind::Value);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Scan<()> {
        self.remove_key()?;
        self.key_allowed = true;
        let token = self.scan_block(literal)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_quoted(&mut self, single: bool) -> Scan<()> {
        self.save_key()?;
        self.key_allowed = false;
        let token = self.scan_quoted(single)?;
        self.tokens.push_back(token);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
