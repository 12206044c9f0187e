//! The source that a Kustomization names: whether it is looked at, and what is known of it.

use api::kustomization::Kustomization;
use convergence::SourceView;
use convergence::dependencies::Reach;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;

use crate::context::Context;
use crate::reconcile::held::Held;
use crate::source_watches::Found;

/// Others that name the same object and are looked at.
pub(super) const MOST_RIVALS: usize = 100;

#[cfg(test)]
mod tests;

/// What is known of it; it stays watched.
pub(super) fn look(context: &Context, key: &ObjectKey, object: &Kustomization, held: &mut Held) -> Found {
    let source =
        source_of(key, object, context.options.reach, context.process.args.watch_namespace.as_deref());
    context.wakes.follow_sources(key, &followed(context, key, object, source.as_ref().ok()));
    let (kind, source) = match source {
        Ok(source) => source,
        Err(view) => {
            held.source = None;
            return Found::View(view.into());
        }
    };
    if held.source.as_ref().is_none_or(|interest| *interest.kind() != kind) {
        held.source = Some(context.watches.source_pool.acquire(&kind));
    }
    context.watches.sources.find(&kind, &source)
}

/// The sources that matter to it. Whether one stands by what its inventory names depends on what its source has, so that
/// of those who name the same object each looks again when the source of any of them changes.
fn followed(
    context: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    own: Option<&(WatchedKind, ObjectKey)>,
) -> Vec<(WatchedKind, ObjectKey)> {
    let others = context.claims.others(key);
    let mut sources: Vec<_> = own.cloned().into_iter().collect();
    if !others.is_empty() {
        sources.extend(compared(key, object));
    }
    sources.extend(others.iter().take(MOST_RIVALS).filter_map(|other| {
        let object = context.kustomizations.get(other)?;
        compared(other, &object)
    }));
    sources
}

/// A source as it is compared, wherever it is.
fn compared(key: &ObjectKey, object: &Kustomization) -> Option<(WatchedKind, ObjectKey)> {
    source_of(key, object, Reach::AllNamespaces, None).ok()
}

/// Its uid, if it is looked at and known.
pub(super) fn uid(context: &Context, key: &ObjectKey, object: &Kustomization) -> Option<String> {
    let namespace = context.process.args.watch_namespace.as_deref();
    let (kind, source) = source_of(key, object, context.options.reach, namespace).ok()?;
    context.watches.sources.uid(&kind, &source)
}

/// Its revision, wherever it is, if it happens to be known. To be compared only, not to be told.
pub(super) fn revision(context: &Context, key: &ObjectKey, object: &Kustomization) -> Option<String> {
    let (kind, source) = compared(key, object)?;
    match context.watches.sources.find(&kind, &source) {
        Found::View(SourceView::Known(source)) => source.revision,
        _ => None,
    }
}

/// Why a source is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aside {
    /// It is in another namespace, whose business it is.
    Elsewhere,
    /// This process does not watch where it is.
    Unwatched,
}

impl From<Aside> for SourceView {
    fn from(aside: Aside) -> Self {
        match aside {
            Aside::Elsewhere => Self::Elsewhere,
            Aside::Unwatched => Self::Hidden,
        }
    }
}

/// The source that a Kustomization names, or why it is not looked at.
fn source_of(
    key: &ObjectKey,
    object: &Kustomization,
    reach: Reach,
    watch_namespace: Option<&str>,
) -> Result<(WatchedKind, ObjectKey), Aside> {
    let reference = &object.spec.source_ref;
    let namespace = reference.namespace.clone().unwrap_or_else(|| key.namespace.clone());
    if !reach.includes(&key.namespace, &namespace) {
        return Err(Aside::Elsewhere);
    }
    let unwatched = watch_namespace.is_some_and(|watched| watched != namespace);
    if unwatched || reference.kind.as_str().is_empty() {
        return Err(Aside::Unwatched);
    }
    let kind = WatchedKind::gvk(api::SOURCE_GROUP, api::FLUX_VERSION, reference.kind.as_str());
    Ok((kind, ObjectKey::new(namespace, reference.name.clone())))
}
