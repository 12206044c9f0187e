//! Asks key services for the data keys that a render wants (contracts/kustomize-controller.md 9).
//!
//! Who asks holds no permit, and has a place among its namespace's fetches: a service that is slow holds up its own
//! namespace alone.

use crate::context::Context;
use futures::{StreamExt as _, stream};
use reconcile_core::ObjectKey;
use render::KeyRing;
use sops::remote::{Identities, Remote, Secret};
use sops::{AwsCredentials, KeyError, KeyService as _, SealedKey};
use std::sync::Arc;

/// Questions of one Kustomization at a time.
const AT_A_TIME: usize = 4;

/// Asks for all that is wanted, and puts the answers on the ring.
pub(crate) async fn ask(
    ctx: &Context,
    key: &ObjectKey,
    account: Option<&str>,
    ring: &mut KeyRing,
    wanted: Vec<SealedKey>,
) {
    let _place = ctx.fetches.take(&Arc::from(key.namespace.as_str())).await;
    let services = &ctx.key_services;
    let identities = Accounts { account: account.is_some() };
    let keys = ring.clone();
    let remote = Remote::new(keys.keys(), &identities, services, &services.settings);
    let wanted = wanted.into_iter().filter(|sealed| !keys.is_answered(sealed));
    let answers: Vec<_> = stream::iter(wanted)
        .map(|sealed| {
            let remote = &remote;
            async move {
                let answer = remote.decrypt(&sealed.key, &sealed.encrypted).await;
                (sealed, answer)
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    for (sealed, answer) in answers {
        ring.answer(&sealed, answer);
    }
}

/// The identities of service accounts: those of `spec.decryption.serviceAccountName`, or the controller's own.
struct Accounts {
    /// Whether one is named.
    account: bool,
}

impl Accounts {
    fn none<T>(&self, service: &'static str) -> Result<T, KeyError> {
        Err(if self.account {
            KeyError::Credentials(
                "the identity of a service account is not supported yet: give credentials in the Secret of \
                 spec.decryption.secretRef",
            )
        } else {
            KeyError::NoCredentials(service)
        })
    }
}

#[async_trait::async_trait]
impl Identities for Accounts {
    async fn aws(&self, _region: &str) -> Result<AwsCredentials, KeyError> {
        self.none("AWS KMS")
    }

    async fn azure(&self, _scope: &str) -> Result<Secret, KeyError> {
        self.none("Azure Key Vault")
    }

    async fn gcp(&self) -> Result<Secret, KeyError> {
        self.none("Google Cloud KMS")
    }

    async fn vault(&self, _address: &str) -> Result<Secret, KeyError> {
        self.none("Vault")
    }
}
