//! Operators and functions over values, all strict: their arguments have been evaluated. Which may be where is written here
//! once, by name and number of arguments.

mod arithmetic;
mod collections;
mod convert;
mod format;
mod pattern;
mod strings;
mod time;

use crate::ast::{Call, Operator};
use crate::compare::{equal, order};
use crate::value::{Value, no_overload};
use crate::work::{Failure, Result, Work};

pub(crate) use arithmetic::negate;
pub(crate) use convert::text_of;
pub(crate) use pattern::compile;

/// Functions of which the names have dots.
pub(crate) fn is_qualified(name: &str) -> bool {
    matches!(
        name,
        "optional.of"
            | "optional.none"
            | "optional.ofNonZeroValue"
            | "optional.unwrap"
            | "sets.contains"
            | "sets.equivalent"
            | "sets.intersects"
            | "base64.encode"
            | "base64.decode"
            | "strings.quote"
    )
}

/// The value of an operator.
pub(crate) fn operate<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
    work: &Work<'_>,
) -> Result<Value<'a>> {
    let no_overload = || no_overload(operator.name(), &[left, right]);
    match operator {
        Operator::Equal => Ok(Value::Bool(equal(left, right, work)?)),
        Operator::NotEqual => Ok(Value::Bool(!equal(left, right, work)?)),
        Operator::In => collections::contains(left, right, work)?.map(Value::Bool).ok_or_else(no_overload),
        Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
            if let (Value::String(left), Value::String(right)) = (left, right) {
                work.look(left.len().min(right.len()))?;
            }
            let Some(order) = order(left, right) else { return Err(no_overload()) };
            let order = order.ok_or_else(|| Failure::error("NaN values cannot be ordered"))?;
            Ok(Value::Bool(match operator {
                Operator::Less => order.is_lt(),
                Operator::LessEqual => order.is_le(),
                Operator::Greater => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        _ => arithmetic::operate(operator, left, right, work)?.ok_or_else(no_overload),
    }
}

/// The value of a function.
pub(crate) fn call<'a>(
    call: &Call,
    target: Option<Value<'a>>,
    arguments: Vec<Value<'a>>,
    work: &Work<'_>,
) -> Result<Value<'a>> {
    let is_member = target.is_some();
    let all: Vec<Value<'a>> = target.into_iter().chain(arguments).collect();
    let name = &*call.name;
    work.step(1)?;
    if name == "matches" {
        return strings::matches(&all, call.pattern.as_ref(), work);
    }
    let found = if is_member {
        match strings::call(name, &all, work)? {
            Some(value) => Some(value),
            None => match time::call(name, &all)? {
                Some(value) => Some(value),
                None => collections::member(name, &all, work)?,
            },
        }
    } else {
        match convert::call(name, &all, work)? {
            Some(value) => Some(value),
            None => collections::global(name, &all, work)?,
        }
    };
    found.ok_or_else(|| {
        if is_known(name) {
            no_overload(name, &all.iter().collect::<Vec<_>>())
        } else {
            Failure::error(format!("no such overload: {name}"))
        }
    })
}

/// Whether there is such a function for some values.
pub(crate) fn is_known(name: &str) -> bool {
    is_qualified(name) || crate::check::FUNCTIONS.iter().any(|function| function.name == name)
}
