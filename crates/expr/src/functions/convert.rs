//! Conversions between types, and `size`.

use std::rc::Rc;

use manifest::yaml::go_float;

use crate::civil::{Timestamp, duration_text, parse_duration};
use crate::value::{Text, Value, whole};
use crate::work::{Failure, Result, Work};

/// A global function of one argument; nothing if there is no such for such a value.
pub(super) fn call<'a>(name: &str, arguments: &[Value<'a>], work: &Work<'_>) -> Result<Option<Value<'a>>> {
    let [value] = arguments else { return Ok(None) };
    if let Value::String(text) = value {
        work.look(text.len())?;
    }
    match name {
        "int" => int(value),
        "uint" => uint(value),
        "double" => Ok(double(value)?.map(Value::Double)),
        "string" => string(value, work),
        "bool" => boolean(value),
        "bytes" => bytes(value, work),
        "timestamp" => timestamp(value),
        "duration" => duration(value),
        "dyn" => Ok(Some(value.clone())),
        "type" => Ok(Some(Value::Type(value.type_name()))),
        "size" => size(value).transpose(),
        _ => Ok(None),
    }
}

/// A text is not that of another type.
fn no_conversion(target: &str) -> Failure {
    Failure::error(format!("type conversion error from 'string' to '{target}'"))
}

fn int<'a>(value: &Value<'a>) -> Result<Option<Value<'a>>> {
    let overflow = || Failure::error("integer overflow");
    Ok(Some(Value::Int(match value {
        Value::Int(value) => *value,
        Value::Uint(value) => i64::try_from(*value).map_err(|_| overflow())?,
        // The ends of the range are no ints: as doubles they have been rounded.
        Value::Double(value) => {
            let whole = whole(value.trunc()).and_then(|value| i64::try_from(value).ok());
            whole.filter(|whole| *whole != i64::MIN).ok_or_else(overflow)?
        }
        Value::String(text) => text.parse().map_err(|_| no_conversion("int"))?,
        Value::Timestamp(time) => time.seconds,
        _ => return Ok(None),
    })))
}

fn uint<'a>(value: &Value<'a>) -> Result<Option<Value<'a>>> {
    let overflow = || Failure::error("unsigned integer overflow");
    Ok(Some(Value::Uint(match value {
        Value::Int(value) => u64::try_from(*value).map_err(|_| overflow())?,
        Value::Uint(value) => *value,
        Value::Double(value) => {
            let whole = whole(value.trunc()).filter(|_| *value >= 0.0);
            whole.and_then(|value| u64::try_from(value).ok()).ok_or_else(overflow)?
        }
        Value::String(text) if text.starts_with('+') => return Err(no_conversion("uint")),
        Value::String(text) => text.parse().map_err(|_| no_conversion("uint"))?,
        _ => return Ok(None),
    })))
}

#[expect(clippy::cast_precision_loss, reason = "that is what the conversion does")]
fn double(value: &Value<'_>) -> Result<Option<f64>> {
    Ok(Some(match value {
        Value::Int(value) => *value as f64,
        Value::Uint(value) => *value as f64,
        Value::Double(value) => *value,
        Value::String(text) => {
            let value: f64 = text.parse().map_err(|_| no_conversion("double"))?;
            let is_named = text.contains(['i', 'I']);
            if value.is_infinite() && !is_named {
                return Err(no_conversion("double"));
            }
            value
        }
        _ => return Ok(None),
    }))
}

fn string<'a>(value: &Value<'a>, work: &Work<'_>) -> Result<Option<Value<'a>>> {
    if let Value::String(_) = value {
        return Ok(Some(value.clone()));
    }
    if let Value::Bytes(bytes) = value {
        work.make(bytes.len())?;
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Failure::error("invalid UTF-8 in bytes, cannot convert to string"))?;
        return Ok(Some(Value::text(text)));
    }
    Ok(text_of(value).map(Value::text))
}

/// A scalar as text.
pub(crate) fn text_of(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) if value.is_nan() => "NaN".to_owned(),
        Value::Double(value) if value.is_infinite() => if *value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        Value::Double(value) => go_float(*value),
        Value::String(text) => (**text).to_owned(),
        Value::Timestamp(time) => time.to_string(),
        Value::Duration(nanos) => duration_text(*nanos),
        _ => return None,
    })
}

fn boolean<'a>(value: &Value<'a>) -> Result<Option<Value<'a>>> {
    Ok(Some(Value::Bool(match value {
        Value::Bool(value) => *value,
        Value::String(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
            "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
            _ => return Err(no_conversion("bool")),
        },
        _ => return Ok(None),
    })))
}

fn bytes<'a>(value: &Value<'a>, work: &Work<'_>) -> Result<Option<Value<'a>>> {
    Ok(match value {
        Value::Bytes(_) => Some(value.clone()),
        Value::String(text) => {
            work.make(text.len())?;
            Some(Value::Bytes(Rc::from(text.as_bytes())))
        }
        _ => None,
    })
}

fn timestamp<'a>(value: &Value<'a>) -> Result<Option<Value<'a>>> {
    Ok(Some(Value::Timestamp(match value {
        Value::Timestamp(time) => *time,
        Value::Int(seconds) => {
            Timestamp::new(*seconds, 0).ok_or_else(|| Failure::error("timestamp out of range"))?
        }
        Value::String(text) => {
            Timestamp::parse(text).ok_or_else(|| no_conversion("google.protobuf.Timestamp"))?
        }
        _ => return Ok(None),
    })))
}

fn duration<'a>(value: &Value<'a>) -> Result<Option<Value<'a>>> {
    Ok(Some(Value::Duration(match value {
        Value::Duration(span) => *span,
        Value::String(text) => {
            parse_duration(text).ok_or_else(|| no_conversion("google.protobuf.Duration"))?
        }
        _ => return Ok(None),
    })))
}

/// Characters, bytes or elements.
pub(super) fn size<'a>(value: &Value<'a>) -> Option<Result<Value<'a>>> {
    let size = match value {
        Value::String(Text::Borrowed(text)) => text.chars().count(),
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return None,
    };
    Some(i64::try_from(size).map(Value::Int).map_err(|_| Failure::error("integer overflow")))
}
