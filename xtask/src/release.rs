//! `cargo xtask release`: all that a release uploads, in one folder. Uploading and signing are
//! `.github/workflows/release.yaml`'s, which takes this folder as it is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::archive::{self, Entry};
use crate::changelog::{self, UNRELEASED};
use crate::image::product::COMMAND_LINE;
use crate::image::{self, Made};
use crate::oci::Layout;
use crate::stamp::Stamp;
use crate::workspace::{self, say};

mod chart;
mod ignored;
mod options;
mod schemas;

/// Carries the command out.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let options = options::parse(arguments)?;
    let root = workspace::root();
    let stamp = Stamp::read(&root)?;
    let changelog = workspace::optional_file(&root, "CHANGELOG.md")?.context("CHANGELOG.md is missing")?;
    let notes = notes(&changelog, &stamp.version, options.dry_run)?;
    if !options.dry_run {
        check_tree(&stamp, &tags(&root)?)?;
    }
    let folder = workspace::fresh_folder(options.image.out.as_deref(), "target/release-artifacts")?;
    let mut release = Release { folder, stamp, files: Vec::new(), references: Vec::new() };
    release.add("release-notes.md", notes.as_bytes())?;
    for made in image::make(&root, &options.image, &release.stamp)? {
        release.add_image(&made, &root)?;
    }
    release.add_chart(&root, &options.image.repository)?;
    release.add_manifests(&root)?;
    release.add("crd-schemas.tar.gz", &release.packed(schemas::files()?)?)?;
    release.add("images.txt", (release.references.join("\n") + "\n").as_bytes())?;
    release.finish()
}

/// What is being made.
struct Release {
    folder: PathBuf,
    stamp: Stamp,
    /// Names of the files, in the order in which they were written.
    files: Vec<String>,
    /// What stands in the registry afterwards: `name:tag@digest`.
    references: Vec<String>,
}

impl Release {
    fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        std::fs::write(self.folder.join(name), content).with_context(|| name.to_owned())?;
        self.files.push(name.to_owned());
        Ok(())
    }

    fn packed(&self, entries: Vec<Entry>) -> Result<Vec<u8>> {
        archive::gzip(&archive::tar(entries, self.stamp.epoch)?)
    }

    fn add_image(&mut self, made: &Made, root: &Path) -> Result<()> {
        for path in made.write_files(&self.folder, self.stamp.epoch)? {
            self.files.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        self.add_layout(&made.layout, &made.name, made.product.name, &made.tag)?;
        if made.product.name == COMMAND_LINE {
            let licence = std::fs::read(root.join("LICENSE")).context("LICENSE")?;
            for (target, packed) in &made.images {
                let entries = vec![
                    Entry::file(COMMAND_LINE, 0o755, packed.program.clone()),
                    Entry::file("LICENSE", 0o644, licence.clone()),
                ];
                let name = format!("{COMMAND_LINE}_{}_linux_{}.tar.gz", made.tag, target.architecture);
                self.add(&name, &self.packed(entries)?)?;
            }
        }
        say(&made.figures());
        Ok(())
    }

    /// Layouts are not uploaded with the release but pushed to the registry: `oci/<path below the repository>`.
    fn add_layout(&mut self, layout: &Layout, name: &str, path: &str, tag: &str) -> Result<()> {
        layout.write(&self.folder.join("oci").join(path))?;
        self.references.push(format!("{name}:{tag}@{}", layout.digest()));
        Ok(())
    }

    fn add_chart(&mut self, root: &Path, repository: &str) -> Result<()> {
        let chart = chart::pack(&root.join("charts/flyball"), &self.stamp)?;
        self.add(&format!("flyball-{}.tgz", self.stamp.version), &chart.archive)?;
        let name = format!("{repository}/charts/flyball");
        let tag = self.stamp.version.clone();
        let layout = Layout::new(&[chart.artifact], &name, &tag)?;
        self.add_layout(&layout, &name, "charts/flyball", &tag)
    }

    /// The plain manifests, which `cargo xtask codegen` keeps up to date.
    fn add_manifests(&mut self, root: &Path) -> Result<()> {
        let install = workspace::optional_file(root, "install.yaml")?
            .context("install.yaml is missing: run `cargo xtask codegen`")?;
        self.add("install.yaml", install.as_bytes())?;
        let files = workspace::text_files(root, "config", &[".yaml"])?;
        if files.is_empty() {
            bail!("config/ has no manifests");
        }
        let entries = files.into_iter().map(|file| Entry::file(file.path, 0o644, file.text)).collect();
        self.add("manifests.tar.gz", &self.packed(entries)?)
    }

    /// Writes the digests of all files, in the form that `sha256sum --check` reads.
    fn finish(mut self) -> Result<()> {
        self.files.sort();
        let mut lines = String::new();
        for name in &self.files {
            let bytes = std::fs::read(self.folder.join(name)).with_context(|| name.clone())?;
            lines.push_str(&archive::sha256(&bytes));
            lines.push_str("  ");
            lines.push_str(name);
            lines.push('\n');
        }
        std::fs::write(self.folder.join("checksums.txt"), lines).context("checksums.txt")?;
        say(&format!(
            "{} files and {} layouts are in {}",
            self.files.len() + 1,
            self.references.len(),
            self.folder.display()
        ));
        Ok(())
    }
}

/// What is told of a version. A dry run tells what has no version yet.
fn notes(changelog: &str, version: &str, dry_run: bool) -> Result<String> {
    let sections = changelog::sections(changelog);
    let find = |name: &str| sections.iter().find(|section| section.name == name);
    let section = find(version).or_else(|| find(UNRELEASED).filter(|_| dry_run));
    let section = section.with_context(|| format!("CHANGELOG.md has no section [{version}]"))?;
    Ok(format!("{}\n", section.text))
}

/// A release is made of what is committed and tagged, and of nothing else.
fn check_tree(stamp: &Stamp, tags: &[String]) -> Result<()> {
    let tag = format!("v{}", stamp.version);
    if stamp.revision.is_empty() || stamp.revision.ends_with("-dirty") {
        bail!("the tree differs from its commit; --dry-run makes the files nevertheless");
    }
    if !tags.contains(&tag) {
        bail!("the commit is not tagged {tag}; --dry-run makes the files nevertheless");
    }
    Ok(())
}

fn tags(root: &Path) -> Result<Vec<String>> {
    let output = std::process::Command::new("git")
        .args(["tag", "--points-at", "HEAD"])
        .current_dir(root)
        .output()
        .context("git")?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests;
