//! Matching objects: anchored regular expressions on ids, and the Kubernetes selector grammar on labels and annotations.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::kustomization::Selector;
use crate::pattern::Pattern;
use crate::resmap::ResMap;
use crate::resource::Resource;

/// The parts of a [`Selector`] that look at ids.
#[derive(Debug)]
pub(crate) struct IdSelector {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
}

impl IdSelector {
    pub(crate) fn new(selector: &Selector) -> Result<Self> {
        Ok(Self {
            group: Pattern::new(&selector.group)?,
            version: Pattern::new(&selector.version)?,
            kind: Pattern::new(&selector.kind)?,
            name: Pattern::new(&selector.name)?,
            namespace: Pattern::new(&selector.namespace)?,
        })
    }

    fn matches_gvk(&self, id: &Id) -> bool {
        self.group.matches(&id.group) && self.version.matches(&id.version) && self.kind.matches(&id.kind)
    }

    /// Whether one id fits in all parts, its namespace as written.
    pub(crate) fn matches_plainly(&self, id: &Id) -> bool {
        self.matches_gvk(id) && self.name.matches(&id.name) && self.namespace.matches(&id.namespace)
    }

    /// Whether original or current name, and original or current namespace, and the current kind fit.
    fn matches(&self, resource: &Resource) -> bool {
        let (current, original) = (resource.id(), resource.original_id());
        (self.namespace.matches(original.effective_namespace())
            || self.namespace.matches(current.effective_namespace()))
            && (self.name.matches(&original.name) || self.name.matches(&current.name))
            && self.matches_gvk(current)
    }
}

/// Positions of the objects that a patch target selects.
pub(crate) fn select(map: &mut ResMap, selector: &Selector) -> Result<Vec<usize>> {
    let ids = IdSelector::new(selector)?;
    let candidates: Vec<usize> = match &ids.name {
        Pattern::Literal(name) => map.by_name(name).to_vec(),
        _ => (0..map.len()).collect(),
    };
    let labels = Requirements::parse(&selector.label_selector);
    let annotations = Requirements::parse(&selector.annotation_selector);
    let mut selected = Vec::new();
    for position in candidates {
        let Some(resource) = map.get(position) else { continue };
        if !ids.matches(resource) {
            continue;
        }
        // Like the original, a bad grammar is only noticed when an object gets here.
        if !matches_texts(&labels, resource, "labels")?
            || !matches_texts(&annotations, resource, "annotations")?
        {
            continue;
        }
        selected.push(position);
    }
    Ok(selected)
}

fn matches_texts(requirements: &Result<Requirements>, resource: &Resource, field: &str) -> Result<bool> {
    match requirements {
        Ok(requirements) if requirements.0.is_empty() => Ok(true),
        Ok(requirements) => Ok(requirements.matches(&resource.meta_texts(field))),
        Err(error) => Err(error.clone()),
    }
}

/// Whether an object's annotations and labels fit the selector.
pub(crate) fn matches_meta(selector: &Selector, resource: &Resource) -> Result<bool> {
    let annotations = Requirements::parse(&selector.annotation_selector);
    let labels = Requirements::parse(&selector.label_selector);
    Ok(matches_texts(&annotations, resource, "annotations")? & matches_texts(&labels, resource, "labels")?)
}

/// A label selector: all parts must hold.
#[derive(Debug)]
struct Requirements(Vec<Requirement>);

