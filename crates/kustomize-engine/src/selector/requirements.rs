//! The Kubernetes grammar of label selectors, which goes for annotations, too. It selects nothing by itself.

use std::collections::HashSet;

use manifest::yaml::{Node, Scalar};

use crate::error::{Error, Result};
use crate::work::Work;

/// Labels or annotations that are compared with a key for one step.
const TEXTS_PER_STEP: usize = 32;

/// A label selector: all parts must hold.
#[derive(Debug)]
pub(crate) struct Requirements(Vec<Requirement>);

#[derive(Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Exists,
    Missing,
    In(HashSet<String>),
    NotIn(HashSet<String>),
    Greater(i64),
    Less(i64),
}

impl Requirements {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
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

    /// Whether all hold for texts by key, of which the last of several counts.
    pub(super) fn matches(&self, texts: &[(Scalar, Node)], work: &Work) -> Result<bool> {
        work.step(self.0.len() * (texts.len() / TEXTS_PER_STEP))?;
        let look_up = |key: &str| {
            let value = texts.iter().rfind(|(known, _)| known.text == key);
            value.map(|(_, value)| value.text().unwrap_or_default())
        };
        self.hold(look_up, work)
    }

    /// Whether all hold for the text that stands at a key.
    pub(crate) fn hold<'t>(&self, look_up: impl Fn(&str) -> Option<&'t str>, work: &Work) -> Result<bool> {
        for Requirement { key, test } in &self.0 {
            work.step(1)?;
            let value = look_up(key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            let holds = match test {
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::In(values) => value.is_some_and(|value| values.contains(value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Test::Greater(limit) => number().is_some_and(|number| number > *limit),
                Test::Less(limit) => number().is_some_and(|number| number < *limit),
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
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
        "in" => Test::In(checked(&key, values(tokens)?)?),
        "notin" => Test::NotIn(checked(&key, values(tokens)?)?),
        "=" | "==" => Test::In(checked(&key, vec![value(tokens)?])?),
        "!=" => Test::NotIn(checked(&key, vec![value(tokens)?])?),
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
    Ok(Requirement { key, test })
}

fn checked(key: &str, values: Vec<String>) -> Result<HashSet<String>> {
    values.iter().try_for_each(|value| check_value(key, value))?;
    Ok(values.into_iter().collect())
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
