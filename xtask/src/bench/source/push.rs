//! Commits of one line that a webhook tells of: how long it takes until the artifact is served.

use std::time::Instant;

use anyhow::{Context as _, Result};

use super::commit::{NAME, ready};
use super::figures::{Figures, Unit};
use super::options::Sizes;
use super::repository::{manifest, path};
use super::side::{LIMIT, Stand, is_at};

pub(super) async fn play(sizes: &Sizes, stand: &mut Stand) -> Result<Figures> {
    let repository = ready(sizes, stand).await?;
    let mut figures = Figures::default();
    stand.hooks.as_ref().context("webhooks")?.declare(&stand.ns, NAME).await?;
    for round in 0..sizes.times {
        let meter = stand.begin()?;
        let change = [(path(round), manifest(round, sizes.commits + round))];
        let commit = repository.commit("main", &format!("round {round}"), change)?;
        let hooks = stand.hooks.as_ref().context("webhooks")?;
        let (took, object) =
            stand.after(NAME, async || hooks.tell().await, |object| is_at(object, &commit)).await?;
        let announced = Instant::now();
        let url = object["status"]["artifact"]["url"].as_str().context("an artifact's address")?;
        stand.controller.process.await_http(url, LIMIT).await?;
        let took = took + announced.elapsed();
        stand.end(&meter, &mut figures).await?;
        figures.add("webhook to artifact served", Unit::Milliseconds, took.as_secs_f64() * 1_000.0);
    }
    stand.memory(&mut figures)?;
    Ok(figures)
}
