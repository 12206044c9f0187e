//! What the round trip through a built-in Go type changes and the API server would notice: nulls, default protocols,
//! Secret data. Not: fields that the type does not know (the server names them), and `{}` and zero values that it adds.

use serde_json::{Map, Value};

use super::nulls::{drop_nulls, fill_nulls};
use super::secret;
use super::type_meta::TypeMeta;

/// Changes the fields of an object of a built-in group; others stay as they are.
pub(super) fn round_trip(fields: &mut Map<String, Value>, meta: TypeMeta<'_>) {
    if !manifest::is_built_in(meta.group) {
        return;
    }
    match (meta.group, meta.kind) {
        ("", "Secret") if meta.is_secret() => return secret::round_trip(fields),
        ("", "ConfigMap") => {
            fill_nulls(fields.get_mut("data"));
            fill_nulls(fields.get_mut("binaryData"));
            secret::unwrap_lines(fields.get_mut("binaryData"));
        }
        ("", "Service" | "ReplicationController") => fill_nulls(at(fields, &["spec", "selector"])),
        ("storage.k8s.io", "StorageClass" | "VolumeAttributesClass") => {
            fill_nulls(fields.get_mut("parameters"));
        }
        ("apps", "ControllerRevision") => return,
        _ => {}
    }
    drop_nulls(fields);
    default_protocols(fields, meta);
}

/// The protocol is part of a port's key in the list, so the server must not be left to default it.
fn default_protocols(fields: &mut Map<String, Value>, meta: TypeMeta<'_>) {
    let pod_spec: &[&str] = match (meta.group, meta.version, meta.kind) {
        ("", "v1", "Service") => return default_protocol(at(fields, &["spec", "ports"])),
        ("", "v1", "Pod") => &["spec"],
        ("apps", "v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "v1", "Job") => &["spec", "template", "spec"],
        ("batch", "v1", "CronJob") => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => return,
    };
    let Some(Value::Object(spec)) = at(fields, pod_spec) else { return };
    let Some(Value::Array(containers)) = spec.get_mut("containers") else { return };
    for container in containers {
        default_protocol(container.get_mut("ports"));
    }
}

fn default_protocol(ports: Option<&mut Value>) {
    let Some(Value::Array(ports)) = ports else { return };
    for port in ports.iter_mut().filter_map(Value::as_object_mut) {
        if port.get("protocol").is_none_or(|protocol| protocol == "") {
            port.insert("protocol".into(), "TCP".into());
        }
    }
}

fn at<'v>(fields: &'v mut Map<String, Value>, path: &[&str]) -> Option<&'v mut Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(fields.get_mut(*first)?, |value, key| value.get_mut(key))
}