#[derive(Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Requirements {
    fn parse(text: &str) -> Result<Self> {
        let mut tokens = tokens(text);
        tokens.reverse();
        let mut requirements = Vec::new();
        if tokens.is_empty() {
            return Ok(Self(requirements));
        }
        loop {
            requirements.push(requirement(&mut tokens, text)?);
            match tokens.pop() {
                None => return Ok(Self(requirements)),
                Some(Token::Comma) => {}
                Some(other) => {
                    return Err(bad(
                        text,
                        &format!("found '{}', expected: ',' or 'end of string'", other.text()),
                    ));
                }
            }
        }
    }

    fn matches(&self, texts: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|Requirement { key, test }| {
            let value = texts.get(key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match test {
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::In(values) => value.is_some_and(|value| values.contains(value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Test::Greater(limit) => number().is_some_and(|number| number > *limit),
                Test::Less(limit) => number().is_some_and(|number| number < *limit),
            }
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Operator(String),
    Open,
    Close,
    Comma,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Operator(text) => text,
            Self::Open => "(",
            Self::Close => ")",
            Self::Comma => ",",
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut result = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => {}
            '(' => result.push(Token::Open),
            ')' => result.push(Token::Close),
            ',' => result.push(Token::Comma),
            '=' | '!' | '<' | '>' => {
                let mut operator = String::from(c);
                while let Some(next) = chars.next_if(|c| matches!(c, '=' | '!' | '<' | '>')) {
                    operator.push(next);
                }
                result.push(Token::Operator(operator));
            }
            c => {
                let mut word = String::from(c);
                while let Some(next) = chars.next_if(|c| {
                    !matches!(c, ' ' | '\t' | '\r' | '\n' | '(' | ')' | ',' | '=' | '!' | '<' | '>')
                }) {
                    word.push(next);
                }
                result.push(Token::Word(word));
            }
        }
    }
    result
}

/// Reads one requirement off the end of the reversed tokens.
fn requirement(tokens: &mut Vec<Token>, text: &str) -> Result<Requirement> {
    let (key, negated) = match tokens.pop() {
        Some(Token::Word(key)) => (key, false),
        Some(Token::Operator(operator)) if operator == "!" => match tokens.pop() {
            Some(Token::Word(key)) => (key, true),
            other => return Err(bad(text, &expected(other.as_ref(), "identifier"))),
        },
        other => return Err(bad(text, &expected(other.as_ref(), "!, identifier, or 'end of string'"))),
    };
    check_key(&key, text)?;
    if negated {
        return Ok(Requirement { key, test: Test::Missing });
    }
    let test = match tokens.last().cloned() {
        None | Some(Token::Comma) => Test::Exists,
        Some(Token::Operator(operator)) => {
            tokens.pop();
            let value = match tokens.last() {
                Some(Token::Word(_)) => match tokens.pop() {
                    Some(Token::Word(word)) => word,
                    _ => String::new(),
                },
                None | Some(Token::Comma) => String::new(),
                other => return Err(bad(text, &expected(other, "identifier"))),
            };
            let number = || {
                value.parse::<i64>().map_err(|_| {
                    bad(text, &format!("for 'Gt', 'Lt' operators, the value must be an integer: {value:?}"))
                })
            };
            match operator.as_str() {
                "=" | "==" => Test::In(vec![value]),
                "!=" => Test::NotIn(vec![value]),
                ">" => Test::Greater(number()?),
                "<" => Test::Less(number()?),
                other => {
                    return Err(bad(
                        text,
                        &format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt"),
                    ));
                }
            }
        }
        Some(Token::Word(word)) if word == "in" || word == "notin" => {
            tokens.pop();
            let values = value_list(tokens, text)?;
            if word == "in" { Test::In(values) } else { Test::NotIn(values) }
        }
        other => return Err(bad(text, &expected(other.as_ref(), "in, notin, =, ==, !=, gt, lt"))),
    };
    Ok(Requirement { key, test })
}

fn value_list(tokens: &mut Vec<Token>, text: &str) -> Result<Vec<String>> {
    match tokens.pop() {
        Some(Token::Open) => {}
        other => return Err(bad(text, &expected(other.as_ref(), "'('"))),
    }
    let mut values = Vec::new();
    let mut last = String::new();
    loop {
        match tokens.pop() {
            Some(Token::Word(word)) if last.is_empty() => last = word,
            Some(Token::Comma) => values.push(std::mem::take(&mut last)),
            Some(Token::Close) => {
                values.push(last);
                return Ok(values);
            }
            other => return Err(bad(text, &expected(other.as_ref(), "',', ')' or identifier"))),
        }
    }
}

fn expected(found: Option<&Token>, wanted: &str) -> String {
    format!("found '{}', expected: {wanted}", found.map_or("", Token::text))
}

fn check_key(key: &str, text: &str) -> Result<()> {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let valid = !name.is_empty()
        && name.len() <= 63
        && name.chars().all(inner)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && prefix.is_none_or(|prefix| !prefix.is_empty() && prefix.chars().all(inner));
    if valid { Ok(()) } else { Err(bad(text, &format!("key: Invalid value: {key:?}"))) }
}

fn bad(_: &str, reason: &str) -> Error {
    Error::input(format!("unable to parse requirement: {reason}"))
}
