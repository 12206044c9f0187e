//! Renders the objects of a Kustomization as its controller would, as far as the keys and variables at hand go.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::kustomization::KustomizationSpec;
use apply::difference::Maskings;
use artifact::MemTree;
use manifest::budget::{Budget, Cancel, Limits};
use manifest::foreign::Values;
use manifest::{Manifest, ObjectId};
use render::{Owner, RenderError, Rendered, Request, Sealed, Settings, render, render_sealed};
use serde_json::Value;

use super::inputs::Inputs;
use crate::error::CliError;

/// As much as the controller lets a build cost without flags.
const LIMITS: Limits = Limits { steps: 50_000_000, bytes: 512 << 20 };

/// What was rendered.
pub(super) struct Built {
    /// In build order.
    pub(super) objects: Vec<Manifest>,
    /// Those whose values are encrypted still, so that they cannot be compared.
    pub(super) sealed: BTreeSet<ObjectId>,
    /// The values of Secrets, which nothing that is shown may carry.
    pub(super) values: Values,
    /// What of the objects' values may be shown beside.
    pub(super) maskings: Maskings,
    /// What there is to say about it.
    pub(super) notes: Vec<String>,
}

/// Renders.
pub(super) async fn build(
    tree: MemTree,
    owner: Owner,
    spec: &KustomizationSpec,
    inputs: Inputs,
    strict: bool,
) -> Result<Built, CliError> {
    let settings = Settings { strict_substitution: strict, ..Settings::default() };
    let mut request = Request::of_spec(owner, spec, &settings);
    let Inputs { variables, unread, keys } = inputs;
    let values = Values::default();
    let secret = variables.as_secret();
    values.gather(&secret);
    request.variables = variables;
    let mut notes: Vec<String> = unread
        .iter()
        .map(|object| format!("you may not read {object}: its variables are not known"))
        .collect();
    let why_sealed = match keys {
        Some(Ok(keys)) => {
            request.keys = keys;
            None
        }
        Some(Err(why)) => Some(why),
        None => None,
    };
    let tree = Arc::new(tree);
    let (rendered, sealed) = match why_sealed {
        None => opened(&tree, &request, &mut notes).await,
        Some(why) => {
            notes.push(not_decrypted(&why));
            without_keys(&tree, &request).await
        }
    }
    .map_err(|error| refused(&error, &unread))?;
    if let Some(revealed) = &rendered.revealed {
        values.gather(revealed);
    }
    let revealed = rendered.revealed.as_ref().map(texts).unwrap_or_default();
    let maskings = Maskings::new(texts(&secret), revealed);
    // What the cluster has may come from an earlier revision, in which it was encrypted.
    let maskings = if spec.decryption.is_some() { maskings.hiding_removed() } else { maskings };
    rendered.objects.iter().for_each(|object| values.gather(object.value()));
    Ok(Built { objects: rendered.objects, sealed, values, maskings, notes })
}

/// With the keys; without them where they do not fit.
async fn opened(
    tree: &Arc<MemTree>,
    request: &Request,
    notes: &mut Vec<String>,
) -> Result<(Rendered, BTreeSet<ObjectId>), RenderError> {
    let (tree_of_it, of_it) = (Arc::clone(tree), request.clone());
    match run(move |budget| render(&tree_of_it, &of_it, budget)).await {
        Err(error) if request.decryption.is_some() && is_about_keys(&error) => {
            notes.push(not_decrypted(&error.to_string()));
            without_keys(tree, request).await
        }
        rendered => rendered.map(|rendered| (rendered, BTreeSet::new())),
    }
}

async fn without_keys(
    tree: &Arc<MemTree>,
    request: &Request,
) -> Result<(Rendered, BTreeSet<ObjectId>), RenderError> {
    let (tree, request) = (Arc::clone(tree), request.clone());
    let Sealed { rendered, sealed } = run(move |budget| render_sealed(&tree, &request, budget)).await?;
    Ok((rendered, sealed.into_iter().collect()))
}

async fn run<T: Send + 'static>(
    work: impl FnOnce(&Budget) -> Result<T, RenderError> + Send + 'static,
) -> Result<T, RenderError> {
    let thread = tokio::task::spawn_blocking(move || work(&Budget::new(LIMITS, Cancel::default())));
    thread.await.unwrap_or_else(|_| Err(RenderError::Build("the build was stopped".to_owned())))
}

/// Whether other keys would help.
const fn is_about_keys(error: &RenderError) -> bool {
    matches!(error, RenderError::Sources(_) | RenderError::Object { .. } | RenderError::KeysWanted(_))
}

fn not_decrypted(why: &str) -> String {
    format!("what is encrypted cannot be compared: {why}")
}

fn refused(error: &RenderError, unread: &[String]) -> CliError {
    let variables = matches!(error, RenderError::Substitute(_)) && !unread.is_empty();
    let hint = variables.then(|| {
        format!(
            "you may not read {}, where the variables may come from: ask for the right to get it",
            unread.join(", ")
        )
    });
    CliError::render(error.to_string()).with_hints(hint)
}

/// All texts in the data of a Secret of ours.
fn texts(secret: &Value) -> Vec<String> {
    let data = secret.get("stringData").and_then(Value::as_object).into_iter().flat_map(|data| data.values());
    data.filter_map(Value::as_str).map(str::to_owned).collect()
}
