//! Label selectors in Kubernetes' text form, as far as it takes to tell whether two of them can match one object.

use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// What one requirement says of one key.
#[derive(Debug, PartialEq, Eq)]
enum Demand<'a> {
    In(BTreeSet<&'a str>),
    /// Also met by objects without the key.
    NotIn(BTreeSet<&'a str>),
    Exists,
    Absent,
}

/// Whether no object can match both. False where that is not certain.
pub(super) fn are_disjoint(one: &str, other: &str) -> bool {
    let others = requirements(other);
    requirements(one).iter().any(|(key, demand)| {
        others.iter().any(|(other_key, other)| key == other_key && exclude(demand, other))
    })
}

/// Whether an object without any labels matches.
pub(super) fn matches_no_labels(selector: &str) -> bool {
    requirements(selector).iter().all(|(_, demand)| matches!(demand, Demand::NotIn(_) | Demand::Absent))
}

fn exclude(one: &Demand<'_>, other: &Demand<'_>) -> bool {
    use Demand::{Absent, Exists, In, NotIn};
    match (one, other) {
        (In(one), In(other)) => one.is_disjoint(other),
        (In(some), NotIn(none)) | (NotIn(none), In(some)) => some.is_subset(none),
        (In(_) | Exists, Absent) | (Absent, In(_) | Exists) => true,
        _ => false,
    }
}

fn requirements(selector: &str) -> Vec<(&str, Demand<'_>)> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, c) in selector.char_indices().chain([(selector.len(), ',')]) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 || at == selector.len() => {
                found.extend(selector.get(start..at).and_then(requirement));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// One requirement; none for what is not understood, which then excludes nothing.
fn requirement(text: &str) -> Option<(&str, Demand<'_>)> {
    let text = text.trim();
    if let Some(key) = text.strip_prefix('!') {
        return Some((key.trim(), Demand::Absent));
    }
    if let Some((head, values)) = text.split_once('(') {
        let values = values.trim_end_matches(')').split(',').map(str::trim).collect();
        let (key, operator) = head.trim().rsplit_once(char::is_whitespace)?;
        return match operator {
            "in" => Some((key.trim(), Demand::In(values))),
            "notin" => Some((key.trim(), Demand::NotIn(values))),
            _ => None,
        };
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Some((key.trim(), Demand::NotIn([value.trim()].into())));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some((key.trim(), Demand::In([value.trim()].into())));
    }
    (!text.is_empty() && !text.contains(['<', '>', ' '])).then_some((text, Demand::Exists))
}
