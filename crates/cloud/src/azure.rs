//! Azure: tokens of Entra ID for a scope, the identity of the machine, AKS, and logins for ACR and Azure DevOps.

pub mod acr;
pub mod aks;
pub mod devops;
pub mod login;

use crate::{AzureCredentials, Error, Machine};

/// What Azure is called in messages.
pub const NAME: &str = "Azure";

/// Who the process is to Azure: a password or a token file that its environment names, or the machine's identity. In the
/// order of the SDK; nothing that would need a program or a person.
///
/// # Errors
/// The token file cannot be read.
pub(crate) async fn of_machine(machine: &dyn Machine) -> Result<AzureCredentials, Error> {
    let variable = |name| machine.variable(name);
    let authority = variable("AZURE_AUTHORITY_HOST");
    let client = variable("AZURE_CLIENT_ID");
    let (Some(tenant), Some(named)) = (variable("AZURE_TENANT_ID"), &client) else {
        return Ok(AzureCredentials::ManagedIdentity { client });
    };
    if let Some(secret) = variable("AZURE_CLIENT_SECRET") {
        let (client, secret) = (named.clone(), secret.into());
        return Ok(AzureCredentials::Secret { tenant, client, secret, authority });
    }
    match variable("AZURE_FEDERATED_TOKEN_FILE") {
        Some(file) => {
            let (client, token) = (named.clone(), machine.file(&file).await?);
            Ok(AzureCredentials::Assertion { tenant, client, token, authority })
        }
        None => Ok(AzureCredentials::ManagedIdentity { client }),
    }
}

/// Where resources are managed, for whoever logs in at this authority.
#[must_use]
pub fn resource_manager(authority: Option<&str>) -> &'static str {
    match authority {
        Some(authority) if authority.contains("chinacloudapi.cn") => "https://management.chinacloudapi.cn",
        Some(authority) if authority.contains("microsoftonline.us") => "https://management.usgovcloudapi.net",
        _ => "https://management.azure.com",
    }
}
