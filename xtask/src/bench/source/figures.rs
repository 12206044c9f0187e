//! Figures: what one run of a workload gave, and what all runs of both sides gave together. Pure.

use super::options::Workload;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Count,
    Bytes,
    Mib,
    Milliseconds,
}

/// One figure of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) what: &'static str,
    pub(super) unit: Unit,
    /// One value for each time that it was measured.
    pub(super) values: Vec<f64>,
}

/// All figures of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures(pub(super) Vec<Figure>);

impl Figures {
    /// Adds a value.
    pub(super) fn add(&mut self, what: &'static str, unit: Unit, value: f64) {
        match self.0.iter_mut().find(|figure| figure.what == what) {
            Some(figure) => figure.values.push(value),
            None => self.0.push(Figure { what, unit, values: vec![value] }),
        }
    }

    /// Adds a number of things.
    pub(super) fn count(&mut self, what: &'static str, number: u64) {
        self.add(what, Unit::Count, number as f64);
    }

    /// Adds a number of bytes.
    pub(super) fn bytes(&mut self, what: &'static str, number: u64) {
        self.add(what, Unit::Bytes, number as f64);
    }
}

/// What both sides gave for a workload.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub(super) workload: Workload,
    /// By the side's name.
    pub(super) sides: Vec<(&'static str, Figures)>,
}

impl Table {
    pub(super) const fn new(workload: Workload) -> Self {
        Self { workload, sides: Vec::new() }
    }

    /// Adds the figures of one run of a side.
    pub(super) fn add(&mut self, side: &'static str, run: Figures) {
        let found = self.sides.iter().position(|(known, _)| *known == side);
        let at = found.unwrap_or_else(|| {
            self.sides.push((side, Figures::default()));
            self.sides.len() - 1
        });
        let Some((_, all)) = self.sides.get_mut(at) else { return };
        for figure in run.0 {
            for value in figure.values {
                all.add(figure.what, figure.unit, value);
            }
        }
    }

    /// All values of a side's figure.
    pub(super) fn values(&self, side: &str, what: &str) -> &[f64] {
        let figures = self.sides.iter().find(|(known, _)| *known == side).map(|(_, figures)| figures);
        let figure = figures.and_then(|figures| figures.0.iter().find(|figure| figure.what == what));
        figure.map(|figure| figure.values.as_slice()).unwrap_or_default()
    }

    /// Every figure, counts before bytes before memory before time.
    pub(super) fn rows(&self) -> Vec<(&'static str, Unit)> {
        let mut rows: Vec<(&'static str, Unit)> = Vec::new();
        for (_, figures) in &self.sides {
            for figure in &figures.0 {
                if !rows.iter().any(|(known, _)| *known == figure.what) {
                    rows.push((figure.what, figure.unit));
                }
            }
        }
        rows.sort_by_key(|(_, unit)| *unit as u8);
        rows
    }
}

/// Least, middle and most of some values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

impl Spread {
    /// Of values; nothing of none.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let upper = *values.get(values.len() / 2)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self { least, median: f64::midpoint(lower, upper), most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads() {
        let spread = Spread::of(&[4.0, 1.0, 2.0, 3.0]).expect("values");
        assert_eq!(spread, Spread { least: 1.0, median: 2.5, most: 4.0 });
        assert_eq!(Spread::of(&[7.0]).expect("a value").median, 7.0);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn runs_of_a_side_stand_together_and_counts_stand_first() {
        let mut table = Table::new(Workload::Poll);
        for value in [1.0, 2.0] {
            let mut run = Figures::default();
            run.add("time", Unit::Milliseconds, value);
            run.count("requests", 3);
            table.add("a", run);
        }
        table.add("b", Figures::default());
        assert_eq!(table.values("a", "time"), [1.0, 2.0]);
        assert!(table.values("b", "time").is_empty() && table.values("c", "time").is_empty());
        assert_eq!(table.rows(), [("requests", Unit::Count), ("time", Unit::Milliseconds)]);
    }
}
