//! What of a table that goes on is shown: what fits a terminal, and which rows have changed. Pure.

use super::row::Row;
use crate::present::{Line, Tone};

#[cfg(test)]
mod tests;

/// Places in `now` of rows that are new or say something else than `before`.
pub(super) fn changed(before: &[Row], now: &[Row]) -> Vec<usize> {
    let is_known = |row: &Row| {
        before
            .iter()
            .any(|known| known.namespace == row.namespace && known.name == row.name && known.says_as(row))
    };
    now.iter().enumerate().filter(|(_, row)| !is_known(row)).map(|(place, _)| place).collect()
}

/// As many lines as a terminal of this height shows without rolling away; the last one says how many are missing.
pub(super) fn fitting(mut lines: Vec<Line>, height: Option<usize>) -> Vec<Line> {
    // The cursor stands below the last line.
    let Some(room) =
        height.map(|height| height.saturating_sub(1)).filter(|room| lines.len() > *room && *room > 1)
    else {
        return lines;
    };
    let missing = lines.len().saturating_sub(room).saturating_add(1);
    lines.truncate(room.saturating_sub(1));
    lines.push(Line::of(Tone::Faint, format!("and {missing} more")));
    lines
}
