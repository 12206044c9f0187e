//! What the API server knows of a ServiceAccount, and the tokens that it issues for one.

use async_trait::async_trait;
use cloud::{Account, Error, Secret, Tokens};
use cluster::request_token;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};

/// Reads one; none when it is not there. The name has to be one.
///
/// # Errors
/// The API server does not say.
pub async fn read(client: &Client, namespace: &str, name: &str) -> Result<Option<Account>, cluster::Error> {
    let api: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    let found = api.get_opt(name).await.map_err(cluster::Error::from)?;
    Ok(found.map(|found| Account {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: found.metadata.uid.unwrap_or_default(),
        annotations: found.metadata.annotations.unwrap_or_default(),
    }))
}

/// Tokens of one ServiceAccount, asked for when they are needed; what they are exchanged for is kept, they are not.
#[derive(Clone)]
pub struct TokenRequests {
    client: Client,
    namespace: String,
    name: String,
}

impl std::fmt::Debug for TokenRequests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenRequests({}/{})", self.namespace, self.name)
    }
}

impl TokenRequests {
    /// Asked for with `client`, which may create tokens of that account.
    #[must_use]
    pub fn new(client: Client, namespace: &str, name: &str) -> Self {
        Self { client, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

#[async_trait]
impl Tokens for TokenRequests {
    async fn token(&self, audiences: &[String]) -> Result<Secret, Error> {
        let issued = request_token(&self.client, &self.namespace, &self.name, audiences).await;
        issued
            .map(|issued| issued.token().to_owned().into())
            .map_err(|error| Error::Token(error.message().to_owned()))
    }
}
