//! Who a ServiceAccount is to a cloud: what its annotations say (contracts/source-controller.md 12).

use std::collections::BTreeMap;

use manifest::foreign::line;

use crate::aws::arn::Arn;
use crate::aws::is_account;
use crate::{Error, aws};

const ROLE: &str = "eks.amazonaws.com/role-arn";
const ROLE_PATTERN: &str = r"^arn:aws[\w-]*:iam::[0-9]{1,30}:role/(.{1,200})$";
const EMAIL: &str = "iam.gke.io/gcp-service-account";
const EMAIL_PATTERN: &str = r"^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com$";
const POOL: &str = "gcp.auth.fluxcd.io/workload-identity-provider";
const POOL_PATTERN: &str =
    r"^projects/\d{1,30}/locations/global/workloadIdentityPools/[^/]{1,100}/providers/[^/]{1,100}$";
const TENANT: &str = "azure.workload.identity/tenant-id";
const CLIENT: &str = "azure.workload.identity/client-id";
/// Where a ServiceAccount logs in to Vault or OpenBao, and as which role (contracts/flux-2.10.md).
const LOGIN_PATH: &str = "transit-engine.auth.fluxcd.io/login-path";
const VAULT_ROLE: &str = "transit-engine.auth.fluxcd.io/role";

/// A ServiceAccount, as far as clouds are concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Tells it from one of the same name before or after it.
    pub uid: String,
    /// What stands on it.
    pub annotations: BTreeMap<String, String>,
}

impl Account {
    fn text(&self, key: &str) -> &str {
        self.annotations.get(key).map(String::as_str).unwrap_or_default()
    }

    /// The role of AWS that it takes on.
    ///
    /// # Errors
    /// The annotation is absent, or not in its form.
    pub fn aws_role(&self) -> Result<&str, Error> {
        let arn = self.text(ROLE);
        let is_role = Arn::parse(arn).is_some_and(|parsed| {
            let name = parsed.resource.strip_prefix("role/").unwrap_or_default();
            parsed.service == "iam" && parsed.region.is_empty() && (1..=200).contains(&name.chars().count())
        });
        if is_role { Ok(arn) } else { Err(mismatch(ROLE, arn, ROLE_PATTERN)) }
    }

    /// What its session of a role is called.
    #[must_use]
    pub fn aws_session(&self, region: &str) -> String {
        let name = format!("{}.{}.{region}.fluxcd.io", self.name, self.namespace);
        // Longer ones are refused; names of accounts and namespaces are letters, digits, dots and hyphens.
        name.chars().take(64).collect()
    }

    /// Tenant and client of Azure.
    ///
    /// # Errors
    /// An annotation is absent.
    pub fn azure_client(&self) -> Result<(&str, &str), Error> {
        let need = |key: &str, what: &str| {
            let text = self.text(key);
            let absent = || {
                Error::Settings(format!("azure {what} is not set in the service account annotation {key}"))
            };
            (!text.is_empty()).then_some(text).ok_or_else(absent)
        };
        Ok((need(TENANT, "tenant ID")?, need(CLIENT, "client ID")?))
    }

    /// The service account of Google Cloud that it becomes, if one is named.
    ///
    /// # Errors
    /// The annotation is not in its form.
    pub fn gcp_email(&self) -> Result<Option<&str>, Error> {
        let email = self.text(EMAIL);
        let word = |text: &str| {
            (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let fits = email
            .strip_suffix(".iam.gserviceaccount.com")
            .and_then(|rest| rest.split_once('@'))
            .is_some_and(|(name, project)| word(name) && word(project));
        match email {
            "" => Ok(None),
            email if fits => Ok(Some(email)),
            email => Err(mismatch(EMAIL, email, EMAIL_PATTERN)),
        }
    }

    /// The audience of its tokens for Google Cloud, where it names a provider of a pool; none means that this cluster is
    /// one of GKE.
    ///
    /// # Errors
    /// The annotation is not in its form.
    pub fn gcp_audience(&self) -> Result<Option<String>, Error> {
        let pool = self.text(POOL);
        if pool.is_empty() {
            return Ok(None);
        }
        let fits = |part: &str| (1..=100).contains(&part.chars().count());
        match pool.split('/').collect::<Vec<_>>().as_slice() {
            [
                "projects",
                number,
                "locations",
                "global",
                "workloadIdentityPools",
                name,
                "providers",
                provider,
            ] if is_account(number) && fits(name) && fits(provider) => {
                Ok(Some(format!("//iam.googleapis.com/{pool}")))
            }
            _ => Err(mismatch(POOL, pool, POOL_PATTERN)),
        }
    }

    /// Where it logs in to Vault, if that stands on it.
    #[must_use]
    pub fn vault_login_path(&self) -> Option<&str> {
        Some(self.text(LOGIN_PATH)).filter(|path| !path.is_empty())
    }

    /// Its role in Vault: `<namespace>_<name>` unless that stands on it.
    #[must_use]
    pub fn vault_role(&self) -> String {
        match self.text(VAULT_ROLE) {
            "" => format!("{}_{}", self.namespace, self.name),
            role => role.to_owned(),
        }
    }

    /// All of it that matters to a cloud, for the names of what is kept.
    pub(crate) fn key(&self, audiences: &[String]) -> String {
        let told: Vec<&str> =
            [ROLE, EMAIL, POOL, TENANT, CLIENT].into_iter().map(|key| self.text(key)).collect();
        format!("{}/{}/{}\n{}\n{}", self.namespace, self.name, self.uid, told.join("\n"), audiences.join(","))
    }
}

fn mismatch(key: &str, value: &str, pattern: &str) -> Error {
    let shown = line(value, 256);
    Error::Settings(format!("invalid {key} annotation: '{shown}'. must match {pattern}"))
}

/// For whom tokens for AWS and Azure are.
pub(crate) const AWS_AUDIENCE: &str = "sts.amazonaws.com";
pub(crate) const AZURE_AUDIENCE: &str = "api://AzureADTokenExchange";

/// What is kept of AWS is kept by region.
pub(crate) fn region(region: &str) -> Result<&str, Error> {
    if aws::is_region(region) {
        Ok(region)
    } else {
        Err(Error::Settings("the region of AWS is not in its form".to_owned()))
    }
}
