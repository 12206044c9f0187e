//! An object store that speaks Amazon's protocol, as artifacts' second home. The bucket's address, its region and XML are
//! read as those of a Bucket are; here are the four requests. When they are sent is `second`'s.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use artifact::digest::Hasher;
use artifact::{Algorithm, Digest};
use cloud::{AwsCredentials, Cloud, EMPTY, Machine as _, Request, Signing, Who, sign};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use http::StatusCode;
use jiff::Timestamp;
use manifest::error::chain;
use reconcile_core::outside::{Outside, Surroundings};
use reqwest::{Response, Url};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::remote::{Listed, Page, Remote};
use super::wanted::{Body, Unsent};
use crate::bucket::key_text::path;
use crate::bucket::s3::S3;
use crate::bucket::xml::{self, Seen, is_at};

#[cfg(test)]
mod tests;

/// Until a server answers, beside what a file takes.
const ANSWER: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);
/// Least bytes per second of a file.
const RATE: u64 = 256 << 10;
/// Most bytes of a list, which has a thousand keys.
const MOST: usize = 4 << 20;

/// Where the bucket is, and who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `--storage-bucket-name`; none without it.
    pub(crate) name: String,
    /// `--storage-bucket-endpoint`.
    pub(crate) endpoint: String,
    /// `--storage-bucket-region`.
    pub(crate) region: String,
    /// `--storage-bucket-prefix`.
    pub(crate) prefix: String,
    /// `--storage-bucket-insecure`.
    pub(crate) is_insecure: bool,
    /// `--storage-bucket-credentials`: a folder with `accesskey` and `secretkey`, as a Secret is mounted.
    pub(crate) credentials: Option<PathBuf>,
}

impl Settings {
    /// The bucket.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn bucket(&self) -> Result<S3, Unsent> {
        let region = Some(self.region.as_str());
        let bucket = S3::new(&self.endpoint, self.is_insecure, &self.name, "", region).map_err(Unsent)?;
        bucket.check().map_err(|failure| Unsent(failure.to_string()))?;
        Ok(bucket)
    }
}

/// See the module.
pub(crate) struct ObjectStore {
    bucket: S3,
    credentials: Option<PathBuf>,
    client: reqwest::Client,
    cloud: Cloud,
}

impl ObjectStore {
    /// With its own connections.
    ///
    /// # Errors
    /// The settings are wrong, or there is no TLS.
    pub(crate) fn new(settings: &Settings, user_agent: &str) -> Result<Self, Unsent> {
        let failed = |error: reqwest::Error| Unsent(chain(&error.without_url()));
        let outside = Outside::new(user_agent).map_err(failed)?;
        let client = reqwest::Client::builder()
            .user_agent(user_agent)
            // Whoever leads to another host would get what proves who asks.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .build()
            .map_err(failed)?;
        Ok(Self {
            bucket: settings.bucket()?,
            credentials: settings.credentials.clone(),
            client,
            cloud: Cloud::new(Arc::new(outside), Arc::new(Surroundings)),
        })
    }

    /// Who asks: read each time, for a mounted Secret may change.
    async fn credentials(&self) -> Result<AwsCredentials, Unsent> {
        let failed = |error: cloud::Error| Unsent(error.to_string());
        let Some(folder) = &self.credentials else {
            return self.cloud.aws(Who::Machine, self.bucket.region()).await.map_err(failed);
        };
        let read = |name: &str| {
            let path = folder.join(name).display().to_string();
            async move { Surroundings.file(&path).await.map_err(failed) }
        };
        let (id, secret) = (read("accesskey").await?, read("secretkey").await?);
        Ok(AwsCredentials {
            access_key_id: id.as_str().to_owned(),
            secret_access_key: secret,
            session_token: None,
        })
    }

    /// Sends a signed request; `file` is its body, with its size and the SHA-256 that `payload` is.
    async fn send(
        &self,
        method: &'static str,
        target: &str,
        payload: &str,
        file: Option<(tokio::fs::File, u64)>,
    ) -> Result<Response, Unsent> {
        let size = file.as_ref().map_or(0, |(_, size)| *size);
        let work = async {
            let credentials = self.credentials().await?;
            let url = format!("{}{target}", self.bucket.address());
            let request = Request { method, ..Request::get(url) }.header("x-amz-content-sha256", payload);
            let signing = Signing { region: self.bucket.region(), service: "s3", now: Timestamp::now() };
            let request = sign(request, &credentials, signing).map_err(|error| Unsent(error.to_string()))?;
            let url = Url::parse(&request.url).map_err(|error| Unsent(error.to_string()))?;
            let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
            let mut built = self.client.request(method, url);
            // `host` is computed from the address, which it signs.
            for (name, value) in request.headers.iter().filter(|(name, _)| *name != "host") {
                built = built.header(*name, value.as_str());
            }
            if let Some((file, size)) = file {
                let content = reqwest::Body::wrap_stream(ReaderStream::new(file.take(size)));
                built = built.header(http::header::CONTENT_LENGTH, size).body(content);
            }
            built.send().await.map_err(|error| Unsent(chain(&error.without_url())))
        };
        let limit = ANSWER + Duration::from_secs(size / RATE);
        tokio::time::timeout(limit, work).await.map_err(|_| Unsent("no answer in time".to_owned()))?
    }
}

