//! What is shared by all who ask key services (AWS KMS, Google Cloud KMS, Azure Key Vault, Vault) and clouds: how they are
//! reached, and the credentials of identities that are kept (contracts/kustomize-controller.md 9, 19). Requests and
//! answers are `sops::remote`'s and `cloud`'s; what is asked is `reconcile::data_keys`' and `reconcile::access`'.

use cloud::{Cloud, Exchange, Machine, aws};
use sops::remote::Settings;
use std::sync::Arc;

/// How services are reached, once for all.
pub(crate) struct KeyServices {
    pub(crate) outside: Arc<dyn Exchange>,
    pub(crate) settings: Settings,
    pub(crate) cloud: Arc<Cloud>,
}

impl KeyServices {
    /// Endpoints and namespaces are the environment's, in the words of the SDKs.
    ///
    /// # Errors
    /// The environment names an endpoint that is none.
    pub(crate) fn new(outside: Arc<dyn Exchange>, machine: Arc<dyn Machine>) -> Result<Self, cloud::Error> {
        let own = |service| aws::own_endpoint(&*machine, service);
        let settings = Settings {
            vault_namespace: machine.variable("VAULT_NAMESPACE"),
            kms_endpoint: own("kms")?,
            sts_endpoint: own("sts")?,
            ..Settings::default()
        };
        let cloud = Arc::new(Cloud::new(Arc::clone(&outside), machine));
        Ok(Self { outside, settings, cloud })
    }
}
