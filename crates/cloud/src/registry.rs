//! Which hosts are registries of a cloud (contracts/source-controller.md 7.4). They alone get its logins, so that nobody
//! gets one by naming a host of their own.

use crate::aws::ecr;
use crate::aws::is_region;
use crate::{Error, Provider};

const AWS_PATTERN: &str = r"^([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([a-zA-Z0-9][a-zA-Z0-9_-]{0,99})\.(amazonaws\.(?:com(?:\.cn)?|eu)|on\.(?:aws|amazonwebservices\.com\.cn)|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$";
/// What comes after the region.
const AWS_DOMAINS: [&str; 9] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "on.aws",
    "on.amazonwebservices.com.cn",
    "sc2s.sgov.gov",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];
/// What comes after the account.
const AWS_SERVICES: [&str; 4] = [".dkr.ecr.", ".dkr-ecr.", ".dkr.ecr-fips.", ".dkr-ecr-fips."];
const AWS_PUBLIC: [&str; 2] = ["public.ecr.aws", "ecr-public.aws.com"];
const AZURE_PATTERN: &str = r"^.+\.(azurecr\.io|azurecr\.cn|azurecr\.de|azurecr\.us)$";
const AZURE_DOMAINS: [&str; 4] = [".azurecr.io", ".azurecr.cn", ".azurecr.de", ".azurecr.us"];
const GCP_PATTERN: &str = r"^(((.+\.)?gcr\.io)|(.+-docker\.pkg\.dev))$";

/// A registry of a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Registry<'a> {
    /// Of AWS, asked for in this region.
    Aws {
        /// Which service.
        kind: ecr::Kind,
        /// The region.
        region: &'a str,
    },
    /// Of Azure, at this host.
    Azure {
        /// The host.
        host: &'a str,
    },
    /// Of Google Cloud.
    Gcp,
}

impl<'a> Registry<'a> {
    /// The registry at a host, which may have a port.
    ///
    /// # Errors
    /// It is none of this cloud's.
    pub fn of(provider: Provider, host: &'a str) -> Result<Self, Error> {
        let (found, cloud, pattern) = match provider {
            Provider::Aws => (of_aws(host), "AWS", AWS_PATTERN),
            Provider::Azure => {
                let fits = AZURE_DOMAINS.iter().any(|domain| is_below(host, domain));
                (fits.then_some(Self::Azure { host }), "Azure", AZURE_PATTERN)
            }
            Provider::Gcp => {
                let fits = host == "gcr.io" || is_below(host, ".gcr.io") || is_below(host, "-docker.pkg.dev");
                (fits.then_some(Self::Gcp), "GCP", GCP_PATTERN)
            }
        };
        found.ok_or_else(|| {
            let shown = manifest::foreign::line(host, 256);
            Error::Settings(format!("invalid {cloud} registry: '{shown}'. must match {pattern}"))
        })
    }
}

fn of_aws(host: &str) -> Option<Registry<'_>> {
    if AWS_PUBLIC.contains(&host) {
        return Some(Registry::Aws { kind: ecr::Kind::Public, region: ecr::PUBLIC_REGION });
    }
    let (account, rest) = host.split_at_checked(12)?;
    let rest = AWS_SERVICES.iter().find_map(|service| rest.strip_prefix(service))?;
    let (region, domain) = rest.split_once('.')?;
    let fits = account.bytes().all(|b| b.is_ascii_digit()) && is_region(region);
    (fits && AWS_DOMAINS.contains(&domain)).then_some(Registry::Aws { kind: ecr::Kind::Private, region })
}

/// Whether a host ends so and has something before it. It becomes part of a URL.
fn is_below(host: &str, end: &str) -> bool {
    let start = host.strip_suffix(end).unwrap_or_default();
    !start.is_empty()
        && !start.starts_with(['.', '-'])
        && start.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}
