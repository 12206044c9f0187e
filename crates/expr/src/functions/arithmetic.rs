//! `+ - * / %`. What does not fit its type is an error, never another number.

use std::rc::Rc;

use crate::ast::Operator;
use crate::value::{List, Value, no_overload};
use crate::work::{Failure, Result, Work};

/// `-a`.
pub(crate) fn negate<'a>(operand: &Value<'a>) -> Result<Value<'a>> {
    match operand {
        Value::Int(value) => {
            value.checked_neg().map(Value::Int).ok_or_else(|| Failure::error("integer overflow"))
        }
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Duration(value) => {
            value.checked_neg().map(Value::Duration).ok_or_else(|| Failure::error("duration overflow"))
        }
        other => Err(no_overload("-_", &[other])),
    }
}

/// Nothing if the operator is not for such values.
pub(super) fn operate<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
    work: &Work<'_>,
) -> Result<Option<Value<'a>>> {
    Ok(Some(match (left, right) {
        (Value::Int(left), Value::Int(right)) => Value::Int(int(operator, *left, *right)?),
        (Value::Uint(left), Value::Uint(right)) => Value::Uint(uint(operator, *left, *right)?),
        (Value::Double(left), Value::Double(right)) => match operator {
            Operator::Add => Value::Double(left + right),
            Operator::Subtract => Value::Double(left - right),
            Operator::Multiply => Value::Double(left * right),
            Operator::Divide => Value::Double(left / right),
            _ => return Ok(None),
        },
        _ => match operator {
            Operator::Add => return add(left, right, work),
            Operator::Subtract => return subtract(left, right),
            _ => return Ok(None),
        },
    }))
}

fn int(operator: Operator, left: i64, right: i64) -> Result<i64> {
    match operator {
        Operator::Divide if right == 0 => return Err(Failure::error("division by zero")),
        Operator::Remainder if right == 0 => return Err(Failure::error("modulus by zero")),
        _ => {}
    }
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        _ => left.checked_rem(right),
    }
    .ok_or_else(|| Failure::error("integer overflow"))
}

fn uint(operator: Operator, left: u64, right: u64) -> Result<u64> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => Some(left.checked_div(right).ok_or_else(|| Failure::error("division by zero"))?),
        _ => Some(left.checked_rem(right).ok_or_else(|| Failure::error("modulus by zero"))?),
    }
    .ok_or_else(|| Failure::error("unsigned integer overflow"))
}

fn add<'a>(left: &Value<'a>, right: &Value<'a>, work: &Work<'_>) -> Result<Option<Value<'a>>> {
    Ok(Some(match (left, right) {
        (Value::String(left), Value::String(right)) => {
            work.make(left.len().saturating_add(right.len()))?;
            Value::text([&**left, &**right].concat())
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            work.make(left.len().saturating_add(right.len()))?;
            Value::Bytes(Rc::from([&**left, &**right].concat()))
        }
        (Value::List(left), Value::List(right)) => {
            work.elements(left.len().saturating_add(right.len()))?;
            Value::List(List::Made(left.iter().chain(right.iter()).collect()))
        }
        (Value::Timestamp(time), Value::Duration(span)) | (Value::Duration(span), Value::Timestamp(time)) => {
            Value::Timestamp(time.add(*span).ok_or_else(|| Failure::error("timestamp overflow"))?)
        }
        (Value::Duration(left), Value::Duration(right)) => {
            Value::Duration(left.checked_add(*right).ok_or_else(|| Failure::error("duration overflow"))?)
        }
        _ => return Ok(None),
    }))
}

fn subtract<'a>(left: &Value<'a>, right: &Value<'a>) -> Result<Option<Value<'a>>> {
    Ok(Some(match (left, right) {
        (Value::Timestamp(left), Value::Timestamp(right)) => {
            Value::Duration(left.since(*right).ok_or_else(|| Failure::error("duration overflow"))?)
        }
        (Value::Timestamp(time), Value::Duration(span)) => {
            let earlier = span.checked_neg().and_then(|span| time.add(span));
            Value::Timestamp(earlier.ok_or_else(|| Failure::error("timestamp overflow"))?)
        }
        (Value::Duration(left), Value::Duration(right)) => {
            Value::Duration(left.checked_sub(*right).ok_or_else(|| Failure::error("duration overflow"))?)
        }
        _ => return Ok(None),
    }))
}
