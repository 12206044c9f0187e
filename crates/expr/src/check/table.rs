//! Which function is for which types, and what it gives. Operators that are for any two values of one type are `check`'s.

use super::typing::{Type, join};

/// One form of a function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    target: Option<P>,
    arguments: &'static [P],
    result: P,
}

/// A pattern of a type. `A` is the same wherever it stands in one form.
#[derive(Clone, Copy)]
enum P {
    A,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Time,
    Span,
    Type,
    Dyn,
    ListA,
    ListString,
    ListDyn,
    ListOptionalA,
    MapDyn,
    OptionalA,
}

use P::{
    A, Bool, Bytes, Double, Dyn, Int, ListA, ListDyn, ListOptionalA, ListString, MapDyn, OptionalA, Span,
    String, Time, Uint,
};

const fn global(name: &'static str, arguments: &'static [P], result: P) -> Function {
    Function { name, target: None, arguments, result }
}

const fn member(name: &'static str, target: P, arguments: &'static [P], result: P) -> Function {
    Function { name, target: Some(target), arguments, result }
}

/// All forms of all functions, and of the operators that are for certain types.
pub(crate) const FUNCTIONS: &[Function] = &[
    global("!_", &[Bool], Bool),
    global("-_", &[Int], Int),
    global("-_", &[Double], Double),
    global("_&&_", &[Bool, Bool], Bool),
    global("_||_", &[Bool, Bool], Bool),
    global("_+_", &[Int, Int], Int),
    global("_+_", &[Uint, Uint], Uint),
    global("_+_", &[Double, Double], Double),
    global("_+_", &[String, String], String),
    global("_+_", &[Bytes, Bytes], Bytes),
    global("_+_", &[ListA, ListA], ListA),
    global("_+_", &[Time, Span], Time),
    global("_+_", &[Span, Time], Time),
    global("_+_", &[Span, Span], Span),
    global("_-_", &[Int, Int], Int),
    global("_-_", &[Uint, Uint], Uint),
    global("_-_", &[Double, Double], Double),
    global("_-_", &[Time, Time], Span),
    global("_-_", &[Time, Span], Time),
    global("_-_", &[Span, Span], Span),
    global("_*_", &[Int, Int], Int),
    global("_*_", &[Uint, Uint], Uint),
    global("_*_", &[Double, Double], Double),
    global("_/_", &[Int, Int], Int),
    global("_/_", &[Uint, Uint], Uint),
    global("_/_", &[Double, Double], Double),
    global("_%_", &[Int, Int], Int),
    global("_%_", &[Uint, Uint], Uint),
    global("size", &[String], Int),
    global("size", &[Bytes], Int),
    global("size", &[ListDyn], Int),
    global("size", &[MapDyn], Int),
    member("size", String, &[], Int),
    member("size", Bytes, &[], Int),
    member("size", ListDyn, &[], Int),
    member("size", MapDyn, &[], Int),
    global("type", &[Dyn], P::Type),
    global("dyn", &[Dyn], Dyn),
    global("int", &[Int], Int),
    global("int", &[Uint], Int),
    global("int", &[Double], Int),
    global("int", &[String], Int),
    global("int", &[Time], Int),
    global("uint", &[Uint], Uint),
    global("uint", &[Int], Uint),
    global("uint", &[Double], Uint),
    global("uint", &[String], Uint),
    global("double", &[Double], Double),
    global("double", &[Int], Double),
    global("double", &[Uint], Double),
    global("double", &[String], Double),
    global("string", &[String], String),
    global("string", &[Bool], String),
    global("string", &[Int], String),
    global("string", &[Uint], String),
    global("string", &[Double], String),
    global("string", &[Bytes], String),
    global("string", &[Time], String),
    global("string", &[Span], String),
    global("bool", &[Bool], Bool),
    global("bool", &[String], Bool),
    global("bytes", &[Bytes], Bytes),
    global("bytes", &[String], Bytes),
    global("timestamp", &[Time], Time),
    global("timestamp", &[String], Time),
    global("timestamp", &[Int], Time),
    global("duration", &[Span], Span),
    global("duration", &[String], Span),
    global("matches", &[String, String], Bool),
    member("matches", String, &[String], Bool),
    member("startsWith", String, &[String], Bool),
    member("endsWith", String, &[String], Bool),
    member("contains", String, &[String], Bool),
    member("charAt", String, &[Int], String),
    member("indexOf", String, &[String], Int),
    member("indexOf", String, &[String, Int], Int),
    member("lastIndexOf", String, &[String], Int),
    member("lastIndexOf", String, &[String, Int], Int),
    member("lowerAscii", String, &[], String),
    member("upperAscii", String, &[], String),
    member("trim", String, &[], String),
    member("reverse", String, &[], String),
    member("substring", String, &[Int], String),
    member("substring", String, &[Int, Int], String),
    member("replace", String, &[String, String], String),
    member("replace", String, &[String, String, Int], String),
    member("split", String, &[String], ListString),
    member("split", String, &[String, Int], ListString),
    member("join", ListString, &[], String),
    member("join", ListString, &[String], String),
    member("format", String, &[ListDyn], String),
    global("strings.quote", &[String], String),
    member("getFullYear", Time, &[], Int),
    member("getFullYear", Time, &[String], Int),
    member("getMonth", Time, &[], Int),
    member("getMonth", Time, &[String], Int),
    member("getDate", Time, &[], Int),
    member("getDate", Time, &[String], Int),
    member("getDayOfMonth", Time, &[], Int),
    member("getDayOfMonth", Time, &[String], Int),
    member("getDayOfYear", Time, &[], Int),
    member("getDayOfYear", Time, &[String], Int),
    member("getDayOfWeek", Time, &[], Int),
    member("getDayOfWeek", Time, &[String], Int),
    member("getHours", Time, &[], Int),
    member("getHours", Time, &[String], Int),
    member("getHours", Span, &[], Int),
    member("getMinutes", Time, &[], Int),
    member("getMinutes", Time, &[String], Int),
    member("getMinutes", Span, &[], Int),
    member("getSeconds", Time, &[], Int),
    member("getSeconds", Time, &[String], Int),
    member("getSeconds", Span, &[], Int),
    member("getMilliseconds", Time, &[], Int),
    member("getMilliseconds", Time, &[String], Int),
    member("getMilliseconds", Span, &[], Int),
    global("sets.contains", &[ListA, ListA], Bool),
    global("sets.equivalent", &[ListA, ListA], Bool),
    global("sets.intersects", &[ListA, ListA], Bool),
    global("base64.encode", &[Bytes], String),
    global("base64.decode", &[String], Bytes),
    global("optional.none", &[], OptionalA),
    global("optional.of", &[A], OptionalA),
    global("optional.ofNonZeroValue", &[A], OptionalA),
    global("optional.unwrap", &[ListOptionalA], ListA),
    member("unwrapOpt", ListOptionalA, &[], ListA),
    member("hasValue", OptionalA, &[], Bool),
    member("value", OptionalA, &[], A),
    member("or", OptionalA, &[OptionalA], OptionalA),
    member("orValue", OptionalA, &[A], A),
    member("first", ListA, &[], OptionalA),
    member("last", ListA, &[], OptionalA),
];

