//! Boolean flags as kustomize has them: `--flag`, `--flag=true` and `--flag=false`, but not `--flag true`. A field for
//! one is an `Option<Option<bool>>` with `require_equals`.

#[cfg(test)]
mod tests;

/// What the help and the messages call the value.
pub(super) const BOOL: &str = "true|false";

/// Whether a flag is switched on: with `true` or without a value.
pub(super) fn is_on(flag: Option<Option<bool>>) -> bool {
    flag.is_some_and(|value| value.unwrap_or(true))
}
