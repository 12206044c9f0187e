//! The Kubernetes clusters of the clouds: where they are, and the tokens that let one in.

use jiff::{SignedDuration, Timestamp};

use super::{Cloud, Who};
use crate::aws::{self, eks};
use crate::azure::{aks, resource_manager};
use crate::cluster::{Cluster, Described, Provider};
use crate::gcp::gke;
use crate::kept::until;
use crate::{Error, Secret};

impl Cloud {
    /// Where a cluster is. `address` is one of several that it may have.
    ///
    /// # Errors
    /// It is not known, or one may not ask.
    pub async fn describe(
        &self,
        who: Who<'_>,
        cluster: Cluster<'_>,
        address: Option<&str>,
    ) -> Result<Described, Error> {
        match cluster.provider {
            Provider::Aws => {
                let (region, name) = eks::cluster(cluster.id)?;
                let credentials = self.aws(who, region).await?;
                let own = aws::own_endpoint(self.machine(), "eks")?;
                let now = self.exchange.now();
                let request = eks::describe(region, name, own.as_deref(), &credentials, now)?;
                eks::read_describe(&self.send("EKS", request).await?)
            }
            Provider::Azure => self.describe_aks(who, cluster.id, address).await,
            Provider::Gcp => {
                let path = gke::cluster(cluster.id)?;
                let token = self.gcp(who).await?;
                gke::read_describe(&self.send("GKE", gke::describe(&path, &token)).await?)
            }
        }
    }

    async fn describe_aks(&self, who: Who<'_>, id: &str, address: Option<&str>) -> Result<Described, Error> {
        const SERVICE: &str = "Azure Resource Manager";
        let path = aks::cluster(id)?;
        let authority = self.machine().variable("AZURE_AUTHORITY_HOST");
        let manager = resource_manager(authority.as_deref());
        let token = self.azure(who, &format!("{manager}/.default")).await?;
        aks::read_describe(&self.send(SERVICE, aks::describe(manager, &path, &token)).await?, id)?;
        let answer = self.send(SERVICE, aks::kubeconfigs(manager, &path, &token)).await?;
        let found = aks::read_kubeconfigs(&answer)?;
        let shown = manifest::foreign::line(id, 512);
        let Some(wanted) = address else {
            let first = found.into_iter().next();
            return first
                .ok_or_else(|| Error::Settings(format!("no kubeconfig found for AKS cluster {shown}")));
        };
        let addresses: Vec<String> = found.iter().map(|found| format!("'{}'", found.address)).collect();
        let fits = found.into_iter().find(|found| found.is_at(wanted));
        fits.ok_or_else(|| {
            Error::Settings(format!(
                "no kubeconfig found for AKS cluster {shown} matching the specified address '{}'. cluster addresses: \
                 [{}]",
                manifest::foreign::line(wanted, 256),
                addresses.join(", ")
            ))
        })
    }

    /// A token that lets one into a cluster, and until when it is to be used.
    ///
    /// # Errors
    /// There is none.
    pub async fn cluster_token(
        &self,
        who: Who<'_>,
        cluster: Cluster<'_>,
    ) -> Result<(Secret, Timestamp), Error> {
        match cluster.provider {
            Provider::Aws => {
                let (region, name) = eks::cluster(cluster.id)?;
                let (credentials, ends) = self.lasting_aws(who, region).await?;
                let own = aws::own_endpoint(self.machine(), "sts")?;
                let now = self.exchange.now();
                let token = eks::token(region, name, own.as_deref(), &credentials, now)?;
                // No longer than the credentials; those that say no end are asked for anew each time.
                let used = until(now, i64::from(eks::VALID));
                let short = now.checked_add(SignedDuration::from_mins(1)).unwrap_or(now);
                Ok((token, if ends > short { used.min(ends) } else { short }))
            }
            Provider::Azure => self.lasting_azure(who, aks::SCOPE).await,
            Provider::Gcp => self.lasting_gcp(who).await,
        }
    }

    /// The time that ends are of.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.exchange.now()
    }
}
