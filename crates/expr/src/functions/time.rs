//! Parts of instants and of spans of time.

use crate::civil::{Parts, zone};
use crate::value::Value;
use crate::work::{Failure, Result};

/// A member function of an instant or a span; nothing if there is no such for such values.
pub(super) fn call<'a>(name: &str, all: &[Value<'a>]) -> Result<Option<Value<'a>>> {
    let (time, ahead) = match all {
        [Value::Duration(nanos)] => return Ok(of_span(name, *nanos).map(Value::Int)),
        [Value::Timestamp(time)] => (time, 0),
        [Value::Timestamp(time), Value::String(name)] => {
            let ahead = zone(name).ok_or_else(|| {
                Failure::error(format!("unknown time zone {}", manifest::foreign::line(name, 64)))
            })?;
            (time, ahead)
        }
        _ => return Ok(None),
    };
    let Parts { year, month, day, day_of_year, day_of_week, hour, minute, second } = time.parts(ahead);
    Ok(Some(Value::Int(match name {
        "getFullYear" => year,
        "getMonth" => month - 1,
        "getDate" => day,
        "getDayOfMonth" => day - 1,
        "getDayOfYear" => day_of_year,
        "getDayOfWeek" => day_of_week,
        "getHours" => hour,
        "getMinutes" => minute,
        "getSeconds" => second,
        "getMilliseconds" => i64::from(time.nanos / 1_000_000),
        _ => return Ok(None),
    })))
}

/// The whole span in other units.
fn of_span(name: &str, nanos: i64) -> Option<i64> {
    Some(match name {
        "getHours" => nanos / 3_600_000_000_000,
        "getMinutes" => nanos / 60_000_000_000,
        "getSeconds" => nanos / 1_000_000_000,
        "getMilliseconds" => nanos / 1_000_000,
        _ => return None,
    })
}
