//! Operands: values, and what is done with them. Functions are small here for the sake of the stack.

use super::problems::{self, Beside};
use super::{Parser, Problem, RESERVED, Result, macros};
use crate::ast::{Call, Entry, Kind, Literal, Node, Step, StepKind};
use crate::functions;
use crate::lex::{Token, TokenKind};
use crate::literal::literal;

/// Patterns that are compiled once; each may take a megabyte. Others are compiled when they are needed.
const PATTERNS: usize = 16;

impl<'t> Parser<'_, 't> {
    /// A value and what is done with it.
    pub(super) fn member(&mut self, negative: bool) -> Result<Node> {
        let base = self.primary(negative)?;
        if !self.is(".") && !self.is("[") && !self.is("{") {
            return Ok(base);
        }
        self.steps(base)
    }

    fn steps(&mut self, mut base: Node) -> Result<Node> {
        let mut steps = Vec::new();
        loop {
            if self.is(".") {
                self.dot(&mut base, &mut steps)?;
            } else if self.is("[") {
                steps.push(self.index()?);
            } else if self.is("{") && is_type_name(&base, &steps) {
                let Kind::Name(name) = &base.kind else { break };
                return Err(self.at(format!("undeclared reference to '{name}' (in container '')")));
            } else {
                break;
            }
        }
        if steps.is_empty() {
            return Ok(base);
        }
        Ok(Node { at: base.at, kind: Kind::Member(Box::new(base), steps.into()) })
    }

    /// A field or a function. One with dots in its name takes the place of what stands before it.
    fn dot(&mut self, base: &mut Node, steps: &mut Vec<Step>) -> Result<()> {
        let dot = self.next();
        let optional = self.eat("?").is_some();
        let name = self.field(dot, optional)?;
        if optional || !self.is("(") {
            let kind = StepKind::Field { name: name.text.into(), optional };
            steps.push(Step { at: dot.at, kind });
            return Ok(());
        }
        let open = self.next();
        let arguments = self.arguments(")")?;
        match qualified(base, steps, name.text) {
            Some(qualified) => {
                *base = Node { at: open.at, kind: Kind::Call(self.call(&qualified, arguments)?) };
                steps.clear();
            }
            None => steps.push(self.member_call(open.at, name.text, arguments)?),
        }
        Ok(())
    }

    fn field(&mut self, dot: Token<'t>, optional: bool) -> Result<Token<'t>> {
        let name = self.peek();
        match name.kind {
            TokenKind::Name => Ok(self.next()),
            TokenKind::Escaped if !optional => Err(Problem::At(dot.at, "unsupported syntax: '`'".to_owned())),
            _ if optional => Err(self.at(problems::no_field(name))),
            _ => Err(self.at(problems::no_alternative(".", name))),
        }
    }

    fn index(&mut self) -> Result<Step> {
        let open = self.next();
        let optional = self.eat("?").is_some();
        if !optional {
            self.operand(Beside::Question)?;
        }
        let index = Box::new(self.expression()?);
        self.expect("]")?;
        Ok(Step { at: open.at, kind: StepKind::Index { index, optional } })
    }

    fn member_call(&mut self, at: usize, name: &str, arguments: Vec<Node>) -> Result<Step> {
        let kind = match macros::member(name, arguments).map_err(|(at, text)| Problem::At(at, text))? {
            macros::Expanded::Macro(kind) => kind,
            macros::Expanded::Call(arguments) => StepKind::Call(self.call(name, arguments)?),
        };
        Ok(Step { at, kind })
    }

    /// A function; the pattern of `matches` is compiled at once if it is known.
    fn call(&mut self, name: &str, arguments: Vec<Node>) -> Result<Box<Call>> {
        let mut pattern = None;
        if name == "matches"
            && self.patterns < PATTERNS
            && let Some(Node { kind: Kind::Literal(Literal::String(text)), .. }) = arguments.last()
        {
            self.patterns += 1;
            pattern = Some(functions::compile(text).map_err(Problem::Program)?);
        }
        Ok(Box::new(Call { name: name.into(), arguments: arguments.into(), pattern }))
    }

    fn arguments(&mut self, end: &'static str) -> Result<Vec<Node>> {
        let mut arguments = Vec::new();
        if self.eat(end).is_some() {
            return Ok(arguments);
        }
        self.operand(Beside::Close)?;
        loop {
            arguments.push(self.expression()?);
            if self.eat(",").is_none() {
                self.expect(end)?;
                return Ok(arguments);
            }
        }
    }

    fn primary(&mut self, negative: bool) -> Result<Node> {
        let token = self.peek();
        match (token.kind, token.text) {
            (TokenKind::Symbol, "(") => self.parenthesised(),
            (TokenKind::Symbol, "[") => self.elements(),
            (TokenKind::Symbol, "{") => self.entries(),
            (TokenKind::Name, _) => self.name(true),
            (TokenKind::Symbol, ".") => self.leading_dot(),
            _ => self.literal(negative),
        }
    }

    fn parenthesised(&mut self) -> Result<Node> {
        self.at += 1;
        let inner = self.expression()?;
        self.expect(")")?;
        Ok(inner)
    }

    fn leading_dot(&mut self) -> Result<Node> {
        self.at += 1;
        if self.peek().kind == TokenKind::Name {
            return self.name(false);
        }
        Err(self.at(problems::no_alternative(".", self.peek())))
    }

    fn literal(&mut self, negative: bool) -> Result<Node> {
        let token = self.peek();
        let value = match (token.kind, token.text) {
            (TokenKind::Symbol, "true") => Literal::Bool(true),
            (TokenKind::Symbol, "false") => Literal::Bool(false),
            (TokenKind::Symbol, "null") => Literal::Null,
            (TokenKind::Symbol | TokenKind::Escaped | TokenKind::End, _) => {
                return Err(self.at(problems::no_operand(token, self.ahead(1), Beside::Nothing)));
            }
            _ => literal(token, negative).map_err(|text| self.at(text))?,
        };
        self.at += 1;
        Ok(Node { at: token.at, kind: Kind::Literal(value) })
    }

    /// A variable, or a function; behind a leading dot it is no macro.
    fn name(&mut self, may_be_macro: bool) -> Result<Node> {
        let token = self.next();
        if RESERVED.contains(&token.text) {
            return Err(Problem::At(token.at, format!("reserved identifier: {}", token.text)));
        }
        let Some(open) = self.eat("(") else {
            return Ok(Node { at: token.at, kind: Kind::Name(token.text.into()) });
        };
        let arguments = self.arguments(")")?;
        if may_be_macro && token.text == "has" && arguments.len() == 1 {
            let kind = macros::has(arguments).map_err(|(at, text)| Problem::At(at, text))?;
            return Ok(Node { at: open.at, kind });
        }
        Ok(Node { at: open.at, kind: Kind::Call(self.call(token.text, arguments)?) })
    }

    fn elements(&mut self) -> Result<Node> {
        let open = self.next();
        let mut elements = Vec::new();
        if self.eat(",").is_some() {
            self.expect("]")?;
            return Ok(Node { at: open.at, kind: Kind::List(elements.into()) });
        }
        while self.eat("]").is_none() {
            let optional = self.eat("?").is_some();
            elements.push((optional, self.expression()?));
            if self.eat(",").is_none() {
                self.close("]")?;
                break;
            }
        }
        Ok(Node { at: open.at, kind: Kind::List(elements.into()) })
    }

    fn entries(&mut self) -> Result<Node> {
        let open = self.next();
        let mut entries = Vec::new();
        if self.eat(",").is_some() {
            self.expect("}")?;
            return Ok(Node { at: open.at, kind: Kind::Map(entries.into()) });
        }
        while self.eat("}").is_none() {
            let optional = self.eat("?").is_some();
            let key = self.expression()?;
            self.colon(false)?;
            entries.push(Entry { optional, key, value: self.expression()? });
            if self.eat(",").is_none() {
                self.close("}")?;
                break;
            }
        }
        Ok(Node { at: open.at, kind: Kind::Map(entries.into()) })
    }
}

/// A function of which the name has dots, as `optional.of`.
fn qualified(base: &Node, steps: &[Step], name: &str) -> Option<String> {
    let Kind::Name(first) = &base.kind else { return None };
    if !steps.is_empty() {
        return None;
    }
    let qualified = format!("{first}.{name}");
    functions::is_qualified(&qualified).then_some(qualified)
}

fn is_type_name(base: &Node, steps: &[Step]) -> bool {
    matches!(base.kind, Kind::Name(_))
        && steps.iter().all(|step| matches!(step.kind, StepKind::Field { optional: false, .. }))
}
