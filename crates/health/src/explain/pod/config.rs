//! Containers that cannot be made or started: what they name does not exist, or does not fit the image.

use serde_json::Value;

use super::fault::Fault;
use crate::explain::scene::Scene;
use crate::kstatus::text;
use crate::wording;

/// What the kubelet misses.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing<'a> {
    /// An object: its kind and name.
    Object(&'static str, &'a str),
    /// A key of one.
    Key(&'a str, &'static str, &'a str),
}

/// Reads `secret "db" not found`, `couldn't find key password in Secret apps/db` and their like.
pub(super) fn missing(said: &str) -> Option<Missing<'_>> {
    if let Some((_, rest)) = said.split_once("couldn't find key ") {
        let (key, rest) = rest.split_once(" in ")?;
        let (kind, name) = rest.split_once(' ')?;
        let name = name.split([' ', ',']).next()?.rsplit('/').next()?;
        let kind = if kind.eq_ignore_ascii_case("secret") { "Secret" } else { "ConfigMap" };
        return Some(Missing::Key(key, kind, name));
    }
    if let Some((_, rest)) = said.split_once("references non-existent config key: ") {
        let key = rest.split([' ', ',']).next()?;
        return Some(Missing::Key(key, "ConfigMap", ""));
    }
    if let Some((_, rest)) = said.split_once("references non-existent secret key: ") {
        let key = rest.split([' ', ',']).next()?;
        return Some(Missing::Key(key, "Secret", ""));
    }
    let kinds = [
        ("secret \"", "Secret"),
        ("configmap \"", "ConfigMap"),
        ("serviceaccount \"", "ServiceAccount"),
        ("persistentvolumeclaim \"", "PersistentVolumeClaim"),
    ];
    kinds.into_iter().find_map(|(word, kind)| {
        let (_, rest) = said.split_once(word)?;
        let (name, rest) = rest.split_once('"')?;
        rest.trim_start().starts_with("not found").then_some(Missing::Object(kind, name))
    })
}

impl Missing<'_> {
    /// Continues "because": `Secret db does not exist`.
    pub(super) fn sentence(&self) -> String {
        let text = match self {
            Self::Object(kind, name) => format!("{kind} {name} does not exist"),
            Self::Key(key, kind, "") => format!("its {kind} has no key {key}"),
            Self::Key(key, kind, name) => format!("{kind} {name} has no key {key}"),
        };
        wording::word(&text)
    }

    /// What to do.
    pub(super) fn hint(&self, namespace: &str, whose: &str) -> String {
        let slash = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        let text = match self {
            Self::Object(kind, name) => format!(
                "create {kind} {slash}{name}, add it to the manifests, or correct the reference to it in {whose}"
            ),
            Self::Key(key, kind, name) => {
                let name = if name.is_empty() { String::new() } else { format!(" {slash}{name}") };
                format!("add key {key} to {kind}{name}, or correct the reference to it in {whose}")
            }
        };
        wording::word(&text)
    }
}

/// A container whose configuration lacks something.
pub(super) fn configuration(container: &Value, scene: &Scene<'_>, pod: &str) -> Fault {
    let name = text(container, &["name"]).unwrap_or_default();
    let said = text(container, &["state", "waiting", "message"]).unwrap_or_default();
    let fault =
        |clause: String| Fault::stuck("CreateContainerConfigError", clause).evidence(wording::quoted(said));
    let whose = format!("container {name}");
    if let Some(missing) = missing(said) {
        return fault(format!("cannot configure container {name}: {}", missing.sentence()))
            .hint(missing.hint(scene.namespace, &whose));
    }
    if said.contains("runAsNonRoot") {
        return fault(format!("cannot configure container {name}: it must not run as root, and its image does"))
            .hint(format!("set securityContext.runAsUser of {whose} to a number other than 0, or use an image that does not run as root"));
    }
    fault(format!("cannot configure container {name}")).hint(format!(
        "a ConfigMap, Secret or key that {whose} uses does not fit: {} describe pod {pod}",
        scene.kubectl()
    ))
}

/// A container that the runtime cannot start.
pub(super) fn start(container: &Value, scene: &Scene<'_>, pod: &str) -> Fault {
    let name = text(container, &["name"]).unwrap_or_default();
    let said = text(container, &["state", "waiting", "message"]).unwrap_or_default();
    let says = |words: &str| said.contains(words);
    let (why, hint) = if says("executable file not found") || says("no such file or directory") {
        (": its command was not found in the image", "correct its command and args, or the image")
    } else if says("no command specified") {
        (": neither it nor its image has a command", "give it a command, or use another image")
    } else if says("permission denied") || says("exec format error") {
        (
            ": its command cannot be executed",
            "the file must be executable and made for the platform of the node",
        )
    } else if says("not a directory") || says("mountpoint") || says("mounting") {
        (": a volume cannot be mounted where it is to be", "correct its volumeMounts")
    } else {
        ("", "its command or its mounts do not fit its image")
    };
    Fault::stuck("RunContainerError", format!("cannot start container {name}{why}"))
        .evidence(wording::quoted(said))
        .hint(format!("container {name}: {hint}; {} describe pod {pod}", scene.kubectl()))
}

/// A container whose image's name cannot be used.
pub(super) fn image_name(container: &Value, reason: &'static str) -> Fault {
    let name = text(container, &["name"]).unwrap_or_default();
    let image = text(container, &["image"]).unwrap_or_default();
    let said = text(container, &["state", "waiting", "message"]).unwrap_or_default();
    let hint = if reason == "InvalidImageName" {
        format!("correct the image of container {name}: REGISTRY/NAME:TAG, in lower case")
    } else {
        format!("bring image {image} to the node, or set imagePullPolicy of container {name} to IfNotPresent")
    };
    Fault::stuck(reason, format!("cannot use image {image} ({reason})"))
        .certainly()
        .evidence(wording::quoted(said))
        .hint(hint)
}
