//! Who asks an object store: keys of a Secret, the credentials of an LDAP user, or an identity; and what requests carry
//! of it (contracts/source-controller.md 8 and 12). Reading Secrets is the reconciler's, exchanging tokens `cloud`'s, and
//! whose identity an object has `clouds`'.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloud::{AwsCredentials, AzureCredentials, Cloud, GcpCredentials, Request, Secret};
use jiff::{SignedDuration, Timestamp};
use manifest::digest::of_parts;
use parking_lot::Mutex;
use reconcile_core::accounts::Identity;

use super::failure::Failure;
use crate::access::Tls;

/// What Azure's tokens are for.
const AZURE: &str = "https://storage.azure.com/.default";
/// What tokens of a Google service account's key may do.
const GOOGLE: &str = "https://www.googleapis.com/auth/devstorage.read_only";
/// Credentials of LDAP users that are kept.
const MOST: usize = 1024;
/// How long before their end they are asked for anew, at least.
const MARGIN: Duration = Duration::from_secs(60);
/// Seconds after which they are taken to end where nobody says when they do.
const SHORT: i64 = 300;

/// Who asks.
#[derive(Clone)]
pub(crate) enum Login {
    /// Nobody says.
    Nobody,
    /// Keys of a Secret.
    Keys(AwsCredentials),
    /// A user whom the store's security token service knows by LDAP.
    Ldap(Arc<Ldap>),
    /// An identity of AWS.
    Aws { cloud: Arc<Cloud>, identity: Identity },
    /// An identity of Google Cloud.
    Google { cloud: Arc<Cloud>, identity: Identity },
    /// A service account's key.
    GoogleKey { cloud: Arc<Cloud>, key: Arc<GcpCredentials> },
    /// An identity of Azure.
    Azure { cloud: Arc<Cloud>, identity: Identity },
    /// A service principal, or the machine by the name of one.
    AzurePrincipal { cloud: Arc<Cloud>, principal: Arc<AzureCredentials> },
    /// The key of a storage account.
    AzureKey { account: String, key: Secret },
    /// A shared access signature.
    AzureSas(Arc<Shared>),
}

/// The parameters of a shared access signature.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Shared(pub(crate) Vec<(String, String)>);

/// A user at a security token service.
pub(crate) struct Ldap {
    /// Where it is.
    pub(crate) endpoint: String,
    pub(crate) username: String,
    pub(crate) password: Secret,
    /// Whom to trust there.
    pub(crate) tls: Tls,
}

/// What requests carry.
#[derive(Clone)]
pub(super) enum Proof {
    Nothing,
    Aws(AwsCredentials),
    Bearer(Secret),
    SharedKey { account: String, key: Secret },
    Query(Arc<Shared>),
}

/// Says what there is, never what it is.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Keys(_) => "Keys",
            Self::Ldap(_) => "Ldap",
            Self::Aws { .. } | Self::Google { .. } | Self::Azure { .. } => "Identity",
            Self::GoogleKey { .. } => "GoogleKey",
            Self::AzurePrincipal { .. } => "AzurePrincipal",
            Self::AzureKey { .. } => "AzureKey",
            Self::AzureSas(_) => "AzureSas",
        })
    }
}

impl Login {
    /// What nobody may read.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let text = |secret: &Secret| secret.as_str().to_owned();
        match self {
            Self::Keys(keys) => vec![text(&keys.secret_access_key)],
            Self::Ldap(ldap) => vec![text(&ldap.password)],
            Self::AzureKey { key, .. } => vec![text(key)],
            Self::AzureSas(shared) => shared.secrets(),
            Self::AzurePrincipal { principal, .. } => match &**principal {
                AzureCredentials::Secret { secret, .. } => vec![text(secret)],
                _ => Vec::new(),
            },
            Self::Nobody
            | Self::Aws { .. }
            | Self::Google { .. }
            | Self::GoogleKey { .. }
            | Self::Azure { .. } => Vec::new(),
        }
    }
}

impl Proof {
    /// What nobody may read.
    pub(super) fn secrets(&self) -> Vec<String> {
        let text = |secret: &Secret| secret.as_str().to_owned();
        match self {
            Self::Nothing => Vec::new(),
            Self::Aws(keys) => [Some(&keys.secret_access_key), keys.session_token.as_ref()]
                .into_iter()
                .flatten()
                .map(text)
                .collect(),
            Self::Bearer(token) => vec![text(token)],
            Self::SharedKey { key, .. } => vec![text(key)],
            Self::Query(shared) => shared.secrets(),
        }
    }
}

