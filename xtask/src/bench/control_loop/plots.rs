//! Which plots there are of a table. Pure.

use super::figures::{MEMORY_OVER_COUNT, REQUESTS_OVER_TIME, Table};
use super::statistics::shares;
use super::svg::{Curve, Plot, Scale, draw};

const POINTS: usize = 400;

/// Every plot as file name and picture.
pub(super) fn plots(sides: &[&str], table: &Table) -> Vec<(String, String)> {
    let mut plots = Vec::new();
    for phase in table.phases() {
        for (what, unit) in table.sampled(phase) {
            let of = |side: &str| shares(&table.samples(side, phase, what), POINTS);
            plots.push(Plot {
                title: format!("{}, {phase}: {what}", table.name),
                across: format!("{} (logarithmic)", unit.symbol()),
                up: "share in %".to_owned(),
                scale: Scale::Logarithmic,
                curves: curves(sides, of),
            });
        }
        for (what, across, up) in
            [(REQUESTS_OVER_TIME, "seconds", "requests in all"), (MEMORY_OVER_COUNT, "Kustomizations", "MiB")]
        {
            plots.push(Plot {
                title: format!("{}, {phase}: {what}", table.name),
                across: across.to_owned(),
                up: up.to_owned(),
                scale: Scale::Linear,
                curves: curves(sides, |side| last(table, side, phase, what)),
            });
        }
    }
    plots.iter().filter_map(|plot| Some((file_name(&plot.title), draw(plot)?))).collect()
}

fn curves(sides: &[&str], of: impl Fn(&str) -> Vec<(f64, f64)>) -> Vec<Curve> {
    sides.iter().map(|side| Curve { name: (*side).to_owned(), points: of(side) }).collect()
}

/// A curve of a side's last run: curves of several cannot be put together.
fn last(table: &Table, side: &str, phase: &str, what: &str) -> Vec<(f64, f64)> {
    let series = table.of(side, phase).flat_map(|phase| &phase.series).filter(|series| series.what == what);
    series.last().map(|series| series.points.clone()).unwrap_or_default()
}

fn file_name(title: &str) -> String {
    let plain: String = title
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { ' ' })
        .collect();
    format!("{}.svg", plain.split_whitespace().collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Phase, Run, Unit};
    use super::*;

    #[test]
    fn what_was_measured_is_drawn() {
        let mut table = Table::new("drift", String::new());
        for side in ["a", "b"] {
            let mut phase = Phase::new("first");
            phase.sample("life of drift", Unit::Milliseconds, vec![1.0, 2.0]);
            phase.curve(REQUESTS_OVER_TIME, vec![(0.0, 1.0), (1.0, 2.0)]);
            table.runs.push(Run { side, half: 0, facts: 1, phases: vec![phase] });
        }
        let plots = plots(&["a", "b"], &table);
        let names: Vec<&str> = plots.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["drift-first-life-of-drift.svg", "drift-first-requests-over-time.svg"]);
        assert!(plots.iter().all(|(_, picture)| picture.matches("<polyline").count() == 2));
    }
}
