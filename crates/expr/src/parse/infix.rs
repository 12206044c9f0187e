//! Operators between operands: read flat, then grouped by precedence in one pass for each, so that chains of any length need
//! no recursion.

use crate::ast::{Kind, Link, Node, Operator};
use crate::lex::{Token, TokenKind};

/// An operator between two operands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Infix {
    Or,
    And,
    Plain(Operator),
}

impl Infix {
    pub(super) fn of(token: Token<'_>) -> Option<Self> {
        if token.kind != TokenKind::Symbol {
            return None;
        }
        Some(match token.text {
            "||" => Self::Or,
            "&&" => Self::And,
            "==" => Self::Plain(Operator::Equal),
            "!=" => Self::Plain(Operator::NotEqual),
            "<" => Self::Plain(Operator::Less),
            "<=" => Self::Plain(Operator::LessEqual),
            ">" => Self::Plain(Operator::Greater),
            ">=" => Self::Plain(Operator::GreaterEqual),
            "in" => Self::Plain(Operator::In),
            "+" => Self::Plain(Operator::Add),
            "-" => Self::Plain(Operator::Subtract),
            "*" => Self::Plain(Operator::Multiply),
            "/" => Self::Plain(Operator::Divide),
            "%" => Self::Plain(Operator::Remainder),
            _ => return None,
        })
    }

    /// Strongest first.
    fn precedence(self) -> u8 {
        match self {
            Self::Plain(Operator::Multiply | Operator::Divide | Operator::Remainder) => 0,
            Self::Plain(Operator::Add | Operator::Subtract) => 1,
            Self::Plain(_) => 2,
            Self::And => 3,
            Self::Or => WEAKEST,
        }
    }
}

const WEAKEST: u8 = 4;

/// An operand, and more behind operators.
pub(super) struct Chain {
    first: Node,
    rest: Vec<(usize, Infix, Node)>,
}

impl Chain {
    pub(super) fn new(first: Node) -> Self {
        Self { first, rest: Vec::new() }
    }

    pub(super) fn push(&mut self, at: usize, infix: Infix, operand: Node) {
        self.rest.push((at, infix, operand));
    }

    /// One node for all.
    pub(super) fn grouped(self) -> Node {
        let folded =
            (0..=WEAKEST).fold(
                self,
                |chain, precedence| {
                    if chain.rest.is_empty() { chain } else { chain.folded(precedence) }
                },
            );
        folded.first
    }

    /// With one operand for each run of operators of this precedence.
    fn folded(self, precedence: u8) -> Self {
        let mut runs = Vec::new();
        let mut run = Self::new(self.first);
        for (at, infix, operand) in self.rest {
            if infix.precedence() == precedence {
                run.push(at, infix, operand);
            } else {
                runs.push((std::mem::replace(&mut run, Self::new(operand)).node(), at, infix));
            }
        }
        // The operator that stands behind a run stands before the next.
        let mut runs = runs.into_iter();
        let Some((first, mut at, mut infix)) = runs.next() else { return Self::new(run.node()) };
        let mut folded = Self::new(first);
        for (node, next_at, next_infix) in runs {
            folded.push(at, infix, node);
            (at, infix) = (next_at, next_infix);
        }
        folded.push(at, infix, run.node());
        folded
    }

    /// The node of operators of one precedence.
    fn node(self) -> Node {
        let Self { first, rest } = self;
        let Some((at, infix, _)) = rest.first() else { return first };
        let (first_at, last_at) = (*at, rest.last().map_or(*at, |(at, ..)| *at));
        let make = match infix {
            Infix::Or => Kind::Any,
            Infix::And => Kind::All,
            Infix::Plain(_) => {
                let links = rest.into_iter().filter_map(|(at, infix, operand)| match infix {
                    Infix::Plain(operator) => Some(Link { at, operator, operand }),
                    Infix::And | Infix::Or => None,
                });
                return Node { at: last_at, kind: Kind::Chain(Box::new(first), links.collect()) };
            }
        };
        let operands = std::iter::once(first).chain(rest.into_iter().map(|(.., operand)| operand));
        Node { at: first_at, kind: make(operands.collect()) }
    }
}
