//! Helm repositories and charts: indexes that are none, charts and versions that are not in them.

use super::access::quoted;
use super::subject::Source;

pub(super) fn way(source: &Source<'_>, reason: &str, message: &str) -> Option<String> {
    if source.kind == "HelmRepository" {
        repository(source, reason, message)
    } else {
        chart(source, reason, message)
    }
}

fn repository(source: &Source<'_>, reason: &str, message: &str) -> Option<String> {
    let says = |words: &str| message.contains(words);
    let (subject, url) = (source.subject(), source.address());
    if says("404") || says("Not Found") {
        return Some(format!("there is no index.yaml at {url}: correct spec.url of {subject}"));
    }
    if says("'oci' URL scheme") {
        return Some(format!("set spec.type of {subject} to oci"));
    }
    if says("exceeds the maximum index file size") || says("exceeded") {
        return Some(
            "the index is too large: start source-controller with a larger --helm-index-max-size".to_owned(),
        );
    }
    (reason == "IndexationFailed" || says("failed to load index") || says("no API version specified"))
        .then(|| format!("what {url} serves is no index of a Helm repository: correct spec.url of {subject}, or run helm repo index"))
}

fn chart(source: &Source<'_>, reason: &str, message: &str) -> Option<String> {
    let says = |words: &str| message.contains(words);
    let subject = source.subject();
    let (chart, version) = (source.field(&["chart"]), source.field(&["version"]));
    let of = format!("{}/{}", source.field(&["sourceRef", "kind"]), source.field(&["sourceRef", "name"]));
    if says("no chart name found") {
        return Some(format!("{of} has no chart {chart}: correct spec.chart of {subject}, or publish it"));
    }
    if says("chart with version matching") || says("could not locate a version matching") {
        return Some(format!(
            "{of} has no version {version} of chart {chart}: correct spec.version of {subject}, or publish it"
        ));
    }
    if says("improper constraint") {
        return Some(format!("correct spec.version of {subject}: {version} is no version range"));
    }
    match reason {
        "SourceUnavailable" | "UnsupportedSourceKind" => Some(format!(
            "create {of} in namespace {}, or correct spec.sourceRef of {subject}",
            source.namespace
        )),
        "NoSourceArtifact" => Some(format!(
            "{of} has no artifact yet: flyball explain {} -n {}",
            of.to_ascii_lowercase(),
            source.namespace
        )),
        "InvalidChartReference" => {
            Some(format!("correct spec.chart of {subject}: no chart is found at {chart} in {of}"))
        }
        "ValuesFilesError" => {
            let file =
                quoted(message, "no values file found at path '", '\'').unwrap_or("that the message names");
            Some(format!(
                "add values file {file}, take it out of spec.valuesFiles of {subject}, or set spec.ignoreMissingValuesFiles"
            ))
        }
        "DependencyBuildError" => Some(format!(
            "correct dependencies in Chart.yaml of {chart}: their repositories have to be reachable, or be HelmRepositories in namespace {}",
            source.namespace
        )),
        "ChartPackageError" | "MetadataPatchError" => {
            Some(format!("correct Chart.yaml of {chart}: helm lint {chart}"))
        }
        "ChartPullError" if says("404") || says("not found") => Some(format!(
            "{of} does not have what its index names: publish version {version} of chart {chart} again"
        )),
        _ => None,
    }
}
