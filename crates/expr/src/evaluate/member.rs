//! Members, indexes and macros: what may not be there, and what binds names.

use std::rc::Rc;

use super::{Evaluation, no_attribute};
use crate::ast::{Call, Fold, Kind, Node, Step, StepKind};
use crate::functions;
use crate::value::{Text, Value, no_overload};
use crate::work::{Failure, Result};

impl<'a> Evaluation<'a, '_> {
    pub(super) fn member(&mut self, base: &'a Node, steps: &'a [Step]) -> Result<Value<'a>> {
        let mut value = match &base.kind {
            Kind::Name(name) => match self.name(name) {
                Some(value) => value,
                None => return self.qualified(name, steps),
            },
            _ => self.node(base)?,
        };
        for step in steps {
            value = self.step(value, step)?;
        }
        Ok(value)
    }

    /// Two types have names with dots. What else is not there is told with the fields that are read of it.
    fn qualified(&self, name: &str, steps: &[Step]) -> Result<Value<'a>> {
        let path = path(name, steps);
        self.work.look(path.len())?;
        match path.as_str() {
            "google.protobuf.Timestamp" => Ok(Value::Type("google.protobuf.Timestamp")),
            "google.protobuf.Duration" => Ok(Value::Type("google.protobuf.Duration")),
            _ => Err(no_attribute(&path)),
        }
    }

    fn step(&mut self, value: Value<'a>, step: &'a Step) -> Result<Value<'a>> {
        self.work.step(1)?;
        match &step.kind {
            StepKind::Field { name, optional } => {
                self.work.look(name.len())?;
                let key = Value::String(Text::Borrowed(name));
                select(&value, &key, *optional)
            }
            StepKind::Index { index, optional } => {
                let index = self.node(index)?;
                if let Value::String(name) = &index {
                    self.work.look(name.len())?;
                }
                select(&value, &index, *optional)
            }
            StepKind::Call(call) => self.member_call(value, call),
            StepKind::Fold { fold, name, body } => self.fold(&value, *fold, name, body),
            StepKind::MapIf { name, condition, body } => self.map_if(&value, name, Some(condition), body),
            StepKind::OptMap { flat, name, body } => match value {
                Value::Optional(None) => Ok(Value::Optional(None)),
                Value::Optional(Some(inner)) => {
                    let result = self.bound(name, (*inner).clone(), body)?;
                    if *flat { Ok(result) } else { Ok(Value::some(result)) }
                }
                other => Err(no_overload(if *flat { "optFlatMap" } else { "optMap" }, &[&other])),
            },
        }
    }

    /// What stands in for an empty optional is evaluated only then.
    fn member_call(&mut self, target: Value<'a>, call: &'a Call) -> Result<Value<'a>> {
        if let (Value::Optional(inner), "or" | "orValue", [other]) = (&target, &*call.name, &*call.arguments)
        {
            return match (inner, &*call.name) {
                (Some(_), "or") => Ok(target),
                (Some(inner), _) => Ok((**inner).clone()),
                (None, "or") => match self.node(other)? {
                    other @ Value::Optional(_) => Ok(other),
                    other => Err(no_overload("or", &[&target, &other])),
                },
                (None, _) => self.node(other),
            };
        }
        let arguments = self.nodes(&call.arguments)?;
        functions::call(call, Some(target), arguments, self.work)
    }

    /// Whether a field is there. Of what has no fields, none is; but a variable must be there.
    pub(super) fn has(&mut self, operand: &'a Node, field: &'a str) -> Result<Value<'a>> {
        let (name, steps) = match &operand.kind {
            Kind::Name(name) => (Some(&**name), [].as_slice()),
            Kind::Member(base, steps) => match &base.kind {
                Kind::Name(name) => (Some(&**name), &**steps),
                _ => (None, [].as_slice()),
            },
            _ => (None, [].as_slice()),
        };
        if let Some(name) = name.filter(|name| self.name(name).is_none()) {
            let path = path(name, steps);
            // Behind an index the field is no part of the name any more.
            let is_name = steps.iter().all(|step| step.constant().is_some());
            return Err(no_attribute(&if is_name { format!("{path}.{field}") } else { path }));
        }
        let value = self.node(operand)?;
        self.work.look(field.len())?;
        let found = match &value {
            Value::Optional(None) => false,
            Value::Optional(Some(inner)) => has_field(inner, field)?,
            value => has_field(value, field)?,
        };
        Ok(Value::Bool(found))
    }

    fn bound(&mut self, name: &'a str, value: Value<'a>, body: &'a Node) -> Result<Value<'a>> {
        self.locals.push((name, value));
        let result = self.node(body);
        self.locals.pop();
        result
    }

    fn fold(&mut self, range: &Value<'a>, fold: Fold, name: &'a str, body: &'a Node) -> Result<Value<'a>> {
        let decides = match fold {
            Fold::All => false,
            Fold::Exists => true,
            Fold::ExistsOne => {
                let mut count = 0_usize;
                for item in range_of(range)? {
                    self.work.step(1)?;
                    count += usize::from(boolean(&self.bound(name, item, body)?)?);
                }
                return Ok(Value::Bool(count == 1));
            }
            Fold::Map => return self.map_if(range, name, None, body),
            Fold::Filter => {
                let mut kept = Vec::new();
                for item in range_of(range)? {
                    self.work.step(1)?;
                    if boolean(&self.bound(name, item.clone(), body)?)? {
                        self.keep(item, &mut kept)?;
                    }
                }
                return Ok(Value::list(kept));
            }
        };
        // As with the connectives: one element that decides makes up for errors of all others.
        let mut failed = None;
        for item in range_of(range)? {
            self.work.step(1)?;
            match self.bound(name, item, body).and_then(|value| boolean(&value)) {
                Ok(value) if value == decides => return Ok(Value::Bool(decides)),
                Ok(_) => {}
                Err(error @ Failure::Error(_)) => failed = failed.or(Some(error)),
                Err(stop) => return Err(stop),
            }
        }
        failed.map_or(Ok(Value::Bool(!decides)), Err)
    }

    fn map_if(
        &mut self,
        range: &Value<'a>,
        name: &'a str,
        condition: Option<&'a Node>,
        body: &'a Node,
    ) -> Result<Value<'a>> {
        let mut made = Vec::new();
        for item in range_of(range)? {
            self.work.step(1)?;
            if let Some(condition) = condition
                && !boolean(&self.bound(name, item.clone(), condition)?)?
            {
                continue;
            }
            let value = self.bound(name, item, body)?;
            self.keep(value, &mut made)?;
        }
        Ok(Value::list(made))
    }

    fn keep(&self, value: Value<'a>, kept: &mut Vec<Value<'a>>) -> Result<()> {
        self.work.element(kept.len())?;
        kept.push(value);
        Ok(())
    }
}

