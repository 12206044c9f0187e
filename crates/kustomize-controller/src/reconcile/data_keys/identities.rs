//! Credentials for key services where the Secret has none: of `spec.decryption.serviceAccountName`, of the default account,
//! or of the controller itself (contracts/kustomize-controller.md 9; contracts/flux-2.10.md for Vault and OpenBao).
//!
//! A Vault server is named by the encrypted file, so its author could name their own. It gets a token whose only audience
//! is its own address, and only if the operator's ConfigMap or the ServiceAccount says where to log in.

use crate::accounts::{Own, own};
use crate::context::Context;
use cloud::{Account, Provider, Secret, Tokens as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use reconcile_core::accounts::{Identity, Named, NoAccount, TokenRequests, find, identity, read};
use sops::remote::vault::{self, Instance};
use sops::{AwsCredentials, KeyError};
use tokio::sync::OnceCell;

/// The key in the ConfigMap of `--sops-vault-configmap`.
const CONFIG: &str = "config.yaml";

/// See the module. Lives for the questions of one build.
pub(super) struct Identities<'a> {
    ctx: &'a Context,
    namespace: &'a str,
    account: Option<&'a str>,
    found: OnceCell<Result<Identity, NoAccount>>,
}

impl<'a> Identities<'a> {
    pub(super) fn new(ctx: &'a Context, namespace: &'a str, account: Option<&'a str>) -> Self {
        Self { ctx, namespace, account, found: OnceCell::new() }
    }

    fn named(&self) -> Option<Named<'a>> {
        // A default that is not there is told like any other (contract 9).
        self.account.map(|name| Named { name, by_default: false })
    }

    async fn identity(&self, provider: Provider) -> Result<&Identity, KeyError> {
        let find = || identity(self.ctx.accounts(), self.namespace, self.named(), Vec::new());
        let found = self.found.get_or_init(find).await.as_ref().map_err(|no| refused(no.clone()))?;
        found.check(provider).map_err(|text| KeyError::Identity { text, passing: false })?;
        Ok(found)
    }
}

fn refused(no: NoAccount) -> KeyError {
    KeyError::Identity { text: no.text, passing: !no.certain }
}

fn lacking(text: String) -> KeyError {
    KeyError::Identity { text, passing: false }
}

/// What a cloud said, with whose credentials they would have been.
fn of_cloud<T>(identity: &Identity, result: Result<T, cloud::Error>) -> Result<T, KeyError> {
    result.map_err(|error| KeyError::Identity { text: identity.failed(&error), passing: error.is_passing() })
}

#[async_trait::async_trait]
impl sops::remote::Identities for Identities<'_> {
    async fn aws(&self, region: &str) -> Result<AwsCredentials, KeyError> {
        let identity = self.identity(Provider::Aws).await?;
        of_cloud(identity, self.ctx.key_services.cloud.aws(identity.who(), region).await)
    }

    async fn azure(&self, scope: &str) -> Result<Secret, KeyError> {
        let identity = self.identity(Provider::Azure).await?;
        of_cloud(identity, self.ctx.key_services.cloud.azure(identity.who(), scope).await)
    }

    async fn gcp(&self) -> Result<Secret, KeyError> {
        let identity = self.identity(Provider::Gcp).await?;
        of_cloud(identity, self.ctx.key_services.cloud.gcp(identity.who()).await)
    }

    async fn vault(&self, address: &str) -> Result<Secret, KeyError> {
        let account = self.vault_account().await?;
        let login_path = self.login_path(&account, address).await?;
        let instance = Instance { address: address.to_owned(), login_path };
        let role = account.vault_role();
        let name = format!("vault\n{address}\n{}\n{role}\n{}", instance.login_path, account.uid);
        let services = &self.ctx.key_services;
        let tokens = TokenRequests::new(self.ctx.client.clone(), &account.namespace, &account.name);
        let log_in = || async {
            let token = tokens.token(&[address.to_owned()]).await?;
            let namespace = services.settings.vault_namespace.as_deref();
            let request = vault::login(&instance, namespace, &role, &token)
                .map_err(|error| cloud::Error::Settings(error.to_string()))?;
            let answer = services.outside.send(request).await;
            let unreachable =
                |error: cloud::SendError| cloud::Error::Unreachable { service: "Vault", why: error.0 };
            vault::read_login(&answer.map_err(unreachable)?)
        };
        let logged_in = services.cloud.keep(name, log_in).await;
        logged_in.map_err(|error| {
            let text = match &error {
                cloud::Error::Token(_) => {
                    format!("failed to issue Kubernetes token for Vault authentication: {error}")
                }
                _ => format!(
                    "failed to authenticate with Vault '{}' at login path '{}' as role '{}': {error}",
                    manifest::foreign::line(address, 256),
                    manifest::foreign::line(&instance.login_path, 256),
                    manifest::foreign::line(&role, 256)
                ),
            };
            KeyError::Identity { text, passing: error.is_passing() }
        })
    }
}

