//! Which fields an API server's refusal names, and whether it is that they cannot be changed.

/// One field that the API server complains of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldProblem<'a> {
    /// Its path: `spec.template.spec.containers[0].image`.
    pub path: &'a str,
    /// The complaint: `Required value`, `Invalid value: -1: must be positive`.
    pub complaint: &'a str,
    /// The field is set once and for all.
    pub is_immutable: bool,
}

/// How a complaint begins, behind a path.
const COMPLAINTS: [&str; 10] = [
    ": Invalid value",
    ": Required value",
    ": Forbidden:",
    ": Unsupported value",
    ": Duplicate value",
    ": Too long",
    ": Too many",
    ": Not found",
    ": Internal error",
    ": expected ",
];

/// Words for a field that cannot be changed. Kinds say it in words of their own.
const IMMUTABLE: [&str; 11] = [
    "is immutable",
    "immutable field",
    "are immutable",
    "updates to statefulset spec for fields other than",
    "cannot change roleRef",
    "may not change once set",
    "may not be changed once set",
    "updates to parameters are forbidden",
    "updates to provisioner are forbidden",
    "updates to reclaimPolicy are forbidden",
    "updates to volumeBindingMode are forbidden",
];

/// Whether a text says that something cannot be changed.
#[must_use]
pub fn is_immutable(text: &str) -> bool {
    IMMUTABLE.iter().any(|words| text.contains(words))
}

/// Every field with a complaint, in the order of the text.
pub(super) fn problems(text: &str) -> Vec<FieldProblem<'_>> {
    // Where a path begins, where its complaint does.
    let mut starts: Vec<(usize, usize)> = COMPLAINTS
        .iter()
        .flat_map(|words| text.match_indices(words))
        .filter_map(|(at, _)| Some((path_start(text, at)?, at)))
        .collect();
    starts.sort_unstable();
    // What a complaint quotes may hold another one's words.
    starts.dedup_by_key(|(start, _)| *start);
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|((start, at), end)| {
            let path = text.get(*start..*at)?;
            let complaint = text.get(at + 2..end)?.trim_end_matches([' ', ',', '[', ']', '\n']);
            Some(FieldProblem { path, complaint, is_immutable: is_immutable(complaint) })
        })
        .collect()
}

/// Where the path begins that ends at `end`; none when what stands there is none.
fn path_start(text: &str, end: usize) -> Option<usize> {
    let before = text.get(..end)?;
    let start = before.rfind(|c: char| c.is_whitespace()).map_or(0, |at| at + 1);
    let word = before.get(start..)?;
    // A list of complaints stands in brackets.
    let listed = word.starts_with('[') && word.matches('[').count() > word.matches(']').count();
    let start = if listed { start + 1 } else { start };
    let path = before.get(start..)?;
    let first = path.chars().next()?;
    let fits = (first.is_ascii_alphabetic() || first == '.' || first == '<') && !path.contains("://");
    fits.then_some(start)
}

/// The fields that a schema does not declare.
pub(super) fn unknown(text: &str) -> Vec<&str> {
    let typed = text.match_indices(": field not declared in schema").filter_map(|(at, _)| {
        let before = text.get(..at)?;
        before.rsplit(|c: char| c.is_whitespace()).next()
    });
    let strict = text.match_indices("unknown field \"").filter_map(|(at, words)| {
        let rest = text.get(at + words.len()..)?;
        rest.split('"').next()
    });
    typed.chain(strict).filter(|path| !path.is_empty()).collect()
}

#[cfg(test)]
mod tests;
