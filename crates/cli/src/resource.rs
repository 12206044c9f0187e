//! Objects as people name them on a command line, `KIND/NAME` with a kind as kubectl takes it, and which resource of
//! the API server that is. The objects themselves are read by the commands.
//!
//! ```text
//! words ─▶ Named (what was typed) ─▶ Kinds::find (what the server serves) ─▶ Target (kind, namespace, name)
//! ```

mod kinds;
mod meant;
mod named;

use kube::core::DynamicObject;
use kube::{Api, Client};
use manifest::ObjectId;

use crate::cluster::{Connection, failed};
use crate::error::CliError;
pub(crate) use kinds::{Kinds, Lookup, Served};
pub(crate) use meant::Meant;
pub(crate) use named::Named;

/// The namespace where neither the command line nor the context names one, as in kubectl.
const DEFAULT: &str = "default";

/// One object that was named, and where it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its kind.
    pub(crate) served: Served,
    /// Its namespace; empty for kinds without.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
}

impl Target {
    /// Its id, as inventories have it.
    pub(crate) fn id(&self) -> ObjectId {
        self.served.id(&self.namespace, &self.name)
    }

    /// Requests for objects of its kind in its namespace.
    pub(crate) fn api(&self, client: &Client) -> Api<DynamicObject> {
        self.served.api(client, &self.namespace)
    }

    /// Whether it is of this group and kind.
    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        self.served.resource.group == group && self.served.resource.kind == kind
    }
}

/// The namespace to work in.
pub(crate) fn namespace(connection: &Connection) -> &str {
    connection.namespace().unwrap_or(DEFAULT)
}

/// Asks the server what it serves.
pub(crate) async fn discover(client: &Client) -> Result<Kinds, CliError> {
    Kinds::discover(client).await.map_err(|error| failed("discovery", &error))
}

/// The object that is meant. Whether it exists is not asked.
pub(crate) fn find(kinds: &Kinds, named: &Named, namespace: &str) -> Result<Target, CliError> {
    let served = kinds.find(&named.kind)?.clone();
    let namespace = match (&named.namespace, served.is_namespaced) {
        (Some(named), true) => named.clone(),
        (None, true) => namespace.to_owned(),
        (_, false) => String::new(),
    };
    Ok(Target { served, namespace, name: named.name.clone() })
}
