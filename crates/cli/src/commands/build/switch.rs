//! Boolean flags as kustomize has them: `--flag`, `--flag=true` and `--flag=false`, but not `--flag true`. A field for
//! one is an `Option<Option<bool>>` with `require_equals` and [`go_bool`] as its parser.

#[cfg(test)]
mod tests;

/// What the help and the messages call the value.
pub(super) const BOOL: &str = "true|false";

/// Whether a flag is switched on: with `true` or without a value.
pub(super) fn is_on(flag: Option<Option<bool>>) -> bool {
    flag.is_some_and(|value| value.unwrap_or(true))
}

/// The words that Go's flags take for true and false.
pub(super) fn go_bool(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("must be true or false"),
    }
}
