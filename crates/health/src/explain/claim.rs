//! Why a PersistentVolumeClaim has no volume.

use serde_json::Value;

use super::Explanation;
use crate::kstatus::text;

pub(crate) fn explain(object: &Value) -> Explanation {
    let phase = text(object, &["status", "phase"]).unwrap_or("unknown");
    let class = text(object, &["spec", "storageClassName"]);
    match phase {
        "Lost" => Explanation {
            stuck: true,
            hint: Some("its volume is gone: restore the volume, or delete the claim and make a new one"),
            ..Explanation::new("VolumeLost", "the volume that it was bound to no longer exists")
        },
        _ => {
            let message = match class {
                Some(class) => format!("no volume is bound to it yet (storage class {class})"),
                None => "no volume is bound to it yet (no storage class is set)".to_owned(),
            };
            Explanation {
                hint: Some(
                    "a class that waits for the first consumer binds when a Pod uses the claim; otherwise look at the claim's events",
                ),
                ..Explanation::new("NotBound", message)
            }
        }
    }
}
