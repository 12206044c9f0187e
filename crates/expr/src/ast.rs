//! The tree of an expression. What can be written flat is flat in it, so that its depth is the nesting of the text: chains of
//! operators, of members and of conditions are lists. It knows neither types nor values.
//!
//! A tree is kept as long as its rule, and there are many: lists have no room to grow, and what is seldom is behind a
//! pointer.

use regex::Regex;

/// A part of an expression and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Offset in bytes of what names it: for an operator, the operator.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Literal(Literal),
    Name(Box<str>),
    /// Elements; those marked are left out when they are empty optionals.
    List(Box<[(bool, Node)]>),
    Map(Box<[Entry]>),
    /// What is done with a value, step by step.
    Member(Box<Node>, Box<[Step]>),
    Call(Box<Call>),
    Not(Box<Node>),
    Negate(Box<Node>),
    /// Operators of one precedence, from the left.
    Chain(Box<Node>, Box<[Link]>),
    /// Connected by `&&`, at least two.
    All(Box<[Node]>),
    /// Connected by `||`, at least two.
    Any(Box<[Node]>),
    /// `a ? b : c ? d : e`: conditions with their values, and the last value.
    Choose(Box<[(Node, Node)]>, Box<Node>),
    /// `has(a.b)`.
    Has(Box<Node>, Box<str>),
}

#[derive(Debug, Clone)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Box<str>),
    Bytes(Box<[u8]>),
}

/// An operator and what is behind it.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) at: usize,
    pub(crate) operator: Operator,
    pub(crate) operand: Node,
}

/// `key: value` of a map, `?key: value` if optional.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) optional: bool,
    pub(crate) key: Node,
    pub(crate) value: Node,
}

/// A function by its name, which may have dots.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: Box<str>,
    pub(crate) arguments: Box<[Node]>,
    /// The pattern of `matches`, if it is a literal.
    pub(crate) pattern: Option<Regex>,
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) at: usize,
    pub(crate) kind: StepKind,
}

impl Step {
    /// The field that it reads, if that is certain.
    pub(crate) fn constant(&self) -> Option<&str> {
        match &self.kind {
            StepKind::Field { name, .. } => Some(name),
            StepKind::Index { index, .. } => match &index.kind {
                Kind::Literal(Literal::String(name)) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum StepKind {
    /// `.a`, `.?a`.
    Field {
        name: Box<str>,
        optional: bool,
    },
    /// `[a]`, `[?a]`.
    Index {
        index: Box<Node>,
        optional: bool,
    },
    Call(Box<Call>),
    /// A macro over the elements of a list or the keys of a map.
    Fold {
        fold: Fold,
        name: Box<str>,
        body: Box<Node>,
    },
    /// `.map(x, condition, value)`.
    MapIf {
        name: Box<str>,
        condition: Box<Node>,
        body: Box<Node>,
    },
    /// `.optMap(x, value)`, `.optFlatMap(x, value)`.
    OptMap {
        flat: bool,
        name: Box<str>,
        body: Box<Node>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

impl Operator {
    /// The function that it stands for, in the words of error messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Add => "_+_",
            Self::Subtract => "_-_",
            Self::Multiply => "_*_",
            Self::Divide => "_/_",
            Self::Remainder => "_%_",
            Self::Equal => "_==_",
            Self::NotEqual => "_!=_",
            Self::Less => "_<_",
            Self::LessEqual => "_<=_",
            Self::Greater => "_>_",
            Self::GreaterEqual => "_>=_",
            Self::In => "@in",
        }
    }
}

#[cfg(test)]
mod tests;
