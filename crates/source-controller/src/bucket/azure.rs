//! Azure Blob Storage: requests and answers (contracts/source-controller.md 8). Pure; sending is `wire`'s.
//!
//! A list and the answer with the content write the same ETag in two forms; here there is one, that of the header with its
//! quotes, by which Flux makes the revision (seen).

use cloud::Request;
use jiff::Timestamp;
use reqwest::Url;

use super::failure::{Failure, Refusal, quoted};
use super::google::check;
use super::key_text::path;
use super::login::Proof;
use super::page::{Item, PAGE, Page, bare};
use super::xml::{self, Seen, is_at};

pub(super) mod shared_key;
#[cfg(test)]
mod tests;

/// The version of the interface.
const VERSION: &str = "2021-12-02";
/// Where storage accounts are: an identity's token goes nowhere else.
const DOMAINS: [&str; 4] = [
    ".blob.core.windows.net",
    ".blob.core.chinacloudapi.cn",
    ".blob.core.usgovcloudapi.net",
    ".blob.storage.azure.net",
];

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Azure {
    /// The account's address, without a slash at the end and without a query.
    pub(super) endpoint: String,
    /// Parameters that the address has.
    query: Vec<(String, String)>,
    pub(super) container: String,
    prefix: String,
}

impl Azure {
    /// Reads the fields of a spec.
    pub(crate) fn new(endpoint: &str, container: &str, prefix: &str) -> Result<Self, String> {
        let url = Url::parse(endpoint).map_err(|error| format!("unable to parse endpoint URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err("unable to parse endpoint URL: it is neither http nor https with a host".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("unable to parse endpoint URL: it has a user".to_owned());
        }
        let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let mut bare = url;
        bare.set_query(None);
        bare.set_fragment(None);
        let endpoint = bare.as_str().trim_end_matches('/').to_owned();
        Ok(Self { endpoint, query, container: container.to_owned(), prefix: prefix.to_owned() })
    }

    /// The account's address.
    pub(crate) fn url(&self) -> String {
        self.endpoint.clone()
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        check(&self.container)
    }

    fn host(&self) -> &str {
        cloud::http::host(&self.endpoint, true).unwrap_or_default()
    }

    /// The account's name: the first part of the host, or of the path where the host is a number or this machine.
    pub(crate) fn account(&self) -> String {
        let host = self.host();
        let is_number =
            host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') || host == "localhost";
        if is_number {
            let path = self.endpoint.splitn(4, '/').nth(3).unwrap_or_default();
            return path.split('/').next().unwrap_or_default().to_owned();
        }
        host.split('.').next().unwrap_or_default().to_owned()
    }

    /// Whether a token may go there at all.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.endpoint.starts_with("https://") || cloud::http::is_loopback(self.host())
    }

    /// Whether it is Azure's own, so that the token of an identity which its author does not have may go there.
    pub(crate) fn is_azures(&self) -> bool {
        let host = self.host();
        self.endpoint.starts_with("https://") && DOMAINS.iter().any(|domain| host.ends_with(domain))
    }

    pub(super) fn list(&self, proof: &Proof, next: Option<&str>, now: Timestamp) -> Result<Request, Failure> {
        self.check()?;
        let size = PAGE.to_string();
        let mut pairs = vec![("comp", "list"), ("maxresults", size.as_str()), ("restype", "container")];
        pairs.extend(next.map(|next| ("marker", next)));
        pairs.extend(Some(("prefix", self.prefix.as_str())).filter(|(_, prefix)| !prefix.is_empty()));
        self.ask("", &pairs, None, proof, now)
    }

    pub(super) fn get(
        &self,
        proof: &Proof,
        key: &str,
        known: Option<&str>,
        now: Timestamp,
    ) -> Result<Request, Failure> {
        self.ask(&format!("/{}", path(key)), &[], known, proof, now)
    }

