//! The requests that ask one object for a run or switch its runs: reading it, a merge patch, and following it afterwards.
//! What may be asked and what the answer means is decided beside.

use std::time::Duration;

use api::labels::CLI_MANAGER;
use kube::Client;
use kube::api::{Patch, PatchParams};
use serde_json::Value;

use super::follow::{Followed, follow};
use super::settled::Progress;
use super::told::Told;
use crate::cluster::failed;
use crate::error::CliError;
use crate::resource::Target;

/// How long nobody waits.
const UNLIMITED: Duration = Duration::from_secs(365 * 24 * 3600);

/// One object, and the way to it.
pub(crate) struct Asking<'a> {
    client: &'a Client,
    target: &'a Target,
}

impl<'a> Asking<'a> {
    /// About an object.
    pub(crate) const fn of(client: &'a Client, target: &'a Target) -> Self {
        Self { client, target }
    }

    /// The object as it is.
    pub(crate) async fn read(&self) -> Result<Value, CliError> {
        let found = self.target.api(self.client).get_opt(&self.target.name).await;
        let found = found.map_err(|error| failed(&self.subject(), &error.into()))?;
        let Some(found) = found else {
            return Err(CliError::cluster(format!("{}: there is none", self.subject())).with_hints([
                format!(
                    "`kubectl get {} -A` lists them; choose another namespace with -n",
                    self.target.served.full_name()
                ),
            ]));
        };
        // What came as JSON goes as JSON.
        Ok(serde_json::to_value(found).unwrap_or_default())
    }

    /// Merges a patch, as a person at a command line.
    pub(crate) async fn merge(&self, patch: &Value) -> Result<(), CliError> {
        let params = PatchParams { field_manager: Some(CLI_MANAGER.to_owned()), ..PatchParams::default() };
        let patched =
            self.target.api(self.client).patch(&self.target.name, &params, &Patch::Merge(patch)).await;
        patched.map(drop).map_err(|error| failed(&self.subject(), &error.into()))
    }

    /// Follows the object until what it says is an end.
    pub(crate) async fn follow(
        &self,
        limit: Option<Duration>,
        judge: impl Fn(Option<&Value>) -> Progress,
        says: impl FnMut(&str),
    ) -> Result<Told, CliError> {
        let objects = self.target.api(self.client);
        let limit = limit.unwrap_or(UNLIMITED);
        let followed: Followed = follow(&objects, &self.target.name, limit, judge, says)
            .await
            .map_err(|error| failed(&self.subject(), &error))?;
        Ok(Told::of(self.names(), followed))
    }

    /// What is told where nobody waits.
    pub(crate) fn told(&self, message: &str) -> Told {
        Told::asked(self.names(), message)
    }

    /// How the object is called.
    pub(crate) fn subject(&self) -> String {
        self.target.id().to_string()
    }

    fn names(&self) -> (&str, &str, &str) {
        (&self.target.served.resource.kind, &self.target.namespace, &self.target.name)
    }
}
