//! What `cargo xtask release` makes, looked at with the tools of those who take it. By default it is made, as a dry run, of
//! the programs that the other tests run, so that no release build is needed; `FLYBALL_RELEASE` names a folder with the
//! real one instead. Whether images run is `image`'s business.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use testkit::binaries;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// Names a folder that `cargo xtask release` made.
const FOLDER_VARIABLE: &str = "FLYBALL_RELEASE";

pub(crate) const CONTROLLERS: [&str; 3] = ["source-controller", "kustomize-controller", "health-controller"];
const COMMAND_LINE: &str = "flyball";

/// The folder with a release, which is made once for all tests of this process.
pub(crate) async fn folder() -> Result<&'static Path> {
    static FOLDER: OnceCell<PathBuf> = OnceCell::const_new();
    FOLDER.get_or_try_init(make).await.map(PathBuf::as_path)
}

async fn make() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER_VARIABLE) {
        return Ok(folder.into());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let xtask = binaries::own("xtask")?;
    let programs = xtask.parent().context("xtask lies in a folder")?;
    let mut release = Command::new(&xtask);
    release
        .args(["release", "--dry-run", "--any-size", "--binaries"])
        .arg(programs)
        .arg("--out")
        .arg(&folder);
    output(&mut release).await?;
    Ok(folder)
}

/// What a program prints; an error if it fails.
pub(crate) async fn output(command: &mut Command) -> Result<String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let output = command.output().await.with_context(|| format!("{name} (is it installed?)"))?;
    if !output.status.success() {
        bail!("{name} ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| name)
}

/// The archives of an image, one per platform.
pub(crate) fn archives(folder: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.starts_with(&format!("{name}_")) && file.ends_with(".tar") {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        bail!("{} has no image of {name}", folder.display());
    }
    Ok(found)
}

/// `images.txt`: the reference with its tag, and the digest, by the part after the repository.
fn references(folder: &Path) -> Result<BTreeMap<String, (String, String)>> {
    let text = std::fs::read_to_string(folder.join("images.txt")).context("images.txt")?;
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let (reference, digest) = line.split_once('@').with_context(|| line.to_owned())?;
        let (name, tag) = reference.rsplit_once(':').with_context(|| line.to_owned())?;
        let path = name.splitn(3, '/').nth(2).with_context(|| line.to_owned())?;
        found.insert(path.to_owned(), (tag.to_owned(), digest.to_owned()));
    }
    Ok(found)
}

fn skopeo(words: &[&str]) -> Command {
    let mut command = Command::new("skopeo");
    command.arg("--insecure-policy").args(words);
    command
}

#[tokio::test]
async fn everything_is_there_with_its_digest() -> Result<()> {
    let folder = folder().await?;
    let version = references(folder)?["charts/flyball"].0.clone();
    let mut expected: BTreeSet<String> =
        ["crd-schemas.tar.gz", "images.txt", "install.yaml", "manifests.tar.gz", "release-notes.md"]
            .map(str::to_owned)
            .into();
    expected.insert(format!("flyball-{version}.tgz"));
    for name in CONTROLLERS.into_iter().chain([COMMAND_LINE]) {
        for archive in archives(folder, name)? {
            let stem = archive.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            expected.extend([format!("{stem}.tar"), format!("{stem}.cdx.json")]);
            if name == COMMAND_LINE {
                expected.insert(format!("{stem}.tar.gz"));
            }
        }
    }
    let list = std::fs::read_to_string(folder.join("checksums.txt"))?;
    let listed: BTreeSet<String> =
        list.lines().filter_map(|line| Some(line.split_once("  ")?.1.to_owned())).collect();
    assert_eq!(listed, expected);
    let mut check = Command::new("sha256sum");
    output(check.args(["--check", "--strict", "checksums.txt"]).current_dir(folder)).await?;
    let notes = std::fs::read_to_string(folder.join("release-notes.md"))?;
    assert!(notes.contains("### "), "the notes say something: {notes}");
    Ok(())
}

