//! The whole way: from who somebody is to credentials of a cloud, with as few requests as can be.

mod clusters;
mod keys;
mod login_error;
mod logins;

pub use login_error::LoginError;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::account::{AWS_AUDIENCE, AZURE_AUDIENCE, region as checked};
use crate::aws::{self, sts};
use crate::gcp::{federation, login as gcp_login, machine as gcp_machine};
use crate::kept::{Kept, Lasting, Value, until};
use crate::wipe::Wiped;
use crate::{
    Account, AwsCredentials, AzureCredentials, Error, Exchange, Machine, Request, Response, Secret,
    SendError, Token, Tokens, azure, gcp,
};

/// Whose credentials.
#[derive(Clone, Copy)]
pub enum Who<'a> {
    /// The process' own.
    Machine,
    /// Those of a ServiceAccount.
    Account {
        /// Which.
        account: &'a Account,
        /// Issues its tokens.
        tokens: &'a dyn Tokens,
        /// For whom tokens are, where that is not the cloud's own choice.
        audiences: &'a [String],
    },
}

impl Who<'_> {
    fn key(&self) -> String {
        match self {
            Self::Machine => "machine".to_owned(),
            Self::Account { account, audiences, .. } => format!("account\n{}", account.key(audiences)),
        }
    }
}

impl fmt::Debug for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine => f.write_str("Machine"),
            Self::Account { account, .. } => write!(f, "Account({}/{})", account.namespace, account.name),
        }
    }
}

/// See the module. Shared by all who ask.
pub struct Cloud {
    exchange: Arc<dyn Exchange>,
    machine: Arc<dyn Machine>,
    kept: Arc<Kept>,
    /// Before the names of what is kept.
    way: String,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("kept", &self.kept).finish_non_exhaustive()
    }
}

impl Cloud {
    /// Requests go through `exchange`; `machine` is what surrounds the process.
    pub fn new(exchange: Arc<dyn Exchange>, machine: Arc<dyn Machine>) -> Self {
        Self { exchange, machine, kept: Arc::default(), way: String::new() }
    }

    /// The same by another way, which `way` tells from others: whoever may not go it gets nothing that came by it.
    #[must_use]
    pub fn by(&self, way: &str, exchange: Arc<dyn Exchange>) -> Self {
        let (machine, kept) = (Arc::clone(&self.machine), Arc::clone(&self.kept));
        Self { exchange, machine, kept, way: format!("by {way}\n") }
    }

    /// What surrounds the process.
    #[must_use]
    pub fn machine(&self) -> &dyn Machine {
        &*self.machine
    }

    /// Credentials of AWS, from the STS of a region.
    ///
    /// # Errors
    /// There are none.
    pub async fn aws(&self, who: Who<'_>, region: &str) -> Result<AwsCredentials, Error> {
        self.lasting_aws(who, region).await.map(|(credentials, _)| credentials)
    }

    /// A token of Azure for a scope.
    ///
    /// # Errors
    /// There is none.
    pub async fn azure(&self, who: Who<'_>, scope: &str) -> Result<Secret, Error> {
        self.lasting_azure(who, scope).await.map(|(token, _)| token)
    }

    /// A token of Google Cloud.
    ///
    /// # Errors
    /// There is none.
    pub async fn gcp(&self, who: Who<'_>) -> Result<Secret, Error> {
        self.lasting_gcp(who).await.map(|(token, _)| token)
    }

    /// Something else that is valid for a while and asked for once: a login at a server that is no cloud. `name` tells it
    /// from others.
    ///
    /// # Errors
    /// What `ask` says.
    pub async fn keep<F>(&self, name: String, ask: impl FnOnce() -> F) -> Result<Secret, Error>
    where
        F: Future<Output = Result<Token, Error>>,
    {
        let name = format!("other\n{name}");
        let asked = || async { ask().await.map(|token| self.lasting(token)) };
        token(self.kept(name, asked).await?).map(|(token, _)| token)
    }

