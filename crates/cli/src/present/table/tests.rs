//! Tables in all shapes.

use super::*;

fn table() -> Table {
    let mut table = Table::new(vec![Column::new("NAME"), Column::wide("REVISION"), Column::new("WHY")]);
    table.row(vec![
        Line::plain("apps"),
        Line::plain("main"),
        Line::of(Tone::Bad, "the quick brown fox jumps over it"),
    ]);
    table.row(vec![Line::plain("infrastructure"), Line::plain("v1"), Line::empty()]);
    table.row(vec![Line::plain("x")]);
    table
}

fn shown(shape: Shape) -> String {
    table().lines(shape).iter().map(|line| format!("{}|\n", line.text())).collect()
}

#[test]
fn without_an_end() {
    insta::assert_snapshot!(shown(Shape::default()), @"
    NAME            WHY|
    apps            the quick brown fox jumps over it|
    infrastructure  |
    x               |
    ");
}

#[test]
fn on_a_terminal() {
    insta::assert_snapshot!(shown(Shape { width: Some(40), indent: 2, ..Shape::default() }), @"
      NAME            WHY|
      apps            the quick brown fox j…|
      infrastructure  |
      x               |
    ");
}

#[test]
fn with_everything() {
    insta::assert_snapshot!(shown(Shape { width: Some(40), wide: true, ..Shape::default() }), @"
    NAME            REVISION  WHY|
    apps            main      the quick brown fox jumps over it|
    infrastructure  v1        |
    x                         |
    ");
}

#[test]
fn on_a_narrow_terminal_no_line_is_longer_than_it_is_wide() {
    insta::assert_snapshot!(shown(Shape { width: Some(30), indent: 2, ..Shape::default() }), @"
      NAME|
          WHY|
      apps|
          the quick brown fox jum…|
      infrastructure|
      x|
    ");
    for width in 10..80 {
        let lines = table().lines(Shape { width: Some(width), indent: 2, ..Shape::default() });
        assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
    }
}

#[test]
fn tones_stay() {
    let lines = table().lines(Shape { width: Some(40), ..Shape::default() });
    assert_eq!(lines[1].parts().nth(1), Some((Tone::Bad, "the quick brown fox jum")));
}
