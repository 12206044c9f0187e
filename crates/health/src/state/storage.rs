//! PersistentVolumeClaims and PersistentVolumes.

use std::sync::Arc;

use serde_json::Value;

use super::case::Case;
use super::judgement::{Judgement, State};
use super::mapped;
use crate::beside::Kin;
use crate::kstatus::text;
use crate::wording;

/// The scheduler writes it to a claim whose volume is to be made.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Marks the class of claims that name none.
const IS_DEFAULT: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

pub(super) fn claim(case: &Case<'_>) -> Judgement {
    let judgement = mapped::mapped(case);
    match case.text(&["status", "phase"]) {
        "Lost" => Judgement { state: State::Degraded, certain: true, ..judgement },
        "Bound" => judgement,
        // What keeps it from being bound may go at any time, and may be beside it.
        _ => pending(case, judgement),
    }
}

/// What is said of it, unless its class waits for a Pod: then nothing is wrong with it.
fn pending(case: &Case<'_>, judgement: Judgement) -> Judgement {
    let judgement = Judgement { looks_beside: true, ..judgement };
    let named = text(case.object, &["spec", "storageClassName"]);
    // An empty name asks for a volume that somebody makes by hand.
    let classes = case.beside.list(Kin::StorageClass, "").filter(|_| named != Some(""));
    let class = classes.as_ref().and_then(|classes| class_of(named, classes));
    let Some(class) =
        class.filter(|class| text(class, &["volumeBindingMode"]) == Some("WaitForFirstConsumer"))
    else {
        return judgement;
    };
    if annotation(case.object, SELECTED_NODE).is_some() {
        return judgement;
    }
    let class = wording::word(text(class, &["metadata", "name"]).unwrap_or_default());
    let message = format!(
        "it waits for its first consumer: StorageClass {class} makes the volume when a Pod uses the claim"
    );
    Judgement {
        looks_beside: true,
        ..Judgement::new(State::Suspended, "WaitForFirstConsumer", message)
            .hinting("nothing needs to be done until a Pod uses the claim")
    }
}

fn class_of<'a>(named: Option<&str>, classes: &'a [Arc<Value>]) -> Option<&'a Value> {
    let found = classes.iter().find(|class| match named {
        Some(name) => text(class, &["metadata", "name"]) == Some(name),
        None => IS_DEFAULT.iter().any(|key| annotation(class, key) == Some("true")),
    });
    found.map(AsRef::as_ref)
}

fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    text(object, &["metadata", "annotations", key]).filter(|value| !value.is_empty())
}

pub(super) fn volume(case: &Case<'_>) -> Judgement {
    match case.text(&["status", "phase"]) {
        "Failed" => {
            let said = wording::quoted(case.text(&["status", "message"]));
            let message =
                if said.is_empty() { "it could not be recycled or deleted".to_owned() } else { said };
            Judgement::new(State::Degraded, "VolumeFailed", message)
                .hinting(
                    "look at the volume's events, and at the log of the driver that spec.csi.driver names",
                )
                .certainly()
        }
        "Pending" => Judgement::new(State::Progressing, "VolumePending", "it is not available yet"),
        _ => Judgement::healthy(),
    }
}
