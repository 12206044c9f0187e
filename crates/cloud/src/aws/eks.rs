//! Clusters of EKS: where they are, and the token that lets one in, which is a signed question to STS that the cluster
//! asks in our name.

use jiff::Timestamp;

use super::arn::Arn;
use super::{endpoint, error_name, is_region};
use crate::cluster::Described;
use crate::http::{self, Request, Response};
use crate::{AwsCredentials, EMPTY, Error, Secret, Signing, base64, presign, sign};

const SERVICE: &str = "EKS";
const PATTERN: &str = r"^arn:aws[\w-]*:eks:([^:]{1,100}):[0-9]{1,30}:cluster/(.{1,200})$";
/// Seconds that a token is valid; the cluster takes none that says more.
pub const VALID: u32 = 900;

/// The region and the name in a cluster's ARN.
///
/// # Errors
/// It is none.
pub fn cluster(arn: &str) -> Result<(&str, &str), Error> {
    let parse = || {
        let Arn { service, region, resource, .. } = Arn::parse(arn)?;
        let name = resource.strip_prefix("cluster/")?;
        let valid = service == "eks" && is_region(region) && (1..=200).contains(&name.chars().count());
        valid.then_some((region, name))
    };
    parse().ok_or_else(|| {
        let shown = manifest::foreign::line(arn, 256);
        Error::Settings(format!("invalid EKS cluster ARN: '{shown}'. must match {PATTERN}"))
    })
}

/// The request that asks where a cluster is.
///
/// # Errors
/// The endpoint has no host.
pub fn describe(
    region: &str,
    name: &str,
    own_endpoint: Option<&str>,
    credentials: &AwsCredentials,
    now: Timestamp,
) -> Result<Request, Error> {
    let url = format!("{}clusters/{}", endpoint(own_endpoint, "eks", region), http::encoded(name));
    sign(Request::get(url), credentials, Signing { region, service: "eks", now })
}

/// Address and authority in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_describe(response: &Response) -> Result<Described, Error> {
    let answer = http::json(response, SERVICE, "failed to describe EKS cluster", error_name)?;
    let read = || {
        let cluster = answer.0.get("cluster")?;
        let address = cluster.get("endpoint")?.as_str()?.to_owned();
        let data = cluster.get("certificateAuthority")?.get("data")?.as_str()?;
        let authority = String::from_utf8(base64::standard(data)?.to_vec()).ok()?;
        Some(Described { address, others: Vec::new(), authority })
    };
    read().ok_or(Error::Answer(SERVICE))
}

/// The token that lets one in, for 15 minutes.
///
/// # Errors
/// The endpoint has no host.
pub fn token(
    region: &str,
    name: &str,
    own_endpoint: Option<&str>,
    credentials: &AwsCredentials,
    now: Timestamp,
) -> Result<Secret, Error> {
    let url =
        format!("{}?Action=GetCallerIdentity&Version=2011-06-15", endpoint(own_endpoint, "sts", region));
    let headers = [("x-k8s-aws-id", name)];
    let signing = Signing { region, service: "sts", now };
    let signed = presign(&url, &headers, EMPTY, VALID, credentials, signing)?;
    Ok(format!("k8s-aws-v1.{}", base64::to_url(signed.as_bytes())).into())
}