    async fn lasting_aws(&self, who: Who<'_>, region: &str) -> Result<(AwsCredentials, Timestamp), Error> {
        let region = checked(region)?;
        // What is wrong with the account is told before anything is asked.
        if let Who::Account { account, .. } = who {
            account.aws_role()?;
        }
        let name = format!("aws\n{region}\n{}", who.key());
        let found = self.kept(name, || self.ask_aws(who, region)).await?;
        match found.value {
            Value::Aws(credentials) => Ok((credentials, found.until)),
            Value::Token(_) => Err(Error::Answer(aws::NAME)),
        }
    }

    async fn ask_aws(&self, who: Who<'_>, region: &str) -> Result<Lasting, Error> {
        let (credentials, ends) = match who {
            Who::Machine => aws::machine::credentials(&*self.exchange, &*self.machine, region).await?,
            Who::Account { account, tokens, audiences } => {
                let issued = issue(tokens, audiences, AWS_AUDIENCE).await?;
                let (role, session) = (account.aws_role()?, account.aws_session(region));
                let own = aws::own_endpoint(&*self.machine, "sts")?;
                let request =
                    sts::assume_role_with_web_identity(role, &session, &issued, region, own.as_deref())?;
                sts::read(&self.send("AWS STS", request).await?)?
            }
        };
        let now = self.exchange.now();
        let left = ends.map_or(0, |ends| ends.as_second() - now.as_second());
        Ok(Lasting { value: Value::Aws(credentials), until: until(now, left) })
    }

    async fn lasting_azure(&self, who: Who<'_>, scope: &str) -> Result<(Secret, Timestamp), Error> {
        if let Who::Account { account, .. } = who {
            account.azure_client()?;
        }
        let name = format!("azure\n{scope}\n{}", who.key());
        let ask = || async {
            let credentials = match who {
                Who::Machine => azure::of_machine(&*self.machine).await?,
                Who::Account { account, tokens, audiences } => {
                    let token = issue(tokens, audiences, AZURE_AUDIENCE).await?;
                    let (tenant, client) = account.azure_client()?;
                    let (tenant, client) = (tenant.to_owned(), client.to_owned());
                    let authority = self.machine.variable("AZURE_AUTHORITY_HOST");
                    AzureCredentials::Assertion { tenant, client, token, authority }
                }
            };
            let request = azure::login::token(&credentials, scope, self.exchange.now())?;
            let service = azure::login::service(&credentials);
            Ok(self.lasting(azure::login::read(&self.send(service, request).await?)?))
        };
        token(self.kept(name, ask).await?)
    }

    async fn lasting_gcp(&self, who: Who<'_>) -> Result<(Secret, Timestamp), Error> {
        if let Who::Account { account, .. } = who {
            account.gcp_audience()?;
            account.gcp_email()?;
        }
        let ask = || async {
            let token = match who {
                Who::Machine => self.gcp_of_machine().await?,
                Who::Account { account, tokens, audiences } => {
                    let (pool, audience) = match account.gcp_audience()? {
                        Some(audience) => (audience.clone(), audience),
                        None => self.gke().await?,
                    };
                    let issued = issue(tokens, audiences, &pool).await?;
                    self.federated(&audience, &issued, account.gcp_email()?).await?
                }
            };
            Ok(self.lasting(token))
        };
        token(self.kept(format!("gcp\n{}", who.key()), ask).await?)
    }

    /// A token of a pool, or of the service account that it may become.
    async fn federated(&self, audience: &str, subject: &str, email: Option<&str>) -> Result<Token, Error> {
        const STS: &str = "Google's security token service";
        let answer = self.send(STS, federation::exchange(audience, subject)).await?;
        let token = federation::read_exchange(&answer)?;
        let Some(email) = email else { return Ok(token) };
        let answer = self.send("Google's IAM", federation::impersonate(email, &token.token)).await?;
        federation::read_impersonate(&answer, self.exchange.now())
    }

    /// The pool of the GKE cluster that this is, and the audience of an exchange there.
    async fn gke(&self) -> Result<(String, String), Error> {
        let mut words = Vec::new();
        for path in gcp_machine::CLUSTER {
            let request = gcp_machine::ask(&*self.machine, path)?;
            words.push(gcp_machine::read_word(&self.send(METADATA, request).await?)?);
        }
        let [project, location, name] = words.as_slice() else { return Err(Error::Answer(METADATA)) };
        let pool = format!("{project}.svc.id.goog");
        let provider = format!(
            "https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{name}"
        );
        let audience = format!("identitynamespace:{pool}:{provider}");
        Ok((pool, audience))
    }

