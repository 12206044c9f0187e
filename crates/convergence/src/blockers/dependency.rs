//! Dependencies that are not ready: the cause is at the root of the chain, or there is none, because it is a cycle.

use api::blocker::BlockerCode;
use health::wording;

use super::about::{self, About};
use super::draft::Draft;
use crate::dependencies::{Chain, Link, Standing};

/// What `DependencyNotReady` means, with what is known of the chain. `of_root`: the first blocker of the Kustomization at
/// the root, by its own last result.
pub(crate) fn blockers(
    about: &About<'_>,
    message: &str,
    chain: &Chain,
    of_root: impl Fn(&Link) -> Option<Draft>,
) -> Vec<Draft> {
    let first = message.lines().next().unwrap_or_default();
    let mut drafts = Vec::new();
    if !chain.cycle.is_empty() {
        drafts.push(cycle(about, chain));
    } else if let Some((_, road)) = first.split_once("the dependencies are a cycle: ") {
        drafts.push(told_cycle(about, road));
    }
    if let Some(root) = chain.root() {
        drafts.push(root_of(first, chain, root, of_root(root)));
    } else if drafts.is_empty() {
        drafts.push(alone(about, first));
    }
    drafts
}

/// Nothing ends a cycle but a person.
fn cycle(about: &About<'_>, chain: &Chain) -> Draft {
    let round = chain.round();
    let name = |at: usize| {
        chain
            .cycle
            .get(at)
            .map(|id| wording::word(&format!("{}/{}", id.namespace, id.name)))
            .unwrap_or_default()
    };
    let (last, first) = (name(chain.cycle.len().saturating_sub(1)), name(0));
    let object = chain.cycle.first().map_or_else(|| about.own(), |id| wording::word(&id.to_string()));
    Draft::new(BlockerCode::DependencyNotReady, object, format!("the dependencies are a cycle: {round}"))
        .evidence(format!("spec.dependsOn: {round}"))
        .hint(format!(
            "break the cycle: remove one entry of spec.dependsOn, for example {first} from Kustomization {last}; none of them starts by itself"
        ))
}

/// A cycle that only the controller knows.
fn told_cycle(about: &About<'_>, road: &str) -> Draft {
    let road = wording::quoted(road);
    Draft::new(BlockerCode::DependencyNotReady, about.own(), format!("the dependencies are a cycle: {road}"))
        .evidence("Ready: DependencyNotReady")
        .hint("break the cycle: remove one entry of spec.dependsOn of one of them; none of them starts by itself")
}

/// The cause at the root, and the way there.
fn root_of(first: &str, chain: &Chain, root: &Link, told: Option<Draft>) -> Draft {
    let explain = about::explain("Kustomization", &root.id.namespace, &root.id.name);
    let line = match &told {
        Some(told) => {
            let reason =
                root.ready().map_or_else(String::new, |(reason, _)| format!("{}: ", wording::word(reason)));
            let whose = told.object.as_deref().filter(|object| *object != root.subject());
            let whose = whose.map_or_else(String::new, |object| format!("{object}: "));
            format!("{}: {reason}{whose}{}", root.subject(), told.message)
        }
        None => root.line(),
    };
    let hint = match (root.standing(), told.and_then(|told| told.hint)) {
        (Standing::Missing, _) => {
            format!("create {}, or take it out of spec.dependsOn of {}", root.subject(), waiting(chain))
        }
        (Standing::Suspended, _) => format!(
            "resume it: flyball resume {} -n {}",
            about::argument(&format!("kustomization/{}", root.id.name)),
            about::argument(&root.id.namespace)
        ),
        (Standing::Unreconciled, _) => {
            format!("see whether kustomize-controller runs and watches its namespace and shard; {explain}")
        }
        (Standing::Running, _) => format!("its run is under way: wait for it; {explain}"),
        (_, Some(hint)) => format!("at {}: {hint}; {explain}", root.subject()),
        (_, None) => format!("see what keeps it: {explain}"),
    };
    let message = wording::quoted(&format!("{first}; the cause: {line}"));
    let mut draft = Draft::new(BlockerCode::DependencyNotReady, root.subject(), message).hint(hint);
    draft.evidence = chain.lines();
    draft
}

/// Who waits for the root itself.
fn waiting(chain: &Chain) -> String {
    let before = chain.links.len().checked_sub(2).and_then(|at| chain.links.get(at));
    before.map_or_else(|| "this Kustomization".to_owned(), Link::subject)
}

/// `dependency 'ns/name' is not ready` and its like, of which nothing else is known.
fn alone(about: &About<'_>, first: &str) -> Draft {
    let named = first.split('\'').nth(1).filter(|name| name.contains('/'));
    let object = named.map_or_else(|| about.own(), |name| wording::word(&format!("Kustomization/{name}")));
    let draft = Draft::new(BlockerCode::DependencyNotReady, object, wording::quoted(first))
        .evidence("Ready: DependencyNotReady");
    let (namespace, name) = named.and_then(|name| name.split_once('/')).unwrap_or_default();
    let explain = about::explain("Kustomization", namespace, name);
    let own = about::argument(&format!("kustomization/{name}"));
    let reconcile = format!("flyball reconcile {own} -n {}", about::argument(namespace));
    draft.hint(if first.contains(" not found") {
        format!(
            "create Kustomization {}, or take it out of spec.dependsOn of {}",
            named.unwrap_or_default(),
            about.named()
        )
    } else if first.contains("revision is not up to date") {
        format!("it starts by itself once its dependency has applied the same revision: {reconcile}")
    } else if first.contains("readyExpr") || first.contains("CEL expression") {
        format!("correct spec.dependsOn[].readyExpr of {}, or see why it is false", about.named())
    } else if named.is_some() {
        format!("it starts by itself once its dependency is ready: {explain}")
    } else {
        format!("see spec.dependsOn of {}", about.named())
    })
}
