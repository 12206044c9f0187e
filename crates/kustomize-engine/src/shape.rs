//! The Go types of a kustomization file, as far as writing it back depends on them. The tables follow from what `decode`
//! decodes onto; they decode nothing.

/// The Go type of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A string; numbers and booleans become their text.
    Text,
    /// A pointer to a string: kept when empty.
    TextPointer,
    /// A boolean.
    Flag,
    /// An integer.
    Whole,
    /// A map of strings.
    TextMap,
    /// A list.
    List(&'static Self),
    /// A struct (or a pointer to one); an empty one stays `{}`.
    Struct(&'static Struct),
    /// Kept as it is, lists included: the build refuses Helm's fields by name.
    Any,
}

/// A Go struct type.
#[derive(Debug)]
pub(crate) struct Struct {
    /// Its name in Go, for messages.
    pub(crate) name: &'static str,
    /// Its fields by JSON name.
    pub(crate) fields: &'static [(&'static str, Shape)],
}