    /// A file that the environment names, or the metadata server.
    async fn gcp_of_machine(&self) -> Result<Token, Error> {
        let Some(path) = self.machine.variable("GOOGLE_APPLICATION_CREDENTIALS") else {
            let request = gcp_machine::ask(&*self.machine, gcp_machine::TOKEN)?;
            return gcp_machine::read_token(&self.send(METADATA, request).await?);
        };
        let text = self.machine.file(&path).await?;
        let unreadable = Error::Credentials("GOOGLE_APPLICATION_CREDENTIALS names a file that is no JSON");
        let fields = serde_json::from_str(&text).map(Wiped).map_err(|_| unreadable)?;
        if fields.text("type") == Some("external_account") {
            return self.gcp_external(&fields).await;
        }
        let credentials = gcp_login::parse(&text).map_err(Error::Credentials)?;
        let request = gcp_login::token(&credentials, &gcp::SCOPES.join(" "), self.exchange.now())?;
        gcp_login::read(&self.send("Google's token server", request).await?)
    }

    /// Workload identity federation of the process itself, with a token that is in a file.
    async fn gcp_external(&self, fields: &Wiped) -> Result<Token, Error> {
        const UNSUPPORTED: Error = Error::Credentials(
            "external accounts of Google Cloud are supported with a JWT as text in a file and Google's own token server only",
        );
        let source = fields.0.get("credential_source");
        // What would be done otherwise than the file says is not done at all.
        let format = source.and_then(|source| source.get("format")).and_then(|format| format.get("type"));
        let is = |field: &str, wanted: &str| fields.text(field).is_none_or(|text| text == wanted);
        let known = format.is_none_or(|format| format == "text")
            && is("subject_token_type", JWT)
            && is("token_url", "https://sts.googleapis.com/v1/token")
            && is("universe_domain", "googleapis.com");
        if !known {
            return Err(UNSUPPORTED);
        }
        let text = |name: &str| source.and_then(|source| source.get(name)).and_then(Json::as_str);
        let (Some(file), Some(audience)) = (text("file"), fields.text("audience")) else {
            return Err(UNSUPPORTED);
        };
        let email = match fields.text("service_account_impersonation_url") {
            None => None,
            Some(url) => {
                let email =
                    url.rsplit_once('/').and_then(|(_, name)| name.strip_suffix(":generateAccessToken"));
                Some(email.ok_or(UNSUPPORTED)?)
            }
        };
        let subject = self.machine.file(file).await?;
        self.federated(audience, &subject, email).await
    }

    async fn kept<F>(&self, name: String, ask: impl FnOnce() -> F) -> Result<Lasting, Error>
    where
        F: Future<Output = Result<Lasting, Error>>,
    {
        self.kept.get_or(format!("{}{name}", self.way), || self.exchange.now(), ask).await
    }

    fn lasting(&self, Token { token, valid_seconds }: Token) -> Lasting {
        Lasting { value: Value::Token(token), until: until(self.exchange.now(), valid_seconds) }
    }

    async fn send(&self, service: &'static str, request: Request) -> Result<Response, Error> {
        let sent = self.exchange.send(request).await;
        sent.map_err(|SendError(why)| Error::Unreachable { service, why })
    }
}

/// The kind of token that is exchanged.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const METADATA: &str = "the metadata server of Google Cloud";

/// A token of an account, for whom it has to be.
async fn issue(tokens: &dyn Tokens, audiences: &[String], own: &str) -> Result<Secret, Error> {
    match audiences {
        [] => tokens.token(&[own.to_owned()]).await,
        audiences => tokens.token(audiences).await,
    }
}

fn token(found: Lasting) -> Result<(Secret, Timestamp), Error> {
    match found.value {
        Value::Token(token) => Ok((token, found.until)),
        Value::Aws(_) => Err(Error::Answer(aws::NAME)),
    }
}
