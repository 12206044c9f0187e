//! Who the process is to AWS: keys or a token that its environment names, the container's credentials (ECS, EKS Pod
//! Identity), or the machine's role (metadata service, version 2 only). In the order of the SDKs; files with profiles are
//! not read.

use jiff::Timestamp;

use super::sts;
use crate::http::{self, Request, Response};
use crate::wipe::Wiped;
use crate::{AwsCredentials, Error, Exchange, Machine, SendError};

const CONTAINER: &str = "the container's credentials endpoint of AWS";
const METADATA: &str = "the metadata service of AWS";
const CONTEXT: &str = "failed to get the credentials of the machine";
/// Where containers of ECS ask.
const ECS: &str = "http://169.254.170.2";
/// Besides the own machine, hosts that may be named in the clear (ECS, EKS Pod Identity).
const NEAR: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];
const IMDS: &str = "http://169.254.169.254";

/// The credentials, and until when they are valid, where that is said.
pub(crate) type Found = (AwsCredentials, Option<Timestamp>);

/// Finds them.
///
/// # Errors
/// There are none, or they cannot be had.
pub(crate) async fn credentials(
    exchange: &dyn Exchange,
    machine: &dyn Machine,
    region: &str,
) -> Result<Found, Error> {
    let variable = |name| machine.variable(name);
    if let (Some(id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        let session_token = variable("AWS_SESSION_TOKEN").map(Into::into);
        let secret_access_key = secret.into();
        return Ok((AwsCredentials { access_key_id: id, secret_access_key, session_token }, None));
    }
    if let (Some(role), Some(file)) = (variable("AWS_ROLE_ARN"), variable("AWS_WEB_IDENTITY_TOKEN_FILE")) {
        let token = machine.file(&file).await?;
        let session = variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "flyball".to_owned());
        let own = super::own_endpoint(machine, "sts")?;
        let request = sts::assume_role_with_web_identity(&role, &session, &token, region, own.as_deref())?;
        return sts::read(&send(exchange, "AWS STS", request).await?);
    }
    if let Some(request) = container(machine).await? {
        return read_container(&send(exchange, CONTAINER, request).await?);
    }
    if variable("AWS_EC2_METADATA_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return Err(Error::Settings(
            "the environment of the controller names no AWS credentials, and the metadata service is disabled".to_owned(),
        ));
    }
    metadata(exchange, machine).await
}

async fn send(exchange: &dyn Exchange, service: &'static str, request: Request) -> Result<Response, Error> {
    exchange.send(request).await.map_err(|SendError(why)| Error::Unreachable { service, why })
}

/// The request for the container's credentials, where the environment names an address.
async fn container(machine: &dyn Machine) -> Result<Option<Request>, Error> {
    let url = match (
        machine.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        machine.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ) {
        (Some(path), _) => format!("{ECS}/{}", path.trim_start_matches('/')),
        (None, Some(url)) if is_near(&url) => url,
        (None, Some(_)) => {
            let why = "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor of this machine";
            return Err(Error::Address { service: CONTAINER, why });
        }
        (None, None) => return Ok(None),
    };
    let mut request = Request::get(url).near();
    // Read each time: EKS renews the file.
    if let Some(file) = machine.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        let token = machine.file(&file).await?;
        request.headers.push(("authorization", token));
    } else if let Some(token) = machine.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
        request = request.header("authorization", token);
    }
    Ok(Some(request))
}

fn is_near(url: &str) -> bool {
    http::host(url, false).is_some()
        || http::host(url, true).is_some_and(|host| NEAR.contains(&host) || http::is_loopback(host))
}

fn read_container(response: &Response) -> Result<Found, Error> {
    read(&http::json(response, CONTAINER, CONTEXT, |_| None)?, CONTAINER)
}

/// Version 2: first a token, so that nobody who can merely make us fetch a URL gets anything.
async fn metadata(exchange: &dyn Exchange, machine: &dyn Machine) -> Result<Found, Error> {
    let base = machine.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| IMDS.to_owned());
    let base = base.trim_end_matches('/');
    if http::host(base, true).is_none() {
        return Err(Error::Address { service: METADATA, why: "it is no http URL" });
    }
    let mut request = Request::get(format!("{base}/latest/api/token"))
        .near()
        .header("x-aws-ec2-metadata-token-ttl-seconds", "60");
    request.method = "PUT";
    let text = |response: &Response| -> Result<String, Error> {
        if response.status != 200 {
            let (context, service, status) = (CONTEXT, METADATA, response.status);
            return Err(Error::Refused { context, service, status, code: None });
        }
        let text = std::str::from_utf8(&response.body).map_err(|_| Error::Answer(METADATA))?;
        Ok(text.lines().next().unwrap_or_default().trim().to_owned())
    };
    let token = text(&send(exchange, METADATA, request).await?)?;
    let path = format!("{base}/latest/meta-data/iam/security-credentials/");
    let ask = |url: String| Request::get(url).near().header("x-aws-ec2-metadata-token", token.clone());
    let listed = send(exchange, METADATA, ask(path.clone())).await?;
    if listed.status == 404 {
        return Err(Error::Settings("no IAM role is attached to the machine".to_owned()));
    }
    let role = text(&listed)?;
    let response = send(exchange, METADATA, ask(format!("{path}{}", http::encoded(&role)))).await?;
    let answer = http::json(&response, METADATA, CONTEXT, |_| None)?;
    if answer.text("Code").is_some_and(|code| code != "Success") {
        return Err(Error::Answer(METADATA));
    }
    read(&answer, METADATA)
}

fn read(answer: &Wiped, service: &'static str) -> Result<Found, Error> {
    let need = |name| answer.text(name).ok_or(Error::Answer(service));
    let credentials = AwsCredentials {
        access_key_id: need("AccessKeyId")?.to_owned(),
        secret_access_key: need("SecretAccessKey")?.to_owned().into(),
        session_token: answer.text("Token").map(|token| token.to_owned().into()),
    };
    Ok((credentials, answer.text("Expiration").and_then(|text| text.parse().ok())))
}
