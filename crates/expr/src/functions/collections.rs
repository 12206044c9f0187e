//! Lists, maps, sets and optionals, and base64.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::{convert, strings};
use crate::compare::equal;
use crate::value::{List, Value, no_overload};
use crate::work::{Failure, Result, Work};

/// `a in b`; nothing if `b` holds nothing.
pub(super) fn contains(item: &Value<'_>, collection: &Value<'_>, work: &Work<'_>) -> Result<Option<bool>> {
    match collection {
        Value::List(list) => Ok(Some(holds(list, item, work)?)),
        Value::Map(map) => {
            if let Value::String(name) = item {
                work.look(name.len())?;
            }
            Ok(Some(map.get(item).is_some()))
        }
        _ => Ok(None),
    }
}

fn holds(list: &List<'_>, item: &Value<'_>, work: &Work<'_>) -> Result<bool> {
    for other in list.iter() {
        if equal(&other, item, work)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn holds_all(list: &List<'_>, items: &List<'_>, work: &Work<'_>) -> Result<bool> {
    for item in items.iter() {
        if !holds(list, &item, work)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A member function of a list, a map or an optional; nothing if there is no such for such values.
pub(super) fn member<'a>(name: &str, all: &[Value<'a>], work: &Work<'_>) -> Result<Option<Value<'a>>> {
    Ok(Some(match (name, all) {
        ("size", [value]) => return convert::size(value).transpose(),
        ("hasValue", [Value::Optional(inner)]) => Value::Bool(inner.is_some()),
        ("value", [Value::Optional(inner)]) => match inner {
            Some(inner) => (**inner).clone(),
            None => return Err(Failure::error("optional.none() dereference")),
        },
        ("first", [Value::List(list)]) => Value::Optional(list.get(0).map(Rc::new)),
        ("last", [Value::List(list)]) => {
            Value::Optional(list.len().checked_sub(1).and_then(|last| list.get(last)).map(Rc::new))
        }
        ("unwrapOpt", [Value::List(list)]) => return unwrap(list, work).map(Some),
        ("join", [Value::List(list)]) => strings::join(list, "", work)?,
        ("join", [Value::List(list), Value::String(separator)]) => strings::join(list, separator, work)?,
        ("reverse", [Value::List(list)]) => {
            work.elements(list.len())?;
            let mut items: Vec<Value<'a>> = list.iter().collect();
            items.reverse();
            Value::list(items)
        }
        _ => return Ok(None),
    }))
}

/// A global function; nothing if there is no such for such values.
pub(super) fn global<'a>(name: &str, all: &[Value<'a>], work: &Work<'_>) -> Result<Option<Value<'a>>> {
    Ok(Some(match (name, all) {
        ("optional.none", []) => Value::Optional(None),
        ("optional.of", [value]) => Value::some(value.clone()),
        ("optional.ofNonZeroValue", [value]) if value.is_zero() => Value::Optional(None),
        ("optional.ofNonZeroValue", [value]) => Value::some(value.clone()),
        ("optional.unwrap", [Value::List(list)]) => return unwrap(list, work).map(Some),
        ("sets.contains", [Value::List(a), Value::List(b)]) => Value::Bool(holds_all(a, b, work)?),
        ("sets.equivalent", [Value::List(a), Value::List(b)]) => {
            Value::Bool(holds_all(a, b, work)? && holds_all(b, a, work)?)
        }
        ("sets.intersects", [Value::List(a), Value::List(b)]) => {
            for item in b.iter() {
                if holds(a, &item, work)? {
                    return Ok(Some(Value::Bool(true)));
                }
            }
            Value::Bool(false)
        }
        ("strings.quote", [Value::String(text)]) => strings::quote(text, work)?,
        ("base64.encode", [Value::Bytes(bytes)]) => {
            work.make(bytes.len().saturating_mul(4) / 3 + 4)?;
            Value::text(STANDARD.encode(bytes))
        }
        ("base64.decode", [Value::String(text)]) => {
            work.make(text.len())?;
            let decoded =
                STANDARD.decode(&**text).or_else(|error| STANDARD_NO_PAD.decode(&**text).map_err(|_| error));
            Value::Bytes(decoded.map_err(|_| Failure::error("illegal base64 data"))?.into())
        }
        _ => return Ok(None),
    }))
}

/// What the optionals of a list hold.
fn unwrap<'a>(list: &List<'a>, work: &Work<'_>) -> Result<Value<'a>> {
    work.elements(list.len())?;
    let mut items = Vec::new();
    for item in list.iter() {
        match item {
            Value::Optional(inner) => items.extend(inner.as_deref().cloned()),
            other => return Err(no_overload("optional.unwrap", &[&other])),
        }
    }
    Ok(Value::list(items))
}
