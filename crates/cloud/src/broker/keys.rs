//! Tokens for credentials that somebody has at hand, kept as those of identities are; and another security token service
//! of AWS than that of the region.

use std::sync::Arc;

use jiff::Timestamp;
use manifest::digest;

use super::{Cloud, token};
use crate::gcp::login as gcp_login;
use crate::http::{Request, Response, Token};
use crate::{AzureCredentials, Error, GcpCredentials, Machine, Secret, azure};

impl Cloud {
    /// A token of Google Cloud for these scopes, which are parted by blanks.
    ///
    /// # Errors
    /// There is none.
    pub async fn gcp_by(&self, credentials: &GcpCredentials, scopes: &str) -> Result<Secret, Error> {
        let parts = match credentials {
            GcpCredentials::ServiceAccount { email, private_key, private_key_id, token_uri } => {
                [email.as_str(), private_key, token_uri, private_key_id.as_deref().unwrap_or_default()]
            }
            GcpCredentials::AuthorizedUser { client_id, client_secret, refresh_token } => {
                [client_id.as_str(), client_secret, refresh_token, ""]
            }
        };
        let name = named("gcp", scopes, &parts);
        let request = |now| gcp_login::token(credentials, scopes, now);
        self.exchanged(name, "Google's token server", request, gcp_login::read).await
    }

    /// A token of Azure for a scope.
    ///
    /// # Errors
    /// There is none.
    pub async fn azure_by(&self, credentials: &AzureCredentials, scope: &str) -> Result<Secret, Error> {
        let parts = match credentials {
            AzureCredentials::Secret { tenant, client, secret, authority } => {
                [tenant.as_str(), client, secret, authority.as_deref().unwrap_or_default(), ""]
            }
            AzureCredentials::Certificate { tenant, client, pem, send_chain, authority } => {
                let chain = if *send_chain { "chain" } else { "" };
                [tenant.as_str(), client, pem, authority.as_deref().unwrap_or_default(), chain]
            }
            AzureCredentials::Assertion { tenant, client, token, authority } => {
                [tenant.as_str(), client, token, authority.as_deref().unwrap_or_default(), ""]
            }
            AzureCredentials::ManagedIdentity { client } => {
                [client.as_deref().unwrap_or_default(), "", "", "", ""]
            }
        };
        let (name, service) = (named("azure", scope, &parts), azure::login::service(credentials));
        let request = |now| azure::login::token(credentials, scope, now);
        self.exchanged(name, service, request, azure::login::read).await
    }

    /// The same, where roles of AWS are taken on at another address. It gets tokens of identities, so it has to be AWS' own
    /// ([`crate::aws::sts::is_own`]).
    #[must_use]
    pub fn at_sts(&self, endpoint: &str) -> Self {
        let machine = OtherSts { machine: Arc::clone(&self.machine), endpoint: endpoint.to_owned() };
        let (exchange, kept) = (Arc::clone(&self.exchange), Arc::clone(&self.kept));
        Self { exchange, machine: Arc::new(machine), kept, way: format!("{}at {endpoint}\n", self.way) }
    }

    async fn exchanged(
        &self,
        name: String,
        service: &'static str,
        request: impl Fn(Timestamp) -> Result<Request, Error>,
        read: fn(&Response) -> Result<Token, Error>,
    ) -> Result<Secret, Error> {
        let ask = || async {
            let answer = self.send(service, request(self.exchange.now())?).await?;
            Ok(self.lasting(read(&answer)?))
        };
        token(self.kept(name, ask).await?).map(|(token, _)| token)
    }
}

/// The name of what is kept for these credentials, which it does not tell.
fn named(cloud: &str, scope: &str, parts: &[&str]) -> String {
    let digest = digest::of_parts(parts.iter().map(|part| part.as_bytes()));
    format!("{cloud} by key\n{scope}\n{digest}")
}

/// What surrounds the process, with another security token service.
struct OtherSts {
    machine: Arc<dyn Machine>,
    endpoint: String,
}

#[async_trait::async_trait]
impl Machine for OtherSts {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "AWS_ENDPOINT_URL_STS" => Some(self.endpoint.clone()),
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => None,
            name => self.machine.variable(name),
        }
    }

    async fn file(&self, path: &str) -> Result<Secret, Error> {
        self.machine.file(path).await
    }
}
