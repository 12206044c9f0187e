//! From a tree and objects to a value. Functions are `functions`'; here is what decides whether something is evaluated at
//! all: connectives, conditions, members and macros.

mod member;

use std::collections::BTreeMap;
use std::rc::Rc;

use manifest::budget::Budget;
use serde_json::Value as Json;

use crate::ast::{Entry, Kind, Link, Literal, Node};
use crate::functions;
use crate::value::{Key, Map, TYPES, Text, Value, no_overload};
use crate::work::{Caps, Failure, Result, Work};

/// The value of an expression.
pub(crate) fn evaluate<'a>(
    root: &'a Node,
    bindings: &[(&'a str, &'a Json)],
    caps: Caps,
    budget: &'a Budget,
) -> Result<Value<'a>> {
    let work = Work::new(budget, caps);
    Evaluation { bindings, locals: Vec::new(), work: &work }.node(root)
}

struct Evaluation<'a, 'e> {
    bindings: &'e [(&'a str, &'a Json)],
    /// What macros have bound, innermost last.
    locals: Vec<(&'a str, Value<'a>)>,
    work: &'e Work<'a>,
}

impl<'a> Evaluation<'a, '_> {
    fn node(&mut self, node: &'a Node) -> Result<Value<'a>> {
        self.work.step(1)?;
        match &node.kind {
            Kind::Literal(literal) => self.literal(literal),
            Kind::Name(name) => self.name(name).ok_or_else(|| no_attribute(name)),
            Kind::List(elements) => self.elements(elements),
            Kind::Map(entries) => self.entries(entries),
            Kind::Member(base, steps) => self.member(base, steps),
            Kind::Call(call) => {
                let arguments = self.nodes(&call.arguments)?;
                functions::call(call, None, arguments, self.work)
            }
            Kind::Not(operand) => match self.node(operand)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                other => Err(no_overload("!_", &[&other])),
            },
            Kind::Negate(operand) => functions::negate(&self.node(operand)?),
            Kind::Chain(first, links) => self.chain(first, links),
            Kind::All(operands) => self.connected(operands, false),
            Kind::Any(operands) => self.connected(operands, true),
            Kind::Choose(branches, otherwise) => {
                for (condition, value) in branches {
                    match self.node(condition)? {
                        Value::Bool(true) => return self.node(value),
                        Value::Bool(false) => {}
                        _ => return Err(Failure::error("no such overload")),
                    }
                }
                self.node(otherwise)
            }
            Kind::Has(operand, field) => self.has(operand, field),
        }
    }

    fn nodes(&mut self, nodes: &'a [Node]) -> Result<Vec<Value<'a>>> {
        nodes.iter().map(|node| self.node(node)).collect()
    }

    fn literal(&self, literal: &'a Literal) -> Result<Value<'a>> {
        Ok(match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Int(value) => Value::Int(*value),
            Literal::Uint(value) => Value::Uint(*value),
            Literal::Double(value) => Value::Double(*value),
            Literal::String(text) => Value::String(Text::Borrowed(text)),
            Literal::Bytes(bytes) => {
                self.work.make(bytes.len())?;
                Value::Bytes(Rc::from(&**bytes))
            }
        })
    }

    /// A variable, or a type.
    fn name(&self, name: &str) -> Option<Value<'a>> {
        if let Some((_, value)) = self.locals.iter().rev().find(|(local, _)| *local == name) {
            return Some(value.clone());
        }
        if let Some((_, json)) = self.bindings.iter().find(|(bound, _)| *bound == name) {
            return Some(Value::of(json));
        }
        TYPES.into_iter().find(|known| *known == name).map(Value::Type)
    }

    fn elements(&mut self, elements: &'a [(bool, Node)]) -> Result<Value<'a>> {
        self.work.elements(elements.len())?;
        let mut items = Vec::with_capacity(elements.len());
        for (optional, node) in elements {
            let value = self.node(node)?;
            items.extend(if *optional { given(value)? } else { Some(value) });
        }
        Ok(Value::list(items))
    }

    fn entries(&mut self, entries: &'a [Entry]) -> Result<Value<'a>> {
        self.work.elements(entries.len())?;
        let mut map = BTreeMap::new();
        for Entry { optional, key, value } in entries {
            let key = self.node(key)?;
            let value = self.node(value)?;
            let value = if *optional { given(value)? } else { Some(value) };
            let Some(value) = value else { continue };
            let key = Key::of(&key)
                .ok_or_else(|| Failure::error(format!("unsupported key type: {}", key.type_name())))?;
            map.insert(key, value);
        }
        Ok(Value::Map(Map::Made(Rc::new(map))))
    }

    fn chain(&mut self, first: &'a Node, links: &'a [Link]) -> Result<Value<'a>> {
        let mut left = self.node(first)?;
        for Link { operator, operand, .. } in links {
            let right = self.node(operand)?;
            left = functions::operate(*operator, &left, &right, self.work)?;
        }
        Ok(left)
    }

    /// Operands of `&&` or `||`: one that decides makes up for errors in all others; else the first error counts.
    fn connected(&mut self, operands: &'a [Node], decides: bool) -> Result<Value<'a>> {
        let mut failed = None;
        for operand in operands {
            match self.node(operand) {
                Ok(Value::Bool(value)) if value == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => failed = failed.or(Some(Failure::error("no such overload"))),
                Err(error @ Failure::Error(_)) => failed = failed.or(Some(error)),
                Err(stop) => return Err(stop),
            }
        }
        failed.map_or(Ok(Value::Bool(!decides)), Err)
    }
}

/// What an optional holds that stands behind a `?` in a list or map.
fn given(value: Value<'_>) -> Result<Option<Value<'_>>> {
    match value {
        Value::Optional(value) => Ok(value.as_deref().cloned()),
        other => Err(Failure::error(format!(
            "cannot initialize optional entry from non-optional value of type {}",
            other.type_name()
        ))),
    }
}

fn no_attribute(name: &str) -> Failure {
    Failure::error(format!("no such attribute(s): {name}"))
}
