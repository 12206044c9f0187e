//! A large tree: the memory that its first artifact takes.

use std::time::Instant;

use anyhow::Result;

use super::figures::{Figures, Unit};
use super::options::Sizes;
use super::repository::bulk;
use super::side::{KIND, LIMIT, SOURCES, Stand, is_ready};

pub(super) async fn play(sizes: &Sizes, stand: &mut Stand) -> Result<Figures> {
    let repository = stand.git.repository("bulk")?;
    bulk(repository.folder(), sizes.megabytes)?;
    let mut figures = Figures::default();
    let meter = stand.begin()?;
    let start = Instant::now();
    stand.declare("bulk", &repository).await?;
    let object = stand.ns.wait_for(SOURCES, KIND, "bulk", LIMIT, is_ready).await?;
    let took = start.elapsed();
    stand.end(&meter, &mut figures).await?;
    stand.memory(&mut figures)?;
    figures.bytes("bytes of the artifact", object["status"]["artifact"]["size"].as_u64().unwrap_or_default());
    figures.add("declared to Ready", Unit::Milliseconds, took.as_secs_f64() * 1_000.0);
    Ok(figures)
}
