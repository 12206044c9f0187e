//! What is known of an expression without any object: whether all names are declared, whether each operator and function
//! is for the types that it gets, and whether the result is a boolean. The fields of objects may be of any type.

mod table;
mod typing;

use crate::ast::{Call, Fold, Kind, Link, Literal, Node, Operator, Step, StepKind};
use crate::error::{self, CompileError, Issue};
use crate::functions;
use crate::value::TYPES;

pub(crate) use table::FUNCTIONS;
use table::result_of;
use typing::{Type, join};

/// Checks that an expression gives a boolean, whatever the variables are; each is an object.
pub(crate) fn check(text: &str, root: &Node, variables: &[&str]) -> Result<(), CompileError> {
    let found = found(text, root, Some(variables))?;
    if found == Type::Bool { Ok(()) } else { Err(CompileError::NotBool { found: found.to_string() }) }
}

/// Checks that an expression can give a boolean. Every name may be a variable, and each variable of any type.
pub(crate) fn may_be_bool(text: &str, root: &Node) -> Result<(), CompileError> {
    match found(text, root, None)? {
        Type::Bool | Type::Dyn => Ok(()),
        found => Err(CompileError::NotBool { found: found.to_string() }),
    }
}

/// As [`may_be_bool`], for texts.
pub(crate) fn may_be_text(text: &str, root: &Node) -> Result<(), CompileError> {
    match found(text, root, None)? {
        Type::String | Type::Dyn => Ok(()),
        found => Err(CompileError::NotText { found: found.to_string() }),
    }
}

/// What an expression gives.
fn found(text: &str, root: &Node, variables: Option<&[&str]>) -> Result<Type, CompileError> {
    let mut checker = Checker { text, variables, locals: Vec::new(), issues: Vec::new() };
    let found = checker.node(root);
    if checker.issues.is_empty() {
        return Ok(found);
    }
    checker.issues.sort_by_key(|issue| (issue.line, issue.column));
    Err(CompileError::Issues { text: text.to_owned(), issues: checker.issues })
}

struct Checker<'c> {
    text: &'c str,
    /// Names of objects; `None` where every name may be a variable.
    variables: Option<&'c [&'c str]>,
    locals: Vec<(&'c str, Type)>,
    issues: Vec<Issue>,
}

impl<'c> Checker<'c> {
    /// Something is wrong here; what depends on it is not wrong again.
    fn wrong(&mut self, at: usize, message: String) -> Type {
        error::add(&mut self.issues, self.text, at, || message);
        Type::Error
    }

    fn undeclared(&mut self, at: usize, name: &str) -> Type {
        self.wrong(at, format!("undeclared reference to '{name}' (in container '')"))
    }

    fn no_overload(&mut self, at: usize, name: &str, target: Option<&Type>, arguments: &[Type]) -> Type {
        if target.into_iter().chain(arguments).any(|argument| *argument == Type::Error) {
            return Type::Error;
        }
        let list = arguments.iter().map(Type::shown).collect::<Vec<_>>().join(", ");
        let applied = match target {
            Some(target) => format!("{}.({list})", target.shown()),
            None => format!("({list})"),
        };
        self.wrong(at, format!("found no matching overload for '{name}' applied to '{applied}'"))
    }

