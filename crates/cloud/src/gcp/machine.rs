//! What the metadata server says: a token of the machine's service account, or of the pod's where GKE stands in its place,
//! and which cluster of GKE this is.

use crate::http::{self, Request, Response, Token};
use crate::{Error, Machine};

const SERVICE: &str = "the metadata server of Google Cloud";
const CONTEXT: &str = "failed to ask who the machine is";
/// The server's address; its name would have to be looked up.
const HOST: &str = "169.254.169.254";

/// A request for a value below `computeMetadata/v1/`.
///
/// # Errors
/// The environment names a host that is none.
pub fn ask(machine: &dyn Machine, path: &str) -> Result<Request, Error> {
    let host = machine.variable("GCE_METADATA_HOST").unwrap_or_else(|| HOST.to_owned());
    let url = format!("http://{host}");
    if host.contains('/') || http::host(&url, true).is_none() {
        return Err(Error::Address { service: SERVICE, why: "GCE_METADATA_HOST is no host" });
    }
    Ok(Request::get(format!("{url}/computeMetadata/v1/{path}")).near().header("metadata-flavor", "Google"))
}

/// Where the token is.
pub const TOKEN: &str = "instance/service-accounts/default/token";

/// What tells which cluster of GKE this is: project, location and name.
pub const CLUSTER: [&str; 3] =
    ["project/project-id", "instance/attributes/cluster-location", "instance/attributes/cluster-name"];

/// The token in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_token(response: &Response) -> Result<Token, Error> {
    http::token(&http::json(response, SERVICE, CONTEXT, http::oauth_code)?, SERVICE)
}

/// A value that is a word.
///
/// # Errors
/// It is an error, or none.
pub fn read_word(response: &Response) -> Result<String, Error> {
    if response.status != 200 {
        let status = response.status;
        return Err(Error::Refused { context: CONTEXT, service: SERVICE, status, code: None });
    }
    let text = std::str::from_utf8(&response.body).unwrap_or_default().trim();
    http::word(text).ok_or(Error::Answer(SERVICE))
}
