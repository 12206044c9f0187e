//! How much of a ResourceQuota is used, as a refusal tells it:
//! `requested: pods=1,cpu=2, used: pods=4,cpu=3, limited: pods=4,cpu=4`.

/// One resource of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget<'a> {
    /// The resource: `pods`, `requests.cpu`.
    pub resource: &'a str,
    /// What the object asks for.
    pub requested: &'a str,
    /// What is in use.
    pub used: &'a str,
    /// How much there may be.
    pub limited: &'a str,
}

/// Reads what stands behind the quota's name.
pub(super) fn budgets(text: &str) -> Vec<Budget<'_>> {
    let requested = list(text, "requested: ");
    let (used, limited) = (list(text, "used: "), list(text, "limited: "));
    let of =
        |list: &[(&'_ str, &'_ str)], resource: &str| list.iter().position(|(name, _)| *name == resource);
    requested
        .iter()
        .map(|(resource, requested)| Budget {
            resource,
            requested,
            used: of(&used, resource).and_then(|at| used.get(at)).map_or("", |(_, amount)| amount),
            limited: of(&limited, resource).and_then(|at| limited.get(at)).map_or("", |(_, amount)| amount),
        })
        .collect()
}

/// The pairs behind a word; they end where the next word begins.
fn list<'a>(text: &'a str, word: &str) -> Vec<(&'a str, &'a str)> {
    let Some((_, rest)) = text.split_once(word) else { return Vec::new() };
    let rest = rest.split(", ").next().unwrap_or(rest);
    rest.split(',').filter_map(|pair| pair.trim().split_once('=')).collect()
}

#[cfg(test)]
mod tests;
