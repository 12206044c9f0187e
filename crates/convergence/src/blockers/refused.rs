//! What the API server's refusals mean: one blocker per object that was refused. [`api::refusal`] reads the lines and the
//! words, which are the same whether Flux's controller quotes them or ours.

mod admission;
mod fields;
mod kinds;
mod namespaces;
mod subject;

use api::blocker::BlockerCode;
use api::network;
use api::refusal::{Failure, Refusal, Said};
use health::explain::refusal as words;
use manifest::foreign::{Foreign, Secrets};

use super::about::About;
use super::draft::Draft;
use super::target;
use subject::Refused;

pub(crate) use kinds::hint as kind_hint;

/// Refused objects that become blockers of their own; more are not told than a status has room for.
const MOST: usize = 100;

/// Every refusal of a message, as blockers. What the API server says may be several lines.
pub(super) fn blockers(about: &About<'_>, message: &str) -> Vec<Draft> {
    let all = refusals(message).into_iter().take(MOST).map(masked);
    collapsed(all.map(|refusal| blocker(about, &refusal)))
}

/// A cluster that does not answer is one blocker, whatever was asked of it.
fn collapsed(drafts: impl Iterator<Item = Draft>) -> Vec<Draft> {
    let mut kept: Vec<Draft> = Vec::new();
    let mut same = 0_usize;
    for draft in drafts {
        let is_known = draft.code == BlockerCode::TargetUnreachable
            && kept.iter().any(|known| known.code == draft.code && known.object == draft.object);
        if is_known {
            same += 1;
        } else {
            kept.push(draft);
        }
    }
    if let Some(first) = kept.iter_mut().find(|draft| draft.code == BlockerCode::TargetUnreachable)
        && same > 0
    {
        first.evidence.push(format!("the same for more objects: {same}"));
    }
    kept
}

/// What is said of a Secret is masked as that: a part of the text no longer says what it is about.
fn masked(refusal: Refusal) -> Refusal {
    let message = Foreign::from(refusal.message).masked(&Secrets::of_kind(&refusal.id.kind));
    Refusal { message, ..refusal }
}

fn refusals(message: &str) -> Vec<Refusal> {
    let mut found: Vec<Refusal> = Vec::new();
    for line in message.lines() {
        match (Refusal::parse(line), found.last_mut()) {
            // Nobody words a failure so; it is a policy's text that goes on.
            (Some(Refusal { failure: Failure::Other(_), .. }) | None, Some(last)) => {
                if !is_done(line) {
                    last.message.push('\n');
                    last.message.push_str(line);
                }
            }
            (Some(refusal), _) => found.push(refusal),
            (None, None) => {}
        }
    }
    found
}

/// Whether a line says what was done to an object: `ConfigMap/apps/a created`.
fn is_done(line: &str) -> bool {
    let done = ["created", "configured", "unchanged", "skipped", "deleted"];
    let Some((subject, what)) = line.trim_end().rsplit_once(' ') else { return false };
    subject.contains('/') && !subject.contains(' ') && done.contains(&what)
}

fn blocker(about: &About<'_>, refusal: &Refusal) -> Draft {
    let refused = Refused { about, refusal };
    let said = Said::read(&refusal.message);
    if refusal.failure == Failure::NamespaceNotSpecified {
        return namespaces::not_specified(&refused);
    }
    let draft = namespaces::read(&refused, &said)
        .or_else(|| kinds::read(&refused, &said))
        .or_else(|| admission::read(&refused, &said))
        .or_else(|| fields::read(&refused, &said))
        .or_else(|| rights(&refused, &said))
        .unwrap_or_else(|| by_reason(&refused));
    // Who refuses a deletion is told as that, whatever it is.
    let deletion = refusal.failure == Failure::Delete;
    let code = if deletion && draft.code == BlockerCode::AdmissionDenied {
        BlockerCode::PruneDenied
    } else {
        draft.code
    };
    if code == BlockerCode::PruneDenied {
        let hint = draft.hint.clone().unwrap_or_default();
        return Draft { code, ..draft }.hint(format!("{hint}; or keep the object in the manifests"));
    }
    draft
}

