//! The containers of a Pod as its status lists them, and the command that shows what one says.

use serde_json::Value;

use crate::explain::scene::Scene;

/// The statuses of one list.
pub(super) fn of<'a>(pod: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    pod.get("status").and_then(|status| status.get(list)).and_then(Value::as_array).into_iter().flatten()
}

/// Init containers first, because nothing else starts before them.
pub(super) fn all(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainerStatuses", "containerStatuses"].into_iter().flat_map(|list| of(pod, list))
}

/// The command that shows a container's log; `previous`: that of the run before.
pub(super) fn log_command(scene: &Scene<'_>, pod: &str, container: &str, previous: bool) -> String {
    let previous = if previous { " --previous" } else { "" };
    format!("{} logs {pod} -c {container}{previous}", scene.kubectl())
}
