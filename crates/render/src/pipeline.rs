//! One function per stage, in order: find the folder, generate, decrypt files, build, decrypt objects,
//! substitute, digest, decode, label, normalise.
//! No stage touches disk, network or clock; the engine does the building.

use artifact::MemTree;
use kustomize_engine::path::clean_from_top;
use kustomize_engine::{Mode, Options, weight};
use manifest::budget::Budget;
use manifest::{Manifest, ObjectId, yaml};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::accessed::Accessed;
use crate::decode::{self, decode};
use crate::decrypt::{self, Decryptor};
use crate::error::RenderError;
use crate::generate::{Generated, generate, not_kubernetes_yaml};
use crate::normalize::{normalize, normalize_all};
use crate::request::{PostBuild, Request};
use crate::substitute;
use crate::tree::Tree;
use crate::work::WEIGHT_PER_STEP;

/// What a Kustomization stands for at one revision.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The objects to apply, in build order: labelled with their owner, normalised, common metadata set.
    pub objects: Vec<Manifest>,
    /// `sha256:<hex>` of the build as kustomize prints it, for `status.history` (contracts/kustomize-controller.md 3).
    pub digest: String,
    /// Values that were decrypted outside of Secrets, as a Secret that has them, for masking.
    pub revealed: Option<Value>,
    /// What the render looked at.
    pub accessed: Accessed,
}

impl Rendered {
    /// About how many bytes of memory the objects take.
    pub fn weight(&self) -> u64 {
        self.objects.iter().map(|object| weight(object.value()) as u64).sum()
    }
}

/// What a Kustomization stands for where nobody has its keys.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// As far as it can be told: what is encrypted stays so, and no digest of anything encrypted is that of a run.
    pub rendered: Rendered,
    /// The objects whose values are encrypted, all or in part. They are not what a run applies.
    pub sealed: Vec<ObjectId>,
}

/// Renders the objects of one Kustomization from an artifact. All work is charged to the budget; what the objects weigh
/// stays held in it.
pub fn render(tree: &MemTree, request: &Request, budget: &Budget) -> Result<Rendered, RenderError> {
    run(tree, request, Encrypted::Opened, budget)
}

/// As [`render`], but what is encrypted stays as it is: for a question that has to be answered without the keys.
pub fn render_sealed(tree: &MemTree, request: &Request, budget: &Budget) -> Result<Sealed, RenderError> {
    let rendered = run(tree, request, Encrypted::Left, budget)?;
    let is_sealed = |object: &&Manifest| decrypt::is_sealed(object.value());
    let sealed = rendered.objects.iter().filter(is_sealed).map(Manifest::id).collect();
    Ok(Sealed { rendered, sealed })
}

/// What becomes of what is encrypted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encrypted {
    /// It is decrypted, or the render fails.
    Opened,
    /// It stays as it is.
    Left,
}

fn run(
    tree: &MemTree,
    request: &Request,
    encrypted: Encrypted,
    budget: &Budget,
) -> Result<Rendered, RenderError> {
    let tree = Tree::new(tree);
    let dir = clean_from_top("", &request.path);
    find(&tree, &dir, request)?;
    let generated = generate(&tree, &dir, request, budget)?;
    let Generated { path, text, candidates } = generated;
    let mut tree = tree.with(path, text.as_bytes());
    let decrypts = request.decryption.is_some() && encrypted == Encrypted::Opened;
    let decryptor = decrypts.then(|| Decryptor::new(&request.keys, budget));
    if let Some(decryptor) = &decryptor {
        tree = decrypt::files(tree, &dir, decryptor)?;
    }
    let mut built = build(&tree, &dir, &candidates, request, budget)?;
    let revealed = match &decryptor {
        Some(decryptor) => decrypt::objects(&mut built, decryptor)?,
        None => None,
    };
    let built = substitute(built, request, budget)?;
    decode::check(&built)?;
    let digest = digest(&built, budget)?;
    let objects = decode(built)?;
    let objects = match encrypted {
        Encrypted::Opened => normalize(objects, request, &digest, budget)?,
        Encrypted::Left => normalize_all(objects, request, budget)?,
    };
    Ok(Rendered { objects, digest, revealed, accessed: tree.into_accessed() })
}

/// Replaces variables where the spec asks for it.
fn substitute(built: Vec<Value>, request: &Request, budget: &Budget) -> Result<Vec<Value>, RenderError> {
    let Some(PostBuild { strict, always, .. }) = request.post_build else { return Ok(built) };
    let options = substitute::Options { strict, always };
    Ok(substitute::substitute_objects(built, &request.variables, options, budget)?)
}

/// The folder must be there; what stands in its place decides the text.
fn find(tree: &Tree<'_>, dir: &str, request: &Request) -> Result<(), RenderError> {
    if tree.is_dir(dir) {
        return Ok(());
    }
    let shown = request.shown(dir);
    if tree.is_file(dir) {
        return Err(RenderError::PathIsFile { shown });
    }
    // A file on the way is another error of stat than nothing on the way.
    let blocked =
        dir.match_indices('/').any(|(end, _)| dir.get(..end).is_some_and(|above| tree.is_file(above)));
    let problem = if blocked { "not a directory" } else { "no such file or directory" };
    Err(RenderError::PathNotFound { shown, problem })
}

/// `sha256:<hex>` over the documents as kustomize prints them, joined by `---` lines; of nothing for an empty build.
fn digest(built: &[Value], budget: &Budget) -> Result<String, RenderError> {
    let mut hash = Sha256::new();
    for (index, document) in built.iter().enumerate() {
        if index > 0 {
            hash.update(b"---\n");
        }
        // Its text is about as long as it is heavy.
        let weight = weight(document) as u64;
        budget.step(1 + weight / WEIGHT_PER_STEP)?;
        budget.hold(weight)?;
        hash.update(yaml::write(document).as_bytes());
        budget.release(weight);
    }
    Ok(format!("sha256:{}", manifest::digest::hex(&hash.finalize())))
}

/// Builds the folder; when that fails, the first file that a generated kustomization file should not have listed is named.
fn build(
    tree: &Tree<'_>,
    dir: &str,
    candidates: &[String],
    request: &Request,
    budget: &Budget,
) -> Result<Vec<Value>, RenderError> {
    let root = request.root.trim_end_matches('/').to_owned();
    let options = Options { mode: Mode::Flux, root, budget: Some(budget.clone()), ..Options::default() };
    match kustomize_engine::build(tree, dir, &options) {
        Ok(built) => Ok(built.objects),
        Err(error) => match error.exceeded() {
            Some(exceeded) => Err(RenderError::Exceeded { exceeded, text: error.to_string() }),
            None => Err(not_kubernetes_yaml(tree, candidates, request, budget)?
                .unwrap_or_else(|| RenderError::Build(error.to_string()))),
        },
    }
}
