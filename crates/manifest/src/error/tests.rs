//! The words of an error, and of one with its causes.

use std::error::Error as StdError;
use std::fmt;

use super::{Error, chain};

/// A text with at most one cause.
#[derive(Debug)]
struct Link(&'static str, Option<Box<Self>>);

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for Link {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

fn linked(texts: &[&'static str]) -> Option<Box<Link>> {
    let (first, rest) = texts.split_first()?;
    Some(Box::new(Link(first, linked(rest))))
}

fn check(texts: &[&'static str], wanted: &str) {
    assert_eq!(chain(&*linked(texts).expect("a link")), wanted);
}

#[test]
fn causes_follow_in_their_order() {
    check(&["alone"], "alone");
    check(&["sending", "connecting", "refused"], "sending: connecting: refused");
}

#[test]
fn what_was_said_is_not_said_twice() {
    check(&["sending: refused", "refused"], "sending: refused");
    // Something that an outer text left out is still said.
    check(&["sending: refused", "refused", "os error 111"], "sending: refused: os error 111");
    check(&["a", "b", "a"], "a: b");
}

#[test]
fn a_line_is_named_where_it_is_known() {
    let yaml = |line| Error::Yaml { document: 0, line, message: "odd".to_owned() }.to_string();
    assert_eq!((yaml(3).as_str(), yaml(0).as_str()), ("yaml: line 3: odd", "yaml: odd"));
    assert_eq!(
        Error::Budget { what: "bytes", limit: 5 }.to_string(),
        "yaml: document exceeds the limit of 5 bytes"
    );
}
