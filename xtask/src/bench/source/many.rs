//! Many GitRepositories of few repositories: how often these are cloned, and the memory of it all.

use std::time::Instant;

use anyhow::{Result, bail};

use super::figures::{Figures, Unit};
use super::options::Sizes;
use super::repository::history;
use super::side::{KIND, LIMIT, SOURCES, Stand, is_ready};

/// Files of each repository, and commits.
const FILES: usize = 50;
const COMMITS: usize = 20;

pub(super) async fn play(sizes: &Sizes, stand: &mut Stand) -> Result<Figures> {
    let mut repositories = Vec::new();
    for number in 0..sizes.urls {
        let repository = stand.git.repository(&format!("r{number}"))?;
        history(repository.folder(), FILES, COMMITS)?;
        repositories.push(repository);
    }
    let mut figures = Figures::default();
    let meter = stand.begin()?;
    let start = Instant::now();
    for (number, repository) in repositories.iter().cycle().take(sizes.objects).enumerate() {
        stand.declare(&format!("app-{number}"), repository).await?;
    }
    let mut left = sizes.objects;
    while left > 0 {
        if start.elapsed() > LIMIT {
            bail!("{left} of {} are not Ready within {LIMIT:?}", sizes.objects);
        }
        // A list of hundreds of objects is not asked for more often than people would.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let objects = stand.ns.list(SOURCES, KIND, "").await?;
        left = sizes.objects.saturating_sub(objects.iter().filter(|object| is_ready(object)).count());
    }
    let took = start.elapsed();
    let packs = stand.fetches();
    stand.end(&meter, &mut figures).await?;
    stand.memory(&mut figures)?;
    figures.count("posts to git-upload-pack", packs);
    figures.add("declared to all Ready", Unit::Milliseconds, took.as_secs_f64() * 1_000.0);
    Ok(figures)
}
