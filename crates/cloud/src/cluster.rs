//! A cloud, a Kubernetes cluster of its own, and what it says of that.

/// A cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Amazon's.
    Aws,
    /// Microsoft's.
    Azure,
    /// Google's.
    Gcp,
}

impl Provider {
    /// As fields spell it.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "aws" => Some(Self::Aws),
            "azure" => Some(Self::Azure),
            "gcp" => Some(Self::Gcp),
            _ => None,
        }
    }
}

/// A cluster, as its cloud names it.
#[derive(Debug, Clone, Copy)]
pub struct Cluster<'a> {
    /// Whose it is.
    pub provider: Provider,
    /// ARN or ID. Azure and Google Cloud need none where address and authority are known otherwise.
    pub id: &'a str,
}

/// Where a cluster is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Of its API server, as the cloud writes it.
    pub address: String,
    /// More addresses of it: private ones, names.
    pub others: Vec<String>,
    /// Its CA bundle in PEM.
    pub authority: String,
}

impl Described {
    /// Whether the cloud knows it at this address.
    #[must_use]
    pub fn is_at(&self, address: &str) -> bool {
        let mut known = std::iter::once(&self.address).chain(&self.others);
        known.any(|known| canonical(known) == canonical(address))
    }
}

/// An address without what may be left out.
fn canonical(address: &str) -> &str {
    let rest = address.strip_prefix("https://").unwrap_or(address).trim_end_matches('/');
    rest.strip_suffix(":443").unwrap_or(rest)
}
