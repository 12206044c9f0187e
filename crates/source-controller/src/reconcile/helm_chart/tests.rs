//! Flux's words for HelmCharts, names and addresses of charts.

use manifest::budget::Exceeded;
use reqwest::Url;

use super::artifact::revision_of;
use super::needs::check_number;
use super::order::is_stored;
use super::registry::{chart, comes_from};
use super::repository::{address, check_name};
use super::trouble::{Trouble, explain, not_pulled, unanswered, unavailable};
use super::{file_name, metadata, verified};
use crate::fault::Fault;
use crate::helm::Download;
use crate::helm::build::{Build, BuildError, Step};
use crate::oci::signatures::Signed;
use crate::reconcile::ending::{self, Asked, Ending};
use crate::samples::artifact;
use crate::status::Status;

#[test]
fn names_of_charts() {
    for name in ["app", "a-b", "team/app", "a.b", "a/.b", "app/", "app."] {
        assert_eq!(check_name(name), Ok(()), "{name}");
    }
    for name in ["", "App", "/app", ".app", "a//b", "a..b", "a_b", "a/../b", "a./b"] {
        assert!(check_name(name).is_err(), "{name}");
    }
}

#[test]
fn addresses_of_charts() {
    let at =
        |base: &str, reference: &str| address(&Url::parse(base).unwrap(), reference).unwrap().to_string();
    assert_eq!(at("https://a/charts/", "app-1.tgz"), "https://a/charts/app-1.tgz");
    assert_eq!(at("https://a/charts/", "/app-1.tgz"), "https://a/app-1.tgz");
    assert_eq!(at("https://a/charts/", "https://b/app-1.tgz"), "https://b/app-1.tgz");
    assert_eq!(at("https://a/charts/?key=1", "app-1.tgz"), "https://a/charts/app-1.tgz?key=1");
}

#[test]
fn only_so_many_charts_are_downloaded_for_one() {
    assert_eq!(check_number(100), Ok(()));
    let text = "chart needs 101 charts of repositories, more than 100";
    assert_eq!(check_number(101), Err(BuildError::TooLarge(Step::Dependencies, text.to_owned())));
}

#[test]
fn failures_have_fluxs_words() {
    let of = |step, cause: &str| explain(&BuildError::Failed(step, cause.to_owned()));
    for (step, condition, reason, message, is_stalling) in [
        (Step::Reference, "FetchFailed", "InvalidChartReference", "invalid chart reference: x", true),
        (Step::Pull, "FetchFailed", "ChartPullError", "chart pull error: x", false),
        (Step::Metadata, "BuildFailed", "MetadataPatchError", "chart metadata patch error: x", true),
        (Step::Values, "BuildFailed", "ValuesFilesError", "values files merge error: x", true),
        (Step::Dependencies, "BuildFailed", "DependencyBuildError", "dependency build error: x", false),
        (Step::Package, "BuildFailed", "ChartPackageError", "chart package error: x", false),
        (Step::Verification, "BuildFailed", "ChartVerificationError", "chart verification error: x", false),
    ] {
        let fault = of(step, "x");
        assert_eq!(
            (fault.condition, fault.reason, fault.message.as_str()),
            (Some(condition), reason, message)
        );
        assert_eq!(fault.stalling, is_stalling);
    }
    let bomb = explain(&BuildError::Exceeded(Step::Values, Exceeded::Steps(5)));
    assert!(bomb.excess && !bomb.stalling);
    let large = explain(&BuildError::TooLarge(Step::Pull, "x".to_owned()));
    assert_eq!((large.reason, large.message.as_str()), ("ChartPullError", "chart pull error: x"));
    assert!(large.excess && !large.stalling, "it is fetched seldom");
    assert!(explain(&BuildError::Exceeded(Step::Pull, Exceeded::Cancelled)).cancelled);
    let none = unavailable("HelmRepository", "none");
    assert_eq!(
        (none.reason, none.message.as_str()),
        (
            "SourceUnavailable",
            "failed to get source: HelmRepository.source.toolkit.fluxcd.io \"none\" not found"
        )
    );
}

fn build(name: &str, version: &str) -> Build {
    Build { name: name.to_owned(), version: version.to_owned(), ..Build::default() }
}

fn message(trouble: Trouble) -> (&'static str, String) {
    let fault = match trouble {
        Trouble::Build(error) => explain(&error),
        Trouble::Fault(fault) => fault,
    };
    (fault.reason, fault.message)
}

