//! What the generated parser that Flux uses says where a token cannot stand: the token is too much if the next one would
//! fit, one is missing if this one fits behind it, else it is mismatched. After the first problem ours reads no further.

use crate::lex::{Token, TokenKind};

/// What may stand behind one, up to the minus.
const BEHIND: &str = "'==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', '[', '.', '-'";

/// What may stand beside an operand at its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    Nothing,
    /// Behind the opening parenthesis of a call.
    Close,
    /// Behind the opening bracket of an index.
    Question,
}

/// An operand.
pub(super) fn no_operand(token: Token<'_>, next: Token<'_>, beside: Beside) -> String {
    let is_close = beside == Beside::Close && next.kind == TokenKind::Symbol && next.text == ")";
    let is_extra = token.kind != TokenKind::End && (starts_operand(next) || is_close);
    let close = if beside == Beside::Close { "')', " } else { "" };
    let question = if beside == Beside::Question { "'?', " } else { "" };
    let expected = format!(
        "{{'[', '{{', '(', {close}'.', '-', '!', {question}'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, \
         BYTES, IDENTIFIER}}"
    );
    unexpected(is_extra, token, &expected)
}

/// One certain symbol behind an expression.
pub(super) fn no_symbol(token: Token<'_>, next: Token<'_>, symbol: &str) -> String {
    let is_next = next.kind == TokenKind::Symbol && next.text == symbol;
    if !is_next && (token.kind == TokenKind::End || continues(token)) {
        return format!("Syntax error: missing '{symbol}' at '{}'", token.text);
    }
    unexpected(is_next && token.kind != TokenKind::End, token, &format!("'{symbol}'"))
}

/// The end of a list or map, or a comma.
pub(super) fn no_close(token: Token<'_>, next: Token<'_>, symbol: &str) -> String {
    let fits = next.kind == TokenKind::Symbol && (next.text == symbol || next.text == ",");
    unexpected(fits && token.kind != TokenKind::End, token, &format!("{{'{symbol}', ','}}"))
}

/// The colon of a condition or an entry.
pub(super) fn no_colon(token: Token<'_>, of_condition: bool) -> String {
    if starts_operand(token) {
        return format!("Syntax error: missing ':' at '{}'", token.text);
    }
    let question = if of_condition { "" } else { "'?', " };
    unexpected(false, token, &format!("{{{BEHIND}, {question}':', '+', '*', '/', '%'}}"))
}

/// The end of the text.
pub(super) fn no_end(token: Token<'_>, next: Token<'_>) -> String {
    if next.kind == TokenKind::End {
        return unexpected(true, token, "<EOF>");
    }
    unexpected(false, token, &format!("{{<EOF>, {BEHIND}, '?', '+', '*', '/', '%'}}"))
}

/// A field behind `.?`.
pub(super) fn no_field(token: Token<'_>) -> String {
    unexpected(false, token, "{IDENTIFIER, ESC_IDENTIFIER}")
}

/// A token behind one that decides nothing yet.
pub(super) fn no_alternative(read: &str, token: Token<'_>) -> String {
    let text = if token.kind == TokenKind::End { "" } else { token.text };
    format!("Syntax error: no viable alternative at input '{read}{text}'")
}

fn unexpected(is_extra: bool, token: Token<'_>, expected: &str) -> String {
    let word = if is_extra { "extraneous" } else { "mismatched" };
    format!("Syntax error: {word} input '{}' expecting {expected}", token.text)
}

pub(super) fn starts_operand(token: Token<'_>) -> bool {
    match token.kind {
        TokenKind::End | TokenKind::Escaped => false,
        TokenKind::Symbol => {
            matches!(token.text, "[" | "{" | "(" | "." | "-" | "!" | "true" | "false" | "null")
        }
        _ => true,
    }
}

/// Whether an expression may go on with it behind a closing bracket.
fn continues(token: Token<'_>) -> bool {
    token.kind == TokenKind::Symbol && !matches!(token.text, "{" | "(" | "!" | "true" | "false" | "null")
}
