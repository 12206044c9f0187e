//! Why an image cannot be pulled: its name, its tag, the registry, or the right to it.
//!
//! The kubelet alternates between two names for the fault, and tells the cause under one of them only; an event holds
//! it in between. What is said is chosen from a few sentences, so that it is the same each time.

use api::network::{self, Certificate, Network};
use serde_json::Value;

use super::fault::Fault;
use crate::explain::event::Warning;
use crate::explain::scene::Scene;
use crate::kstatus::text;

/// What keeps an image from being pulled.
enum Cause {
    NoTag,
    NoDigest,
    NoRepository,
    NoRight,
    Limit,
    Platform,
    NoHost,
    Refused,
    Late,
    NotTrusted,
    NotTls,
    Unknown,
}

impl Cause {
    /// Whether asking again cannot help. A registry that is late, refuses connections, has no address, limits or answers
    /// with an error may be well in a moment, and so may what nobody knows.
    const fn lasts(&self) -> bool {
        matches!(self, Self::NoTag | Self::NoDigest | Self::NoRepository | Self::NoRight | Self::Platform)
    }
}

/// The fault of a container whose image cannot be pulled.
pub(super) fn fault(container: &Value, warnings: &[Warning], scene: &Scene<'_>, pod: &str) -> Fault {
    let name = text(container, &["name"]).unwrap_or_default();
    let image = text(container, &["image"]).unwrap_or_default();
    let said = text(container, &["state", "waiting", "message"]).unwrap_or_default();
    let recorded = warnings
        .iter()
        .filter(|warning| warning.reason == "Failed" && warning.is_of_container(name))
        .map(|warning| warning.message.as_str())
        .filter(|message| message.contains("pull image") && message.contains(image));
    let cause = std::iter::once(said).chain(recorded).map(|text| cause(text, image));
    let cause = cause.into_iter().find(|cause| !matches!(cause, Cause::Unknown)).unwrap_or(Cause::Unknown);
    let why = why(&cause, image);
    let clause = match why {
        Some(why) => format!("cannot pull image {image}: {why}"),
        None => format!("cannot pull image {image}"),
    };
    let fault = Fault::stuck("ImagePullBackOff", clause)
        .evidence(format!("container {name} waits: ImagePullBackOff, image {image}"))
        .hint(hint(&cause, image, scene, pod));
    if cause.lasts() { fault.certainly() } else { fault }
}

/// The registry of an image, as container runtimes read the name.
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

fn cause(said: &str, image: &str) -> Cause {
    let text = said.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    if says(&["toomanyrequests", "too many requests", "rate limit"]) {
        return Cause::Limit;
    }
    if says(&["no match for platform", "no matching manifest for", "does not match the specified platform"]) {
        return Cause::Platform;
    }
    // Registries say this also where they only do not want to tell.
    if says(&["repository does not exist", "name unknown", "name_unknown", "repository name not known"]) {
        return Cause::NoRepository;
    }
    if says(&[
        "unauthorized",
        "403 forbidden",
        "access denied",
        "authentication required",
        "no basic auth credentials",
        "insufficient_scope",
        "denied:",
    ]) {
        return Cause::NoRight;
    }
    match network::read(said) {
        Some(Network::NoSuchHost(_)) => return Cause::NoHost,
        Some(Network::Refused(_) | Network::NoRoute) => return Cause::Refused,
        Some(Network::TimedOut | Network::Closed) => return Cause::Late,
        Some(Network::Certificate(Certificate::NotTls)) => return Cause::NotTls,
        Some(Network::Certificate(_)) => return Cause::NotTrusted,
        None => {}
    }
    if says(&["manifest unknown", "manifest_unknown", ": not found", "code = notfound"]) {
        return if image.contains("@sha256:") { Cause::NoDigest } else { Cause::NoTag };
    }
    Cause::Unknown
}

fn why(cause: &Cause, image: &str) -> Option<String> {
    let registry = registry(image);
    Some(match cause {
        Cause::NoTag => "the registry has no such image or tag".to_owned(),
        Cause::NoDigest => "the registry has no image with this digest".to_owned(),
        Cause::NoRepository => "the registry has no such repository, or it may not be read".to_owned(),
        Cause::NoRight => format!("registry {registry} refuses to give it (no or wrong credentials)"),
        Cause::Limit => format!("registry {registry} has a rate limit, which is reached"),
        Cause::Platform => "it is not built for the platform of the node".to_owned(),
        Cause::NoHost => format!("registry {registry} has no address (no such host)"),
        Cause::Refused => format!("registry {registry} cannot be reached (connection refused or no route)"),
        Cause::Late => format!("registry {registry} does not answer in time"),
        Cause::NotTrusted => format!("the certificate of registry {registry} is not trusted by the node"),
        Cause::NotTls => format!("registry {registry} does not speak TLS"),
        Cause::Unknown => return None,
    })
}

fn hint(cause: &Cause, image: &str, scene: &Scene<'_>, pod: &str) -> String {
    let registry = registry(image);
    let namespace = scene.namespace;
    let place = if namespace.is_empty() { String::new() } else { format!(" in namespace {namespace}") };
    match cause {
        Cause::NoTag => {
            format!("correct the name and tag of image {image} in the manifests, or push it to {registry}")
        }
        Cause::NoDigest => {
            format!("correct the digest of image {image} in the manifests, or push it to {registry}")
        }
        Cause::NoRepository => format!(
            "correct the name of image {image} in the manifests; if it is private, name a pull Secret{place} in imagePullSecrets"
        ),
        Cause::NoRight => format!(
            "name a Secret of type kubernetes.io/dockerconfigjson{place} for {registry} in imagePullSecrets, or renew the one that is named"
        ),
        Cause::Limit => format!("pull with credentials of {registry} (imagePullSecrets), or from a mirror"),
        Cause::Platform => {
            format!("build image {image} for the nodes' platform, or choose other nodes by spec.nodeSelector")
        }
        Cause::NoHost => format!("correct the registry's name in image {image}, or the DNS of the nodes"),
        Cause::Refused | Cause::Late => {
            format!(
                "see whether {registry} runs and the nodes reach it (firewall, proxy), or correct image {image}"
            )
        }
        Cause::NotTrusted => {
            format!("have the nodes trust the CA of {registry} (configuration of the container runtime)")
        }
        Cause::NotTls => format!(
            "configure {registry} as plain HTTP in the nodes' container runtime, or give it a certificate"
        ),
        Cause::Unknown => format!(
            "check that image {image} exists and that the pull Secret may read it: {} describe pod {pod}",
            scene.kubectl()
        ),
    }
}
