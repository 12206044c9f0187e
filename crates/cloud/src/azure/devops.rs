//! Git repositories of Azure DevOps, which take tokens of Entra ID (contracts/source-controller.md 12).

use crate::Error;

/// The scope of tokens for Azure DevOps: the same application everywhere.
pub const SCOPE: &str = "499b84ac-1321-427f-aa17-267ca6975798/.default";

/// Looks whether an address is one of Azure DevOps, which alone gets such tokens: they open all that their owner may open
/// there. The host has a port only where that is not the scheme's own.
///
/// # Errors
/// It is not.
pub fn check(scheme: &str, host: &str) -> Result<(), Error> {
    if scheme == "https" && (host == "dev.azure.com" || host.ends_with(".visualstudio.com")) {
        return Ok(());
    }
    let shown = manifest::foreign::line(host, 256);
    Err(Error::Settings(format!(
        "invalid Azure DevOps Git URL: '{scheme}://{shown}'. must be https at dev.azure.com or *.visualstudio.com"
    )))
}
