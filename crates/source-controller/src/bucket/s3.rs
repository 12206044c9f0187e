//! Amazon's S3 protocol: requests and answers (contracts/source-controller.md 8). Pure; sending is `wire`'s.
//!
//! Buckets of Amazon (and of Aliyun, which knows nothing else) are hosts of their own, all others come first in the path.
//! Nobody is asked for a bucket's region: who signs for another one is told which, and remembers it.

use cloud::{EMPTY, Request, Signing, sign};
use jiff::Timestamp;

use super::failure::{Failure, Refusal, quoted};
use super::key_text::path;
use super::login::Proof;
use super::page::{Item, PAGE, Page, bare};
use super::xml::{self, Seen, is_at};

#[cfg(test)]
mod tests;

/// The region of whoever does not say.
const REGION: &str = "us-east-1";
/// Amazon's address that is of no region.
const AMAZON: &str = "s3.amazonaws.com";

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3 {
    /// `http` or `https`.
    pub(super) scheme: &'static str,
    /// Host and, where it is not the scheme's own, port.
    pub(super) host: String,
    pub(super) bucket: String,
    prefix: String,
    region: Option<String>,
}

impl S3 {
    /// Reads the fields of a spec; errors in the words of the library that Flux uses.
    pub(crate) fn new(
        endpoint: &str,
        insecure: bool,
        bucket: &str,
        prefix: &str,
        region: Option<&str>,
    ) -> Result<Self, String> {
        if endpoint.contains('/') {
            return Err("Endpoint url cannot have fully qualified paths.".to_owned());
        }
        let scheme = if insecure { "http" } else { "https" };
        if endpoint.is_empty() || cloud::http::host(&format!("https://{endpoint}"), false).is_none() {
            let shown = crate::foreign::clean(endpoint);
            return Err(format!("Endpoint: {shown} does not follow ip address or domain name standards."));
        }
        let region = region.filter(|region| !region.is_empty());
        if region.is_some_and(|region| !cloud::aws::is_region(region)) {
            return Err("the region is not in its form".to_owned());
        }
        let known = if insecure { ":80" } else { ":443" };
        let host = endpoint.strip_suffix(known).unwrap_or(endpoint);
        Ok(Self {
            scheme,
            host: host.to_ascii_lowercase(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            region: region.map(str::to_owned),
        })
    }

    /// What is wrong with the bucket's name, in the words of the library that Flux uses.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let name = self.bucket.as_str();
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric();
        let wrong = if name.trim().is_empty() {
            "Bucket name cannot be empty"
        } else if name.len() < 3 {
            "Bucket name cannot be shorter than 3 characters"
        } else if name.len() > 63 {
            "Bucket name cannot be longer than 63 characters"
        } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
            "Bucket name cannot be an ip address"
        } else if !name.bytes().all(|byte| is_letter(byte) || b".-_:".contains(&byte))
            || !name.bytes().next().is_some_and(is_letter)
            || !name.bytes().last().is_some_and(is_letter)
            || ["..", ".-", "-."].iter().any(|part| name.contains(part))
        {
            "Bucket name contains invalid characters"
        } else {
            return Ok(());
        };
        Err(Failure::Unexpected(wrong.to_owned()))
    }

    /// The region that is signed for.
    pub(crate) fn region(&self) -> &str {
        self.region.as_deref().or_else(|| region_of(&self.host)).unwrap_or(REGION)
    }

    /// The same in the region that the store has named, where the spec names none.
    pub(super) fn told(&self, region: &str) -> Option<Self> {
        let is_news = self.region.is_none() && region != self.region() && cloud::aws::is_region(region);
        is_news.then(|| Self { region: Some(region.to_owned()), ..self.clone() })
    }

    /// The store's address.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}/", self.scheme, self.host)
    }

    fn is_own_host(&self) -> bool {
        let is_dotted = self.scheme == "https" && self.bucket.contains('.');
        let is_word = self.bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        let is_aliyun = self.host.starts_with("oss") && self.host.ends_with(".aliyuncs.com");
        !is_dotted && is_word && (is_amazon(&self.host) || is_aliyun)
    }

    /// The bucket's address, with a slash at the end.
    pub(crate) fn address(&self) -> String {
        let host = match &self.region {
            Some(region) if self.host == AMAZON && region != REGION => {
                cloud::aws::endpoint(None, "s3", region)
                    .trim_start_matches("https://")
                    .trim_end_matches('/')
                    .to_owned()
            }
            _ => self.host.clone(),
        };
        let (scheme, bucket) = (self.scheme, &self.bucket);
        if self.is_own_host() {
            format!("{scheme}://{bucket}.{host}/")
        } else {
            format!("{scheme}://{host}/{}/", cloud::http::encoded(bucket))
        }
    }

    pub(super) fn list(&self, proof: &Proof, next: Option<&str>, now: Timestamp) -> Result<Request, Failure> {
        self.check()?;
        // In order, as they are signed.
        let next = next.map(|next| format!("continuation-token={}&", cloud::http::encoded(next)));
        let url = format!(
            "{}?{}encoding-type=url&list-type=2&max-keys={PAGE}&prefix={}",
            self.address(),
            next.unwrap_or_default(),
            cloud::http::encoded(&self.prefix)
        );
        self.proved(Request::get(url), proof, now)
    }

    pub(super) fn get(
        &self,
        proof: &Proof,
        key: &str,
        known: Option<&str>,
        now: Timestamp,
    ) -> Result<Request, Failure> {
        let mut request = Request::get(format!("{}{}", self.address(), path(key)));
        if let Some(etag) = known {
            request = request.header("if-none-match", format!("\"{etag}\""));
        }
        self.proved(request, proof, now)
    }

    fn proved(&self, request: Request, proof: &Proof, now: Timestamp) -> Result<Request, Failure> {
        let Proof::Aws(credentials) = proof else { return Ok(request) };
        let request = request.header("x-amz-content-sha256", EMPTY);
        let signing = Signing { region: self.region(), service: "s3", now };
        sign(request, credentials, signing).map_err(|error| Failure::Unexpected(error.to_string()))
    }
}

