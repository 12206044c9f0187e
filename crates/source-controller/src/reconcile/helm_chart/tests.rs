//! Flux's words for HelmCharts, names and addresses of charts.

use manifest::budget::Exceeded;
use reqwest::Url;

use super::needs::check_number;
use super::repository::{address, check_name};
use super::trouble::{explain, unavailable};
use crate::helm::build::{BuildError, Step};

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