/// Operators that are for many pairs of types.
const ORDERED: [&str; 4] = ["_<_", "_<=_", "_>_", "_>=_"];

/// What a function gives for such values: anything if several forms fit that give different things, nothing if none fits.
pub(super) fn result_of(name: &str, target: Option<&Type>, arguments: &[Type]) -> Option<Type> {
    if ORDERED.contains(&name) {
        let [left, right] = arguments else { return None };
        return is_ordered(left, right).then_some(Type::Bool);
    }
    let mut result: Option<Type> = None;
    for function in FUNCTIONS.iter().filter(|function| function.name == name) {
        let Some(found) = function.result_for(target, arguments) else { continue };
        result = match result {
            Some(before) if before != found => Some(Type::Dyn),
            _ => Some(found),
        };
    }
    result
}

/// Numbers are compared with numbers, all others with their like.
fn is_ordered(left: &Type, right: &Type) -> bool {
    let is_number = |found: &Type| matches!(found, Type::Int | Type::Uint | Type::Double);
    let has_order = |found: &Type| {
        is_number(found)
            || matches!(
                found,
                Type::Bool
                    | Type::String
                    | Type::Bytes
                    | Type::Timestamp
                    | Type::Duration
                    | Type::Dyn
                    | Type::Error
            )
    };
    has_order(left)
        && has_order(right)
        && (join(left, right).is_some() || (is_number(left) && is_number(right)))
}

impl Function {
    fn result_for(&self, target: Option<&Type>, arguments: &[Type]) -> Option<Type> {
        if self.target.is_some() != target.is_some() || self.arguments.len() != arguments.len() {
            return None;
        }
        let patterns = self.target.iter().chain(self.arguments);
        let mut bound = None;
        for (pattern, found) in patterns.zip(target.into_iter().chain(arguments)) {
            pattern.fits(found, &mut bound).then_some(())?;
        }
        Some(self.result.with(bound.unwrap_or(Type::Dyn)))
    }
}

impl P {
    fn fits(self, found: &Type, bound: &mut Option<Type>) -> bool {
        let mut bind = |found: &Type| {
            let joined = match &bound {
                Some(before) => join(before, found),
                None => Some(found.clone()),
            };
            let fits = joined.is_some();
            *bound = joined.or_else(|| bound.take());
            fits
        };
        match (self, found) {
            (Self::Dyn, _) => true,
            (Self::A, found) => bind(found),
            (Self::ListA | Self::OptionalA | Self::ListOptionalA, Type::Dyn | Type::Error) => {
                bind(&Type::Dyn)
            }
            (_, Type::Dyn | Type::Error) => true,
            (Self::ListA, Type::List(item)) | (Self::OptionalA, Type::Optional(item)) => bind(item),
            (Self::ListOptionalA, Type::List(item)) => match &**item {
                Type::Optional(inner) => bind(inner),
                Type::Dyn => bind(&Type::Dyn),
                _ => false,
            },
            (Self::ListString, Type::List(item)) => join(item, &Type::String).is_some(),
            (Self::ListDyn, Type::List(_)) | (Self::MapDyn, Type::Map(..)) => true,
            (pattern, found) => pattern.with(Type::Dyn) == *found,
        }
    }

    /// The type, with what `A` is.
    fn with(self, bound: Type) -> Type {
        match self {
            Self::A => bound,
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Uint => Type::Uint,
            Self::Double => Type::Double,
            Self::String => Type::String,
            Self::Bytes => Type::Bytes,
            Self::Time => Type::Timestamp,
            Self::Span => Type::Duration,
            Self::Type => Type::Kind,
            Self::Dyn => Type::Dyn,
            Self::ListA => Type::list(bound),
            Self::ListString => Type::list(Type::String),
            Self::ListDyn => Type::list(Type::Dyn),
            Self::ListOptionalA => Type::list(Type::Optional(Box::new(bound))),
            Self::MapDyn => Type::map(Type::Dyn, Type::Dyn),
            Self::OptionalA => Type::Optional(Box::new(bound)),
        }
    }
}