    fn ask(
        &self,
        rest: &str,
        pairs: &[(&str, &str)],
        known: Option<&str>,
        proof: &Proof,
        now: Timestamp,
    ) -> Result<Request, Failure> {
        let mut all: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if let Proof::Query(shared) = proof {
            all.extend(shared.0.iter().cloned());
        }
        // What the address itself says comes last, as in Flux.
        for (name, value) in &self.query {
            if !all.iter().any(|(other, _)| other == name) {
                all.push((name.clone(), value.clone()));
            }
        }
        all.sort();
        let query: Vec<String> = all
            .iter()
            .map(|(name, value)| format!("{}={}", cloud::http::encoded(name), cloud::http::encoded(value)))
            .collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let address = format!("{}/{}{rest}", self.endpoint, cloud::http::encoded(&self.container));
        let mut request = Request::get(format!("{address}{query}"))
            .header("x-ms-date", now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .header("x-ms-version", VERSION);
        if let Some(etag) = known {
            request = request.header("if-none-match", in_quotes(bare(etag)));
        }
        match proof {
            Proof::Bearer(_) if !self.is_encrypted() => Err(Failure::Identity(
                "authenticated requests are not permitted for non TLS protected (https) endpoints".to_owned(),
            )),
            Proof::Bearer(token) => Ok(request.bearer(token)),
            Proof::SharedKey { account, key } => {
                let value = shared_key::authorization(&request, account, key, &address, &all)?;
                request.headers.push(("authorization", value));
                Ok(request)
            }
            _ => Ok(request),
        }
    }
}

/// An ETag as the service's headers have it.
pub(super) fn in_quotes(etag: &str) -> String {
    if etag.is_empty() { String::new() } else { format!("\"{etag}\"") }
}

/// What a page says.
pub(super) fn read_list(body: &[u8]) -> Result<Page, Failure> {
    const BLOB: [&str; 3] = ["EnumerationResults", "Blobs", "Blob"];
    let (mut page, mut item) = (Page::default(), Item::default());
    let (mut is_list, mut is_folder, mut is_broken) = (false, false, false);
    let mut added = Ok(());
    let read = xml::read(body, |seen| match seen {
        Seen::Text { path, text, is_encoded } => match path.last().map(String::as_str) {
            Some("Name") if path.len() == 4 && is_at(&path[..3], &BLOB) => {
                if is_encoded {
                    match percent_encoding::percent_decode_str(text).decode_utf8() {
                        Ok(name) => item.key = name.into_owned(),
                        Err(_) => is_broken = true,
                    }
                } else {
                    text.clone_into(&mut item.key);
                }
            }
            Some("Etag") if path.len() == 5 && is_at(&path[..3], &BLOB) => {
                item.etag = in_quotes(bare(text));
            }
            Some("Content-Length") if path.len() == 5 => item.size = text.trim().parse().unwrap_or_default(),
            Some("ResourceType") if path.len() == 5 => is_folder = text.trim() == "directory",
            Some("NextMarker") if path.len() == 2 && !text.is_empty() => page.next = Some(text.to_owned()),
            _ => {}
        },
        Seen::End { path } if is_at(path, &BLOB) => {
            let found = std::mem::take(&mut item);
            // Accounts with a hierarchy list their folders, too.
            if !std::mem::take(&mut is_folder) && added.is_ok() {
                added = page.add(found);
            }
        }
        Seen::End { path } => is_list |= is_at(path, &BLOB[..1]),
    });
    read.map_err(|error| Failure::Unexpected(error.to_string()))?;
    added?;
    if is_broken {
        return Err(Failure::Unexpected("a blob's name is not in UTF-8".to_owned()));
    }
    if !is_list {
        return Err(Failure::Unexpected("the answer is no list of blobs".to_owned()));
    }
    Ok(page)
}

/// What an answer that is no success says.
pub(super) fn refusal(status: u16, body: &[u8]) -> Refusal {
    let mut found = Refusal { status, ..Refusal::default() };
    let read = xml::read(body, |seen| {
        if let Seen::Text { path, text, .. } = seen {
            if is_at(path, &["Error", "Code"]) {
                text.clone_into(&mut found.code);
            } else if is_at(path, &["Error", "Message"]) {
                text.lines().next().unwrap_or_default().trim().clone_into(&mut found.text);
            }
        }
    });
    if read.is_err() || found.code.is_empty() {
        found.code = String::new();
        let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        found.text = format!("RESPONSE {status} {}: {}", reason.unwrap_or_default(), quoted(body));
    } else {
        found.text = format!("RESPONSE {status}: {}: {}", found.code, found.text);
    }
    // The SDK does not tell a wrong name from a lack of rights either, and Flux says so.
    if found.code == "AuthenticationFailed" {
        found.text = format!(
            "the specified bucket name may be incorrect, nonexistent, or the caller might lack sufficient permissions to \
             access it: {}",
            found.text
        );
    }
    found
}
