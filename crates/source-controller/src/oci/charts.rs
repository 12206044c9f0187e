//! Charts in registries: which version a range means, which manifest that is, whether it is signed, and its archive
//! (contracts/source-controller.md 10). What becomes of a chart is `helm::build`'s.
//!
//! A version is resolved to a digest once: what is verified and what is brought are both that digest's. Failures are told
//! in the words of Helm's library. All that is asked of one chart has one time limit.

use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::Duration;

use manifest::budget::Cancel;
use reconcile_core::gate::MemoryGate;
use reqwest::Url;
use semver::Version;
use tokio_util::sync::CancellationToken;

use super::answer::Failure;
use super::names::Repository;
use super::signatures::{self, SignatureError, Signed, Signers};
use super::tags::LONGEST;
use super::wire::Wire;
use super::{ClientError, DigestCause, Oci, OciError, digest, image, list, tags};
use crate::access::Access;
use crate::helm::Download;
use crate::helm::http::Body;
use crate::helm::version::choosable;
use crate::version_range::Constraint;

#[cfg(test)]
mod tests;

/// Memory that every chart has from the beginning.
const FIRST: u64 = 256 << 10;

/// A chart in a registry.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// Its repository.
    pub(crate) repository: Repository,
    /// The repository as people know it: `oci://host/path/name`.
    pub(crate) written: String,
    /// The repository as a URL, for who wants one.
    pub(crate) url: Url,
    /// Name of the chart.
    pub(crate) name: String,
    /// Limit of all that is asked.
    pub(crate) timeout: Duration,
}

/// What is asked of a registry about one chart.
pub(crate) struct Asking<'a> {
    oci: &'a Oci,
    chart: &'a Chart,
    wire: Wire<'a>,
    namespace: String,
}

impl Oci {
    /// Begins to ask about a chart.
    pub(crate) fn about<'a>(
        &'a self,
        chart: &'a Chart,
        access: &Access,
        cancelled: &CancellationToken,
    ) -> Result<Asking<'a>, ClientError> {
        let wire = Wire::new(&self.wires, &chart.repository, access, chart.timeout, cancelled)?;
        let namespace = access.namespace().to_owned();
        Ok(Asking { oci: self, chart, wire, namespace })
    }
}

