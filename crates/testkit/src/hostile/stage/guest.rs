//! What an input is played as: its object, and what belongs to it.

use serde_json::{Value, json};

use super::attack::Attack;
use crate::cluster::Objects;
use crate::hostile::site::Site;

pub(super) const SOURCES: &str = "source.toolkit.fluxcd.io/v1";

/// The object of an input, in its tenant's namespace.
pub(in crate::hostile) struct Guest {
    pub(in crate::hostile) objects: Objects,
    pub(in crate::hostile) namespace: String,
    pub(in crate::hostile) kind: (&'static str, &'static str),
    /// Kinds of everything that is called `app` and was made for it.
    pub(super) made: Vec<(&'static str, &'static str)>,
    /// Its own servers, if it has any.
    pub(in crate::hostile) site: Option<Site>,
    /// What its Receiver is sent, if it has one.
    pub(in crate::hostile) attack: Option<Attack>,
}

/// An object of a kind that is called `app`.
pub(super) fn object((api, kind): (&str, &str), spec: Value) -> Value {
    json!({ "apiVersion": api, "kind": kind, "metadata": { "name": "app" }, "spec": spec })
}

/// Puts fields over others; null takes one away.
pub(super) fn extend(into: &mut Value, from: Value) {
    let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) else { return };
    for (key, value) in from {
        if value.is_null() {
            into.remove(&key);
        } else {
            into.insert(key, value);
        }
    }
}
