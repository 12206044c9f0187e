//! The dialect of `${…}` as Flux reads it (contracts/kustomize-controller.md 10.2): from text to parts. What they give is
//! `value`'s.
//!
//! It has its odd corners, and manifests that rely on them: a default may be made of several parts, but every other
//! argument is either one text or one expression; a pattern to replace ends at a slash and at nothing else; separators
//! may be doubled.

use manifest::budget::Budget;

use super::error::Problem;

/// Expressions in expressions.
const MAX_DEPTH: usize = 64;
/// Bytes that are read for one step.
const PER_STEP: usize = 64;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it is.
    Text(String),
    /// What stands between `${` and `}`.
    Expression(Box<Expression>),
}

/// A variable and what is made of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) name: String,
    pub(super) function: Function,
}

/// What is made of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// `${a}`; also `${a,^}`, which changes nothing.
    Value,
    /// `${#a}`.
    Length,
    /// `${a:=b}` and its four relatives, which all mean the same.
    Default(Vec<Part>),
    /// `${a^}`, `${a^^}`, `${a,}`, `${a,,}`.
    Case { upper: bool, all: bool },
    /// `${a#b}`, `${a##b}`, `${a%b}`, `${a%%b}`.
    Trim { end: End, longest: bool, pattern: Part },
    /// `${a/b/c}`, `${a//b/c}`, `${a/#b/c}`, `${a/%b/c}`; without `c` what is found goes, except at an end.
    Replace { which: Which, from: Part, to: Option<Part> },
    /// `${a:1}`, `${a:1:2}`.
    Slice { offset: Part, length: Option<Part> },
}

/// An end of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Front,
    Back,
}

/// What is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    First,
    All,
    At(End),
}

/// Reads a whole text.
pub(super) fn parse(text: &str, budget: &Budget) -> Result<Vec<Part>, Problem> {
    budget.step(1 + (text.len() / PER_STEP) as u64)?;
    let mut reader = Reader { rest: text, depth: 0, budget };
    let mut parts = Vec::new();
    let mut plain = String::new();
    while let Some(position) = reader.rest.find('$') {
        plain.push_str(reader.take(position));
        if reader.eat("$$") {
            plain.push('$');
        } else if reader.eat("${") {
            flush(&mut plain, &mut parts);
            parts.push(reader.expression()?);
        } else {
            plain.push_str(reader.take(1));
        }
    }
    plain.push_str(reader.rest);
    flush(&mut plain, &mut parts);
    Ok(parts)
}

