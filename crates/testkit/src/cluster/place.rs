//! Where controllers run: a namespace with their service accounts, and a folder for what a Pod would have. Who made
//! the namespace, a test or Helm, does not matter here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, PostParams};

use super::identity::{self, Identity};
use super::objects::Objects;
use super::plane::ControlPlane;
use crate::wait::{Look, until};

/// A namespace of a control plane, and a folder.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The control plane.
    pub plane: &'a ControlPlane,
    /// Its objects, as admin.
    pub objects: &'a Objects,
    /// The namespace's name.
    pub namespace: &'a str,
    /// A folder of the test.
    pub folder: &'a Path,
}

impl Place<'_> {
    /// A service account of the namespace as an identity with a kubeconfig. It is made if it is missing.
    pub async fn service_account(&self, account: &str) -> Result<Identity> {
        let token = self.token(account).await?;
        let path: PathBuf = self.folder.join(format!("{account}.kubeconfig"));
        let description = self.plane.description();
        identity::write_kubeconfig(
            &description.kubeconfig,
            description.context.as_deref(),
            self.namespace,
            &token,
            &path,
        )?;
        let user = cluster::service_account_user(self.namespace, account);
        Ok(Identity::new(account, &user, &path))
    }

    async fn token(&self, account: &str) -> Result<String> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.objects.client(), self.namespace);
        if accounts.get_opt(account).await?.is_none() {
            let made = serde_json::from_value(serde_json::json!({ "metadata": { "name": account } }))?;
            accounts.create(&PostParams::default(), &made).await.with_context(|| account.to_owned())?;
        }
        let request = TokenRequest {
            spec: Some(TokenRequestSpec {
                expiration_seconds: Some(24 * 3600),
                ..TokenRequestSpec::default()
            }),
            ..TokenRequest::default()
        };
        until(&format!("a token of {account}"), Duration::from_secs(10), || async {
            let answer = accounts.create_token_request(account, &PostParams::default(), &request).await?;
            let token = answer.status.and_then(|status| status.token);
            Ok(token.map_or_else(|| Look::Not("no token in the answer".to_owned()), Look::Found))
        })
        .await
    }
}
