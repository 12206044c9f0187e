//! Versions and the ranges of them that a spec asks for (`semver` of a GitRepository and others), with the rules of
//! Masterminds' semver 3, which Flux uses. Which versions there are is the caller's.
//!
//! Versions are those of the crate `semver`; its own ranges are not used, for they know neither `||`, hyphens nor `!=`,
//! and treat pre-releases otherwise.

use std::cmp::Ordering;

use semver::Version;

#[cfg(test)]
mod tests;

/// Conditions of a constraint. Each may be held against all versions of a source; who has more means harm.
const MOST: usize = 100;

/// Reads a version, `[v]major.minor.patch[-pre][+build]`; `None` when the text is none. The three numbers may begin
/// with zeros, as in `2025.02.03`.
pub(crate) fn parse_version(text: &str) -> Option<Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (core, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let plain = core.split('.').map(|number| match number.trim_start_matches('0') {
        "" if !number.is_empty() => "0",
        trimmed => trimmed,
    });
    let plain: Vec<&str> = plain.collect();
    Version::parse(&format!("{}{rest}", plain.join("."))).ok()
}

const fn core(version: &Version) -> (u64, u64, u64) {
    (version.major, version.minor, version.patch)
}

/// Digits without a leading zero.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// A constraint: alternatives (`||`) of conditions that must all hold (blank or comma).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constraint(Vec<Vec<Condition>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// Which part of a condition's version was left out or a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// `1.2.3`
    Nothing,
    /// `1.2` or `1.2.x`
    Patch,
    /// `1` or `1.x`
    Minor,
    /// `*`
    All,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    operator: Operator,
    version: Version,
    open: Open,
}

impl Constraint {
    /// Reads a constraint; `None` when it is improper, which one of more than [`MOST`] conditions is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = text.split("||").take(MOST + 1).map(alternative).collect::<Option<Vec<_>>>()?;
        (all.iter().map(Vec::len).sum::<usize>() <= MOST).then_some(Self(all))
    }

    /// Whether `version` satisfies it.
    pub(crate) fn accepts(&self, version: &Version) -> bool {
        self.0.iter().any(|all| all.iter().all(|condition| condition.accepts(version)))
    }
}

fn alternative(text: &str) -> Option<Vec<Condition>> {
    // A condition has three words at most.
    let words = text.split([' ', ',', '\t']).filter(|word| !word.is_empty()).take(3 * MOST + 1);
    let words: Vec<&str> = words.collect();
    let mut conditions = Vec::new();
    let mut rest = words.as_slice();
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        // `1.2 - 1.4`: a range, both ends included.
        if let Some(("-", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
            let (end, after) = after.split_first()?;
            conditions.push(condition(Operator::GreaterOrEqual, word)?);
            conditions.push(condition(Operator::LessOrEqual, end)?);
            rest = after;
            continue;
        }
        let (operator, version) = operator(word);
        // A blank may stand between operator and version.
        let version = if version.is_empty() {
            let (next, after) = rest.split_first()?;
            rest = after;
            *next
        } else {
            version
        };
        conditions.push(condition(operator, version)?);
    }
    (!conditions.is_empty()).then_some(conditions)
}

fn operator(word: &str) -> (Operator, &str) {
    const OPERATORS: [(&str, Operator); 11] = [
        (">=", Operator::GreaterOrEqual),
        ("=>", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        ("=<", Operator::LessOrEqual),
        ("!=", Operator::NotEqual),
        ("~>", Operator::Tilde),
        ("=", Operator::Equal),
        (">", Operator::Greater),
        ("<", Operator::Less),
        ("~", Operator::Tilde),
        ("^", Operator::Caret),
    ];
    OPERATORS
        .iter()
        .find_map(|(text, operator)| word.strip_prefix(text).map(|rest| (*operator, rest)))
        .unwrap_or((Operator::Equal, word))
}

fn condition(operator: Operator, text: &str) -> Option<Condition> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (given, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let mut parts = Vec::new();
    for part in given.split('.') {
        parts.push(if matches!(part, "x" | "X" | "*") { None } else { Some(number(part)?) });
    }
    if parts.len() > 3 {
        return None;
    }
    let part = |index: usize| parts.get(index).copied().flatten();
    let (open, major, minor, patch) = match (part(0), part(1), part(2)) {
        (None, ..) => (Open::All, 0, 0, 0),
        (Some(major), None, _) => (Open::Minor, major, 0, 0),
        (Some(major), Some(minor), None) => (Open::Patch, major, minor, 0),
        (Some(major), Some(minor), Some(patch)) => (Open::Nothing, major, minor, patch),
    };
    let version = Version::parse(&format!("{major}.{minor}.{patch}{rest}")).ok()?;
    Some(Condition { operator, version, open })
}

impl Condition {
    fn accepts(&self, version: &Version) -> bool {
        // A pre-release is taken only where the range names one.
        if !version.pre.is_empty() && self.version.pre.is_empty() {
            return false;
        }
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => self.compare(version).is_eq(),
            Operator::Equal | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => !self.equals(version),
            Operator::Greater => self.greater(version),
            Operator::Less => self.compare(version).is_lt(),
            Operator::GreaterOrEqual => self.compare(version).is_ge(),
            Operator::LessOrEqual => self.less_or_equal(version),
            Operator::Caret => self.caret(version),
        }
    }

    /// How `version` stands to the one that is named; build metadata does not count.
    fn compare(&self, version: &Version) -> Ordering {
        version.cmp_precedence(&self.version)
    }

    /// Equality in the parts that are given.
    fn equals(&self, version: &Version) -> bool {
        match self.open {
            Open::Nothing => self.compare(version).is_eq(),
            Open::Patch => version.major == self.version.major && version.minor == self.version.minor,
            Open::Minor => version.major == self.version.major,
            Open::All => core(version) == (0, 0, 0),
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        if self.compare(version).is_lt() {
            return false;
        }
        let own = &self.version;
        // `*` and `~0.0.0` take everything.
        if core(own) == (0, 0, 0) && matches!(self.open, Open::Nothing | Open::All) {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.open == Open::Minor)
    }

    fn greater(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing | Open::All => self.compare(version).is_gt(),
            Open::Minor => version.major > own.major,
            Open::Patch => (version.major, version.minor) > (own.major, own.minor),
        }
    }

    fn less_or_equal(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing => self.compare(version).is_le(),
            Open::Minor => version.major <= own.major,
            Open::Patch | Open::All => (version.major, version.minor) <= (own.major, own.minor),
        }
    }

    fn caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.compare(version).is_lt() {
            return false;
        }
        if own.major > 0 || self.open == Open::Minor {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.open == Open::Patch {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}