/// A variable with the fields that are read of it.
fn path(name: &str, steps: &[Step]) -> String {
    let mut path = name.to_owned();
    for field in steps.iter().map_while(Step::constant) {
        path.push('.');
        path.push_str(field);
    }
    path
}

fn boolean(value: &Value<'_>) -> Result<bool> {
    if let Value::Bool(value) = value { Ok(*value) } else { Err(Failure::error("no such overload")) }
}

/// The elements of a list, the keys of a map.
fn range_of<'a, 'r>(range: &'r Value<'a>) -> Result<Box<dyn Iterator<Item = Value<'a>> + 'r>> {
    match range {
        Value::List(list) => Ok(Box::new(list.iter())),
        Value::Map(map) => Ok(map.keys()),
        other => Err(Failure::error(format!("got '{}', expected iterable type", other.type_name()))),
    }
}

fn has_field(value: &Value<'_>, field: &str) -> Result<bool> {
    match value {
        Value::Map(map) => Ok(map.field(field).is_some()),
        Value::List(_) => Err(unsupported(&Value::String(Text::Borrowed(field)))),
        _ => Ok(false),
    }
}

/// A field or an element. What is read of an optional is optional again.
fn select<'a>(value: &Value<'a>, key: &Value<'a>, optional: bool) -> Result<Value<'a>> {
    let found = match value {
        Value::Optional(None) => None,
        Value::Optional(Some(inner)) => find(inner, key)?,
        value if optional => find(value, key)?,
        value => return find(value, key)?.ok_or_else(|| missing(value, key)),
    };
    Ok(Value::Optional(found.map(Rc::new)))
}

fn missing(value: &Value<'_>, key: &Value<'_>) -> Failure {
    let word = if matches!(value, Value::List(_)) { "index out of bounds" } else { "no such key" };
    let key = match key {
        Value::String(name) => manifest::foreign::line(name, 256).into_owned(),
        key => functions::text_of(key).unwrap_or_else(|| key.type_name().to_owned()),
    };
    Failure::error(format!("{word}: {key}"))
}

fn find<'a>(value: &Value<'a>, key: &Value<'a>) -> Result<Option<Value<'a>>> {
    match value {
        Value::Map(map) => Ok(map.get(key)),
        Value::List(list) => {
            let index = match key {
                Value::Int(index) => usize::try_from(*index).ok(),
                Value::Uint(index) => usize::try_from(*index).ok(),
                Value::Double(index) => {
                    let index = crate::value::whole(*index).ok_or_else(|| unsupported(key))?;
                    usize::try_from(index).ok()
                }
                other => return Err(unsupported(other)),
            };
            Ok(index.and_then(|index| list.get(index)))
        }
        _ => Ok(None),
    }
}

fn unsupported(key: &Value<'_>) -> Failure {
    Failure::error(format!("unsupported index type \"{}\" in list", key.type_name()))
}
