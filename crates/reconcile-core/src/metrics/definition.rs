//! What a family of series is called, what it counts and by which labels. The definitions themselves are `table`'s, and
//! both what is registered and the reference (`docs/reference/metrics.md`) are made from them.

/// Which processes serve a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// Every controller.
    All,
    /// source-controller.
    Source,
    /// kustomize-controller.
    Kustomize,
    /// health-controller.
    Health,
    /// source-controller and kustomize-controller.
    SourceAndKustomize,
}

impl Served {
    /// As people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Source => "source-controller",
            Self::Kustomize => "kustomize-controller",
            Self::Health => "health-controller",
            Self::SourceAndKustomize => "source-, kustomize-controller",
        }
    }
}

/// The upper bounds of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Buckets {
    /// These.
    List(&'static [f64]),
    /// So many from the first to the last, each the same multiple of the one before.
    Exponential {
        /// The first bound.
        first: f64,
        /// The last bound.
        last: f64,
        /// How many there are.
        count: usize,
    },
}

impl Buckets {
    /// The bounds.
    pub fn bounds(self) -> Vec<f64> {
        match self {
            Self::List(bounds) => bounds.to_vec(),
            Self::Exponential { first, last, count } => {
                #[expect(clippy::cast_precision_loss, reason = "a handful of buckets")]
                let factor = (last / first).powf(1.0 / (count.max(2) - 1) as f64);
                prometheus::exponential_buckets(first, factor, count).unwrap_or_default()
            }
        }
    }
}

/// What the series of a family are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts what was measured, by size.
    Histogram(Buckets),
}

impl Type {
    /// Prometheus' word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// A family of series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// Who serves it.
    pub served: Served,
    /// What its series are.
    pub type_: Type,
    /// The labels that tell its series apart.
    pub labels: &'static [&'static str],
    /// What it means.
    pub help: &'static str,
}

/// Constants of definitions, and the list of all of them.
macro_rules! definitions {
    ($($id:ident = $served:ident $name:literal $type_:expr, [$($label:literal),*], $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $id: Definition = Definition {
                name: $name,
                served: Served::$served,
                type_: $type_,
                labels: &[$($label),*],
                help: $help,
            };
        )+

        /// All of them.
        pub const ALL: &[&Definition] = &[$(&$id),+];
    };
}

pub(super) use definitions;

#[cfg(test)]
mod tests;
