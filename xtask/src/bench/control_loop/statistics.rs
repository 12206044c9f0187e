//! Middle and spread of a few runs, and percentiles of many samples. Pure.

/// Least, middle and most of a few values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Middle {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

impl Middle {
    /// Of values; nothing of none.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let values = sorted(values);
        let (least, most) = (*values.first()?, *values.last()?);
        let upper = *values.get(values.len() / 2)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self { least, median: f64::midpoint(lower, upper), most })
    }
}

/// How samples lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Distribution {
    pub(super) number: usize,
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) most: f64,
}

impl Distribution {
    /// Of samples, by nearest rank: a percentile is always a value that was measured. Nothing of none.
    pub(super) fn of(samples: &[f64]) -> Option<Self> {
        let samples = sorted(samples);
        let at = |percent: usize| {
            let rank = (samples.len() * percent).div_ceil(100).max(1);
            samples.get(rank - 1).copied()
        };
        Some(Self { number: samples.len(), p50: at(50)?, p90: at(90)?, p99: at(99)?, most: at(100)? })
    }
}

/// The share of samples that are at most so large, as points of a curve; at most so many.
pub(super) fn shares(samples: &[f64], points: usize) -> Vec<(f64, f64)> {
    let samples = sorted(samples);
    let share = |rank: usize| 100.0 * rank as f64 / samples.len().max(1) as f64;
    let all = samples.iter().enumerate().map(|(at, value)| (*value, share(at + 1)));
    thinned(&all.collect::<Vec<_>>(), points)
}

/// At most so many of the points: the last, and others evenly.
pub(super) fn thinned(points: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    let step = points.len().div_ceil(most.max(1)).max(1);
    let last = points.len().saturating_sub(1);
    let kept = points.iter().enumerate().filter(|(at, _)| at % step == 0 || *at == last);
    kept.map(|(_, point)| *point).collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles() {
        assert_eq!(Middle::of(&[4.0, 1.0, 2.0, 3.0]), Some(Middle { least: 1.0, median: 2.5, most: 4.0 }));
        assert_eq!(Middle::of(&[7.0]).map(|middle| middle.median), Some(7.0));
        assert_eq!(Middle::of(&[]), None);
    }

    #[test]
    fn percentiles_are_measured_values() {
        let samples: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        let found = Distribution::of(&samples).expect("samples");
        assert_eq!(
            (found.number, found.p50, found.p90, found.p99, found.most),
            (200, 100.0, 180.0, 198.0, 200.0)
        );
        let one = Distribution::of(&[5.0]).expect("a sample");
        assert_eq!((one.p50, one.p99), (5.0, 5.0));
        let two = Distribution::of(&[5.0, 6.0]).expect("samples");
        assert_eq!((two.p50, two.p90), (5.0, 6.0));
        assert_eq!(Distribution::of(&[]), None);
    }

    #[test]
    fn curves_end_at_the_last_point() {
        assert_eq!(shares(&[2.0, 1.0], 10), [(1.0, 50.0), (2.0, 100.0)]);
        let many: Vec<f64> = (0..1_000).map(f64::from).collect();
        let curve = shares(&many, 50);
        assert!(curve.len() <= 51, "{}", curve.len());
        assert_eq!(curve.last(), Some(&(999.0, 100.0)));
        assert!(shares(&[], 5).is_empty());
    }
}
