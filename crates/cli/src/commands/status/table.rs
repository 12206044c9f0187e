//! The table of Kustomizations. Pure.

use api::condition::{FALSE, TRUE};
use jiff::Timestamp;
use manifest::foreign::line;

use super::row::Row;
use crate::present::explanation::{health_tone, without_subject};
use crate::present::{Column, Line, Shape, Table, Tone, age};

#[cfg(test)]
mod tests;

/// Characters of a revision.
const REVISION: usize = 40;

/// A line with names, and one for each row.
pub(super) fn lines(
    rows: &[Row],
    everywhere: bool,
    wide: bool,
    width: Option<usize>,
    now: Timestamp,
) -> Vec<Line> {
    let mut columns = vec![
        Column::new("NAME"),
        Column::new("CONVERGED"),
        Column::new("REVISION"),
        Column::new("SYNC"),
        Column::new("HEALTH"),
        Column::new("OBJECTS"),
        Column::wide("REASON"),
        Column::wide("SINCE"),
        Column::wide("SOURCE"),
        Column::new("AGE"),
        Column::new("BLOCKER"),
    ];
    if everywhere {
        columns.insert(0, Column::new("NAMESPACE"));
    }
    let mut table = Table::new(columns);
    for row in rows {
        let mut cells = cells(row, wide, now);
        if everywhere {
            cells.insert(0, Line::plain(&row.namespace));
        }
        table.row(cells);
    }
    table.lines(Shape { width, wide, indent: 0 })
}

fn cells(row: &Row, wide: bool, now: Timestamp) -> Vec<Line> {
    let converged = match row.converged.as_str() {
        TRUE => Tone::Good,
        FALSE => Tone::Bad,
        _ => Tone::Busy,
    };
    let counts = &row.counts;
    let revision =
        row.revision.as_deref().map(|revision| if wide { revision.to_owned() } else { short(revision) });
    vec![
        Line::of(Tone::Strong, &row.name),
        Line::of(converged, &row.converged),
        Line::plain(revision.unwrap_or_else(|| "-".to_owned())),
        Line::plain(row.sync.as_str()),
        Line::of(health_tone(row.health), row.health.as_str()),
        Line::plain(format!("{}/{}", counts.healthy.saturating_add(counts.suspended), counts.total)),
        Line::plain(&row.reason),
        Line::plain(age(row.since, now)),
        Line::plain(&row.source),
        Line::plain(row.created.map(|created| age(created, now)).unwrap_or_default()),
        Line::plain(why(row)),
    ]
}

/// What stands in the way of it.
fn why(row: &Row) -> String {
    if row.converged == TRUE {
        return String::new();
    }
    without_subject(&row.summary, &format!("Kustomization/{}/{}", row.namespace, row.name)).to_owned()
}

/// A revision with its digest cut to eight characters: `main@sha1:0a1b2c3d`.
fn short(revision: &str) -> String {
    match revision.rsplit_once(':') {
        Some((before, hash)) if hash.len() > 8 && hash.chars().all(|c| c.is_ascii_hexdigit()) => {
            let hash: String = hash.chars().take(8).collect();
            line(&format!("{before}:{hash}"), REVISION).into_owned()
        }
        _ => line(revision, REVISION).into_owned(),
    }
}
