//! Equality and order. Values of different types are different, not wrong; numbers are compared by their value.

use std::cmp::Ordering;

use crate::value::{Value, whole};
use crate::work::{Failure, Result, Work};

/// How deep values are compared that a caller has made; what is read from text is less deep.
const MAX_DEPTH: usize = 200;

/// Whether two values are the same. Elements are charged as they are compared.
pub(crate) fn equal(a: &Value<'_>, b: &Value<'_>, work: &Work<'_>) -> Result<bool> {
    equal_at(a, b, work, 0)
}

fn equal_at(a: &Value<'_>, b: &Value<'_>, work: &Work<'_>, depth: usize) -> Result<bool> {
    work.step(1)?;
    if depth > MAX_DEPTH {
        return Err(Failure::error("values are nested too deeply to be compared"));
    }
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::String(a), Value::String(b)) => {
            work.look(a.len().min(b.len()))?;
            **a == **b
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            work.look(a.len().min(b.len()))?;
            a == b
        }
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if !equal_at(&a, &b, work, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, value) in a.entries() {
                match b.get(&key) {
                    Some(other) if equal_at(&value, &other, work, depth + 1)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Optional(a), Value::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => equal_at(a, b, work, depth + 1)?,
            (a, b) => a.is_none() && b.is_none(),
        },
        (a, b) => numbers(a, b) == Some(Some(Ordering::Equal)),
    })
}

/// The order of two values of types that have one; none of NaN.
pub(crate) fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Option<Ordering>> {
    Some(Some(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => (**a).cmp(&**b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (a, b) => return numbers(a, b),
    }))
}

/// The order of numbers of any types; nothing if they are none.
fn numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Option<Ordering>> {
    Some(match (number(a)?, number(b)?) {
        (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(&b)),
        (Number::Double(a), Number::Double(b)) => a.partial_cmp(&b),
        (Number::Whole(a), Number::Double(b)) => mixed(a, b),
        (Number::Double(a), Number::Whole(b)) => mixed(b, a).map(Ordering::reverse),
    })
}

enum Number {
    Whole(i128),
    Double(f64),
}

fn number(value: &Value<'_>) -> Option<Number> {
    Some(match value {
        Value::Int(value) => Number::Whole(i128::from(*value)),
        Value::Uint(value) => Number::Whole(i128::from(*value)),
        Value::Double(value) => Number::Double(*value),
        _ => return None,
    })
}

/// Exactly: a whole number is not rounded to a double.
fn mixed(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    let Some(floor) = whole(b.floor()) else {
        return Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater });
    };
    Some(match a.cmp(&floor) {
        Ordering::Equal if b > b.floor() => Ordering::Less,
        order => order,
    })
}