#[tokio::test]
async fn other_tools_read_the_images() -> Result<()> {
    let folder = folder().await?;
    let references = references(folder)?;
    let copies = tempfile::tempdir()?;
    for name in CONTROLLERS.into_iter().chain([COMMAND_LINE]) {
        let (tag, digest) = references.get(name).with_context(|| name.to_owned())?;
        for archive in archives(folder, name)? {
            // Docker's way of reading the file, and everybody else's.
            for form in ["docker-archive", "oci-archive"] {
                let place = format!("{form}:{}", archive.display());
                let config: Value =
                    serde_json::from_str(&output(&mut skopeo(&["inspect", "--config", &place])).await?)?;
                assert_eq!(config["config"]["User"], "65534:65534", "{place}");
                let title = &config["config"]["Labels"]["org.opencontainers.image.title"];
                assert_eq!(title, name, "{place}");
                // Copying compares every digest with what is there.
                let copy = copies.path().join(format!("{form}-{name}"));
                let copy = format!("dir:{}", copy.display());
                output(&mut skopeo(&["copy", "--quiet", &place, &copy])).await?;
            }
        }
        let layout = format!("oci:{}:{tag}", folder.join("oci").join(name).display());
        let raw = copies.path().join("raw");
        std::fs::write(&raw, output(&mut skopeo(&["inspect", "--raw", &layout])).await?)?;
        let said = output(&mut skopeo(&["manifest-digest", &raw.display().to_string()])).await?;
        assert_eq!(said.trim(), digest, "{name}: images.txt says what a registry will");
    }
    Ok(())
}

#[tokio::test]
async fn bills_of_materials_name_what_is_linked() -> Result<()> {
    let folder = folder().await?;
    let crates = |name: &str| -> Result<BTreeSet<String>> {
        let archive = archives(folder, name)?.remove(0);
        let document: Value = serde_json::from_slice(&std::fs::read(archive.with_extension("cdx.json"))?)?;
        assert_eq!((&document["bomFormat"], &document["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
        let components = document["components"].as_array().context("components")?;
        Ok(components.iter().filter_map(|one| Some(one["name"].as_str()?.to_owned())).collect())
    };
    let has = |name: &str, wanted: &str| -> Result<bool> { Ok(crates(name)?.contains(wanted)) };
    assert!(has("source-controller", "gix")? && !has("health-controller", "gix")?);
    assert!(
        has("kustomize-controller", "kustomize-engine")? && !has("source-controller", "kustomize-engine")?
    );
    assert!(has(COMMAND_LINE, "clap")? && !has(COMMAND_LINE, "kube-runtime")?);
    for name in CONTROLLERS {
        assert!(has(name, "kube-client")? && has(name, "glibc")? && has(name, "rust-std")?, "{name}");
        assert!(!has(name, "serde_derive")?, "{name}: a procedural macro is not in the program");
        assert!(!has(name, "testkit")?, "{name}: neither is what only tests use");
    }
    Ok(())
}

#[tokio::test]
async fn helm_reads_the_chart() -> Result<()> {
    let folder = folder().await?;
    let references = references(folder)?;
    let (version, digest) = references.get("charts/flyball").context("the chart")?;
    let helm = binaries::HELM.built()?;
    let archive = folder.join(format!("flyball-{version}.tgz"));
    let shown = output(Command::new(&helm).args(["show", "chart"]).arg(&archive)).await?;
    assert!(shown.contains(&format!("version: {version}")), "{shown}");
    let rendered = output(Command::new(&helm).args(["template", "flyball"]).arg(&archive)).await?;
    for name in CONTROLLERS {
        let (tag, _) = references.get(name).with_context(|| name.to_owned())?;
        let image = format!("{name}:{tag}");
        assert!(rendered.contains(&image), "the chart asks for the image that is released: {image}");
        let install = std::fs::read_to_string(folder.join("install.yaml"))?;
        assert!(install.contains(&image), "so does install.yaml: {image}");
    }
    let layout = format!("oci:{}:{version}", folder.join("oci/charts/flyball").display());
    let manifest: Value = serde_json::from_str(&output(&mut skopeo(&["inspect", "--raw", &layout])).await?)?;
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.cncf.helm.config.v1+json");
    assert!(digest.starts_with("sha256:"));
    Ok(())
}
