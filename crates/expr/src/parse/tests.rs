//! What is flat is flat in the tree.

use super::parse;
use crate::ast::Kind;

#[test]
fn chains_are_lists() {
    let root = |text: &str| parse(text, 8).unwrap_or_else(|error| panic!("{error}")).kind;
    assert!(matches!(root("1 + 2 - 3 + 4"), Kind::Chain(_, links) if links.len() == 3));
    assert!(matches!(root("a && b && c && d"), Kind::All(operands) if operands.len() == 4));
    assert!(matches!(root("a || b || c"), Kind::Any(operands) if operands.len() == 3));
    assert!(matches!(root("a.b[0].c().d"), Kind::Member(_, steps) if steps.len() == 4));
    assert!(matches!(root("a ? b : c ? d : e"), Kind::Choose(branches, _) if branches.len() == 2));
    assert!(matches!(root("!!!!a"), Kind::Name(_)));
    assert!(
        matches!(root("optional.of(1).value()"), Kind::Member(base, _) if matches!(base.kind, Kind::Call(_)))
    );
}
