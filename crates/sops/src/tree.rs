//! A document between reading and writing: values in order, with the comments between them.

use std::fmt;

use zeroize::Zeroizing;

/// A text. Bytes, since sops encrypts files of any bytes as texts.
pub(crate) type Text = Zeroizing<Vec<u8>>;

/// A comment without its mark.
#[derive(Clone)]
pub(crate) struct Comment {
    pub(crate) text: Text,
    /// Whether it stands behind a value on the same line.
    pub(crate) inline: bool,
}

/// A value.
#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A time as RFC 3339 text.
    Time(String),
    Str(Text),
    /// What the type `bytes` decrypts to. Written differently from a text.
    Bytes(Text),
    Comment(Comment),
    Map(Vec<Item>),
    Seq(Vec<Self>),
}

/// An entry of a map, or a comment between two.
#[derive(Clone)]
pub(crate) enum Item {
    Comment(Comment),
    Entry(Key, Value),
}

/// The key of an entry.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Text(String),
    /// Not a text, which YAML can have: the Go type that messages name.
    Other(&'static str),
}

/// One document of a stream.
pub(crate) type Branch = Vec<Item>;

impl Comment {
    pub(crate) fn new(text: &str, inline: bool) -> Self {
        Self { text: text_of(text), inline }
    }
}

impl Value {
    pub(crate) fn str(text: &str) -> Self {
        Self::Str(text_of(text))
    }

    /// The name that Go gives the type.
    pub(crate) fn go_type(&self) -> &'static str {
        match self {
            Self::Null => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Time(_) => "time.Time",
            Self::Str(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::Comment(_) => "sops.Comment",
            Self::Map(_) => "sops.TreeBranch",
            Self::Seq(_) => "[]interface {}",
        }
    }
}

impl Item {
    /// The value, if the key is this text.
    pub(crate) fn with_key(&self, wanted: &str) -> Option<&Value> {
        match self {
            Self::Entry(Key::Text(key), value) if key == wanted => Some(value),
            _ => None,
        }
    }
}

impl fmt::Debug for Value {
    /// Types only: values are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Map(items) => write!(f, "map of {}", items.len()),
            Self::Seq(items) => write!(f, "list of {}", items.len()),
            other => f.write_str(other.go_type()),
        }
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comment(_) => f.write_str("comment"),
            Self::Entry(_, value) => value.fmt(f),
        }
    }
}

pub(crate) fn text_of(text: &str) -> Text {
    Zeroizing::new(text.as_bytes().to_vec())
}

/// Go's `strconv.FormatFloat(f, 'f', -1, 64)`.
pub(crate) fn plain_float(float: f64) -> String {
    if float.is_nan() {
        "NaN".to_owned()
    } else if float.is_infinite() {
        if float > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        float.to_string()
    }
}
