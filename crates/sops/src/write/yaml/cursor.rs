//! Where go-yaml's printer stands: when it breaks a line, when it puts a blank, and which comments still wait.

use zeroize::Zeroizing;

pub(super) struct Cursor {
    out: Zeroizing<Vec<u8>>,
    column: usize,
    /// Whether the last character was a blank, or nothing was written on the line.
    blank: bool,
    /// Whether the line holds nothing but indentation and marks of lists.
    indented: bool,
    /// A line at this indentation is kept apart from the foot comment before it.
    foot_indent: isize,
    pub(super) head: Vec<u8>,
    pub(super) line: Vec<u8>,
    pub(super) foot: Vec<u8>,
    pub(super) tail: Vec<u8>,
}

impl Cursor {
    pub(super) fn new() -> Self {
        Self {
            out: Zeroizing::new(Vec::new()),
            column: 0,
            blank: true,
            indented: true,
            foot_indent: -1,
            head: Vec::new(),
            line: Vec::new(),
            foot: Vec::new(),
            tail: Vec::new(),
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.column += bytes.len();
    }

    fn break_line(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        self.indented = true;
    }

    /// Goes to a line of its own and indents it.
    pub(super) fn indent(&mut self, indent: isize) {
        let indent = indent.max(0);
        let width = indent.unsigned_abs();
        if !self.indented || self.column > width || (self.column == width && !self.blank) {
            self.break_line();
        }
        if self.foot_indent == indent {
            self.break_line();
        }
        while self.column < width {
            self.put(b" ");
        }
        self.blank = true;
        self.foot_indent = -1;
    }

    /// A mark of the syntax.
    pub(super) fn indicator(&mut self, mark: &[u8], apart: bool, indents: bool) {
        if apart && !self.blank {
            self.put(b" ");
        }
        self.put(mark);
        self.blank = false;
        self.indented = self.indented && indents;
    }

    /// A scalar on one line.
    pub(super) fn word(&mut self, text: &[u8]) {
        if !self.blank {
            self.put(b" ");
        }
        self.put(text);
        self.blank = false;
        self.indented = false;
    }

    /// The lines of a block, below its mark.
    pub(super) fn lines(&mut self, text: &str, indent: isize) {
        if self.line.is_empty() {
            self.break_line();
        } else {
            self.process_line();
        }
        self.blank = true;
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            if !line.is_empty() {
                self.indent(indent);
                self.put(line.as_bytes());
                self.indented = false;
            }
            if lines.peek().is_some() {
                self.break_line();
            }
        }
    }

    fn comment(&mut self, text: &[u8], indent: isize) {
        for (i, line) in text.split(|b| *b == b'\n').enumerate() {
            if i > 0 {
                self.break_line();
                if line.is_empty() {
                    continue;
                }
                self.indent(indent);
            }
            if line.first() != Some(&b'#') {
                self.put(b"# ");
            }
            self.put(line);
            self.indented = false;
        }
        if self.column > 0 {
            self.break_line();
        }
        self.blank = true;
    }

    pub(super) fn set_head(&mut self, text: Vec<u8>) {
        if !text.is_empty() {
            self.head = text;
        }
    }

    pub(super) fn set_line(&mut self, text: Vec<u8>) {
        if !text.is_empty() {
            self.line = text;
        }
    }

    pub(super) fn set_foot(&mut self, text: Vec<u8>) {
        if !text.is_empty() {
            self.foot = text;
        }
    }

    /// The foot of what ended, then the head of what begins.
    pub(super) fn process_head(&mut self, indent: isize) {
        let tail = std::mem::take(&mut self.tail);
        if !tail.is_empty() {
            self.indent(indent);
            self.comment(&tail, indent);
            self.foot_indent = indent.max(0);
        }
        let head = std::mem::take(&mut self.head);
        if !head.is_empty() {
            self.indent(indent);
            self.comment(&head, indent);
        }
    }

    /// The comment behind what was written.
    pub(super) fn process_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return;
        }
        if !self.blank {
            self.put(b" ");
        }
        self.comment(&line, 0);
    }

    /// The comment below what was written.
    pub(super) fn process_foot(&mut self, indent: isize) {
        let foot = std::mem::take(&mut self.foot);
        if foot.is_empty() {
            return;
        }
        self.indent(indent);
        self.comment(&foot, indent);
        self.foot_indent = indent.max(0);
    }

    /// Between two documents.
    pub(super) fn document(&mut self) {
        self.indent(0);
        self.indicator(b"---", true, false);
        self.indent(0);
    }

    pub(super) fn end_document(&mut self) {
        self.foot_indent = 0;
        self.process_foot(0);
        self.foot_indent = -1;
        self.indent(0);
    }

    pub(super) fn finish(self) -> Zeroizing<Vec<u8>> {
        self.out
    }
}
