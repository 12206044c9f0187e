//! Which resource a word means.

use serde_json::{Value, json};

use super::*;

fn resource(plural: &str, kind: &str, short: &[&str]) -> Value {
    json!({"resource": plural, "responseKind": {"group": "", "version": "", "kind": kind}, "scope": "Namespaced",
        "singularResource": kind.to_lowercase(), "shortNames": short, "verbs": ["create", "delete", "get", "list"]})
}

fn group(name: &str, versions: &[(&str, &str, Vec<Value>)]) -> APIGroupDiscovery {
    let versions: Vec<Value> = versions
        .iter()
        .map(|(version, freshness, resources)| {
            json!({"version": version, "freshness": freshness, "resources": resources})
        })
        .collect();
    serde_json::from_value(json!({"metadata": {"name": name}, "versions": versions})).expect("a group")
}

fn kinds() -> Kinds {
    let mut namespaces = resource("namespaces", "Namespace", &["ns"]);
    namespaces["scope"] = json!("Cluster");
    let mut reviews = resource("selfsubjectreviews", "SelfSubjectReview", &[]);
    reviews["verbs"] = json!(["create"]);
    Kinds::of_groups(vec![
        group("", &[("v1", "Current", vec![resource("services", "Service", &["svc"]), namespaces])]),
        group("apps", &[("v1", "Current", vec![resource("deployments", "Deployment", &["deploy"])])]),
        group(
            "autoscaling",
            &[
                (
                    "v2",
                    "Current",
                    vec![resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", &["hpa"])],
                ),
                (
                    "v1",
                    "Current",
                    vec![resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", &["hpa"])],
                ),
            ],
        ),
        group("authentication.k8s.io", &[("v1", "Current", vec![reviews])]),
        group(
            "flyball.dev",
            &[("v1alpha1", "Current", vec![resource("healthrules", "HealthRule", &["hrule"])])],
        ),
        group(
            "helm.toolkit.fluxcd.io",
            &[("v2", "Current", vec![resource("helmreleases", "HelmRelease", &["hr"])])],
        ),
        group(
            "kustomize.toolkit.fluxcd.io",
            &[("v1", "Current", vec![resource("kustomizations", "Kustomization", &["ks"])])],
        ),
        group("metrics.k8s.io", &[("v1beta1", "Stale", vec![])]),
        group(
            "serving.knative.dev",
            &[("v1", "Current", vec![resource("services", "Service", &["kservice"])])],
        ),
    ])
}

#[test]
fn words() {
    let kinds = kinds();
    for (word, full_name, version) in [
        ("ks", "kustomizations.kustomize.toolkit.fluxcd.io", "v1"),
        ("Kustomization", "kustomizations.kustomize.toolkit.fluxcd.io", "v1"),
        ("kustomizations.kustomize.toolkit.fluxcd.io", "kustomizations.kustomize.toolkit.fluxcd.io", "v1"),
        ("deploy", "deployments.apps", "v1"),
        ("deployments.v1.apps", "deployments.apps", "v1"),
        ("hpa", "horizontalpodautoscalers.autoscaling", "v2"),
        ("hpa.v1.autoscaling", "horizontalpodautoscalers.autoscaling", "v1"),
        ("svc", "services", "v1"),
        ("service", "services", "v1"),
        ("services.v1", "services", "v1"),
        ("service.serving.knative.dev", "services.serving.knative.dev", "v1"),
        ("hr", "helmreleases.helm.toolkit.fluxcd.io", "v2"),
        ("hrule", "healthrules.flyball.dev", "v1alpha1"),
    ] {
        let found = kinds.find(word).expect(word);
        assert_eq!(
            (found.full_name().as_str(), found.resource.version.as_str()),
            (full_name, version),
            "{word}"
        );
    }
}

#[test]
fn what_is_not_served() {
    let error = kinds().find("deployment.extensions").expect_err("no such group");
    assert_eq!(error.to_string(), "the API server serves no kind 'deployment.extensions'");
    assert_eq!(error.hints()[0], "did you mean deployments.apps?");
    let error = Kinds::default().find("ks").expect_err("nothing is served");
    assert!(error.hints()[0].contains("Flux's kinds are not installed"), "{error:?}");
}

#[test]
fn kinds_of_inventories() {
    let kinds = kinds();
    assert!(matches!(kinds.of("apps", "v1", "Deployment"), Lookup::Served(found) if found.is_namespaced));
    assert_eq!(kinds.of("apps", "v1beta1", "Deployment"), Lookup::Unserved);
    assert_eq!(kinds.of("metrics.k8s.io", "v1beta1", "PodMetrics"), Lookup::Untold, "its server is down");
    assert!(matches!(kinds.of("", "v1", "Namespace"), Lookup::Served(found) if !found.is_namespaced));
    let any = kinds.of_any_version("autoscaling", "HorizontalPodAutoscaler");
    assert!(matches!(any, Lookup::Served(found) if found.resource.version == "v2"));
    assert_eq!(kinds.of_any_version("metrics.k8s.io", "PodMetrics"), Lookup::Untold);
    assert_eq!(kinds.of_any_version("x", "Y"), Lookup::Unserved);
}

#[test]
fn what_somebody_makes() {
    let kinds = kinds();
    let made: Vec<String> =
        kinds.preferred().filter(|served| served.is_made_by_somebody()).map(Served::full_name).collect();
    assert!(
        made.contains(&"services".to_owned())
            && made.contains(&"horizontalpodautoscalers.autoscaling".to_owned())
    );
    assert!(!made.contains(&"selfsubjectreviews.authentication.k8s.io".to_owned()));
    assert_eq!(made.iter().filter(|name| name.contains("autoscalers")).count(), 1, "in one version");
}
