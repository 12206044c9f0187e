//! Which lines are shown.

use super::*;

fn shown(old: &str, new: &str) -> String {
    let line = |edit: Edit<'_>| match edit {
        Edit::Same(line) => format!(" {line}"),
        Edit::Old(line) => format!("-{line}"),
        Edit::New(line) => format!("+{line}"),
        Edit::Gap => "…".to_owned(),
    };
    edits(old, new).into_iter().map(line).collect::<Vec<_>>().join("|")
}

#[test]
fn a_changed_line_stands_between_its_neighbours() {
    assert_eq!(shown("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nX\ne\nf\ng"), "…| b| c|-d|+X| e| f|…");
    assert_eq!(shown("a\nb", "a\nb\nc"), " a| b|+c");
    assert_eq!(shown("a\nb\nc", "b\nc"), "-a| b| c");
    assert_eq!(shown("", "a"), "+a");
    assert_eq!(shown("a", ""), "-a");
    assert_eq!(shown("a\nb\nc\nd", "b\nx\nd\ny"), "-a| b|-c|+x| d|+y");
}

#[test]
fn changes_that_are_apart_have_a_gap() {
    assert_eq!(shown("a\n1\n2\n3\n4\n5\nb", "A\n1\n2\n3\n4\n5\nB"), "-a|+A| 1| 2|…| 4| 5|-b|+B");
}

#[test]
fn what_is_too_much_to_compare_is_exchanged_as_a_whole() {
    let text = |from: usize| (from..from + 2000).map(|n| format!("{n}\n")).collect::<String>();
    let (old, new) = (text(0), text(5000));
    assert_eq!(edits(&old, &new).len(), 4000);
    // Few lines within a long text are compared.
    let long = text(0);
    let changed = long.replace("1000\n", "x\n");
    assert_eq!(edits(&long, &changed).len(), 2 + 2 * AROUND + 2);
}
