//! The ServiceAccounts whose tokens become credentials elsewhere, and the controller itself where none is named
//! (contracts/kustomize-controller.md 9 and 19, contracts/source-controller.md 12). In Flux's words where there is none.
//! Who may name which is the callers'.

use std::sync::Arc;

use cloud::{Account, Provider, Who};
use kube::Client;

use super::requests::{TokenRequests, read};
use crate::is_segment;

#[cfg(test)]
mod tests;

/// What Flux says of a default account that is not there.
const LOCKDOWN: &str = "the specified default service account does not exist in the object namespace. your cluster is subject \
                        to multi-tenant workload identity lockdown, reach out to your cluster administrator for help";

/// A name, and where it is from.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The name.
    pub name: &'a str,
    /// By a flag, not by the tenant.
    pub by_default: bool,
}

impl<'a> Named<'a> {
    /// The one that an object names, else the default; an empty name is none.
    #[must_use]
    pub fn or_default(own: &'a str, default: &'a str) -> Option<Self> {
        let named = |name: &'a str, by_default| (!name.is_empty()).then_some(Self { name, by_default });
        named(own, false).or_else(|| named(default, true))
    }
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAccount {
    /// In Flux's words.
    pub text: String,
    /// Nothing but a change of settings helps.
    pub certain: bool,
}

/// Who asks a cloud.
#[derive(Clone, Debug)]
pub enum Identity {
    /// The controller, as its environment or its machine says.
    Controller,
    /// A ServiceAccount.
    Account {
        /// Which.
        account: Arc<Account>,
        /// Its tokens.
        tokens: TokenRequests,
        /// For whom they are, where that is not the cloud's own choice.
        audiences: Arc<[String]>,
    },
}

impl Identity {
    /// For a cloud.
    #[must_use]
    pub fn who(&self) -> Who<'_> {
        match self {
            Self::Controller => Who::Machine,
            Self::Account { account, tokens, audiences } => Who::Account { account, tokens, audiences },
        }
    }

    /// In whose name a token is exchanged.
    #[must_use]
    pub fn failed(&self, error: &cloud::Error) -> String {
        match self {
            Self::Controller => {
                format!("failed to create provider access token for the controller: {error}")
            }
            // In the words of the request already.
            Self::Account { account, .. } => {
                let (namespace, name) = (&account.namespace, &account.name);
                let what = match error {
                    cloud::Error::Token(_) => "kubernetes token",
                    _ => "provider access token",
                };
                format!("failed to create {what} for service account '{namespace}/{name}': {error}")
            }
        }
    }

    /// Looks at the annotations, before anything is asked.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self, provider: Provider) -> Result<(), String> {
        let Self::Account { account, .. } = self else { return Ok(()) };
        let checked = match provider {
            Provider::Aws => account.aws_role().map(drop),
            Provider::Azure => account.azure_client().map(drop),
            Provider::Gcp => account.gcp_audience().and_then(|_| account.gcp_email()).map(drop),
        };
        checked.map_err(|error| {
            let (namespace, name) = (&account.namespace, &account.name);
            format!(
                "failed to get provider identity from service account '{namespace}/{name}' annotations: {error}"
            )
        })
    }
}

/// Where accounts are.
#[derive(Clone, Copy)]
pub struct Accounts<'a> {
    /// Reads them, and asks for their tokens.
    pub client: &'a Client,
    /// Gate `ObjectLevelWorkloadIdentity`: they may be used.
    pub gate: bool,
}

impl std::fmt::Debug for Accounts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("gate", &self.gate).finish_non_exhaustive()
    }
}

/// Finds a named one, which may be used if the gate is on.
///
/// # Errors
/// It is not there, cannot be read, or may not be used.
pub async fn find(of: Accounts<'_>, namespace: &str, named: Named<'_>) -> Result<Account, NoAccount> {
    let Named { name, by_default } = named;
    let failed = |text: &str| format!("failed to get service account '{namespace}/{name}': {text}");
    let missing = |certain| {
        let text = if by_default {
            failed(LOCKDOWN)
        } else {
            failed(&format!("ServiceAccount \"{name}\" not found"))
        };
        NoAccount { text, certain }
    };
    if !is_segment(name) {
        return Err(missing(true));
    }
    let found = read(of.client, namespace, name).await;
    let found = found.map_err(|error| NoAccount { text: failed(error.message()), certain: false })?;
    // It may be made at any moment, and nobody says so.
    let found = found.ok_or_else(|| missing(false))?;
    if !of.gate {
        let text = "ObjectLevelWorkloadIdentity feature gate is not enabled".to_owned();
        return Err(NoAccount { text, certain: true });
    }
    Ok(found)
}

/// The same as who asks a cloud; without a name it is the controller.
///
/// # Errors
/// As [`find`].
pub async fn identity(
    of: Accounts<'_>,
    namespace: &str,
    named: Option<Named<'_>>,
    audiences: Vec<String>,
) -> Result<Identity, NoAccount> {
    let Some(named) = named else { return Ok(Identity::Controller) };
    let account = Arc::new(find(of, namespace, named).await?);
    let tokens = TokenRequests::new(of.client.clone(), namespace, named.name);
    Ok(Identity::Account { account, tokens, audiences: audiences.into() })
}
