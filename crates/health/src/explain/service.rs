//! Services that lead nowhere: a selector that chooses no Pod, or only Pods that are not ready. A Service itself never says
//! so; Pods and EndpointSlices do. Where neither is known nothing is said.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::explanation::Explanation;
use super::pod;
use super::scene::Scene;
use crate::beside::Kin;
use crate::kstatus::text;
use crate::wording;

/// Reason of a Service whose selector chooses no Pod.
pub const SELECTS_NOTHING: &str = "SelectsNothing";
/// Reason of a Service of whose Pods none is ready.
pub const NO_READY_ENDPOINTS: &str = "NoReadyEndpoints";

/// The label by which an EndpointSlice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Parts of a selector that are shown.
const SHOWN: usize = 4;

/// Whether a Service has to lead to Pods: it selects some, and does not take those that are not ready as well.
#[must_use]
pub fn expects_endpoints(service: &Value) -> bool {
    let published = service.pointer("/spec/publishNotReadyAddresses").and_then(Value::as_bool) == Some(true);
    text(service, &["spec", "type"]) != Some("ExternalName") && !published && !selector(service).is_empty()
}

/// Why a Service leads nowhere; `None` where it leads somewhere, need not, or nothing is known. `rests`: whether a
/// workload that makes Pods with such labels is scaled to zero.
#[must_use]
pub fn explain(service: &Value, scene: &Scene<'_>, rests: &dyn Fn(&Value) -> bool) -> Option<Explanation> {
    if !expects_endpoints(service) {
        return None;
    }
    let wanted = selector(service);
    let chosen: Option<Vec<Arc<Value>>> = scene.list(Kin::Pod).map(|pods| {
        pods.into_iter().filter(|pod| is_chosen(&wanted, pod.pointer("/metadata/labels"))).collect()
    });
    let slices = slices(service, scene);
    // Slices are made from Pods, so that Pods know it first; both are asked, because either may be unknown.
    let ready = slices.as_deref().map(|slices| endpoints(slices).any(is_ready));
    let ready = ready.or_else(|| chosen.as_deref().map(|pods| pods.iter().any(|pod| is_pod_ready(pod))))?;
    if ready {
        return None;
    }
    let nothing = match (&chosen, &slices) {
        (Some(pods), _) => pods.is_empty(),
        (None, Some(slices)) => endpoints(slices).next().is_none(),
        (None, None) => return None,
    };
    let name = wording::word(text(service, &["metadata", "name"]).unwrap_or("NAME"));
    let shown = shown(&wanted);
    let kubectl = scene.kubectl();
    if nothing {
        if rests(service) || is_scaled_to_zero(&wanted, scene) {
            return None;
        }
        return Some(
            Explanation::new(SELECTS_NOTHING, format!("its selector {shown} chooses no Pod"))
                .evidence(format!("spec.selector {shown}"))
                .hint(format!("give spec.selector of Service {name} the labels of its Pods, or give the Pods these labels: {kubectl} get pods --show-labels")),
        );
    }
    let mut pods: Vec<Arc<Value>> = chosen.unwrap_or_default();
    pods.sort_by(|a, b| text(a, &["metadata", "name"]).cmp(&text(b, &["metadata", "name"])));
    let fault = pods.iter().find_map(|pod| {
        let fault = pod::fault(pod, scene)?;
        Some((text(pod, &["metadata", "name"]).unwrap_or_default().to_owned(), fault))
    });
    let told = Explanation::new(
        NO_READY_ENDPOINTS,
        format!("none of the Pods that its selector {shown} chooses is ready"),
    );
    Some(match fault {
        Some((pod, fault)) => Explanation {
            message: format!("{}: they {}", told.message, fault.clause),
            hint: fault.hint,
            stuck: fault.severity == pod::Severity::Stuck,
            changes_in: fault.changes_in,
            ..told.evidence(format!("Pod {pod}: {}", fault.evidence.unwrap_or_else(|| fault.reason.to_owned())))
        },
        None => told.hint(format!("see why they are not ready: {kubectl} get pods, {kubectl} describe endpointslice -l {SERVICE_NAME}={name}")),
    })
}

fn selector(service: &Value) -> Map<String, Value> {
    service.pointer("/spec/selector").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Whether labels fit a Service's selector.
#[must_use]
pub fn selects(service: &Value, labels: Option<&Value>) -> bool {
    is_chosen(&selector(service), labels)
}

fn is_chosen(selector: &Map<String, Value>, labels: Option<&Value>) -> bool {
    let Some(labels) = labels else { return false };
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// `app=web,tier=front`.
fn shown(selector: &Map<String, Value>) -> String {
    let mut parts: Vec<String> = selector
        .iter()
        .map(|(key, value)| wording::word(&format!("{key}={}", value.as_str().unwrap_or_default())))
        .collect();
    parts.sort();
    if parts.len() > SHOWN {
        parts.truncate(SHOWN);
        parts.push("…".to_owned());
    }
    parts.join(",")
}

/// The slices of a Service; `None` where none is known. The controller makes one for each Service with a selector, an
/// empty one if need be, so that none at all says nothing.
fn slices(service: &Value, scene: &Scene<'_>) -> Option<Vec<Arc<Value>>> {
    let name = text(service, &["metadata", "name"])?;
    let own = |slice: &Arc<Value>| text(slice, &["metadata", "labels", SERVICE_NAME]) == Some(name);
    let slices: Vec<Arc<Value>> = scene.list(Kin::EndpointSlice)?.into_iter().filter(own).collect();
    (!slices.is_empty()).then_some(slices)
}

fn endpoints(slices: &[Arc<Value>]) -> impl Iterator<Item = &Value> {
    slices.iter().filter_map(|slice| slice.get("endpoints")?.as_array()).flatten()
}

/// Absent means ready.
fn is_ready(endpoint: &Value) -> bool {
    endpoint.pointer("/conditions/ready").and_then(Value::as_bool) != Some(false)
}

fn is_pod_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        text(condition, &["type"]) == Some("Ready") && text(condition, &["status"]) == Some("True")
    })
}

/// Whether ReplicaSets make such Pods, and all of them are scaled to zero.
fn is_scaled_to_zero(selector: &Map<String, Value>, scene: &Scene<'_>) -> bool {
    let Some(sets) = scene.list(Kin::ReplicaSet) else { return false };
    let mut fitting = sets
        .iter()
        .filter(|set| is_chosen(selector, set.pointer("/spec/template/metadata/labels")))
        .peekable();
    fitting.peek().is_some() && fitting.all(|set| set.pointer("/spec/replicas") == Some(&Value::from(0)))
}

#[cfg(test)]
mod tests;