    fn node(&mut self, node: &'c Node) -> Type {
        match &node.kind {
            Kind::Literal(literal) => of_literal(literal),
            Kind::Name(name) => self.name(node.at, name),
            Kind::List(elements) => {
                let types: Vec<_> = elements
                    .iter()
                    .map(|(optional, element)| {
                        let found = self.node(element);
                        (element.at, if *optional { self.given(element.at, found) } else { found })
                    })
                    .collect();
                Type::list(self.same(types))
            }
            Kind::Map(entries) => {
                let (mut keys, mut values) = (Vec::new(), Vec::new());
                for entry in entries {
                    keys.push((entry.key.at, self.node(&entry.key)));
                    let found = self.node(&entry.value);
                    let found = if entry.optional { self.given(entry.value.at, found) } else { found };
                    values.push((entry.value.at, found));
                }
                Type::map(self.same(keys), self.same(values))
            }
            Kind::Member(base, steps) => {
                let base = self.node(base);
                steps.iter().fold(base, |found, step| self.step(&found, step))
            }
            Kind::Call(call) => self.call(node.at, None, call),
            Kind::Not(operand) => {
                let operand = self.node(operand);
                self.operator(node.at, "!_", vec![operand])
            }
            Kind::Negate(operand) => {
                let operand = self.node(operand);
                self.operator(node.at, "-_", vec![operand])
            }
            Kind::Chain(first, links) => {
                let mut left = self.node(first);
                for Link { at, operator, operand } in links {
                    let right = self.node(operand);
                    left = match operator {
                        Operator::Equal | Operator::NotEqual | Operator::In => {
                            self.compared(*at, *operator, left, right)
                        }
                        _ => self.operator(*at, operator.name(), vec![left, right]),
                    };
                }
                left
            }
            Kind::All(operands) => self.connected(node.at, "_&&_", operands),
            Kind::Any(operands) => self.connected(node.at, "_||_", operands),
            Kind::Choose(branches, otherwise) => self.choose(node.at, branches, otherwise),
            Kind::Has(operand, _) => {
                let operand = self.node(operand);
                self.field(node.at, &operand);
                Type::Bool
            }
        }
    }

    fn name(&mut self, at: usize, name: &str) -> Type {
        if let Some((_, found)) = self.locals.iter().rev().find(|(local, _)| *local == name) {
            return found.clone();
        }
        let Some(variables) = self.variables else { return Type::Dyn };
        if variables.contains(&name) {
            return Type::map(Type::String, Type::Dyn);
        }
        if TYPES.contains(&name) {
            return Type::Kind;
        }
        self.undeclared(at, name)
    }

    /// Elements of one type.
    fn same(&mut self, types: Vec<(usize, Type)>) -> Type {
        let mut all: Option<Type> = None;
        for (at, found) in types {
            all = Some(match all {
                None => found,
                Some(before) => match join(&before, &found) {
                    Some(joined) => joined,
                    None => {
                        let (expected, other) = (before.shown(), found.shown());
                        self.wrong(at, format!("expected type '{expected}' but found '{other}'"));
                        before
                    }
                },
            });
        }
        all.unwrap_or(Type::Dyn)
    }

    /// What an optional holds.
    fn given(&mut self, at: usize, found: Type) -> Type {
        match found {
            Type::Optional(inner) => *inner,
            Type::Dyn | Type::Error => found,
            other => {
                let shown = other.shown();
                self.wrong(at, format!("expected type 'optional_type({shown})' but found '{shown}'"))
            }
        }
    }

    fn operator(&mut self, at: usize, name: &str, arguments: Vec<Type>) -> Type {
        match result_of(name, None, &arguments) {
            Some(found) => found,
            None => self.no_overload(at, name, None, &arguments),
        }
    }

    fn compared(&mut self, at: usize, operator: Operator, left: Type, right: Type) -> Type {
        let fits = match (operator, &right) {
            (Operator::In, Type::Dyn | Type::Error) => true,
            (Operator::In, Type::List(item)) => join(&left, item).is_some(),
            (Operator::In, Type::Map(key, _)) => join(&left, key).is_some(),
            (Operator::In, _) => false,
            _ => join(&left, &right).is_some(),
        };
        if !fits {
            self.no_overload(at, operator.name(), None, &[left, right]);
        }
        Type::Bool
    }

    fn connected(&mut self, at: usize, name: &str, operands: &'c [Node]) -> Type {
        let mut types = operands.iter().map(|operand| self.node(operand)).collect::<Vec<_>>().into_iter();
        let mut left = types.next().unwrap_or(Type::Bool);
        for right in types {
            left = self.operator(at, name, vec![left, right]);
        }
        left
    }

    fn choose(&mut self, at: usize, branches: &'c [(Node, Node)], otherwise: &'c Node) -> Type {
        let types: Vec<_> =
            branches.iter().map(|(condition, value)| (self.node(condition), self.node(value))).collect();
        let mut result = self.node(otherwise);
        for (condition, value) in types.into_iter().rev() {
            let is_bool = matches!(condition, Type::Bool | Type::Dyn | Type::Error);
            result = match join(&value, &result).filter(|_| is_bool) {
                Some(joined) => joined,
                None => self.no_overload(at, "_?_:_", None, &[condition, value, result]),
            };
        }
        result
    }

