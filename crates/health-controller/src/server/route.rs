//! What a request asks for, by its path. Pure.

use reconcile_core::{ObjectKey, is_segment};

#[cfg(test)]
mod tests;

const BASE: &str = "/api/v1/";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Which versions are spoken here.
    Version,
    /// The explanation of one Kustomization.
    Explain(ObjectKey),
    /// A summary of all of a namespace, or of all.
    List(Option<String>),
}

/// Why nothing can be asked for like that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Astray {
    /// There is nothing at that path.
    Nowhere,
    /// There is, but not with these parameters.
    Parameters,
}

/// Reads path and query.
pub(super) fn route(path: &str, query: Option<&str>) -> Result<Route, Astray> {
    let rest = path.strip_prefix(BASE).ok_or(Astray::Nowhere)?;
    let mut segments = rest.split('/');
    let route = match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some("version"), None, None, None) => Route::Version,
        (Some("explain"), None, None, None) => return list(query),
        (Some("explain"), Some(namespace), Some(name), None) if is_segment(namespace) && is_segment(name) => {
            Route::Explain(ObjectKey::new(namespace, name))
        }
        _ => return Err(Astray::Nowhere),
    };
    if query.is_some_and(|query| !query.is_empty()) { Err(Astray::Parameters) } else { Ok(route) }
}

fn list(query: Option<&str>) -> Result<Route, Astray> {
    match query.filter(|query| !query.is_empty()) {
        None => Ok(Route::List(None)),
        // Names of namespaces need no escapes.
        Some(query) => match query.strip_prefix("namespace=") {
            Some(namespace) if is_segment(namespace) && !namespace.contains(['&', '=', '+']) => {
                Ok(Route::List(Some(namespace.to_owned())))
            }
            _ => Err(Astray::Parameters),
        },
    }
}
