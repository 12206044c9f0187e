//! How large everything is, and the flag of each size. Pure.

use anyhow::{Context as _, Result};

/// How large everything is. What a size means stands in [`FLAGS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) kustomizations: usize,
    pub(super) objects: usize,
    pub(super) deployments: usize,
    pub(super) interval: usize,
    pub(super) steady: usize,
    pub(super) files: usize,
    pub(super) fan_out: usize,
    pub(super) commits: usize,
    pub(super) edits: usize,
    pub(super) every: usize,
    pub(super) drift_interval: usize,
    pub(super) chain: usize,
    pub(super) tree: usize,
    pub(super) window: usize,
    pub(super) foreign_objects: usize,
    pub(super) foreign_definitions: usize,
    pub(super) round_trip: usize,
    pub(super) many: usize,
    /// Kustomizations name a service account.
    pub(super) impersonated: bool,
}

/// One size on the command line.
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) full: usize,
    pub(super) quick: usize,
    field: fn(&mut Sizes) -> &mut usize,
}

macro_rules! flag {
    ($name:literal, $field:ident, $full:literal, $quick:literal, $help:literal) => {
        Flag { name: $name, help: $help, full: $full, quick: $quick, field: |sizes| &mut sizes.$field }
    };
}

/// All sizes.
pub(super) const FLAGS: [Flag; 18] = [
    flag!(
        "--kustomizations",
        kustomizations,
        100,
        6,
        "Kustomizations of mttp, fleet, steady, restart, foreign and delete"
    ),
    flag!("--objects", objects, 1_000, 60, "ConfigMaps of apply, distance and drift"),
    flag!("--deployments", deployments, 200, 10, "Deployments of apply, without Pods"),
    flag!("--interval", interval, 60, 5, "seconds between the runs of steady and foreign"),
    flag!("--steady", steady, 300, 10, "seconds that steady and foreign are watched"),
    flag!("--files", files, 5_000, 200, "files of the repository of commits"),
    flag!("--fan-out", fan_out, 50, 5, "Kustomizations of that repository"),
    flag!("--commits", commits, 60, 3, "commits there, one after the other, each to one Kustomization"),
    flag!("--edits", edits, 2_000, 20, "edits, deletions and relabellings of drift"),
    flag!("--every", every, 200, 200, "milliseconds between two of these"),
    flag!(
        "--drift-interval",
        drift_interval,
        60,
        5,
        "seconds between the runs of drift, on which Flux waits to heal"
    ),
    flag!("--chain", chain, 10, 3, "Kustomizations of which each depends on the one before"),
    flag!("--tree", tree, 100, 7, "Kustomizations of a binary tree of dependencies"),
    flag!("--window", window, 20, 5, "seconds after a restart in which requests are counted"),
    flag!("--foreign-objects", foreign_objects, 10_000, 200, "ConfigMaps of others"),
    flag!("--foreign-definitions", foreign_definitions, 500, 10, "CustomResourceDefinitions of others"),
    flag!("--round-trip", round_trip, 5, 5, "milliseconds that each request of distance takes longer"),
    flag!("--many", many, 500, 12, "Kustomizations of memory, with four objects each"),
];

impl Sizes {
    /// What is measured unless told otherwise, or a little of everything.
    pub(super) fn new(quick: bool) -> Self {
        let mut sizes = Self {
            kustomizations: 0,
            objects: 0,
            deployments: 0,
            interval: 0,
            steady: 0,
            files: 0,
            fan_out: 0,
            commits: 0,
            edits: 0,
            every: 0,
            drift_interval: 0,
            chain: 0,
            tree: 0,
            window: 0,
            foreign_objects: 0,
            foreign_definitions: 0,
            round_trip: 0,
            many: 0,
            impersonated: true,
        };
        for flag in &FLAGS {
            *(flag.field)(&mut sizes) = if quick { flag.quick } else { flag.full };
        }
        sizes
    }

    /// Sets the size of a flag; whether there is such a flag.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<bool> {
        let Some(flag) = FLAGS.iter().find(|flag| flag.name == name) else { return Ok(false) };
        let number = value.parse().ok().filter(|number| *number > 0);
        *(flag.field)(self) = number.with_context(|| format!("{name} needs a number, not {value}"))?;
        Ok(true)
    }

    /// Every size by its flag, for reports.
    pub(super) fn told(&self) -> Vec<(&'static str, usize)> {
        let mut copy = self.clone();
        FLAGS.iter().map(|flag| (flag.name, *(flag.field)(&mut copy))).collect()
    }
}

/// A line for each size.
pub(super) fn help() -> String {
    let line = |flag: &Flag| {
        format!("  {:<25} {} ({}; quick: {})\n", format!("{} N", flag.name), flag.help, flag.full, flag.quick)
    };
    FLAGS.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_sets_a_size_of_its_own() {
        let mut sizes = Sizes::new(true);
        for (at, flag) in FLAGS.iter().enumerate() {
            assert!(sizes.set(flag.name, &(1_000 + at).to_string()).expect(flag.name));
        }
        let told: Vec<usize> = sizes.told().into_iter().map(|(_, value)| value).collect();
        assert_eq!(told, (1_000..1_000 + FLAGS.len()).collect::<Vec<_>>());
        assert!(!sizes.set("--no-such", "1").expect("no flag"));
        for wrong in ["0", "many", "-1"] {
            sizes.set("--objects", wrong).expect_err(wrong);
        }
        assert!(help().lines().count() == FLAGS.len() && help().contains("--objects N "));
    }
}
