//! Logins for what clouds have beside clusters: their registries, and their Git repositories
//! (contracts/source-controller.md 7.4 and 12). Those of registries are kept, like all that is asked for.

use super::{Cloud, LoginError, Who, token};
use crate::aws::{self, codecommit, ecr};
use crate::azure::{acr, devops};
use crate::kept::Lasting;
use crate::{Error, Login, Registry, Secret};

/// The user of tokens of Google Cloud.
const GCP_USER: &str = "oauth2accesstoken";

impl Cloud {
    /// A login for a registry.
    ///
    /// # Errors
    /// There is none.
    pub async fn registry(&self, who: Who<'_>, registry: Registry<'_>) -> Result<Login, LoginError> {
        match registry {
            Registry::Aws { kind, region } => {
                let credentials = self.aws(who, region).await.map_err(LoginError::Access)?;
                let ask = || async {
                    let own = aws::own_endpoint(self.machine(), kind.variable())?;
                    let now = self.exchange.now();
                    let request = ecr::authorization(kind, region, own.as_deref(), &credentials, now)?;
                    let answer = self.send("ECR", request).await?;
                    Ok(self.lasting(ecr::read(kind, &answer, now)?))
                };
                let kept = self.kept(format!("{}\n{region}\n{}", kind.variable(), who.key()), ask).await;
                let found = password(kept)?;
                let (user, password) = found.split_once(':').unwrap_or_default();
                Ok(Login { username: user.to_owned().into(), password: password.to_owned().into() })
            }
            Registry::Azure { host } => {
                let entra = self.azure(who, acr::scope(host)).await.map_err(LoginError::Access)?;
                let ask = || async {
                    let answer = self.send("Azure Container Registry", acr::exchange(host, &entra)).await?;
                    Ok(self.lasting(acr::read(&answer, self.exchange.now())?))
                };
                let found = password(self.kept(format!("acr\n{host}\n{}", who.key()), ask).await)?;
                Ok(Login { username: acr::USER.to_owned().into(), password: found })
            }
            Registry::Gcp => {
                let found = self.gcp(who).await.map_err(LoginError::Access)?;
                Ok(Login { username: GCP_USER.to_owned().into(), password: found })
            }
        }
    }

    /// A login for a Git repository of AWS CodeCommit. Good for 15 minutes, and as long as the credentials.
    ///
    /// # Errors
    /// There is none.
    pub async fn codecommit(
        &self,
        who: Who<'_>,
        repository: codecommit::Repository<'_>,
    ) -> Result<Login, Error> {
        let credentials = self.aws(who, repository.region).await?;
        Ok(repository.login(&credentials, self.exchange.now()))
    }

    /// A token for Git repositories of Azure DevOps. It goes to addresses that `devops::check` lets through alone.
    ///
    /// # Errors
    /// There is none.
    pub async fn devops(&self, who: Who<'_>) -> Result<Secret, Error> {
        self.azure(who, devops::SCOPE).await
    }
}

fn password(found: Result<Lasting, Error>) -> Result<Secret, LoginError> {
    found.and_then(token).map(|(token, _)| token).map_err(LoginError::Exchange)
}
