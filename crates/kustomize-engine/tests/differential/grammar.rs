//! A small language for random documents: `{key: value, ?30 key: value}` (a field in 30 of 100 cases), `[item*3]` (one to
//! three), `(a|b)` (one of them, as a key too), `<rule>` (a rule of `rules.rs` or of the caller), `"text"` (always a string); anything
//! else is a scalar as it stands. `&x value` and `*x` are anchors.

use crate::node::Node;
use crate::random::Random;
use crate::rules::rule;

/// Names that only the caller knows.
pub(crate) type Lookup<'a> = &'a mut dyn FnMut(&str, &mut Random) -> Option<Node>;

/// A document made from a template.
pub(crate) fn expand(template: &str, random: &mut Random, lookup: Lookup<'_>) -> Node {
    let mut parser = Parser { text: template.as_bytes(), at: 0, random, lookup };
    let node = parser.value();
    parser.space();
    assert_eq!(parser.at, parser.text.len(), "rest of a template: {template} at {}", parser.at);
    node
}

struct Parser<'t, 'r, 'l> {
    text: &'t [u8],
    at: usize,
    random: &'r mut Random,
    lookup: Lookup<'l>,
}

impl Parser<'_, '_, '_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) {
        let text = String::from_utf8_lossy(self.text).into_owned();
        assert!(self.take(byte), "{} missing at {} of {text}", char::from(byte), self.at);
    }

    fn until(&mut self, stops: &[u8]) -> String {
        let start = self.at;
        while self.at < self.text.len() && !stops.contains(&self.peek()) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).trim_end().to_owned()
    }

    fn percent(&mut self) -> bool {
        if !self.take(b'?') {
            return true;
        }
        let number = self.until(b" ");
        self.random.chance(number.parse().unwrap())
    }

    fn value(&mut self) -> Node {
        self.space();
        match self.peek() {
            b'{' => self.map(),
            b'[' => self.list(),
            b'(' => self.choice(),
            b'<' => {
                self.at += 1;
                let name = self.until(b">");
                self.expect(b'>');
                self.named(&name)
            }
            b'"' => {
                self.at += 1;
                let text = self.until(b"\"");
                self.expect(b'"');
                // Quotes of JSON would end the text.
                let text = if text.starts_with("{'") || text.starts_with("{\\n") {
                    text.replace('\'', "\"")
                } else {
                    text
                };
                Node::Text(text.replace("\\n", "\n").replace("\\t", "\t"))
            }
            b'&' => {
                self.at += 1;
                assert_eq!(self.until(b" "), "x");
                Node::Anchor("x", Box::new(self.value()))
            }
            b'*' => {
                assert_eq!(self.until(b",}]"), "*x");
                Node::Alias("x")
            }
            _ => Node::Raw(self.until(b",}]|)")),
        }
    }

    fn named(&mut self, name: &str) -> Node {
        if let Some(node) = (self.lookup)(name, self.random) {
            return node;
        }
        expand(rule(name), self.random, self.lookup)
    }

    fn map(&mut self) -> Node {
        self.expect(b'{');
        let mut fields: Vec<(String, Node)> = Vec::new();
        while !self.take(b'}') {
            let wanted = self.percent();
            self.space();
            let key = if self.take(b'"') {
                let key = self.until(b"\"");
                self.expect(b'"');
                key
            } else if self.peek() == b'(' {
                match self.choice() {
                    Node::Raw(key) | Node::Text(key) => key,
                    other => panic!("no key: {other:?}"),
                }
            } else {
                self.until(b":")
            };
            self.expect(b':');
            let value = self.value();
            if wanted && !fields.iter().any(|(name, _)| *name == key) {
                fields.push((key, value));
            }
            self.take(b',');
        }
        Node::Map(fields)
    }

    fn list(&mut self) -> Node {
        self.expect(b'[');
        let mut items = Vec::new();
        while !self.take(b']') {
            let wanted = self.percent();
            self.space();
            let start = self.at;
            let first = self.value();
            let mut values = vec![first];
            if self.take(b'*') {
                let most: usize = self.until(b",] ").parse().unwrap();
                let end = self.at;
                for _ in 0..self.random.below(most) {
                    self.at = start;
                    values.push(self.value());
                }
                self.at = end;
            }
            if wanted {
                items.append(&mut values);
            }
            self.take(b',');
        }
        Node::List(items)
    }

    fn choice(&mut self) -> Node {
        self.expect(b'(');
        let mut options = vec![self.value()];
        while self.take(b'|') {
            options.push(self.value());
        }
        self.expect(b')');
        options.swap_remove(self.random.below(options.len()))
    }
}
