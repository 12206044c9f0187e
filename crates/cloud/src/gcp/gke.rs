//! Clusters of GKE: where they are. The token that lets one in is any of Google Cloud.

use serde_json::Value;

use crate::cluster::Described;
use crate::http::{self, Request, Response};
use crate::{Error, base64};

const SERVICE: &str = "GKE";
const PATTERN: &str = "^projects/[^/]{1,200}/locations/[^/]{1,200}/clusters/[^/]{1,200}$";

/// Where other addresses of a cluster stand.
const OTHERS: [&str; 5] = [
    "/privateClusterConfig/privateEndpoint",
    "/privateClusterConfig/publicEndpoint",
    "/controlPlaneEndpointsConfig/dnsEndpointConfig/endpoint",
    "/controlPlaneEndpointsConfig/ipEndpointsConfig/privateEndpoint",
    "/controlPlaneEndpointsConfig/ipEndpointsConfig/publicEndpoint",
];

/// A cluster's ID as a path.
///
/// # Errors
/// It is none.
pub fn cluster(id: &str) -> Result<String, Error> {
    let parts: Vec<&str> = id.split('/').collect();
    let fits = |part: &str| (1..=200).contains(&part.chars().count()) && !matches!(part, "." | "..");
    match parts.as_slice() {
        ["projects", project, "locations", location, "clusters", name]
            if fits(project) && fits(location) && fits(name) =>
        {
            Ok(parts.into_iter().map(http::encoded).collect::<Vec<_>>().join("/"))
        }
        _ => {
            let shown = manifest::foreign::line(id, 512);
            Err(Error::Settings(format!("invalid GKE cluster ID: '{shown}'. must match {PATTERN}")))
        }
    }
}

/// The request that asks where a cluster is. `path` is [`cluster`]'s.
#[must_use]
pub fn describe(path: &str, token: &str) -> Request {
    Request::get(format!("https://container.googleapis.com/v1/{path}")).bearer(token)
}

/// Address and authority in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_describe(response: &Response) -> Result<Described, Error> {
    let answer = http::json(response, SERVICE, "failed to describe GKE cluster", |value| {
        value.get("error")?.get("status")?.as_str()
    })?;
    let read = || {
        let data = answer.0.get("masterAuth")?.get("clusterCaCertificate").and_then(Value::as_str)?;
        let authority = String::from_utf8(base64::standard(data)?.to_vec()).ok()?;
        let others = OTHERS.iter().filter_map(|path| answer.0.pointer(path)?.as_str());
        let others = others.map(str::to_owned).collect();
        Some(Described { address: answer.text("endpoint")?.to_owned(), others, authority })
    };
    read().ok_or(Error::Answer(SERVICE))
}
