//! From tokens to the tree, by descent. Its own recursion is bounded by the nesting that it counts.

mod infix;
mod macros;
mod member;
mod problems;

use crate::ast::{Kind, Node};
use crate::error::{CompileError, Issue};
use crate::lex::{Token, TokenKind, tokens};
use infix::{Chain, Infix};
use problems::Beside;

/// Words that cannot be names of variables.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];
/// Reads an expression.
pub(crate) fn parse(text: &str, nesting: usize) -> std::result::Result<Node, CompileError> {
    let (tokens, mut issues) = tokens(text);
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, nesting, patterns: 0 };
    let parsed = parser.expression().and_then(|root| parser.end().map(|()| root));
    let root = match parsed {
        Ok(root) if issues.is_empty() => return Ok(root),
        Ok(_) => None,
        Err(Problem::Program(text)) if issues.is_empty() => return Err(CompileError::Program(text)),
        Err(Problem::Program(_)) => None,
        Err(Problem::At(at, message)) => Some(Issue::new(text, at, message)),
    };
    issues.extend(root);
    issues.sort_by_key(|issue| (issue.line, issue.column));
    Err(CompileError::Issues { text: text.to_owned(), issues })
}

enum Problem {
    At(usize, String),
    Program(String),
}

type Result<T> = std::result::Result<T, Problem>;

struct Parser<'p, 't> {
    tokens: &'p [Token<'t>],
    at: usize,
    depth: usize,
    nesting: usize,
    patterns: usize,
}

impl<'t> Parser<'_, 't> {
    fn peek(&self) -> Token<'t> {
        self.ahead(0)
    }

    fn ahead(&self, count: usize) -> Token<'t> {
        let end = Token { at: 0, text: "<EOF>", kind: TokenKind::End };
        self.tokens.get(self.at + count).or(self.tokens.last()).copied().unwrap_or(end)
    }

    fn next(&mut self) -> Token<'t> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn is(&self, symbol: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Symbol && token.text == symbol
    }

    fn eat(&mut self, symbol: &str) -> Option<Token<'t>> {
        self.is(symbol).then(|| self.next())
    }

    fn expect(&mut self, symbol: &'static str) -> Result<Token<'t>> {
        self.eat(symbol).ok_or_else(|| self.at(problems::no_symbol(self.peek(), self.ahead(1), symbol)))
    }

    /// `]` or `}` behind the elements of a list or the entries of a map.
    fn close(&mut self, symbol: &'static str) -> Result<()> {
        match self.eat(symbol) {
            Some(_) => Ok(()),
            None => Err(self.at(problems::no_close(self.peek(), self.ahead(1), symbol))),
        }
    }

    /// `:` of a condition or of an entry of a map.
    fn colon(&mut self, of_condition: bool) -> Result<()> {
        match self.eat(":") {
            Some(_) => Ok(()),
            None => Err(self.at(problems::no_colon(self.peek(), of_condition))),
        }
    }

    /// Whether an operand begins here.
    fn operand(&self, beside: Beside) -> Result<()> {
        if problems::starts_operand(self.peek()) {
            return Ok(());
        }
        Err(self.at(problems::no_operand(self.peek(), self.ahead(1), beside)))
    }

    /// A problem with the token that is next.
    fn at(&self, message: String) -> Problem {
        Problem::At(self.peek().at, message)
    }

    fn end(&self) -> Result<()> {
        if self.peek().kind == TokenKind::End {
            return Ok(());
        }
        Err(self.at(problems::no_end(self.peek(), self.ahead(1))))
    }

    fn expression(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > self.nesting {
            let message = format!("expression recursion limit exceeded: {}", self.nesting);
            return Err(Problem::At(self.peek().at, message));
        }
        let mut branches = Vec::new();
        let mut first_at = 0;
        let result = loop {
            let value = self.operands()?;
            let Some(question) = self.eat("?") else { break value };
            if branches.is_empty() {
                first_at = question.at;
            }
            let then = self.operands()?;
            self.colon(true)?;
            branches.push((value, then));
        };
        self.depth -= 1;
        if branches.is_empty() {
            return Ok(result);
        }
        Ok(Node { at: first_at, kind: Kind::Choose(branches.into(), Box::new(result)) })
    }

    /// Operands with operators between them, first read flat.
    fn operands(&mut self) -> Result<Node> {
        let first = self.unary()?;
        let mut chain = Chain::new(first);
        loop {
            let token = self.peek();
            let Some(infix) = Infix::of(token) else { return Ok(chain.grouped()) };
            self.at += 1;
            let operand = self.unary()?;
            chain.push(token.at, infix, operand);
        }
    }

    fn unary(&mut self) -> Result<Node> {
        let token = self.peek();
        let mut count = 0_usize;
        let symbol = if self.is("!") { "!" } else { "-" };
        while self.eat(symbol).is_some() {
            count += 1;
        }
        // A minus before a number belongs to it.
        let is_number = |token: Token<'_>| matches!(token.kind, TokenKind::Int | TokenKind::Double);
        let mut negative = symbol == "-" && count > 0 && is_number(self.peek());
        count -= usize::from(negative);
        if symbol == "!" && self.is("-") && is_number(self.ahead(1)) {
            self.at += 1;
            negative = true;
        }
        let operand = self.member(negative)?;
        if count.is_multiple_of(2) {
            return Ok(operand);
        }
        let operand = Box::new(operand);
        let kind = if symbol == "!" { Kind::Not(operand) } else { Kind::Negate(operand) };
        Ok(Node { at: token.at, kind })
    }
}

#[cfg(test)]
mod tests;
