//! The documents that people follow, followed: every command of getting started, of both migrations, of operations and of
//! hardening is run, in its order, with the real helm and kubectl, and what a document shows as output must be what is printed.
//!
//! Two things are put in the place of what a document names: a Git server here for `https://git.example.com`, and the
//! chart of this repository for the released one. Each document has a control plane of its own, because it installs for
//! the whole cluster.

use anyhow::{Context as _, Result};
use testkit::binaries;

mod argo_cd;
mod flux;
mod kubelet;
mod page;
mod reader;
mod sizing;

use reader::Reader;

fn read(path: &str) -> Result<String> {
    let file = binaries::root().join(path);
    std::fs::read_to_string(&file).with_context(|| path.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn getting_started() -> Result<()> {
    let mut reader = Reader::sit_down().await?;
    reader.git().repository("fleet")?;
    reader.follow("docs/getting-started.md", &read("docs/getting-started.md")?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn migration_from_argo_cd_and_what_an_operator_does_then() -> Result<()> {
    let mut reader = Reader::sit_down().await?;
    argo_cd::manages(&reader).await?;
    // The others begin with an installation, whatever for.
    for path in ["docs/migration/argo-cd.md", "docs/security/hardening.md", "docs/operations/README.md"] {
        reader.follow(path, &read(path)?).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn migration_from_flux() -> Result<()> {
    let mut reader = Reader::sit_down().await?;
    flux::manages(&mut reader).await?;
    let before = flux::applied(&reader).await?;
    reader.follow("docs/migration/flux.md", &read("docs/migration/flux.md")?).await?;
    assert_eq!(flux::applied(&reader).await?, before, "an applied object was written to, or made again");
    Ok(())
}

#[test]
fn the_documents_install_as_the_readme_does() -> Result<()> {
    let readme = read("README.md")?;
    for path in ["docs/getting-started.md", "docs/migration/argo-cd.md", "docs/migration/flux.md"] {
        let text = read(path)?;
        let line = text.lines().find(|line| line.starts_with("helm install")).context(path)?;
        let command = line.split_once(" --set").map_or(line, |(command, _)| command);
        assert!(readme.lines().any(|line| line == command), "README.md has no line {command:?} of {path}");
    }
    Ok(())
}
