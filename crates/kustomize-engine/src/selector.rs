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
        match tokens.last() {
            None => return Ok(Self(requirements)),
            Some(Token::Word(_) | Token::Operator("!")) => {}
            other => {
                return Err(Error::input(format!(
                    "found '{}', expected: !, identifier, or 'end of string'",
                    text_of(other)
                )));
            }
        }
        loop {
            requirements
                .push(requirement(&mut tokens).map_err(|error| error.within("unable to parse requirement"))?);
            match tokens.pop() {
                None => return Ok(Self(requirements)),
                Some(Token::Operator(",")) => match tokens.last() {
                    Some(Token::Word(_) | Token::Operator("!")) => {}
                    other => {
                        return Err(Error::input(format!(
                            "found '{}', expected: identifier after ','",
                            text_of(other)
                        )));
                    }
                },
                other => {
                    return Err(Error::input(format!(
                        "found '{}', expected: ',' or 'end of string'",
                        text_of(other.as_ref())
                    )));
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
    Operator(&'static str),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) => text,
            Self::Operator(text) => text,
        }
    }
}

const OPERATORS: &[&str] = &["==", "!=", ")", ",", "!", "=", ">", "<", "("];

fn tokens(text: &str) -> Vec<Token> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let special = |c: char| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut result = Vec::new();
    let mut rest = text.trim_start_matches(blank);
    while !rest.is_empty() {
        let (token, length) = match OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
            Some(operator) => (Token::Operator(operator), operator.len()),
            None => {
                let end = rest.find(|c| blank(c) || special(c)).unwrap_or(rest.len());
                let (word, _) = rest.split_at(end);
                (Token::Word(word.to_owned()), end)
            }
        };
        result.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start_matches(blank);
    }
    result
}

fn text_of(token: Option<&Token>) -> &str {
    token.map_or("", Token::text)
}

/// Reads one requirement off the end of the reversed tokens.
fn requirement(tokens: &mut Vec<Token>) -> Result<Requirement> {
    let negated = tokens.pop_if(|token| *token == Token::Operator("!")).is_some();
    let key = match tokens.pop() {
        Some(Token::Word(key)) => key,
        other => {
            return Err(Error::input(format!("found '{}', expected: identifier", text_of(other.as_ref()))));
        }
    };
    check_key(&key)?;
    if negated {
        return Ok(Requirement { key, test: Test::Missing });
    }
    if matches!(tokens.last(), None | Some(Token::Operator(","))) {
        return Ok(Requirement { key, test: Test::Exists });
    }
    let operator = tokens.pop();
    let test = match text_of(operator.as_ref()) {
        "in" => Test::In(values(tokens)?),
        "notin" => Test::NotIn(values(tokens)?),
        "=" | "==" => Test::In(vec![value(tokens)?]),
        "!=" => Test::NotIn(vec![value(tokens)?]),
        sign @ (">" | "<") => {
            let value = value(tokens)?;
            let limit = value
                .parse()
                .map_err(|_| Error::input("for 'Gt', 'Lt' operators, the value must be an integer"))?;
            check_value(&key, &value)?;
            if sign == ">" { Test::Greater(limit) } else { Test::Less(limit) }
        }
        other => {
            return Err(Error::input(format!("found '{other}', expected: '=', '!=', '==', 'in', notin'")));
        }
    };
    if let Test::In(values) | Test::NotIn(values) = &test {
        values.iter().try_for_each(|value| check_value(&key, value))?;
    }
    Ok(Requirement { key, test })
}

/// The one value behind `=` and the like.
fn value(tokens: &mut Vec<Token>) -> Result<String> {
    if matches!(tokens.last(), None | Some(Token::Operator(","))) {
        return Ok(String::new());
    }
    match tokens.pop() {
        Some(Token::Word(word)) => Ok(word),
        other => Err(Error::input(format!("found '{}', expected: identifier", text_of(other.as_ref())))),
    }
}

/// The values in parentheses; a comma too many stands for the empty one, but not everywhere, as in the original.
fn values(tokens: &mut Vec<Token>) -> Result<Vec<String>> {
    let comma = Some(&Token::Operator(","));
    let close = Some(&Token::Operator(")"));
    let open = tokens.pop();
    if open.as_ref() != Some(&Token::Operator("(")) {
        return Err(Error::input(format!("found '{}' expected: '('", text_of(open.as_ref()))));
    }
    let mut values = Vec::new();
    if tokens.pop_if(|token| *token == Token::Operator(")")).is_some() {
        return Ok(vec![String::new()]);
    }
    if !matches!(tokens.last(), Some(Token::Word(_) | Token::Operator(","))) {
        return Err(Error::input(format!(
            "found '{}', expected: ',', ')' or identifier",
            text_of(tokens.last())
        )));
    }
    loop {
        match tokens.pop() {
            Some(Token::Word(word)) => {
                values.push(word);
                if tokens.last() == close {
                    break;
                }
                if tokens.last() != comma {
                    return Err(Error::input(format!(
                        "found '{}', expected: ',' or ')'",
                        text_of(tokens.last())
                    )));
                }
            }
            Some(Token::Operator(",")) => {
                if values.is_empty() || tokens.last() == close || tokens.last() == comma {
                    values.push(String::new());
                }
                if tokens.last() == close {
                    break;
                }
                if tokens.last() == comma {
                    tokens.pop();
                }
            }
            other => {
                return Err(Error::input(format!(
                    "found '{}', expected: ',', or identifier",
                    text_of(other.as_ref())
                )));
            }
        }
    }
    tokens.pop();
    Ok(values)
}

const NAME: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
                    character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const DOMAIN: &str = "a DNS-1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and \
                      end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                      '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start \
                     and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
                     validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_domain(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.split('.').all(|part| {
        part.starts_with(inner) && part.ends_with(inner) && part.chars().all(|c| inner(c) || c == '-')
    })
}

fn check_key(key: &str) -> Result<()> {
    let mut problems = Vec::new();
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if name.contains('/') {
        problems.push(format!(
            "a qualified name {NAME} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ));
    } else {
        match prefix {
            Some("") => problems.push("prefix part must be non-empty".to_owned()),
            Some(prefix) => {
                if prefix.len() > 253 {
                    problems.push("prefix part must be no more than 253 characters".to_owned());
                }
                if !is_domain(prefix) {
                    problems.push(format!("prefix part {DOMAIN}"));
                }
            }
            None => {}
        }
        if name.is_empty() {
            problems.push("name part must be non-empty".to_owned());
        } else if name.len() > 63 {
            problems.push("name part must be no more than 63 characters".to_owned());
        }
        if !is_name(name) {
            problems.push(format!("name part {NAME}"));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::input(format!("invalid label key {key:?}: {}", problems.join("; "))))
}

fn check_value(key: &str, value: &str) -> Result<()> {
    let mut problems = Vec::new();
    if value.len() > 63 {
        problems.push("must be no more than 63 characters");
    }
    if !value.is_empty() && !is_name(value) {
        problems.push(VALUE);
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::input(format!("invalid label value: {value:?}: at key: {key:?}: {}", problems.join("; "))))
}
