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
    /// Its CA bundle in PEM.
    pub authority: String,
}
