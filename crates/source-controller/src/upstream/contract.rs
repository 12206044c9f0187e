//! What every upstream promises, as one test. Each implementation brings a `Stage`: a real server that the test moves
//! about.

use std::time::Duration;

use artifact::{Algorithm, Digest};
use tokio_util::sync::CancellationToken;

use super::{Content as _, Means, PackError, Resolved, Upstream};
use crate::access::Access;
use crate::verify::{Policy, verify};
use std::time::SystemTime;

/// Is in the credentials of every stage, and must never be seen.
pub(crate) const CANARY: &str = "pass-canary";
/// Longer than anything that is prompt takes on a busy machine, and shorter than the time limit of a spec.
const PROMPT: Duration = Duration::from_secs(60);

/// An upstream and the server that it asks.
pub(crate) trait Stage {
    /// The implementation.
    type Upstream: Upstream;

    /// As it is after some runs.
    fn upstream(&self) -> &Self::Upstream;

    /// Another process: nothing is kept of what was fetched.
    fn restart(&mut self);

    /// What is asked for: a name that `publish` moves. The credentials for it hold [`CANARY`].
    fn spec(&self) -> (<Self::Upstream as Upstream>::Spec, Access);

    /// The same at a server that takes questions and never answers.
    fn silent(&self) -> (<Self::Upstream as Upstream>::Spec, Access);

    /// Resolves once the silent server was asked.
    async fn asked(&self);

    /// Makes the name stand for this content.
    fn publish(&self, content: &str);

    /// Makes the server refuse whatever is asked, quoting the question, or answer again.
    fn refuse(&self, refuse: bool);

    /// How many bytes of content the upstream got so far, since its restart.
    fn content(&self) -> u64;
}

type PlaceOf<S> = <<S as Stage>::Upstream as Upstream>::Place;
type ErrorOf<S> = <<S as Stage>::Upstream as Upstream>::Error;

/// Puts an upstream to its promises.
pub(crate) async fn check<S: Stage>(mut stage: S) {
    moved_content_is_a_new_revision(&stage).await;
    what_is_known_costs_no_content(&mut stage).await;
    the_same_content_has_the_same_digest(&stage).await;
    credentials_are_in_no_error(&stage).await;
    cancelling_ends_promptly(&stage).await;
}

async fn ask<S: Stage>(stage: &S, known: Option<&str>) -> Result<Resolved<PlaceOf<S>>, ErrorOf<S>> {
    let (spec, access) = stage.spec();
    stage.upstream().resolve(&spec, &access, known, &CancellationToken::new()).await
}

/// The revision that is there, and the digest of its archive.
async fn archive<S: Stage>(stage: &S) -> (String, Digest) {
    let Resolved::Revision { revision, place } = ask(stage, None).await.unwrap() else {
        panic!("nothing was known");
    };
    let fetched = stage.upstream().fetch(&place, &CancellationToken::new()).await.unwrap();
    let verified = verify(&revision, &fetched.evidence, &Policy::None, SystemTime::now()).unwrap();
    assert_eq!(verified.revision(), revision);
    let mut bytes = Vec::new();
    fetched.content.pack(None, &Means::default(), &mut bytes).unwrap();
    let cancelled = Means::default();
    cancelled.cancel.cancel();
    let ended = fetched.content.pack(None, &cancelled, &mut Vec::new());
    assert!(matches!(ended, Err(PackError::Cancelled)), "{ended:?}");
    (revision, Digest::of(Algorithm::Sha256, &bytes))
}

async fn moved_content_is_a_new_revision<S: Stage>(stage: &S) {
    stage.publish("one");
    let one = archive(stage).await;
    stage.publish("two");
    let two = archive(stage).await;
    assert_ne!(one.0, two.0, "the revision");
    assert_ne!(one.1, two.1, "the digest");
    let moved = ask(stage, Some(&one.0)).await.unwrap();
    assert!(matches!(moved, Resolved::Revision { revision, .. } if revision == two.0));
}

async fn what_is_known_costs_no_content<S: Stage>(stage: &mut S) {
    let (known, _) = archive(stage).await;
    let before = stage.content();
    assert!(before > 0, "or nothing is measured");
    assert!(matches!(ask(stage, Some(&known)).await.unwrap(), Resolved::Unchanged));
    assert_eq!(stage.content(), before);
    stage.restart();
    assert!(matches!(ask(stage, Some(&known)).await.unwrap(), Resolved::Unchanged));
    assert_eq!(stage.content(), 0, "not even when nothing is at hand");
}

async fn the_same_content_has_the_same_digest<S: Stage>(stage: &S) {
    stage.publish("same");
    let (_, one) = archive(stage).await;
    stage.publish("other");
    stage.publish("same");
    let (_, two) = archive(stage).await;
    assert_eq!(one, two);
}

async fn credentials_are_in_no_error<S: Stage>(stage: &S) {
    let (_, access) = stage.spec();
    assert!(!format!("{access:?}").contains(CANARY));
    stage.refuse(true);
    let Err(error) = ask(stage, None).await else { panic!("the server refuses") };
    stage.refuse(false);
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.is_empty() && !text.contains(CANARY), "{text}");
    }
}

async fn cancelling_ends_promptly<S: Stage>(stage: &S) {
    let (spec, access) = stage.silent();
    let cancelled = CancellationToken::new();
    let asking = stage.upstream().resolve(&spec, &access, None, &cancelled);
    let cancelling = async {
        stage.asked().await;
        cancelled.cancel();
    };
    let ended = tokio::time::timeout(PROMPT, async { tokio::join!(asking, cancelling).0 }).await;
    assert!(ended.expect("it ends").is_err());
    // What is cancelled before it begins does not begin.
    let (spec, access) = stage.spec();
    assert!(stage.upstream().resolve(&spec, &access, None, &cancelled).await.is_err());
    let Resolved::Revision { place, .. } = ask(stage, None).await.unwrap() else {
        panic!("nothing was known")
    };
    assert!(stage.upstream().fetch(&place, &cancelled).await.is_err());
}