impl Identities<'_> {
    /// Whose tokens are for Vault: also the controller's own account is one.
    async fn vault_account(&self) -> Result<Account, KeyError> {
        if let Some(named) = self.named() {
            return find(self.ctx.accounts(), self.namespace, named).await.map_err(refused);
        }
        if self.ctx.options.sops.vault_configmap.is_empty() {
            return Err(KeyError::NoCredentials("Vault"));
        }
        let failed = |text: String| {
            format!(
                "failed to issue Kubernetes token for Vault authentication: failed to create provider access token for \
                 the controller: {text}"
            )
        };
        let Own { account: [namespace, name], .. } = own().await.map_err(|text| lacking(failed(text)))?;
        let found = read(&self.ctx.client, &namespace, &name).await.map_err(|error| KeyError::Identity {
            text: failed(error.message().to_owned()),
            passing: true,
        })?;
        found.ok_or_else(|| lacking(failed(format!("ServiceAccount \"{name}\" not found"))))
    }

    /// Where to log in: as the ServiceAccount says, or as the operator's ConfigMap, which also is the list of servers that
    /// may be asked at all.
    async fn login_path(&self, account: &Account, address: &str) -> Result<String, KeyError> {
        let sops = &self.ctx.options.sops;
        let own = account.vault_login_path().map(str::to_owned);
        if sops.vault_configmap.is_empty() {
            return own.ok_or(KeyError::NoCredentials("Vault"));
        }
        let (namespace, name) = (&sops.runtime_namespace, &sops.vault_configmap);
        let api: Api<ConfigMap> = Api::namespaced(self.ctx.client.clone(), namespace);
        let failed = |text: &str| format!("failed to get Vault ConfigMap '{namespace}/{name}': {text}");
        let found = api.get_opt(name).await.map_err(cluster::Error::from);
        let found = found
            .map_err(|error| KeyError::Identity { text: failed(error.message()), passing: true })?
            .ok_or_else(|| lacking(failed(&format!("configmaps \"{name}\" not found"))))?;
        let data = found.data.unwrap_or_default();
        let config = data.get(CONFIG).ok_or_else(|| {
            lacking(format!("Vault ConfigMap '{namespace}/{name}' is missing the '{CONFIG}' key"))
        })?;
        let instances = vault::instances(config).map_err(|_| {
            lacking(format!(
                "failed to parse '{CONFIG}' in Vault ConfigMap '{namespace}/{name}': it is no YAML with a list of instances"
            ))
        })?;
        let listed = instances.into_iter().find(|instance| instance.address == address);
        let path = listed.map(|instance| own.unwrap_or(instance.login_path)).filter(|path| !path.is_empty());
        path.ok_or_else(|| {
            let address = manifest::foreign::line(address, 256);
            lacking(format!(
                "no Vault login path configured for address '{address}' in ConfigMap '{namespace}/{name}'"
            ))
        })
    }
}

#[cfg(test)]
mod tests;
