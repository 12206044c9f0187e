//! Whether the API server is new enough.

use crate::finding::Finding;

#[cfg(test)]
mod tests;

/// The oldest minor version of Kubernetes 1 that works, as the chart's `kubeVersion` has it.
const OLDEST: u32 = 33;

/// What an API server's version means.
pub(super) fn finding(server: &str, version: &str) -> Finding {
    let object = format!("Kubernetes at {server}");
    match minor(version) {
        Some(minor) if minor >= OLDEST => {
            Finding::fine(object, format!("{version}, 1.{OLDEST} or later is needed"))
        }
        Some(_) => Finding::problem(object, format!("{version} is too old: 1.{OLDEST} or later is needed"))
            .hint("upgrade the cluster first: Kubernetes itself no longer supports this version"),
        None => {
            Finding::warning(object, format!("calls itself {version:?}, which is no version of Kubernetes 1"))
                .hint(format!("1.{OLDEST} or later is needed; Helm refuses the chart where it cannot tell"))
        }
    }
}

/// The minor version of Kubernetes 1, also of a provider's builds (`v1.33.4-gke.1350000`, `v1.34+`).
fn minor(version: &str) -> Option<u32> {
    let rest = version.strip_prefix('v').unwrap_or(version).strip_prefix("1.")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| rest.split_at(end).0);
    digits.parse().ok()
}
