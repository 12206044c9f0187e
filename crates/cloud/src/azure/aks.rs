//! Clusters of AKS: what the resource manager says of them. The token that lets one in is one of Entra ID.

use manifest::yaml::{Dialect, read_all};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::cluster::Described;
use crate::http::{self, Request, Response};
use crate::{Error, base64};

/// The scope of tokens for clusters: the same application everywhere.
pub const SCOPE: &str = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";

const SERVICE: &str = "Azure Resource Manager";
const DESCRIBE: &str = "failed to describe AKS cluster";
const PATTERN: &str = r"(?i)^/subscriptions/([^/]{36})/resourceGroups/([^/]{1,200})/providers/Microsoft\.ContainerService/managedClusters/([^/]{1,200})$";
const VERSION: &str = "2024-05-01";

/// A cluster's ID as a path.
///
/// # Errors
/// It is none.
pub fn cluster(id: &str) -> Result<String, Error> {
    const FIXED: [&str; 9] = [
        "",
        "subscriptions",
        "",
        "resourcegroups",
        "",
        "providers",
        "microsoft.containerservice",
        "managedclusters",
        "",
    ];
    let parts: Vec<&str> = id.split('/').collect();
    let fits = |(at, (part, fixed)): (usize, (&&str, &str))| match (at, fixed) {
        (0, _) => part.is_empty(),
        (2, _) => part.len() == 36,
        (_, "") => (1..=200).contains(&part.chars().count()) && !matches!(*part, "." | ".."),
        (_, fixed) => part.eq_ignore_ascii_case(fixed),
    };
    if parts.len() != FIXED.len() || !parts.iter().zip(FIXED).enumerate().all(fits) {
        let shown = manifest::foreign::line(id, 512);
        return Err(Error::Settings(format!("invalid AKS cluster ID: '{shown}'. must match {PATTERN}")));
    }
    Ok(parts.into_iter().map(http::encoded).collect::<Vec<_>>().join("/"))
}

/// The request that asks what a cluster is. `path` is [`cluster`]'s.
#[must_use]
pub fn describe(manager: &str, path: &str, token: &str) -> Request {
    Request::get(format!("{manager}{path}?api-version={VERSION}")).bearer(token)
}

/// Looks whether tokens of Entra ID let one into the cluster.
///
/// # Errors
/// They do not, or the answer is an error.
pub fn read_describe(response: &Response, id: &str) -> Result<(), Error> {
    let answer = http::json(response, SERVICE, DESCRIBE, code)?;
    let profile = answer.0.get("properties").and_then(|properties| properties.get("aadProfile"));
    if profile.is_none_or(Value::is_null) {
        return Err(Error::Settings(format!(
            "AKS cluster {} does not have Microsoft Entra ID integration enabled. See docs for enabling: \
             https://learn.microsoft.com/en-us/azure/aks/enable-authentication-microsoft-entra-id",
            manifest::foreign::line(id, 512)
        )));
    }
    Ok(())
}

/// The request for the kubeconfigs of a cluster.
#[must_use]
pub fn kubeconfigs(manager: &str, path: &str, token: &str) -> Request {
    let url = format!("{manager}{path}/listClusterUserCredential?api-version={VERSION}");
    let mut request = Request::get(url).bearer(token).header("content-length", "0");
    request.method = "POST";
    request
}

/// Addresses and authorities in the answer; none that is no cluster's.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_kubeconfigs(response: &Response) -> Result<Vec<Described>, Error> {
    let answer = http::json(response, SERVICE, DESCRIBE, code)?;
    let list = answer.0.get("kubeconfigs").and_then(Value::as_array).ok_or(Error::Answer(SERVICE))?;
    let read = |entry: &Value| {
        let kubeconfig = Zeroizing::new(base64::standard(entry.get("value")?.as_str()?)?.to_vec());
        let values = read_all(std::str::from_utf8(&kubeconfig).ok()?, Dialect::V2).ok()?;
        let cluster = values.first()?.get("clusters")?.get(0)?.get("cluster")?.clone();
        let text = |name: &str| cluster.get(name).and_then(Value::as_str);
        let authority = base64::standard(text("certificate-authority-data")?)?;
        let authority = String::from_utf8(authority.to_vec()).ok()?;
        Some(Described { address: text("server")?.to_owned(), others: Vec::new(), authority })
    };
    Ok(list.iter().filter_map(read).collect())
}

fn code(value: &Value) -> Option<&str> {
    value.get("error")?.get("code")?.as_str()
}
