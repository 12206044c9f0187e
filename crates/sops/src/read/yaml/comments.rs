//! Finds the comments of a YAML text: a scanner that knows quotes and blocks, and nothing else of YAML. Where it errs, a
//! comment is lost or misplaced; values come from another reader.

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Line, from 1.
    pub(super) line: u32,
    /// Column of its mark, from 0.
    pub(super) column: usize,
    /// What follows the mark.
    pub(super) text: String,
    /// Whether something stands before it on its line.
    pub(super) inline: bool,
    /// The indentation of the next line with content; none at the end of the document, and behind a value.
    pub(super) next_indent: Option<usize>,
    /// Counts the columns of comments since the last line with content.
    pub(super) group: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Quotes(u8),
    /// A block whose lines are indented more than this, if they hold anything.
    Block(Option<usize>),
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The comments of every document.
    pub(super) documents: Vec<Vec<Found>>,
    /// Where keys stand that say merge, with their tags: sops knows no merging and takes them for texts.
    pub(super) merges: Vec<std::ops::Range<usize>>,
}

struct Scan {
    within: Within,
    flow: usize,
    /// Merges on this line, by column.
    merges: Vec<std::ops::Range<usize>>,
    /// Whether a new token may begin here, so that a quote opens and a bar is a block.
    fresh: bool,
}

/// Goes through a text.
pub(super) fn find(text: &str) -> Marks {
    let mut marks = Marks { documents: vec![Vec::new()], merges: Vec::new() };
    let documents = &mut marks.documents;
    let mut scan = Scan { within: Within::Nothing, flow: 0, merges: Vec::new(), fresh: true };
    let mut begins_at = 0;
    let mut started = false;
    // Comments of the document that still wait for a line with content.
    let mut waiting = 0;
    for (number, line) in text.split('\n').enumerate() {
        let start = begins_at;
        begins_at += line.len() + 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        let bytes = line.as_bytes();
        let indent = bytes.iter().take_while(|b| **b == b' ').count();
        let blank = bytes.iter().all(|b| matches!(b, b' ' | b'\t'));
        if let Within::Block(parent) = scan.within {
            if blank || parent.is_none_or(|parent| indent > parent) {
                continue;
            }
            scan.within = Within::Nothing;
        }
        let outside = scan.within == Within::Nothing;
        if outside && (line.starts_with("---") || line.starts_with("...")) {
            let (begins, rest) = (line.starts_with("---"), line.get(3..).unwrap_or_default());
            if rest.is_empty() || rest.starts_with([' ', '\t']) {
                if begins && started {
                    documents.push(Vec::new());
                    waiting = 0;
                }
                started = started || begins;
                scan.flow = 0;
                scan.fresh = true;
                scan.line(bytes, 3);
                continue;
            }
        }
        if outside && blank {
            continue;
        }
        let comment = scan.line(bytes, 0);
        marks.merges.extend(scan.merges.drain(..).map(|place| start + place.start..start + place.end));
        let Some(document) = documents.last_mut() else { break };
        let full = outside && comment == Some(indent);
        if !full {
            started = true;
            for found in document.iter_mut().skip(waiting) {
                found.next_indent.get_or_insert(indent);
            }
            waiting = document.len();
        }
        // go-yaml loses those inside of brackets.
        if let Some(column) = comment.filter(|_| scan.flow == 0) {
            let text = line.get(column + 1..).unwrap_or_default().to_owned();
            let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
            let group = match document.get(waiting..).and_then(<[Found]>::last) {
                Some(last) if full && last.column == column => last.group,
                Some(last) if full => last.group + 1,
                _ => 0,
            };
            document.push(Found { line, column, text, inline: !full, next_indent: None, group });
            // What stands behind a value does not count among those below it.
            waiting += usize::from(!full);
        }
    }
    marks
}

impl Scan {
    /// Goes over a line. Where a comment begins in it.
    fn line(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        if self.within == Within::Nothing && self.flow == 0 {
            self.fresh = true;
        }
        let mut at = from;
        // The column that a block's lines have to be right of.
        let mut parent = None;
        while let Some(byte) = bytes.get(at).copied() {
            let next = bytes.get(at + 1).copied();
            let ends = next.is_none_or(|b| matches!(b, b' ' | b'\t'));
            if let Within::Quotes(quote) = self.within {
                at += self.quoted(quote, byte, next);
                continue;
            }
            if self.fresh
                && let Some(length) = merge(bytes.get(at..).unwrap_or_default())
            {
                self.merges.push(at..at + length);
                parent = Some(at);
                self.fresh = false;
                at += length;
                continue;
            }
            let before = at.checked_sub(1).and_then(|i| bytes.get(i));
            match byte {
                b' ' | b'\t' => {}
                b'#' if before.is_none_or(|b| matches!(b, b' ' | b'\t')) => return Some(at),
                b'-' | b'?' if self.fresh && ends => parent = Some(at),
                b':' if ends || (self.flow > 0 && self.fresh) => {
                    // Alone on its line it begins the value of a key after a question mark.
                    parent = parent.or(Some(at));
                    self.fresh = true;
                }
                b'"' | b'\'' if self.fresh => {
                    parent = Some(at);
                    self.within = Within::Quotes(byte);
                }
                b'[' | b'{' if self.fresh => self.flow += 1,
                b'[' | b'{' if self.flow > 0 => self.flow += 1,
                b']' | b'}' if self.flow > 0 => {
                    self.flow -= 1;
                    self.fresh = false;
                }
                b',' if self.flow > 0 => self.fresh = true,
                b'&' | b'!' | b'*' if self.fresh => {
                    // An anchor, tag or alias: what follows may still be anything.
                    at += bytes.get(at..)?.iter().take_while(|b| !matches!(b, b' ' | b'\t')).count();
                    continue;
                }
                b'|' | b'>' if self.fresh && self.flow == 0 => {
                    self.within = Within::Block(parent);
                    self.fresh = false;
                }
                _ => {
                    if self.fresh && self.flow == 0 {
                        parent = Some(at);
                    }
                    self.fresh = false;
                }
            }
            at += 1;
        }
        None
    }

    /// One step in quotes: how many bytes it was.
    fn quoted(&mut self, quote: u8, byte: u8, next: Option<u8>) -> usize {
        match byte {
            b'\\' if quote == b'"' => 2,
            b'\'' if quote == b'\'' && next == Some(b'\'') => 2,
            _ if byte == quote => {
                self.within = Within::Nothing;
                self.fresh = false;
                1
            }
            _ => 1,
        }
    }
}

/// How long a merge key is that stands here. In quotes it is none, but the reader of the structure takes it for one.
fn merge(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"!!merge ").unwrap_or(bytes);
    let marks: [&[u8]; 3] = [b"<<", b"\"<<\"", b"'<<'"];
    let mark = marks.into_iter().find(|mark| rest.starts_with(mark))?;
    let after = rest.strip_prefix(mark)?.trim_ascii_start().strip_prefix(b":")?;
    let key = matches!(after.first(), None | Some(b' ' | b'\t' | b'\r'));
    key.then_some(bytes.len() - rest.len() + mark.len())
}
