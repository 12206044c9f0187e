//! Fetches the artifact that the source has now, as kustomize-controller does, and unpacks it. Where it lies inside the
//! cluster it is fetched through the API server, with the rights of whoever asks.

use std::time::Duration;

use api::Artifact;
use artifact::{Digest, MemTree, fetch, unpack};
use cluster::Class;
use futures::AsyncReadExt as _;
use kube::Client;

use super::address::{Address, address};
use crate::error::CliError;

/// A person does not wait for a server that is not there.
const LIMITS: fetch::Limits = fetch::Limits {
    bytes: 256 << 20,
    retries: 1,
    min_wait: Duration::from_secs(1),
    max_wait: Duration::from_secs(1),
    idle_timeout: Duration::from_secs(10),
    rate: 64 << 10,
    slow_after: Duration::from_secs(30),
};

/// The tree of an artifact.
pub(super) async fn tree(client: &Client, artifact: &Artifact) -> Result<MemTree, CliError> {
    let refused =
        |message: String| CliError::cluster(format!("the artifact: {message}")).with_hints([hint()]);
    let digest = Digest::parse(&artifact.digest).map_err(|error| refused(error.to_string()))?;
    let bytes = match address(&artifact.url) {
        Address::Service { namespace, name, path } => {
            // Who is in the cluster needs no right to go through the API server.
            let near = if is_in_cluster() { direct(artifact, &digest, 0).await.ok() } else { None };
            match near {
                Some(bytes) => bytes,
                None => through_service(client, &path, &format!("{namespace}/{name}")).await?,
            }
        }
        Address::Anywhere => direct(artifact, &digest, LIMITS.retries).await.map_err(refused)?,
    };
    if !digest.matches(&bytes) {
        return Err(refused(format!("what was fetched does not have the digest {digest}")));
    }
    let unpacked = tokio::task::spawn_blocking(move || unpack::unpack(&bytes, &unpack::Limits::default()));
    match unpacked.await {
        Ok(tree) => tree.map_err(|error| refused(error.to_string())),
        Err(_) => Err(refused("its reader failed".to_owned())),
    }
}

/// Whether this runs in a pod, by what Kubernetes puts into its environment.
fn is_in_cluster() -> bool {
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}

/// By its own address.
async fn direct(artifact: &Artifact, digest: &Digest, retries: u32) -> Result<Vec<u8>, String> {
    let agent = concat!("flyball-cli/", env!("CARGO_PKG_VERSION"));
    let http = fetch::client(agent).map_err(|error| error.to_string())?;
    let limits = fetch::Limits { retries, ..LIMITS };
    fetch::fetch(&http, &artifact.url, digest, &limits).await.map_err(|error| error.to_string())
}

/// By the API server's proxy to a Service.
async fn through_service(client: &Client, path: &str, service: &str) -> Result<Vec<u8>, CliError> {
    let what = format!("the artifact, through the API server from Service {service}");
    let said = |message: &str| CliError::cluster(format!("{what}: {message}"));
    let request = http::Request::get(path).body(Vec::new()).map_err(|error| said(&error.to_string()))?;
    let answered = client.request_stream(request).await.map_err(cluster::Error::from);
    let stream = answered.map_err(|error| {
        let right = match error.classify() {
            Class::Forbidden => {
                let namespace = service.split('/').next().unwrap_or_default();
                Some(format!("the right to get services/proxy in {namespace} lets you fetch it"))
            }
            _ => None,
        };
        said(error.message()).with_hints(right.into_iter().chain([hint()]))
    })?;
    let mut bytes = Vec::new();
    let mut stream = std::pin::pin!(stream.take(LIMITS.bytes.saturating_add(1)));
    stream.read_to_end(&mut bytes).await.map_err(|error| said(&error.to_string()).with_hints([hint()]))?;
    if bytes.len() as u64 > LIMITS.bytes {
        return Err(said(&format!("it is larger than {} bytes", LIMITS.bytes)).with_hints([hint()]));
    }
    Ok(bytes)
}

fn hint() -> String {
    "compare a checkout instead: --path DIR, where DIR is the root of what the source has; a slow way gets more time \
     with --request-timeout"
        .to_owned()
}
