//! Names of resources of AWS. What a resource is called within its service is for those who know it.

use super::{is_account, is_partition};

/// The parts of a resource's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// Short form of the service.
    pub service: &'a str,
    /// Where it is; empty where the service is everywhere. Not looked at.
    pub region: &'a str,
    /// Whose it is, by number.
    pub account: &'a str,
    /// What it is called within the service. Not looked at.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `arn:<partition>:<service>:<region>:<account>:<resource>`; none where it is something else.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        let (start, partition, service) = (next()?, next()?, next()?);
        let (region, account, resource) = (next()?, next()?, next()?);
        let fits = start == "arn" && is_partition(partition) && is_account(account);
        fits.then_some(Self { service, region, account, resource })
    }
}