fn flush(plain: &mut String, parts: &mut Vec<Part>) {
    if !plain.is_empty() {
        parts.push(Part::Text(std::mem::take(plain)));
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
    budget: &'a Budget,
}

impl<'a> Reader<'a> {
    /// So many bytes, which end at a character.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn close(&mut self) -> Result<(), Problem> {
        if self.eat("}") { Ok(()) } else { Err(Problem::BadSubstitution) }
    }

    /// After `${`.
    fn expression(&mut self) -> Result<Part, Problem> {
        self.budget.step(1)?;
        if self.depth >= MAX_DEPTH {
            return Err(Problem::TooDeep(MAX_DEPTH));
        }
        self.depth += 1;
        let expression = if self.eat("#") {
            let name = self.name().ok_or(Problem::BadSubstitution)?;
            self.close()?;
            Expression { name, function: Function::Length }
        } else {
            let name = self.name().ok_or(Problem::NoName)?;
            Expression { name, function: self.function()? }
        };
        self.depth -= 1;
        Ok(Part::Expression(Box::new(expression)))
    }

    fn name(&mut self) -> Option<String> {
        let is_part = |char: char| char == '_' || char.is_alphanumeric();
        let end = self.rest.find(|char| !is_part(char)).unwrap_or(self.rest.len());
        Some(self.take(end).to_owned()).filter(|name| !name.is_empty())
    }

    /// After the name, up to the closing brace.
    fn function(&mut self) -> Result<Function, Problem> {
        if self.eat("}") {
            return Ok(Function::Value);
        }
        if [":=", ":-", ":?", ":+", "="].iter().any(|operator| self.eat(operator)) {
            return self.default();
        }
        if self.eat(":") {
            return self.slice();
        }
        if self.eat("/") {
            return self.replace();
        }
        if self.rest.starts_with([',', '^']) {
            return self.case();
        }
        for (operator, end, longest) in [
            ("##", End::Front, true),
            ("#", End::Front, false),
            ("%%", End::Back, true),
            ("%", End::Back, false),
        ] {
            if self.eat(operator) {
                let pattern = self.argument(&['}'], false)?;
                self.close()?;
                return Ok(Function::Trim { end, longest, pattern });
            }
        }
        Err(Problem::MissingBrace)
    }

    fn default(&mut self) -> Result<Function, Problem> {
        let mut parts = Vec::new();
        while !self.eat("}") {
            parts.push(self.argument(&['}'], false)?);
        }
        Ok(Function::Default(parts))
    }

    fn case(&mut self) -> Result<Function, Problem> {
        let pairs = [("^^", Some((true, true))), (",,", Some((false, true))), ("^,", None), (",^", None)];
        let singles = [("^", Some((true, false))), (",", Some((false, false)))];
        for (operator, case) in pairs.into_iter().chain(singles) {
            if self.eat(operator) {
                self.close()?;
                return Ok(match case {
                    Some((upper, all)) => Function::Case { upper, all },
                    None => Function::Value,
                });
            }
        }
        Err(Problem::BadSubstitution)
    }

    fn slice(&mut self) -> Result<Function, Problem> {
        // The original loses its place when what follows has more than one byte.
        if !self.rest.starts_with(|first: char| first.is_ascii()) {
            return Err(Problem::BadSubstitution);
        }
        let offset = self.argument(&[':', '}'], false)?;
        if self.eat("}") {
            return Ok(Function::Slice { offset, length: None });
        }
        self.separator(':')?;
        let length = Some(self.argument(&['}'], false)?);
        self.close()?;
        Ok(Function::Slice { offset, length })
    }

    fn replace(&mut self) -> Result<Function, Problem> {
        let which = if self.eat("/") {
            Which::All
        } else if self.eat("#") {
            Which::At(End::Front)
        } else if self.eat("%") {
            Which::At(End::Back)
        } else {
            Which::First
        };
        let from =
            if self.rest.starts_with('/') { Part::Text(String::new()) } else { self.argument(&['/'], true)? };
        self.separator('/')?;
        let to = if self.rest.starts_with('}') { None } else { Some(self.argument(&['}'], true)?) };
        self.close()?;
        Ok(Function::Replace { which, from, to })
    }

    /// One separator, or several.
    fn separator(&mut self, separator: char) -> Result<(), Problem> {
        let rest = self.rest.trim_start_matches(separator);
        if rest.len() == self.rest.len() {
            return Err(Problem::BadSubstitution);
        }
        self.rest = rest;
        Ok(())
    }

    /// An expression, or a text up to an expression or one of the characters that end it. With `escapes`, `$$` stands for
    /// a dollar and a backslash takes its meaning from a slash or another backslash.
    fn argument(&mut self, ends: &[char], escapes: bool) -> Result<Part, Problem> {
        self.budget.step(1)?;
        if self.eat("${") {
            return self.expression();
        }
        let mut plain = String::new();
        let before = self.rest.len();
        loop {
            let special = |char: char| matches!(char, '$' | '\\') || ends.contains(&char);
            let position = self.rest.find(special).unwrap_or(self.rest.len());
            plain.push_str(self.take(position));
            if escapes && self.eat("$$") {
                plain.push('$');
            } else if escapes && self.eat("\\/") {
                plain.push('/');
            } else if escapes && self.eat("\\\\") {
                plain.push('\\');
            } else if self.rest.starts_with(['$', '\\']) && !self.rest.starts_with("${") {
                plain.push_str(self.take(1));
            } else {
                break;
            }
        }
        if self.rest.len() == before { Err(Problem::NoArgument) } else { Ok(Part::Text(plain)) }
    }
}
