//! `cargo xtask image`: OCI images of the controllers and the command line, made without a container engine. This file
//! puts the parts together; each of them is a module below, and the OCI formats are `oci`'s.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::oci::{self, Artifact, Facts, Layer, Layout};
use crate::stamp::Stamp;
use crate::workspace::{self, say};

mod audit;
mod build;
mod elf;
mod linked;
mod options;
pub(crate) mod product;
mod rootfs;
#[cfg(test)]
mod samples;
mod sbom;
mod toolchain;

use linked::Linked;
pub(crate) use options::{Options, flags, shared};
use product::{Product, Target};
use toolchain::Toolchain;

/// An image for one platform, and what was made beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    /// The program as it is shipped.
    pub(crate) program: Vec<u8>,
    /// Its bill of materials.
    sbom: Vec<u8>,
    image: Artifact,
}

/// All that is made of one program.
pub(crate) struct Made {
    /// The program.
    pub(crate) product: &'static Product,
    /// Its images by platform.
    pub(crate) images: Vec<(&'static Target, Packed)>,
    /// What stands under its tag in a registry.
    pub(crate) layout: Layout,
    /// Its name in a registry, without the tag.
    pub(crate) name: String,
    /// Its tag.
    pub(crate) tag: String,
}

/// Carries the command out.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let options = options::parse(arguments)?;
    let root = workspace::root();
    let folder = workspace::fresh_folder(options.out.as_deref(), "target/images")?;
    let stamp = Stamp::read(&root)?;
    for made in make(&root, &options, &stamp)? {
        made.layout.write(&folder.join(made.product.name))?;
        made.write_files(&folder, stamp.epoch)?;
        say(&made.figures());
    }
    say(&format!("layouts, archives and bills of materials are in {}", folder.display()));
    Ok(())
}

/// Builds the programs, unless they are there, and packs them.
pub(crate) fn make(root: &Path, options: &Options, stamp: &Stamp) -> Result<Vec<Made>> {
    let licence = workspace::optional_file(root, "LICENSE")?.context("LICENSE is missing")?;
    let base = Layer::pack(rootfs::base(&licence), stamp.epoch)?;
    let mut packed: BTreeMap<&str, Vec<(&'static Target, Packed)>> = BTreeMap::new();
    for target in &options.targets {
        let folder = match &options.binaries {
            Some(folder) if folder.join(target.triple).is_dir() => folder.join(target.triple),
            Some(folder) => folder.clone(),
            None => build::build(root, target, &root.join("target/image"))?,
        };
        let crates = linked::linked(root, target)?;
        let tools = Toolchain::read(target)?;
        for product in &options.products {
            say(&format!("packing {} for {}", product.name, target.triple));
            let linked =
                crates.get(product.package).with_context(|| format!("no crate {}", product.package))?;
            let packer = Packer { target, tools: &tools, stamp, base: &base };
            let image = packer.pack(product, &folder.join(product.name), linked)?;
            if !options.any_size {
                rootfs::check_size(product.name, image.image.size())?;
            }
            packed.entry(product.name).or_default().push((target, image));
        }
    }
    let mut all = Vec::new();
    for product in &options.products {
        let images = packed.remove(product.name).unwrap_or_default();
        let name = format!("{}/{}", options.repository, product.name);
        let tag = options.tag.clone().unwrap_or_else(|| stamp.version.clone());
        let artifacts: Vec<_> = images.iter().map(|(_, packed)| packed.image.clone()).collect();
        let layout = Layout::new(&artifacts, &name, &tag)?;
        all.push(Made { product, images, layout, name, tag });
    }
    Ok(all)
}

impl Made {
    /// Writes, for each platform, the archive and the bill of materials, and gives their paths.
    pub(crate) fn write_files(&self, folder: &Path, epoch: u64) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for (target, packed) in &self.images {
            let stem = format!("{}_{}_linux_{}", self.product.name, self.tag, target.architecture);
            let archive = oci::image_archive(&packed.image, &self.name, &self.tag, epoch)?;
            for (ending, bytes) in [("tar", &archive), ("cdx.json", &packed.sbom)] {
                let path = folder.join(format!("{stem}.{ending}"));
                std::fs::write(&path, bytes).with_context(|| path.display().to_string())?;
                paths.push(path);
            }
        }
        Ok(paths)
    }

    /// What a person wants to know: digest and sizes.
    pub(crate) fn figures(&self) -> String {
        let sizes: Vec<_> = self
            .images
            .iter()
            .map(|(target, packed)| {
                format!("{} {:.2} MB", target.architecture, packed.image.size() as f64 / 1e6)
            })
            .collect();
        format!("{}:{}@{} ({})", self.name, self.tag, self.layout.digest(), sizes.join(", "))
    }
}

/// What the images of one platform have in common.
struct Packer<'a> {
    target: &'static Target,
    tools: &'a Toolchain,
    stamp: &'a Stamp,
    base: &'a Layer,
}

impl Packer<'_> {
    fn pack(&self, product: &Product, binary: &Path, linked: &Linked) -> Result<Packed> {
        let program = elf::finished(binary, &audit::section(linked)?, self.target)?;
        let libraries = elf::libraries(binary, self.target)?;
        let sbom = sbom::sbom(product, linked, self.tools, self.stamp)?;
        let own = Layer::pack(rootfs::own(product, &program, &sbom, libraries), self.stamp.epoch)?;
        let facts = Facts {
            architecture: self.target.architecture,
            entrypoint: rootfs::entrypoint(product),
            user: rootfs::USER,
            created: self.stamp.time()?,
            labels: labels(product, self.stamp)?,
        };
        let image = Artifact::image(&facts, vec![self.base.clone(), own])?;
        Ok(Packed { program, sbom, image })
    }
}

/// The annotations that the OCI image specification names.
fn labels(product: &Product, stamp: &Stamp) -> Result<BTreeMap<String, String>> {
    let mut labels = BTreeMap::from([
        ("title", product.name.to_owned()),
        ("description", product.description.to_owned()),
        ("vendor", "Flyball".to_owned()),
        ("licenses", "Apache-2.0".to_owned()),
        ("version", stamp.version.clone()),
        ("created", stamp.time()?),
    ]);
    if !stamp.revision.is_empty() {
        labels.insert("revision", stamp.revision.clone());
    }
    // Set by GitHub's runners; without it nobody knows where this tree came from.
    if let (Ok(server), Ok(repository)) =
        (std::env::var("GITHUB_SERVER_URL"), std::env::var("GITHUB_REPOSITORY"))
    {
        for name in ["source", "url"] {
            labels.insert(name, format!("{server}/{repository}"));
        }
    }
    Ok(labels.into_iter().map(|(name, value)| (format!("org.opencontainers.image.{name}"), value)).collect())
}

#[cfg(test)]
mod tests;