fn is_amazon(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default();
    (host.starts_with("s3.") || host.starts_with("s3-"))
        && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"))
}

/// The region in an address of Amazon's: `s3.eu-west-1.…`, `s3-eu-west-1.…`, `s3.dualstack.eu-west-1.…`.
fn region_of(host: &str) -> Option<&str> {
    if !is_amazon(host) {
        return None;
    }
    let rest = host.get(3..)?;
    let rest = rest.strip_prefix("dualstack.").unwrap_or(rest);
    rest.split('.').next().filter(|part| part.contains('-') && cloud::aws::is_region(part))
}

/// What a page says (`ListObjectsV2`).
pub(super) fn read_list(body: &[u8]) -> Result<Page, Failure> {
    let (mut page, mut item) = (Page::default(), Item::default());
    let (mut is_list, mut is_truncated, mut is_encoded) = (false, false, false);
    let (mut next, mut added) = (String::new(), Ok(()));
    let read = xml::read(body, |seen| match seen {
        Seen::Text { path, text, .. } => match path.last().map(String::as_str) {
            Some("Key") if is_at(path, &["ListBucketResult", "Contents", "Key"]) => {
                text.clone_into(&mut item.key);
            }
            Some("ETag") if is_at(path, &["ListBucketResult", "Contents", "ETag"]) => {
                bare(text).clone_into(&mut item.etag);
            }
            Some("Size") if is_at(path, &["ListBucketResult", "Contents", "Size"]) => {
                item.size = text.trim().parse().unwrap_or_default();
            }
            Some("IsTruncated") if path.len() == 2 => is_truncated = text.trim() == "true",
            Some("NextContinuationToken") if path.len() == 2 => text.clone_into(&mut next),
            Some("EncodingType") if path.len() == 2 => is_encoded = text.trim() == "url",
            _ => {}
        },
        Seen::End { path } if is_at(path, &["ListBucketResult"]) => is_list = true,
        Seen::End { path } if is_at(path, &["ListBucketResult", "Contents"]) => {
            let found = std::mem::take(&mut item);
            if added.is_ok() {
                added = page.add(found);
            }
        }
        Seen::End { .. } => {}
    });
    read.map_err(|error| Failure::Unexpected(error.to_string()))?;
    added?;
    if !is_list {
        return Err(Failure::Unexpected("the answer is no list of objects".to_owned()));
    }
    if is_encoded {
        for item in &mut page.items {
            let spaced = item.key.replace('+', " ");
            let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
            item.key =
                decoded.map_err(|_| Failure::Unexpected("a key is not in UTF-8".to_owned()))?.into_owned();
        }
    }
    if is_truncated {
        if next.is_empty() {
            let text = "Truncated response should have continuation token set";
            return Err(Failure::Unexpected(text.to_owned()));
        }
        page.next = Some(next);
    }
    Ok(page)
}

/// What an answer that is no success says.
pub(super) fn refusal(status: u16, body: &[u8]) -> Refusal {
    let mut found = Refusal { status, ..Refusal::default() };
    let read = xml::read(body, |seen| {
        if let Seen::Text { path, text, .. } = seen
            && path.first().is_some_and(|root| root.starts_with("Error"))
        {
            match path.last().map(String::as_str) {
                Some("Code") => text.clone_into(&mut found.code),
                Some("Message") => text.clone_into(&mut found.text),
                Some("Region") => text.clone_into(&mut found.region),
                _ => {}
            }
        }
    });
    if read.is_err() || (found.code.is_empty() && found.text.is_empty()) {
        (found.code, found.text) = match status {
            403 => ("AccessDenied".to_owned(), "Access Denied.".to_owned()),
            404 => (String::new(), "The specified key does not exist.".to_owned()),
            status => {
                let quoted = quoted(body);
                let reason =
                    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
                let text = format!("{status} {}", reason.unwrap_or_default());
                (String::new(), if quoted.is_empty() { text } else { quoted })
            }
        };
    } else if found.text.is_empty() {
        found.text = format!("Error response code {}.", found.code);
    }
    found
}
