//! The HTTP client of the exporter: headers from a file that may change, certificates, time limits; and the answer, which
//! decides whether a batch is sent again. Nothing of it is logged but the code.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use parking_lot::Mutex;

use super::flags::Options;
use super::headers;
use super::resource::About;
use crate::Error;

/// A receiver's answers are short; of longer ones this much is read.
const ANSWER: usize = 64 * 1024;

/// How the last request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// With an answer.
    Status {
        /// Its HTTP code.
        code: u16,
        /// How long the receiver wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// Without one.
    Unreachable(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { code, .. } => write!(f, "the receiver answered {code}"),
            Self::Unreachable(why) => f.write_str(why),
        }
    }
}

/// See the module. Clones share the last answer.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    headers_file: Option<PathBuf>,
    last: Arc<Mutex<Option<Answer>>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(options: &Options, about: &About<'_>) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .timeout(options.timeout)
            .pool_max_idle_per_host(1)
            // Headers may be credentials, and are for the receiver alone.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(format!("{}/{}", about.controller, about.version));
        if let Some(path) = &options.certificate {
            let unreadable = |why: String| Error::Startup(format!("{}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|_| unreadable("no PEM certificates".to_owned()))?;
            builder = builder.tls_certs_merge(certificates);
        }
        if let Some(path) = &options.headers_file {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| Error::Startup(format!("{}: {error}", path.display())))?;
            headers::parse(&text).map_err(|why| Error::Startup(format!("{}: {why}", path.display())))?;
        }
        let http = builder.build().map_err(|error| Error::HttpClient(error.to_string()))?;
        Ok(Self { http, headers_file: options.headers_file.clone(), last: Arc::default() })
    }

    /// How the last request ended; taken once.
    pub(super) fn last(&self) -> Option<Answer> {
        self.last.lock().take()
    }

    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        if let Some(path) = &self.headers_file {
            // A mounted Secret changes while we run.
            let text = tokio::fs::read_to_string(path).await;
            let text = text.map_err(|error| format!("--otlp-headers-file cannot be read: {error}"))?;
            let found = headers::parse(&text).map_err(|why| format!("--otlp-headers-file: {why}"))?;
            request.headers_mut().extend(found);
        }
        let request = reqwest::Request::try_from(request).map_err(|error| error.without_url().to_string())?;
        let mut answer = self.http.execute(request).await.map_err(|error| causes(&error.without_url()))?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            let room = ANSWER.saturating_sub(body.len()).min(chunk.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or_default());
            if body.len() >= ANSWER {
                break;
            }
        }
        *response.body_mut() = Bytes::from(body);
        Ok(response)
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request).await;
        let answer = match &sent {
            Ok(response) => Answer::Status {
                code: response.status().as_u16(),
                retry_after: retry_after(response.headers()),
            },
            Err(why) => Answer::Unreachable(why.clone()),
        };
        *self.last.lock() = Some(answer);
        sent.map_err(Into::into)
    }
}

/// The seconds of `Retry-After`; of a date nothing is made.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// An error with what it was caused by.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
