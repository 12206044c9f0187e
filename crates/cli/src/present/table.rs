//! Tables: columns that are as wide as what is in them, and a last one that ends where the terminal does.

use super::line::{Line, Tone};

#[cfg(test)]
mod tests;

/// Blanks between columns.
const GAP: usize = 2;
/// Fewer characters of the last column than this tell nothing; then it stands below the others.
const LEAST: usize = 20;
/// Blanks in front of what stands below, beside those in front of the table.
const BELOW: usize = 4;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    name: &'static str,
    is_wide: bool,
}

impl Column {
    /// One that is always shown.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, is_wide: false }
    }

    /// One that is shown with `-o wide` only.
    pub(crate) const fn wide(name: &'static str) -> Self {
        Self { name, is_wide: true }
    }
}

/// How a table is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Where lines end; they do not end without it.
    pub(crate) width: Option<usize>,
    /// With all columns, and nothing cut.
    pub(crate) wide: bool,
    /// Blanks in front.
    pub(crate) indent: usize,
}

/// Rows of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Line>>,
}

impl Table {
    /// Without rows.
    pub(crate) const fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; cells that it does not have are empty.
    pub(crate) fn row(&mut self, cells: Vec<Line>) {
        self.rows.push(cells);
    }

    /// Whether it has no rows.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A line with the names of the columns, and one for each row; two where a terminal is too narrow for one. On a
    /// terminal none is longer than it is wide.
    pub(crate) fn lines(&self, shape: Shape) -> Vec<Line> {
        let shown: Vec<usize> =
            (0..self.columns.len()).filter(|at| shape.wide || !self.columns[*at].is_wide).collect();
        let head: Vec<Line> = self.columns.iter().map(|column| Line::of(Tone::Faint, column.name)).collect();
        let all: Vec<&Vec<Line>> = std::iter::once(&head).chain(&self.rows).collect();
        let widths: Vec<usize> = shown
            .iter()
            .map(|at| all.iter().filter_map(|row| row.get(*at)).map(Line::width).max().unwrap_or_default())
            .collect();
        let Some(width) = shape.width.filter(|_| !shape.wide) else {
            return all.into_iter().map(|row| line(row, &shown, &widths, shape)).collect();
        };
        if has_room(&widths, shape.indent, width) {
            return all.into_iter().map(|row| line(row, &shown, &widths, shape)).collect();
        }
        all.into_iter().flat_map(|row| below(row, &shown, &widths, shape.indent, width)).collect()
    }
}

/// Whether the last column has enough room beside the others.
fn has_room(widths: &[usize], indent: usize, width: usize) -> bool {
    let Some((last, others)) = widths.split_last() else { return true };
    let used = others.iter().fold(indent, |used, column| used.saturating_add(*column).saturating_add(GAP));
    width.saturating_sub(used) >= (*last).min(LEAST)
}

/// A row whose last cell stands below the others, if there is anything in it.
fn below(row: &[Line], shown: &[usize], widths: &[usize], indent: usize, width: usize) -> Vec<Line> {
    let (Some((last, others)), Some((_, widths))) = (shown.split_last(), widths.split_last()) else {
        return Vec::new();
    };
    let mut lines = vec![cut(line(row, others, widths, Shape { indent, ..Shape::default() }), Some(width))];
    if let Some(cell) = row.get(*last).filter(|cell| cell.width() > 0) {
        let blanks = indent.saturating_add(BELOW);
        lines.push(cut(Line::plain(" ".repeat(blanks)).with(cell.clone()), Some(width)));
    }
    lines
}

fn line(row: &[Line], shown: &[usize], widths: &[usize], shape: Shape) -> Line {
    let mut line = Line::plain(" ".repeat(shape.indent));
    for (number, (at, width)) in shown.iter().zip(widths).enumerate() {
        let cell = row.get(*at).cloned().unwrap_or_default();
        if number.saturating_add(1) == shown.len() {
            let left = shape.width.filter(|_| !shape.wide).map(|width| width.saturating_sub(line.width()));
            return line.with(cut(cell, left));
        }
        let missing = width.saturating_sub(cell.width()).saturating_add(GAP);
        line = line.with(cell).then(Tone::Plain, " ".repeat(missing));
    }
    line
}

/// A cell that ends with an ellipsis where it has no room.
fn cut(cell: Line, room: Option<usize>) -> Line {
    let Some(room) = room.filter(|room| cell.width() > *room) else { return cell };
    let mut left = room.saturating_sub(1);
    let mut short = Line::empty();
    for (tone, text) in cell.parts() {
        let kept: String = text.chars().take(left).collect();
        left = left.saturating_sub(kept.chars().count());
        short = short.then(tone, kept);
    }
    short.then(Tone::Faint, "…")
}
