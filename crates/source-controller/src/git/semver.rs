//! Semantic versions and the constraints of `ref.semver`, with the rules of Masterminds' semver 3, which Flux uses.
//! Which tags there are is the caller's.

use std::cmp::Ordering;

/// A version: `[v]major.minor.patch[-pre][+build]`, strict but for the leading `v`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    major: u64,
    minor: u64,
    patch: u64,
    pre: Vec<Identifier>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Identifier {
    Number(u64),
    Text(String),
}

impl Version {
    /// Reads a tag; `None` when it is no version.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        if !build.is_none_or(|build| build.split('.').all(is_identifier)) {
            return None;
        }
        let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
        let mut parts = core.split('.');
        let (major, minor, patch) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
        if parts.next().is_some() {
            return None;
        }
        let pre = pre.map_or(Some(Vec::new()), |pre| pre.split('.').map(identifier).collect())?;
        Some(Self { major, minor, patch, pre })
    }

    fn core(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }
}

impl Ord for Version {
    /// Precedence; build metadata does not count.
    fn cmp(&self, other: &Self) -> Ordering {
        self.core().cmp(&other.core()).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.pre.cmp(&other.pre),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identifier {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
        }
    }
}

impl PartialOrd for Identifier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Digits without a leading zero.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn identifier(text: &str) -> Option<Identifier> {
    if !is_identifier(text) {
        None
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        number(text).map(Identifier::Number)
    } else {
        Some(Identifier::Text(text.to_owned()))
    }
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
    /// Reads a constraint; `None` when it is improper.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.split("||").map(alternative).collect::<Option<Vec<_>>>().map(Self)
    }

    /// Whether `version` satisfies it.
    pub(crate) fn accepts(&self, version: &Version) -> bool {
        self.0.iter().any(|all| all.iter().all(|condition| condition.accepts(version)))
    }
}

fn alternative(text: &str) -> Option<Vec<Condition>> {
    let words: Vec<&str> = text.split([' ', ',', '\t']).filter(|word| !word.is_empty()).collect();
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
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if !build.is_none_or(|build| build.split('.').all(is_identifier)) {
        return None;
    }
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let pre = pre.map_or(Some(Vec::new()), |pre| pre.split('.').map(identifier).collect())?;
    let mut parts = Vec::new();
    for part in core.split('.') {
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
    Some(Condition { operator, version: Version { major, minor, patch, pre }, open })
}

impl Condition {
    fn accepts(&self, version: &Version) -> bool {
        // A pre-release is taken only where the constraint names one.
        if !version.pre.is_empty() && self.version.pre.is_empty() {
            return false;
        }
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => version == &self.version,
            Operator::Equal | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => !self.equals(version),
            Operator::Greater => self.greater(version),
            Operator::Less => version < &self.version,
            Operator::GreaterOrEqual => version >= &self.version,
            Operator::LessOrEqual => self.less_or_equal(version),
            Operator::Caret => self.caret(version),
        }
    }

    /// Equality in the parts that are given.
    fn equals(&self, version: &Version) -> bool {
        match self.open {
            Open::Nothing => version == &self.version,
            Open::Patch => version.major == self.version.major && version.minor == self.version.minor,
            Open::Minor => version.major == self.version.major,
            Open::All => version.core() == (0, 0, 0),
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        if version < &self.version {
            return false;
        }
        let own = &self.version;
        // `*` and `~0.0.0` take everything.
        if own.core() == (0, 0, 0) && matches!(self.open, Open::Nothing | Open::All) {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.open == Open::Minor)
    }

    fn greater(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing | Open::All => version > own,
            Open::Minor => version.major > own.major,
            Open::Patch => (version.major, version.minor) > (own.major, own.minor),
        }
    }

    fn less_or_equal(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing => version <= own,
            Open::Minor => version.major <= own.major,
            Open::Patch | Open::All => (version.major, version.minor) <= (own.major, own.minor),
        }
    }

    fn caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version < own {
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
