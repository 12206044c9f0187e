//! The controller's own ServiceAccount, as its token names it (contracts/kustomize-controller.md 19). Those that a spec or a
//! ConfigMap names are `reconcile_core::accounts`'.

use serde_json::Value;

/// Where Kubernetes puts a pod's own token.
const OWN_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// What the controller's own token says of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Own {
    /// Namespace and name of the account.
    pub(crate) account: [String; 2],
    /// For whom it is: all that the API server takes for itself, where nothing else was asked for it.
    pub(crate) audiences: Vec<String>,
}

/// The controller's own account.
pub(crate) async fn own() -> Result<Own, String> {
    let token = tokio::fs::read_to_string(OWN_TOKEN).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => error.to_string(),
        };
        format!("failed to read service account token file {OWN_TOKEN}: open {OWN_TOKEN}: {why}")
    })?;
    said(&token)
}

/// What a token says, which is the API server's own and is not verified here.
fn said(token: &str) -> Result<Own, String> {
    let claims = cloud::jwt::claims(token).unwrap_or_default();
    let subject = claims.text("sub");
    let subject = subject.ok_or("failed to get subject from service account token: token is malformed")?;
    let account = account_of(subject).map(|parts| parts.map(str::to_owned)).ok_or_else(|| {
        let subject = manifest::foreign::line(subject, 256);
        format!("invalid subject format in service account token: {subject}")
    })?;
    // One may stand without a list (RFC 7519, 4.1.3).
    let audiences = match claims.0.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(Own { account, audiences })
}

/// `system:serviceaccount:<namespace>:<name>`.
fn account_of(subject: &str) -> Option<[&str; 2]> {
    match subject.split(':').collect::<Vec<_>>().as_slice() {
        ["system", "serviceaccount", namespace, name] => Some([namespace, name]),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