fn rights(refused: &Refused<'_>, said: &Said<'_>) -> Option<Draft> {
    Some(match said {
        Said::NoRight(right) => {
            refused.told(BlockerCode::Forbidden, words::right_clause(right), right_hint(refused, right))
        }
        Said::Unauthorized => refused.quoted(BlockerCode::Forbidden, credentials(refused)),
        _ => return None,
    })
}

/// Whose right is missing: the ServiceAccount that the Kustomization names, or the controller's own.
fn right_hint(refused: &Refused<'_>, right: &api::refusal::NoRight<'_>) -> String {
    let hint = words::right_hint(right);
    let spec = &refused.about.kustomization.spec;
    match (&spec.service_account_name, right.account()) {
        (Some(name), Some((_, account))) if name == account => {
            format!("{hint} (it is spec.serviceAccountName of {})", refused.about.named())
        }
        _ => hint,
    }
}

fn credentials(refused: &Refused<'_>) -> String {
    if refused.about.kustomization.spec.kube_config.is_some() {
        target::way_to(refused.about, &refused.refusal.message)
    } else {
        "the API server does not know kustomize-controller: see whether its ServiceAccount's token is mounted"
            .to_owned()
    }
}

/// The cluster does not answer, or not those credentials: that is not the object's fault.
fn unreached(refused: &Refused<'_>) -> Draft {
    let (about, message) = (refused.about, refused.refusal.message.as_str());
    let draft = refused.told(
        BlockerCode::TargetUnreachable,
        target::unreached(about, message),
        target::way_to(about, message),
    );
    let mut evidence = draft.evidence;
    if let Some(first) = evidence.first_mut() {
        *first = format!("{}: {first}", draft.object.unwrap_or_default());
    }
    Draft { object: Some(about.own()), evidence, ..Draft::new(draft.code, "", draft.message) }
        .hint(draft.hint.unwrap_or_default())
}

/// By the reason of the answer, or by what happened on the way.
fn by_reason(refused: &Refused<'_>) -> Draft {
    let message = refused.refusal.message.as_str();
    let says = |text: &str| message.contains(text);
    let unanswered =
        || refused.quoted(BlockerCode::TargetUnreachable, target::way_to(refused.about, message));
    match refused.refusal.failure.reason() {
        _ if says("failed to get server groups") || network::read(message).is_some() => unreached(refused),
        "Forbidden" | "Unauthorized" => refused.quoted(BlockerCode::Forbidden, credentials(refused)),
        "Invalid" | "BadRequest" => refused.quoted(
            BlockerCode::SchemaInvalid,
            format!(
                "correct {} in the manifests as the message says: kubectl explain {}",
                refused.named(),
                refused.kind().to_ascii_lowercase()
            ),
        ),
        "FieldManagerConflict" | "Conflict" => fields::conflict(refused, "", ""),
        "Timeout" | "ServerTimeout" | "ServiceUnavailable" | "TooManyRequests" | "InternalError" => {
            unanswered()
        }
        _ if says("to proper version") || says("cannot unmarshal") || says("illegal base64") => {
            fields::unreadable(refused)
        }
        _ => other(refused),
    }
}

fn other(refused: &Refused<'_>) -> Draft {
    let message = refused.refusal.message.as_str();
    if let Some(path) = message.strip_prefix("replace operation does not apply: doc is missing path: ") {
        let path = path.split(':').next().unwrap_or_default();
        return refused.quoted(
            BlockerCode::ReconciliationFailed,
            format!(
                "correct {path} in spec.ignore[].paths of {}: a JSON pointer, as /spec/replicas",
                refused.about.named()
            ),
        );
    }
    refused.quoted(
        BlockerCode::ReconciliationFailed,
        format!("see the object and try the change by hand: {}; kubectl apply --server-side --dry-run=server -f FILE", refused.kubectl("describe")),
    )
}

#[cfg(test)]
mod tests;
