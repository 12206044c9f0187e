//! The form of the table in `builtin`: what merges is known of the fields of a type.

/// A field of a built-in type.
#[derive(Debug)]
pub(crate) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
}

pub(super) type Type = &'static [Field];

#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Object(u16),
    List { keys: Option<&'static [&'static str]>, elements: u16 },
}

pub(super) const fn object(name: &'static str, to: u16) -> Field {
    Field { name, shape: Shape::Object(to) }
}

pub(super) const fn list(name: &'static str, elements: u16) -> Field {
    Field { name, shape: Shape::List { keys: None, elements } }
}

pub(super) const fn merge(name: &'static str, keys: &'static [&'static str], elements: u16) -> Field {
    Field { name, shape: Shape::List { keys: Some(keys), elements } }
}