    fn step(&mut self, value: &Type, step: &'c Step) -> Type {
        match &step.kind {
            StepKind::Field { optional, .. } => {
                let found = self.field(step.at, value);
                if *optional { Type::optional(found) } else { found }
            }
            StepKind::Index { index, optional } => {
                let index = self.node(index);
                let found = self.index(step.at, value, &index, *optional);
                if *optional { Type::optional(found) } else { found }
            }
            StepKind::Call(call) => self.call(step.at, Some(value), call),
            StepKind::Fold { fold, name, body } => {
                let item = self.item(step.at, value);
                let found = self.bound(name, item.clone(), body);
                let is_bool = matches!(found, Type::Bool | Type::Dyn | Type::Error);
                match fold {
                    Fold::Map => return Type::list(found),
                    Fold::All | Fold::Exists | Fold::ExistsOne if is_bool => return Type::Bool,
                    Fold::Filter if is_bool => return Type::list(item),
                    _ => {}
                }
                let name = match fold {
                    Fold::All => "_&&_",
                    Fold::Exists => "_||_",
                    _ => "_?_:_",
                };
                self.no_overload(step.at, name, None, &[Type::Bool, found])
            }
            StepKind::MapIf { name, condition, body } => {
                let item = self.item(step.at, value);
                let found = self.bound(name, item.clone(), condition);
                if !matches!(found, Type::Bool | Type::Dyn | Type::Error) {
                    self.no_overload(step.at, "_?_:_", None, &[found]);
                }
                Type::list(self.bound(name, item, body))
            }
            StepKind::OptMap { flat, name, body } => {
                let inner = match value {
                    Type::Optional(inner) => (**inner).clone(),
                    Type::Dyn | Type::Error => Type::Dyn,
                    other => {
                        let name = if *flat { "optFlatMap" } else { "optMap" };
                        return self.no_overload(step.at, name, Some(other), &[]);
                    }
                };
                let found = self.bound(name, inner, body);
                if *flat { found } else { Type::optional(found) }
            }
        }
    }

    fn bound(&mut self, name: &'c str, item: Type, body: &'c Node) -> Type {
        self.locals.push((name, item));
        let found = self.node(body);
        self.locals.pop();
        found
    }

    /// What a macro goes over.
    fn item(&mut self, at: usize, range: &Type) -> Type {
        match range {
            Type::List(item) => (**item).clone(),
            Type::Map(key, _) => (**key).clone(),
            Type::Dyn | Type::Error => range.clone(),
            other => {
                let message = format!(
                    "expression of type '{}' cannot be range of a comprehension (must be list, map, or dynamic)",
                    other.shown()
                );
                self.wrong(at, message)
            }
        }
    }

    fn field(&mut self, at: usize, value: &Type) -> Type {
        match value {
            Type::Map(_, value) => (**value).clone(),
            Type::Dyn | Type::Error => value.clone(),
            Type::Optional(inner) => Type::optional(self.field(at, &(**inner).clone())),
            other => self.wrong(at, format!("type '{}' does not support field selection", other.shown())),
        }
    }

    fn index(&mut self, at: usize, value: &Type, index: &Type, optional: bool) -> Type {
        let found = match value {
            Type::List(item) => join(index, &Type::Int).map(|_| (**item).clone()),
            Type::Map(key, value) => join(index, key).map(|_| (**value).clone()),
            Type::Dyn | Type::Error => Some(value.clone()),
            Type::Optional(inner) => {
                return Type::optional(self.index(at, &(**inner).clone(), index, optional));
            }
            _ => None,
        };
        let name = if optional { "_[?_]" } else { "_[_]" };
        found.unwrap_or_else(|| self.no_overload(at, name, None, &[value.clone(), index.clone()]))
    }

    fn call(&mut self, at: usize, target: Option<&Type>, call: &'c Call) -> Type {
        let arguments: Vec<Type> = call.arguments.iter().map(|argument| self.node(argument)).collect();
        if !functions::is_known(&call.name) {
            return self.undeclared(at, &call.name);
        }
        match result_of(&call.name, target, &arguments) {
            Some(found) => found,
            None => self.no_overload(at, &call.name, target, &arguments),
        }
    }
}

fn of_literal(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}

#[cfg(test)]
mod tests;
