//! Where an artifact lies: at a Service of the cluster, which is reached through the API server, or at an address that can
//! be asked as it is. Pure.

use http::Uri;

#[cfg(test)]
mod tests;

/// Where to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A Service, and the API server's path that leads through it.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Of the request to the API server.
        path: String,
    },
    /// Anywhere else.
    Anywhere,
}

/// Reads the URL of an artifact.
pub(super) fn address(url: &str) -> Address {
    service(url).unwrap_or(Address::Anywhere)
}

fn service(url: &str) -> Option<Address> {
    let url: Uri = url.parse().ok()?;
    let scheme = url.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let host = url.host()?.trim_end_matches('.');
    let mut labels = host.split('.');
    let (name, namespace) = (labels.next()?, labels.next()?);
    if labels.next() != Some("svc") {
        return None;
    }
    for segment in [name, namespace] {
        manifest::check_segment("name", segment).ok()?;
    }
    let port = url.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    let rest = url.path_and_query().map(ToString::to_string).unwrap_or_default();
    let path = format!("/api/v1/namespaces/{namespace}/services/{scheme}:{name}:{port}/proxy{rest}");
    Some(Address::Service { namespace: namespace.to_owned(), name: name.to_owned(), path })
}
