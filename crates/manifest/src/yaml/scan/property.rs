//! Anchors, aliases, tags and directives.

use super::{Kind, Mark, Scan, Scanner, Tagging};

impl Scanner<'_> {
    /// The characters from here on that fulfil a condition, taken.
    fn word(&mut self, fits: impl Fn(u8) -> bool) -> String {
        let start = self.mark.position;
        while !self.is_end(0) && fits(self.at(0)) {
            self.skip();
        }
        self.text.get(start..self.mark.position).unwrap_or_default().to_owned()
    }

    pub(super) fn fetch_anchor(&mut self) -> Scan<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.mark;
        let alias = self.at(0) == b'*';
        self.skip();
        let name = self.word(is_word);
        let ends = self.is_blank_or_end(0)
            || matches!(self.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.problem(Some(start), "did not find expected alphabetic or numeric character"));
        }
        self.push(if alias { Kind::Alias(name) } else { Kind::Anchor(name) }, start);
        Ok(())
    }

    pub(super) fn fetch_tag(&mut self) -> Scan<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.mark;
        let (handle, suffix);
        if self.at(1) == b'<' {
            self.skip();
            self.skip();
            handle = String::new();
            suffix = self.uri(start)?;
            if suffix.is_empty() {
                return Err(self.problem(Some(start), "did not find expected tag URI"));
            }
            if self.at(0) != b'>' {
                return Err(self.problem(Some(start), "did not find the expected '>'"));
            }
            self.skip();
        } else {
            self.skip();
            let mut name = self.word(is_word);
            if self.at(0) == b'!' {
                self.skip();
                handle = format!("!{name}!");
                suffix = self.uri(start)?;
                if suffix.is_empty() {
                    return Err(self.problem(Some(start), "did not find expected tag URI"));
                }
            } else {
                name.push_str(&self.uri(start)?);
                // A lone exclamation mark is a tag of its own.
                (handle, suffix) =
                    if name.is_empty() { (String::new(), "!".to_owned()) } else { ("!".to_owned(), name) };
            }
        }
        if !self.is_blank_or_end(0) {
            return Err(self.problem(Some(start), "did not find expected whitespace or line break"));
        }
        self.push(Kind::Tag(Box::new(Tagging { handle, rest: suffix })), start);
        Ok(())
    }

    /// Part of a tag. Its escapes are checked but kept: no tag that means anything has one.
    fn uri(&mut self, start: Mark) -> Scan<String> {
        let text = self.word(is_uri);
        let escaped = |rest: &str| {
            rest.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        };
        if !text.split('%').skip(1).all(escaped) {
            return Err(self.problem(Some(start), "did not find URI escaped octet"));
        }
        Ok(text)
    }

    pub(super) fn fetch_directive(&mut self) -> Scan<()> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let start = self.mark;
        self.skip();
        let name = self.word(is_word);
        if name.is_empty() {
            return Err(self.problem(Some(start), "could not find expected directive name"));
        }
        if !self.is_blank_or_end(0) {
            return Err(self.problem(Some(start), "found unexpected non-alphabetical character"));
        }
        let blanks = |scanner: &mut Self| {
            while scanner.is_blank(0) {
                scanner.skip();
            }
        };
        blanks(self);
        let kind = match name.as_str() {
            "YAML" => {
                let version = self.word(|b| b.is_ascii_digit() || b == b'.');
                if version != "1.1" {
                    return Err(self.problem(Some(start), "found incompatible YAML document"));
                }
                Kind::VersionDirective
            }
            "TAG" => {
                let handle = self.word(|b| is_word(b) || b == b'!');
                blanks(self);
                let prefix = self.uri(start)?;
                if !handle.starts_with('!') || prefix.is_empty() {
                    return Err(self.problem(Some(start), "did not find expected tag URI"));
                }
                Kind::TagDirective(Box::new(Tagging { handle, rest: prefix }))
            }
            _ => return Err(self.problem(Some(start), "found unknown directive name")),
        };
        blanks(self);
        if self.at(0) == b'#' {
            while !self.is_break(0) && !self.is_end(0) {
                self.skip();
            }
        }
        if !self.is_break(0) && !self.is_end(0) {
            return Err(self.problem(Some(start), "did not find expected comment or line break"));
        }
        self.skip_line();
        self.push(kind, start);
        Ok(())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_uri(byte: u8) -> bool {
    is_word(byte) || b";/?:@&=+$,.!~*'()[]%".contains(&byte)
}
