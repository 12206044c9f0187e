//! Service, PersistentVolumeClaim and CustomResourceDefinition (contracts/health-and-policy.md A.2).

use serde_json::Value;

use super::Verdict;
use super::fields::{conditions, text};
use crate::Error;

pub(crate) fn service(object: &Value) -> Verdict {
    let type_ = text(object, &["spec", "type"]).unwrap_or("ClusterIP");
    let address = text(object, &["spec", "clusterIP"]).unwrap_or_default();
    if type_ == "LoadBalancer" && address.is_empty() {
        return Verdict::in_progress("NoIPAssigned", "ClusterIP not set. Service type: LoadBalancer");
    }
    Verdict::current("Service is ready")
}

pub(crate) fn persistent_volume_claim(object: &Value) -> Verdict {
    match text(object, &["status", "phase"]).unwrap_or("unknown") {
        "Bound" => Verdict::current("PVC is Bound"),
        phase => Verdict::in_progress("NotBound", format!("PVC is not Bound. phase: {phase}")),
    }
}

pub(crate) fn custom_resource_definition(object: &Value) -> Result<Verdict, Error> {
    for condition in conditions(object)? {
        match (condition.type_, condition.status) {
            ("NamesAccepted", "False") => return Ok(Verdict::failed(condition.reason, condition.message)),
            ("Established", "False") if condition.reason != "Installing" => {
                return Ok(Verdict::failed(condition.reason, condition.message));
            }
            ("Established", "True") => return Ok(Verdict::current("CRD is established")),
            _ => {}
        }
    }
    Ok(Verdict::in_progress("Installing", "Install in progress"))
}
