//! Random trees built by both this crate and the real kustomize.
//!
//! With the real kustomize (`KUSTOMIZE_BIN`; `cargo xtask golden` builds one):
//!
//! ```text
//! KUSTOMIZE_BIN=kustomize SEEDS=0..10000 cargo test --release -p kustomize-engine --test differential equal -- --ignored --nocapture
//! ```
//!
//! It prints how many trees build and how often each feature occurred in those. A tree with a difference is made smaller
//! and left in `DIFFERENT` (a directory, else one among temporary files) as `seed-N/input`; to keep it, move that folder
//! to `testdata/rnd-<what>` and run `cargo xtask golden rnd-<what>`. Without the real kustomize, the other tests here build
//! a few hundred trees and look for panics and for answers that depend on anything but the files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod grammar;
mod level;
mod node;
mod patches;
mod paths;
mod plugins;
mod random;
mod replacements;
mod rules;
mod shrink;
mod simple;
mod tree;
mod upstream;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kustomize_engine::Mode;

use tree::Tree;
use upstream::{Comparer, Difference, ours, write};

#[test]
fn random_trees_never_panic() {
    let built = (0..300).filter(|seed| ours(&Tree::new(*seed).files, Mode::Cli).is_ok()).count();
    assert!(built > 200, "only {built} of 300 trees build");
}

#[test]
fn a_tree_gives_the_same_answer_always_and_in_all_threads() {
    let once = |seed: u64| {
        let files = Tree::new(seed).files;
        (files.clone(), ours(&files, Mode::Flux))
    };
    let first: Vec<_> = (1000..1100).map(once).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (seed, expected) in (1000..1100).zip(&first) {
                    assert_eq!(&once(seed), expected, "seed {seed}");
                }
            });
        }
    });
}

/// What a run has found so far.
#[derive(Default)]
struct Report {
    compared: usize,
    built: usize,
    features: BTreeMap<&'static str, usize>,
    reasons: BTreeMap<String, (usize, u64)>,
    different: Vec<(u64, Difference)>,
}

/// The seeds to go through.
fn seeds() -> (u64, u64) {
    let seeds = std::env::var("SEEDS").unwrap_or_else(|_| "0..500".to_owned());
    let (from, to) = seeds.split_once("..").unwrap();
    (from.parse().unwrap(), to.parse().unwrap())
}

/// Where trees are left.
fn kept() -> PathBuf {
    std::env::var_os("DIFFERENT")
        .map_or_else(|| std::env::temp_dir().join("kustomize-different"), PathBuf::from)
}

#[test]
#[ignore = "writes the trees of `SEEDS` into `DIFFERENT`"]
fn write_trees() {
    let (from, to) = seeds();
    for seed in from..to {
        write(&Tree::new(seed).files, &kept().join(format!("seed-{seed}/input")));
    }
}

#[test]
#[ignore = "needs KUSTOMIZE_BIN"]
fn random_trees_equal_upstream() {
    let binary = std::env::var("KUSTOMIZE_BIN").unwrap();
    let ((from, to), kept) = (seeds(), kept());
    let next = AtomicU64::new(from);
    let report = Mutex::new(Report::default());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for number in 0..threads {
            let comparer = Comparer::new(&binary, number);
            let (next, report, kept) = (&next, &report, &kept);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        break;
                    }
                    one(&comparer, seed, report, kept);
                }
            });
        }
    });
    let report = report.into_inner().unwrap();
    eprintln!("{} trees compared, {} of them build", report.compared, report.built);
    for (feature, count) in &report.features {
        eprintln!("{count:8} {feature}");
    }
    let mut reasons: Vec<_> = report.reasons.iter().collect();
    reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (reason, (count, seed)) in reasons.iter().take(25) {
        eprintln!("{count:8} fail, as seed {seed}: {reason}");
    }
    assert!(report.different.is_empty(), "different: {:?}, in {}", report.different, kept.display());
}

/// Compares one tree in both modes and makes it smaller if need be.
fn one(comparer: &Comparer, seed: u64, report: &Mutex<Report>, kept: &std::path::Path) {
    let tree = Tree::new(seed);
    // Without sorting, a schema of one's own adds to the built-in one here but not in the command.
    let modes: &[bool] =
        if seed.is_multiple_of(4) && !tree.features.contains("openapi") { &[false, true] } else { &[false] };
    for flux in modes {
        let compared = comparer.compare(&tree.files, *flux);
        {
            let mut report = report.lock().unwrap();
            report.compared += 1;
            if report.compared.is_multiple_of(500) {
                let line = format!("{} compared, {} build\n", report.compared, report.built);
                std::io::stderr().write_all(line.as_bytes()).unwrap();
            }
            match &compared.upstream {
                Ok(_) => {
                    report.built += 1;
                    for feature in &tree.features {
                        *report.features.entry(feature).or_insert(0) += 1;
                    }
                }
                Err(error) => {
                    let line = error.lines().rfind(|line| line.starts_with("Error")).unwrap_or("no error");
                    let reason: String = line.chars().filter(|c| !c.is_ascii_digit()).collect();
                    let start = reason.chars().count().saturating_sub(150);
                    let reason = reason.chars().skip(start).collect();
                    report.reasons.entry(reason).or_insert((0, seed)).0 += 1;
                }
            }
        }
        let Some(difference) = compared.difference else { continue };
        let directory = kept.join(format!("seed-{seed}"));
        let line = format!("seed {seed}: {difference:?}, left in {}\n", directory.display());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        // The answer of this crate comes quickly, so it is asked first.
        let wanted = compared.ours.is_ok();
        let until = Instant::now() + Duration::from_secs(90);
        let small = shrink::shrink(&tree.files, |files| {
            Instant::now() < until
                && Comparer::ours(files, *flux).is_ok() == wanted
                && comparer.compare(files, *flux).difference == Some(difference)
        });
        if directory.exists() {
            std::fs::remove_dir_all(&directory).unwrap();
        }
        write(&small, &directory.join("input"));
        let answers = comparer.compare(&small, *flux);
        let text = |answer: Result<String, String>| answer.unwrap_or_else(|error| error).into_bytes();
        std::fs::write(directory.join("upstream.txt"), text(answers.upstream)).unwrap();
        std::fs::write(directory.join("ours.txt"), text(answers.ours)).unwrap();
        report.lock().unwrap().different.push((seed, difference));
        return;
    }
}
