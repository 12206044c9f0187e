//! Clusters that cannot be reached, and kubeconfigs that lead nowhere (contracts/kustomize-controller.md 19).

use api::blocker::BlockerCode;
use api::kustomization::KubeConfigReference;
use api::network::{self, Certificate, Network};
use health::wording;

use super::about::About;
use super::draft::Draft;

/// The blocker of a client that cannot be made; `None` for messages about something else.
pub(super) fn blocker(about: &About<'_>, reason: &str, message: &str) -> Option<Draft> {
    let (object, sentence, hint) = by_secret(about, message).or_else(|| by_config_map(about, message))?;
    Some(Draft::reading(BlockerCode::TargetUnreachable, object, &sentence, reason, message).hint(hint))
}

/// Object, sentence and next step of a kubeconfig in a Secret.
fn by_secret(about: &About<'_>, message: &str) -> Option<(String, String, String)> {
    let named = about.named();
    if let Some(secret) = between(message, "unable to read KubeConfig secret '") {
        let object = object_of("Secret", secret);
        return Some(if message.contains("not found") {
            let hint = format!(
                "create Secret {secret} with the kubeconfig in the entry value, or correct spec.kubeConfig.secretRef of {named}"
            );
            (object, "the Secret with the kubeconfig does not exist".to_owned(), hint)
        } else {
            let hint = format!("let kustomize-controller get Secret {secret}");
            (object, "the Secret with the kubeconfig cannot be read".to_owned(), hint)
        });
    }
    if let Some(secret) = between(message, "invalid KubeConfig in secret '") {
        let why = message.split_once("': ").map_or("", |(_, why)| why);
        let hint = format!(
            "correct the kubeconfig in Secret {secret}: it has to hold certificates and tokens itself, no files and no commands"
        );
        return Some((object_of("Secret", secret), format!("the kubeconfig cannot be used: {why}"), hint));
    }
    let secret = between(message, "KubeConfig secret '")?;
    let key = between(message, "does not contain a '").unwrap_or("value");
    let hint = format!(
        "add the entry {key} with a kubeconfig to Secret {secret}, or correct spec.kubeConfig.secretRef.key of {named}"
    );
    Some((object_of("Secret", secret), format!("the Secret has no kubeconfig in the entry {key}"), hint))
}

/// Object, sentence and next step of an address and a provider in a ConfigMap.
fn by_config_map(about: &About<'_>, message: &str) -> Option<(String, String, String)> {
    let says = |words: &str| message.contains(words);
    let named = about.named();
    if says("failed to get configmap ") && says("not found") {
        let (_, rest) = message.split_once("failed to get configmap ")?;
        let name = rest.split(':').next().unwrap_or_default();
        let hint = format!(
            "create ConfigMap {name} with provider, cluster and address, or correct spec.kubeConfig.configMapRef of {named}"
        );
        let sentence = "the ConfigMap with the cluster's address does not exist".to_owned();
        return Some((object_of("ConfigMap", name), sentence, hint));
    }
    let name = &about.kustomization.spec.kube_config.as_ref()?.config_map_ref.as_ref()?.name;
    let whole = format!("ConfigMap {}/{name}", about.namespace());
    let (sentence, hint) = if says("not implemented") {
        (
            "the ConfigMap names no known provider",
            format!("set provider in {whole} to aws, azure, gcp or generic"),
        )
    } else if says("cluster address is required") {
        (
            "the ConfigMap has no address",
            format!("set address in {whole} to https:// and the API server's host"),
        )
    } else if says("unable to load root certificates") || says("failed to parse cluster address") {
        ("the ConfigMap's address or CA cannot be used", format!("correct address and ca.crt in {whole}"))
    } else if says("failed to get access token for cluster") {
        ("no login for the cluster can be had", token_hint(message, &whole))
    } else {
        return None;
    };
    Some((object_of("ConfigMap", &format!("{}/{name}", about.namespace())), sentence.to_owned(), hint))
}

fn token_hint(message: &str, config_map: &str) -> String {
    if message.contains("ObjectLevelWorkloadIdentity") {
        return "start kustomize-controller with --feature-gates=ObjectLevelWorkloadIdentity=true".to_owned();
    }
    if let Some(account) = between(message, "service account '") {
        return format!("create ServiceAccount {account}, or correct serviceAccountName in {config_map}");
    }
    format!(
        "see whether the provider knows the identity, and provider, cluster and audiences in {config_map}"
    )
}

/// `Secret/apps/x` of `apps/x`.
fn object_of(kind: &str, name: &str) -> String {
    wording::word(&format!("{kind}/{name}"))
}

fn between<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.split_once(start)?.1.split_once('\'').map(|(found, _)| found)
}

/// That the cluster does not answer, in a sentence.
pub(super) fn unreached(about: &About<'_>, message: &str) -> String {
    let cluster = match &about.kustomization.spec.kube_config {
        Some(config) => format!("the cluster of {}", origin(about, config)),
        None => "the API server".to_owned(),
    };
    match network::read(message) {
        Some(Network::NoSuchHost(host)) => {
            format!("{cluster} cannot be reached: {host} has no address (no such host)")
        }
        Some(Network::Refused(address)) => {
            format!("{cluster} does not answer: connection refused at {address}")
        }
        Some(Network::TimedOut) => format!("{cluster} does not answer in time (i/o timeout)"),
        Some(Network::NoRoute) => format!("{cluster} cannot be reached: there is no route to it"),
        Some(Network::Closed) => format!("{cluster} closed the connection"),
        Some(Network::Certificate(_)) => format!("the certificate of {cluster} is not accepted: {message}"),
        None => format!("{cluster} does not accept the credentials: {message}"),
    }
}

/// The object that says where the cluster is.
fn origin(about: &About<'_>, config: &KubeConfigReference) -> String {
    let namespace = about.namespace();
    match (&config.secret_ref, &config.config_map_ref) {
        (Some(secret), _) => format!("Secret {namespace}/{}", secret.name),
        (None, Some(config_map)) => format!("ConfigMap {namespace}/{}", config_map.name),
        (None, None) => format!("spec.kubeConfig of {}", about.named()),
    }
}

/// What to do where the API server does not answer, or not with what was hoped for.
pub(super) fn way_to(about: &About<'_>, message: &str) -> String {
    let Some(config) = &about.kustomization.spec.kube_config else {
        return match network::read(message) {
            Some(Network::Certificate(_)) => "the API server's certificate is not trusted: see the CA that kustomize-controller is given".to_owned(),
            _ => "the API server does not answer kustomize-controller: see whether it runs (kubectl get --raw /readyz) and whether a NetworkPolicy is between".to_owned(),
        };
    };
    let whole = origin(about, config);
    match network::read(message) {
        Some(Network::NoSuchHost(host)) => format!("correct the server in {whole}: {host} has no address"),
        Some(Network::Refused(_) | Network::NoRoute | Network::TimedOut | Network::Closed) => format!(
            "see whether the cluster runs and kustomize-controller's Pod reaches it (firewall, NetworkPolicy, proxy), or correct the server in {whole}"
        ),
        Some(Network::Certificate(Certificate::UnknownAuthority)) => {
            format!("correct the cluster's CA in {whole} (certificate-authority-data, ca.crt)")
        }
        Some(Network::Certificate(Certificate::Outdated)) => {
            "renew the certificate of the cluster's API server".to_owned()
        }
        Some(Network::Certificate(_)) => {
            format!("correct server and CA in {whole}: the certificate is not one of that server")
        }
        None => format!("renew the credentials in {whole}: the cluster does not accept them"),
    }
}
