//! What is noted on a Convergence of the alerts that were sent for it, so that the next process neither sends them again
//! nor forgets to tell that they are over. Pure.

use convergence::dependencies::Reach;
use reconcile_core::ObjectKey;

use super::roots::RootKey;

#[cfg(test)]
mod tests;

/// Causes that are noted of one Kustomization. More are told, too, and would be told again after a restart.
const MOST: usize = 20;
/// Longest line that is read: whoever may write a Convergence may write anything there.
const LONGEST: usize = 1024;

/// The note: a line for each cause, with its reason and its object; `None` for no cause.
pub(super) fn write<'a>(causes: impl IntoIterator<Item = &'a RootKey>) -> Option<String> {
    let lines: Vec<String> = causes
        .into_iter()
        .take(MOST)
        .map(|cause| match &cause.object {
            Some(object) => format!("{} {object}", cause.reason),
            None => cause.reason.clone(),
        })
        .filter(|line| line.len() <= LONGEST && !line.contains('\n'))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The causes that were noted of a Kustomization.
pub(super) fn read(key: &ObjectKey, note: &str, reach: Reach) -> Vec<RootKey> {
    let lines = note.lines().take(MOST).filter(|line| line.len() <= LONGEST && !line.is_empty());
    lines
        .map(|line| match line.split_once(' ') {
            Some((reason, object)) => RootKey::new(key, reason, Some(object), reach),
            None => RootKey::new(key, line, None, reach),
        })
        .collect()
}