impl Asking<'_> {
    /// The version that a range means. One that is a version itself is not looked for.
    pub(crate) async fn version(&self, range: &str) -> Result<String, Download> {
        if choosable(range).is_some() {
            return Ok(range.to_owned());
        }
        let tags = list(&self.wire).await.map_err(|failure| {
            let Chart { name, written, .. } = self.chart;
            let before = format!("could not get tags for {name:?}: could not fetch tags for \"{written}\": ");
            self.failed(failure, &before, "")
        })?;
        self.choose(tags, range).await
    }

    /// Beside what others wait for, and no longer than anybody waits for it.
    async fn choose(&self, tags: Vec<String>, range: &str) -> Result<String, Download> {
        let failed = |cause: String| Download::Failed { cause, is_authentication: false };
        let (wanted, chart) = (range.to_owned(), self.chart.clone());
        let choosing = move |over: &Cancel| choose(&tags, &wanted, &chart, || over.is_cancelled());
        let chosen = self.wire.beside(choosing).await.map_err(|failure| self.failed(failure, "", ""))?;
        chosen.map_err(|error| failed(error.to_string()))?.map_err(failed)
    }

    /// Which manifest a version is now, and that it is signed by whom it has to be.
    pub(crate) async fn verified(&self, version: &str, signers: &Signers) -> Result<Signed, Download> {
        let resolving = format!("failed to resolve digest for '{}': ", self.written(version));
        let digest = self.resolve(version, &resolving).await?;
        let proof = signatures::verify(&self.wire, &self.chart.repository, &digest, signers).await;
        match proof {
            Ok(proof) => Ok(proof),
            Err(SignatureError::Wire(Failure::Cancelled)) => Err(Download::Cancelled),
            Err(error) => Err(Download::Failed { cause: error.to_string(), is_authentication: false }),
        }
    }

    /// The archive of a version: of the manifest that was verified, or of the one that the version is now.
    pub(crate) async fn pull(
        &self,
        version: &str,
        signed: Option<&Signed>,
        limit: u64,
        memory: &MemoryGate,
    ) -> Result<Body, Download> {
        let written = match signed {
            Some(signed) => format!("oci://{}", self.chart.repository.reference(signed.digest())),
            None => self.written(version),
        };
        let getting = format!("failed to get '{written}': ");
        let fetching = format!("{getting}failed to perform \"FetchReference\" on source: ");
        let digest = match signed {
            Some(signed) => signed.digest().to_owned(),
            None => self.resolve(version, &fetching).await?,
        };
        let manifest = image(&self.wire, &self.chart.repository, &digest).await;
        let manifest = manifest.map_err(|error| self.told(error, &getting, &digest))?;
        let layer =
            manifest.chart().map_err(|error| self.told(OciError::Manifest(error), &getting, &digest))?;
        if layer.size > limit {
            return Err(Download::TooLarge);
        }
        // Memory comes first: who holds a turn waits for nobody who has none.
        let needed = layer.size.max(FIRST);
        let entered = self.waited(memory.enter(&self.namespace, needed), &getting).await?;
        let reserved = entered.map_err(|refused| Download::Failed {
            cause: format!(
                "{getting}it needs more than the {} bytes of memory there are for it (--memory-gate)",
                refused.limit
            ),
            is_authentication: false,
        })?;
        let turn = self.oci.turns.turn(&self.namespace, &self.chart.url);
        let _turn = self.waited(turn, &getting).await?;
        let file = self.oci.download(&self.wire, layer).await;
        let file = file.map_err(|error| self.told(error, &getting, &layer.digest))?;
        let size = usize::try_from(layer.size).unwrap_or(usize::MAX);
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; size];
            file.read_exact_at(&mut bytes, 0).map(|()| bytes)
        });
        let failed = |cause: String| self.told(OciError::Scratch(cause), &getting, &layer.digest);
        let bytes = read.await.map_err(|error| failed(error.to_string()))?;
        let bytes = bytes.map_err(|error| failed(error.to_string()))?;
        Ok(Body { bytes, etag: None, memory: Arc::new(reserved) })
    }

    /// The digest of a version's manifest.
    async fn resolve(&self, version: &str, before: &str) -> Result<String, Download> {
        let tag = version.replace('+', "_");
        let failed =
            |cause: String| Download::Failed { cause: format!("{before}{cause}"), is_authentication: false };
        if tags::check(&tag).is_err() {
            return Err(failed(format!("invalid reference: invalid tag {:?}", crate::foreign::clean(&tag))));
        }
        match digest(&self.wire, &tag).await {
            Ok(digest) => Ok(digest),
            Err(OciError::Digest(DigestCause::Answer(failure))) => Err(self.failed(failure, before, &tag)),
            Err(error) => Err(self.told(error, before, &tag)),
        }
    }

    /// A version of the chart as people know it.
    fn written(&self, version: &str) -> String {
        format!("{}:{version}", self.chart.written)
    }

    /// Waits within the time limit.
    async fn waited<T>(&self, work: impl Future<Output = T>, before: &str) -> Result<T, Download> {
        self.wire.wait(work).await.map_err(|failure| self.failed(failure, before, ""))
    }

    fn told(&self, error: OciError, before: &str, wanted: &str) -> Download {
        match error {
            OciError::Cancelled => Download::Cancelled,
            OciError::Pull(failure) | OciError::Layer(failure) => {
                self.failed(failure, &format!("{before}failed to perform \"Fetch\" on source: "), wanted)
            }
            error => Download::Failed { cause: format!("{before}{error}"), is_authentication: false },
        }
    }

    /// What went wrong between us and the registry; `wanted` is the tag or digest that was asked for.
    fn failed(&self, failure: Failure, before: &str, wanted: &str) -> Download {
        let (cause, is_authentication) = match failure {
            Failure::Cancelled => return Download::Cancelled,
            Failure::Answer { status: 404, .. } if !wanted.is_empty() => {
                let mark = if wanted.contains(':') { '@' } else { ':' };
                (format!("{}{mark}{wanted}: not found", self.chart.repository), false)
            }
            Failure::Answer { status, text } => (text.of_charts().to_owned(), status == 401),
            Failure::Untrusted(text) => (text, true),
            failure => (failure.to_string(), false),
        };
        Download::Failed { cause: format!("{before}{cause}"), is_authentication }
    }
}

/// The version that a range means, of the tags of a repository: those that are versions by the letter, in which `_` stands
/// for `+`. Nothing is looked at any more once `is_over`.
fn choose(tags: &[String], range: &str, chart: &Chart, is_over: impl Fn() -> bool) -> Result<String, String> {
    // What is longer is no tag, and would cost more.
    let tags = tags.iter().take_while(|_| !is_over()).filter(|tag| tag.len() <= LONGEST);
    let versions: Vec<Version> = tags.filter_map(|tag| Version::parse(&tag.replace('_', "+")).ok()).collect();
    if versions.is_empty() {
        let Chart { name, written, .. } = chart;
        return Err(format!(
            "could not get tags for {name:?}: unable to locate any tags in provided repository: {written}"
        ));
    }
    let wanted = if range.is_empty() { "*" } else { range };
    let constraint = Constraint::parse(wanted)
        .ok_or_else(|| format!("improper constraint: {:?}", crate::foreign::clean(range)))?;
    let highest = versions.iter().take_while(|_| !is_over());
    let highest = highest.filter(|version| constraint.accepts(version));
    let highest = highest.max_by(|a, b| a.cmp_precedence(b).then_with(|| a.build.cmp(&b.build)));
    highest.map(ToString::to_string).ok_or_else(|| {
        let range = crate::foreign::clean(range);
        format!("could not locate a version matching provided version string {range}")
    })
}