impl Shared {
    fn secrets(&self) -> Vec<String> {
        let signature = self.0.iter().filter(|(name, _)| name == "sig");
        signature.flat_map(|(_, value)| [value.clone(), cloud::http::encoded(value)]).collect()
    }
}

/// Credentials of LDAP users, and when they end.
#[derive(Default)]
pub(super) struct Users(Mutex<HashMap<String, (AwsCredentials, Timestamp)>>);

impl Login {
    /// What requests carry to a store in this region. That of an LDAP user is asked for by [`ldap_request`].
    pub(super) async fn prove(&self, region: &str) -> Result<Proof, Failure> {
        match self {
            Self::Nobody => Ok(Proof::Nothing),
            Self::Keys(keys) => Ok(Proof::Aws(keys.clone())),
            Self::Ldap(_) => Err(Failure::Identity("an LDAP user is asked for first".to_owned())),
            Self::Aws { cloud, identity } => match cloud.aws(identity.who(), region).await {
                Ok(keys) => Ok(Proof::Aws(keys)),
                Err(error) => {
                    let text = format!("AWS authentication failed: {}", identity.failed(&error));
                    Err(Failure::Identity(text))
                }
            },
            Self::Google { cloud, identity } => bearer(identity, cloud.gcp(identity.who()).await),
            Self::GoogleKey { cloud, key } => {
                cloud.gcp_by(key, GOOGLE).await.map(Proof::Bearer).map_err(|error| of_cloud(&error))
            }
            Self::Azure { cloud, identity } => bearer(identity, cloud.azure(identity.who(), AZURE).await),
            Self::AzurePrincipal { cloud, principal } => {
                cloud.azure_by(principal, AZURE).await.map(Proof::Bearer).map_err(|error| of_cloud(&error))
            }
            Self::AzureKey { account, key } => {
                Ok(Proof::SharedKey { account: account.clone(), key: key.clone() })
            }
            Self::AzureSas(shared) => Ok(Proof::Query(Arc::clone(shared))),
        }
    }
}

fn bearer(identity: &Identity, token: Result<Secret, cloud::Error>) -> Result<Proof, Failure> {
    token.map(Proof::Bearer).map_err(|error| Failure::Identity(identity.failed(&error)))
}

impl Users {
    /// The credentials of a user, if they are known and last for a list and a fetch, each of which has `timeout`. `way` is
    /// all that they are had by.
    pub(super) fn known(
        &self,
        ldap: &Ldap,
        way: &str,
        now: Timestamp,
        timeout: Duration,
    ) -> Option<AwsCredentials> {
        let users = self.0.lock();
        let (credentials, ends) = users.get(&name(ldap, way))?;
        let needed = SignedDuration::try_from(timeout.saturating_mul(2).max(MARGIN)).ok()?;
        now.checked_add(needed).is_ok_and(|until| until < *ends).then(|| credentials.clone())
    }

    /// They are refused, whatever their end.
    pub(super) fn forget(&self, ldap: &Ldap, way: &str) {
        self.0.lock().remove(&name(ldap, way));
    }

    /// What a security token service answered, which is kept.
    pub(super) fn learn(
        &self,
        ldap: &Ldap,
        way: &str,
        response: &cloud::Response,
        now: Timestamp,
    ) -> Result<AwsCredentials, Failure> {
        let (credentials, ends) = cloud::aws::sts::read(response).map_err(|error| of_cloud(&error))?;
        let ends = ends.or_else(|| now.checked_add(SignedDuration::from_secs(SHORT)).ok()).unwrap_or(now);
        let mut users = self.0.lock();
        if users.len() >= MOST {
            users.clear();
        }
        users.insert(name(ldap, way), (credentials.clone(), ends));
        Ok(credentials)
    }
}

/// The question for the credentials of an LDAP user. They are in the body, where nobody logs them.
pub(super) fn ldap_request(ldap: &Ldap) -> Request {
    let fields = [
        ("Action", "AssumeRoleWithLDAPIdentity"),
        ("LDAPPassword", ldap.password.as_str()),
        ("LDAPUsername", &ldap.username),
        ("Version", "2011-06-15"),
    ];
    Request::form(ldap.endpoint.clone(), &fields)
}

fn of_cloud(error: &cloud::Error) -> Failure {
    Failure::Identity(error.to_string())
}

fn name(ldap: &Ldap, way: &str) -> String {
    of_parts([&ldap.endpoint, &ldap.username, ldap.password.as_str(), way].map(str::as_bytes))
}

#[cfg(test)]
mod tests;