/// Nothing of what a server says about a refusal is told but the status: its words may be anything.
fn refused(status: StatusCode) -> Unsent {
    Unsent(format!("the object store answers {status}"))
}

impl Remote for ObjectStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Body>, Unsent>> {
        async move {
            let answer = self.send("GET", &path(key), EMPTY, None).await?;
            match answer.status() {
                StatusCode::OK => {
                    let failed = |error: reqwest::Error| Unsent(chain(&error.without_url()));
                    Ok(Some(answer.bytes_stream().map_err(failed).boxed()))
                }
                StatusCode::NOT_FOUND => Ok(None),
                status => Err(refused(status)),
            }
        }
        .boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        file: &'a Path,
        size: u64,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<(), Unsent>> {
        async move {
            let failed = |error: std::io::Error| Unsent(error.to_string());
            let mut file = tokio::fs::File::open(file).await.map_err(failed)?;
            // The store holds what it gets against this.
            let payload = if digest.algorithm() == Algorithm::Sha256 {
                digest.hex().to_owned()
            } else {
                let same = file.try_clone().await.map_err(failed)?.into_std().await;
                let digest = digest.clone();
                let hashing = tokio::task::spawn_blocking(move || sha256(same, &digest));
                let payload = hashing.await.map_err(|error| Unsent(error.to_string()))??;
                file.rewind().await.map_err(failed)?;
                payload
            };
            let answer = self.send("PUT", &path(key), &payload, Some((file, size))).await?;
            if answer.status().is_success() { Ok(()) } else { Err(refused(answer.status())) }
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Page, Unsent>> {
        async move {
            // In order, as they are signed.
            let target = format!("?list-type=2&max-keys=1000&prefix={}", cloud::http::encoded(prefix));
            let answer = self.send("GET", &target, EMPTY, None).await?;
            if answer.status() != StatusCode::OK {
                return Err(refused(answer.status()));
            }
            let reading = tokio::time::timeout(ANSWER, read(answer)).await;
            listed(&reading.map_err(|_| Unsent("the list does not come in time".to_owned()))??)
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Unsent>> {
        async move {
            let answer = self.send("DELETE", &path(key), EMPTY, None).await?;
            match answer.status() {
                StatusCode::NOT_FOUND => Ok(()),
                status if status.is_success() => Ok(()),
                status => Err(refused(status)),
            }
        }
        .boxed()
    }
}

/// The SHA-256 of a file that has this digest. Blocking.
fn sha256(mut file: std::fs::File, digest: &Digest) -> Result<String, Unsent> {
    let (mut own, mut signed) = (Hasher::new(digest.algorithm()), Hasher::new(Algorithm::Sha256));
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut buffer).map_err(|error| Unsent(error.to_string()))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        own.update(bytes);
        signed.update(bytes);
    }
    if own.finish().same_as(digest) {
        Ok(signed.finish().hex().to_owned())
    } else {
        Err(Unsent("the file is not what it should be".to_owned()))
    }
}

/// A body in memory, within the bound.
async fn read(mut answer: Response) -> Result<Vec<u8>, Unsent> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| Unsent(chain(&error.without_url())))? {
        if body.len() + chunk.len() > MOST {
            return Err(Unsent(format!("the list has more than {MOST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a list says (`ListObjectsV2`).
fn listed(body: &[u8]) -> Result<Page, Unsent> {
    let (mut page, mut is_list) = (Page::default(), false);
    let mut one = Listed { key: String::new(), modified: None };
    let place = ["ListBucketResult", "Contents"];
    let read = xml::read(body, |seen| match seen {
        Seen::Text { path, text, .. }
            if path.len() == 3 && path.get(..2).is_some_and(|path| is_at(path, &place)) =>
        {
            match path.last().map(String::as_str) {
                Some("Key") => text.clone_into(&mut one.key),
                Some("LastModified") => one.modified = text.trim().parse().ok(),
                _ => {}
            }
        }
        Seen::Text { path, text, .. } if is_at(path, &["ListBucketResult", "IsTruncated"]) => {
            page.is_truncated = text.trim() == "true";
        }
        Seen::End { path } if is_at(path, &place) => {
            page.keys.push(std::mem::replace(&mut one, Listed { key: String::new(), modified: None }));
        }
        Seen::End { path } if is_at(path, &["ListBucketResult"]) => is_list = true,
        _ => {}
    });
    read.map_err(|error| Unsent(error.to_string()))?;
    if is_list { Ok(page) } else { Err(Unsent("the answer is no list of objects".to_owned())) }
}
