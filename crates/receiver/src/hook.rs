//! What a Receiver's spec and its Secret come to: who may call, what for, and which objects are meant.

use std::collections::BTreeMap;

use api::receiver::ReceiverSpec;
use api::unsupported;
use expr::CompileError;

use crate::filter::Filter;
use crate::google::Expected;
use crate::kind::Kind;
use crate::mac::webhook_path;
use crate::resource::{Resource, is_segment};
use crate::token::Token;

#[cfg(test)]
mod tests;

/// Objects that one Receiver may name, and events; more are nobody's.
const MOST: usize = 1000;

/// A Receiver that can be called.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Who sends.
    pub kind: Kind,
    /// What is meant.
    pub resources: Vec<Resource>,
    /// Whether an object is meant, whichever of them it is.
    pub filter: Option<Filter>,
    token: Token,
    pub(crate) events: Vec<String>,
    pub(crate) google: Option<Expected>,
}

impl Hook {
    /// Where the Receiver of that name is called.
    #[must_use]
    pub fn path(&self, name: &str, namespace: &str) -> String {
        webhook_path(self.token.bytes(), name, namespace)
    }

    /// Whether somebody wants to see what a request says.
    #[must_use]
    pub fn has_filter(&self) -> bool {
        self.filter.is_some() || self.resources.iter().any(|resource| resource.filter.is_some())
    }

    pub(crate) const fn token(&self) -> &Token {
        &self.token
    }
}

/// Why a spec can never be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// A field is not supported.
    #[error("{0} is not supported by this source-controller")]
    Unsupported(String),
    /// An expression is none, or gives no boolean.
    #[error(transparent)]
    Expression(#[from] CompileError),
    /// There is too much of something.
    #[error("{0} has more than {MOST} entries")]
    TooMany(&'static str),
    /// No Secret is named.
    #[error("spec.secretRef is required")]
    NoSecret,
    /// What should name the Secret is no name.
    #[error("spec.secretRef.name is no name")]
    SecretName,
}

/// What a Secret has not got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("required field '{0}'")]
pub struct Material(pub &'static str);

/// A spec that can be called once there is a token.
#[derive(Clone, Debug)]
pub struct Valid {
    kind: Kind,
    filter: Option<Filter>,
    resources: Vec<Resource>,
    events: Vec<String>,
}

/// Looks at a spec alone.
///
/// # Errors
/// It can never be called as it is.
pub fn validate(spec: &ReceiverSpec) -> Result<Valid, Invalid> {
    if let Some(field) = unsupported::receiver(spec) {
        return Err(Invalid::Unsupported(field));
    }
    // The schema names the types.
    let kind = Kind::named(&spec.type_).ok_or_else(|| Invalid::Unsupported("spec.type".to_owned()))?;
    if spec.resources.len() > MOST {
        return Err(Invalid::TooMany("spec.resources"));
    }
    if spec.events.len() > MOST {
        return Err(Invalid::TooMany("spec.events"));
    }
    let secret = spec.secret_ref.as_ref().ok_or(Invalid::NoSecret)?;
    if !is_segment(&secret.name) {
        return Err(Invalid::SecretName);
    }
    let filter = Filter::of(spec.resource_filter.as_deref())?;
    let resources = spec.resources.iter().map(Resource::of).collect::<Result<_, _>>()?;
    Ok(Valid { kind, filter, resources, events: spec.events.clone() })
}

/// Adds what the Secret says.
///
/// # Errors
/// It does not say enough.
pub fn resolve(valid: Valid, mut secret: BTreeMap<String, Vec<u8>>) -> Result<Hook, Material> {
    let Valid { kind, filter, resources, events } = valid;
    let token = secret.remove("token").and_then(Token::new).ok_or(Material("token"))?;
    let google = if kind == Kind::Gcr {
        let mut text = |key: &'static str| {
            let bytes = secret.remove(key).and_then(|bytes| String::from_utf8(bytes).ok());
            bytes.filter(|text| !text.is_empty()).ok_or(Material(key))
        };
        Some(Expected { email: text("email")?, audience: text("audience")? })
    } else {
        None
    };
    Ok(Hook { kind, resources, filter, token, events, google })
}