#[test]
fn what_a_server_does_not_give() {
    let failed = |is_authentication| Download::Failed { cause: "x".to_owned(), is_authentication };
    let app = build("app", "1.0.0");
    let downloading = "chart pull error: failed to download chart for remote reference: x";
    assert_eq!(message(not_pulled(failed(false), &app, 5)), ("ChartPullError", downloading.to_owned()));
    let refused = format!("failed to authenticate with the Helm repository: {downloading}");
    assert_eq!(message(not_pulled(failed(true), &app, 5)), ("AuthenticationFailed", refused));
    let (reason, text) = message(not_pulled(Download::TooLarge, &app, 5));
    assert!(
        reason == "ChartPullError" && text.ends_with("'app-1.0.0.tgz' exceeds '5' bytes limit"),
        "{text}"
    );
    let verifying = message(unanswered(failed(false), Step::Verification, ""));
    assert_eq!(verifying, ("ChartVerificationError", "chart verification error: x".to_owned()));
    let cancelled = unanswered(Download::Cancelled, Step::Pull, "");
    assert!(matches!(cancelled, Trouble::Fault(fault) if fault.cancelled));
}

#[test]
fn each_revision_is_a_version() {
    let mut spec = api::helm_chart::HelmChartSpec::default();
    assert_eq!(revision_of(&spec, "main@sha1:0123456789abcdef"), "");
    spec.reconcile_strategy = Some("Revision".to_owned());
    assert_eq!(revision_of(&spec, "main@sha1:0123456789abcdef"), "0123456789ab");
    // A Bucket's.
    assert_eq!(revision_of(&spec, "sha256:fedcba9876543210"), "fedcba987654");
}

#[test]
fn charts_of_registries() {
    let timeout = std::time::Duration::from_secs(1);
    let found = chart("oci://r.example/charts/", "team/app", false, timeout).unwrap();
    assert_eq!(found.written, "oci://r.example/charts/team/app");
    assert_eq!(found.repository.to_string(), "r.example/charts/team/app");
    assert_eq!(file_name(&build("team/app", "1.0.0")), "app-1.0.0.tgz");
    let error = chart("oci://user:pass@r.example/charts", "app", false, timeout).unwrap_err();
    assert!(!error.contains("pass"), "{error}");
}

#[test]
fn a_chart_is_published_under_its_version() {
    let app = build("app", "1.0.0");
    assert_eq!(verified(&app, None).unwrap().revision(), "1.0.0");
}

/// Another source has the same version of the same chart: of a source that was not there nothing was stored.
#[test]
fn a_run_that_stalled_stored_nothing() {
    let mut status = Status { observed_generation: 1, ..Status::default() };
    let app = build("app", "1.0.0");
    assert!(!is_stored(&status, 1, &app), "nothing is");
    status.artifact = Some(artifact("1.0.0", "sha256:aa"));
    status.chart.name = Some("app".to_owned());
    status.mark("ArtifactInStorage", "ChartPullSucceeded", "pulled", 1);
    assert!(is_stored(&status, 1, &app));
    assert!(!is_stored(&status, 1, &build("app", "1.0.1")) && !is_stored(&status, 1, &build("web", "1.0.0")));
    let stalled = Fault::stalling(Some("FetchFailed"), "URLInvalid", "invalid".to_owned());
    ending::conclude(&mut status, &Ending::Failed(stalled), Asked { generation: 2, token: None });
    assert_eq!(status.observed_generation, 2);
    assert!(!is_stored(&status, 2, &app), "it is the other source's");
    status.mark("ArtifactInStorage", "ChartPullSucceeded", "pulled", 2);
    assert!(is_stored(&status, 2, &app));
    status.deny("ArtifactInStorage", "Failed", "gone", 2);
    assert!(!is_stored(&status, 2, &app));
}

/// A key is changed, and the same version pushed again: what the old key signed is not what the new one did.
#[test]
fn a_chart_that_is_stored_counts_for_the_manifest_that_was_verified() {
    let of = |digest: &str| Signed::before(digest);
    let mut status = Status::default();
    assert!(!comes_from(&status, 2, "sha256:b"), "nothing is stored");
    let mut stored = artifact("1.0.0", "sha256:aa");
    stored.metadata = metadata(Some(&of("sha256:a")));
    status.artifact = Some(stored);
    status.mark("ArtifactInStorage", "ChartPullSucceeded", "pulled", 2);
    status.mark("SourceVerified", "Succeeded", "verified signature of version 1.0.0", 2);
    assert!(!comes_from(&status, 2, "sha256:b"), "it was verified, but is another manifest's");
    assert!(comes_from(&status, 2, "sha256:a"));
    assert!(!comes_from(&status, 3, "sha256:a"), "a run that stalled has seen the spec");
    // Where a trust policy only wants to be told, nothing says that it was verified.
    status.remove("SourceVerified");
    assert!(comes_from(&status, 2, "sha256:a"));
    // Another controller's, or one that nobody had to sign.
    status.artifact.as_mut().unwrap().metadata = metadata(None);
    assert!(!comes_from(&status, 2, "sha256:a"));
}
