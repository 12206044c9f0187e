//! Clouds in the place of the real ones: they give everybody what they ask for, and remember what that was.

use cloud::{Exchange, Machine, Request, Response, Secret, SendError};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Answers as STS, EKS, Vault, Google's machine and GKE; nobody else is there.
#[derive(Default)]
pub(crate) struct Clouds {
    asked: Mutex<Vec<String>>,
    /// The environment has keys of AWS.
    aws: bool,
    /// Nobody answers.
    is_away: AtomicBool,
}

impl Clouds {
    /// Those of a machine that has keys of AWS in its environment.
    pub(crate) fn with_aws() -> Self {
        Self { aws: true, ..Self::default() }
    }

    /// Whether nobody answers.
    pub(crate) fn be_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// Method, URL and body of each request since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock())
    }
}

#[async_trait::async_trait]
impl Exchange for Clouds {
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        self.asked.lock().push(format!("{} {} {body}", request.method, request.url).trim_end().to_owned());
        if self.is_away.load(Ordering::Relaxed) {
            return Err(SendError("refused".to_owned()));
        }
        let (status, answer) = if request.url.contains("sts.") {
            let xml = "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                       <Expiration>2999-01-01T00:00:00Z</Expiration>";
            (200, xml)
        } else if request.url.contains("/computeMetadata/v1/") {
            (200, r#"{"access_token": "own", "expires_in": 3600}"#)
        } else if request.url.starts_with("https://container.googleapis.com/v1/") {
            // The authority is no certificate: `-`.
            (200, r#"{"endpoint": "34.1.2.3", "masterAuth": {"clusterCaCertificate": "LQ=="}}"#)
        } else if request.url.contains("/v1/") {
            (200, r#"{"auth": {"client_token": "s.vault", "lease_duration": 3600}}"#)
        } else if request.url.ends_with("/clusters/there") {
            // The authority is no certificate: `-`.
            (
                200,
                r#"{"cluster": {"endpoint": "https://there.eks", "certificateAuthority": {"data": "LQ=="}}}"#,
            )
        } else if request.url.ends_with("/clusters/hidden") {
            (403, r#"{"__type": "AccessDeniedException"}"#)
        } else {
            return Err(SendError("refused".to_owned()));
        };
        Ok(Response { status, body: answer.as_bytes().to_vec().into() })
    }

    fn now(&self) -> jiff::Timestamp {
        "2026-11-30T12:00:00Z".parse().unwrap()
    }
}

#[async_trait::async_trait]
impl Machine for Clouds {
    fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "AWS_EC2_METADATA_DISABLED" => "true",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" if self.aws => "own",
            _ => return None,
        };
        Some(value.to_owned())
    }

    async fn file(&self, _: &str) -> Result<Secret, cloud::Error> {
        Err(cloud::Error::Settings("no file".to_owned()))
    }
}
