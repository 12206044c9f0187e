//! Macros: calls that bind names or look at a field without reading it. They are known by name and number of arguments;
//! with another number they are functions, which there are not.

use crate::ast::{Fold, Kind, Node, Step, StepKind};

/// What became of a member call.
pub(super) enum Expanded {
    Macro(StepKind),
    Call(Vec<Node>),
}

type Problem = (usize, String);

/// `has(a.b)`.
pub(super) fn has(arguments: Vec<Node>) -> Result<Kind, Problem> {
    let argument = arguments.into_iter().next();
    let at = argument.as_ref().map_or(0, |argument| argument.at);
    if let Some(Node { kind: Kind::Member(base, steps), at }) = argument {
        let mut steps = Vec::from(steps);
        if let Some(Step { kind: StepKind::Field { name, optional: false }, .. }) = steps.pop() {
            let base = if steps.is_empty() {
                base
            } else {
                Box::new(Node { at, kind: Kind::Member(base, steps.into()) })
            };
            return Ok(Kind::Has(base, name));
        }
    }
    Err((at, "invalid argument to has() macro".to_owned()))
}

/// A call behind a dot.
pub(super) fn member(name: &str, arguments: Vec<Node>) -> Result<Expanded, Problem> {
    let fold = match (name, arguments.len()) {
        ("all", 2) => Fold::All,
        ("exists", 2) => Fold::Exists,
        ("exists_one" | "existsOne", 2) => Fold::ExistsOne,
        ("map", 2 | 3) => Fold::Map,
        ("filter", 2) => Fold::Filter,
        ("optMap" | "optFlatMap", 2) => {
            let mut arguments = arguments.into_iter();
            let (Some(bound), Some(body)) = (arguments.next(), arguments.next()) else {
                return Ok(Expanded::Call(Vec::new()));
            };
            let kind = StepKind::OptMap {
                flat: name == "optFlatMap",
                name: simple(bound, "variable name must be a simple identifier")?,
                body: Box::new(body),
            };
            return Ok(Expanded::Macro(kind));
        }
        _ => return Ok(Expanded::Call(arguments)),
    };
    let mut arguments = arguments.into_iter();
    let (Some(bound), Some(second)) = (arguments.next(), arguments.next()) else {
        return Ok(Expanded::Call(Vec::new()));
    };
    let name = simple(bound, "argument must be a simple name")?;
    Ok(Expanded::Macro(match arguments.next() {
        Some(body) => StepKind::MapIf { name, condition: Box::new(second), body: Box::new(body) },
        None => StepKind::Fold { fold, name, body: Box::new(second) },
    }))
}

fn simple(node: Node, otherwise: &str) -> Result<Box<str>, Problem> {
    match node.kind {
        Kind::Name(name) => Ok(name),
        _ => Err((node.at, otherwise.to_owned())),
    }
}
