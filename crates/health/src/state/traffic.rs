//! Services and Ingresses: whether somebody has given them an address. Whether anything answers there is not known here.

use std::time::Duration;

use serde_json::Value;

use super::case::Case;
use super::judgement::{Judgement, State};
use super::mapped;
use crate::learned::{has_address, wants_address};

/// What had an address and has none may get another one.
const RELAPSE_AFTER: Duration = Duration::from_secs(300);

pub(super) fn service(case: &Case<'_>) -> Judgement {
    let judgement = mapped::mapped(case);
    if judgement.state != State::Healthy {
        return judgement;
    }
    if wants_address(case.object) {
        let hint = "look whether a controller for load balancers runs, and at the Service's events";
        return addressed(case, hint);
    }
    // What it selects is beside it.
    let selects =
        case.object.pointer("/spec/selector").and_then(Value::as_object).is_some_and(|map| !map.is_empty());
    Judgement { looks_beside: selects, ..judgement }
}

pub(super) fn ingress(case: &Case<'_>) -> Judgement {
    addressed(case, "look whether the controller of its IngressClass runs, and at the Ingress's events")
}

fn addressed(case: &Case<'_>, hint: &str) -> Judgement {
    if has_address(case.object) {
        return Judgement { looks_beside: case.kind == "Service", ..Judgement::healthy() };
    }
    if case.beside.profile(case.object).unaddressed {
        let message = "it has no address, as none of its kind and class has here";
        return Judgement::new(State::Healthy, "NoAddress", message).assumed().notably();
    }
    Judgement {
        looks_beside: true,
        ..Judgement::new(State::Progressing, "NoAddress", "no address has been given to it yet")
            .hinting(hint)
            .relapsing(RELAPSE_AFTER)
    }
}
