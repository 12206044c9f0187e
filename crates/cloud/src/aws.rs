//! AWS: where its services are and what its resources are called, the security token service, the identity of the
//! machine, EKS, and logins for ECR and CodeCommit.

pub mod arn;
pub mod codecommit;
pub mod ecr;
pub mod eks;
pub mod machine;
pub mod sts;

use crate::Machine;

/// What AWS is called in messages.
pub const NAME: &str = "AWS";

/// Whether a text is the name of a region: it becomes part of a host name.
#[must_use]
pub fn is_region(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether a text is the number of an account.
pub(crate) fn is_account(text: &str) -> bool {
    (1..=30).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text is the name of a partition (`aws`, `aws-cn`).
pub(crate) fn is_partition(text: &str) -> bool {
    text.starts_with("aws") && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// The domain of a region's services.
fn domain(region: &str) -> &'static str {
    let starts = |start: &str| region.starts_with(start);
    if starts("cn-") {
        "amazonaws.com.cn"
    } else if starts("us-isob-") {
        "sc2s.sgov.gov"
    } else if starts("us-iso-") {
        "c2s.ic.gov"
    } else if starts("us-isof-") {
        "csp.hci.ic.gov"
    } else if starts("eu-isoe-") {
        "cloud.adc-e.uk"
    } else if starts("eusc-") {
        "amazonaws.eu"
    } else {
        "amazonaws.com"
    }
}

/// The address of a service in a region, with a slash at its end. `own` is what stands for it.
#[must_use]
pub fn endpoint(own: Option<&str>, service: &str, region: &str) -> String {
    match own {
        Some(own) => format!("{}/", own.trim_end_matches('/')),
        None => format!("https://{service}.{region}.{}/", domain(region)),
    }
}

/// What the environment has in the place of a service's endpoint, in the SDKs' words (`AWS_ENDPOINT_URL_STS`).
///
/// # Errors
/// It is no address: whoever names a private endpoint wants nothing to go to the public one.
pub fn own_endpoint(machine: &dyn Machine, service: &str) -> Result<Option<String>, crate::Error> {
    if machine.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|text| text == "true") {
        return Ok(None);
    }
    let of_service = format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase());
    let read = |variable| Some((variable, machine.variable(variable)?));
    let Some((variable, own)) = read(of_service.as_str()).or_else(|| read("AWS_ENDPOINT_URL")) else {
        return Ok(None);
    };
    if crate::http::host(&own, true).is_none() {
        return Err(crate::Error::Settings(format!("{variable} is no http or https URL")));
    }
    Ok(Some(own))
}

/// The name of an error in JSON, without the namespace that may stand before it.
#[must_use]
pub fn error_name(value: &serde_json::Value) -> Option<&str> {
    value.get("__type").or_else(|| value.get("code"))?.as_str()?.rsplit('#').next()
}
