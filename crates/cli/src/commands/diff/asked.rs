//! Asks the API server about every object of a set: a dry-run of the apply that kustomize-controller would make, the live
//! object, and whether what is in the inventory alone would be deleted. Nothing is written. What follows is `compare`'s.

use std::collections::BTreeSet;

use api::kustomization::Kustomization;
use apply::delete::{Owner, deletion_order, may_delete};
use apply::inventory::Ids;
use apply::judge::Verdict;
use apply::stage::stages;
use apply::{Applier, Ask, Known};
use cluster::Class;
use futures::{StreamExt as _, stream};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};
use manifest::{Manifest, ObjectId};
use render::defined_scopes;
use serde_json::Value;

use super::compare::{Comparing, Existing};
use super::report::{Act, ObjectDiff};

/// Objects that are asked about at a time.
const AT_A_TIME: usize = 16;

/// Who asks, about which set.
pub(super) struct Asking<'a> {
    /// Asks the cluster that the objects are in.
    pub(super) client: &'a Client,
    pub(super) applier: &'a Applier,
    pub(super) comparing: &'a Comparing,
    /// Objects whose values are not known.
    pub(super) sealed: &'a BTreeSet<ObjectId>,
    /// Kinds that have a stage of their own.
    pub(super) stage_kinds: &'a [String],
    pub(super) object: &'a Kustomization,
}

/// What was found out about one object.
struct Found {
    /// As the inventory would have it.
    id: ObjectId,
    version: String,
    diff: ObjectDiff,
}

impl Asking<'_> {
    /// Asks about all.
    pub(super) async fn all(&self, objects: Vec<Manifest>) -> Vec<ObjectDiff> {
        let mut pending = Pending::of(&objects);
        let mut declared = Ids::default();
        let mut diffs = Vec::new();
        for (_, members) in stages(objects, self.stage_kinds) {
            let found: Vec<Found> = stream::iter(members)
                .map(|manifest| self.one(manifest, &pending))
                .buffered(AT_A_TIME)
                .collect()
                .await;
            for Found { id, version, diff } in found {
                if diff.act == Act::Create && id.kind == "Namespace" && id.group.is_empty() {
                    pending.namespaces.insert(id.name.clone());
                }
                declared.insert(&id, &version);
                diffs.push(diff);
            }
        }
        diffs.extend(self.stale(&declared).await);
        diffs
    }

    async fn one(&self, manifest: Manifest, pending: &Pending) -> Found {
        let version = manifest.gvk().version;
        if let Some((id, why)) = pending.holds(&manifest, self.applier).await {
            let diff = self.comparing.created(&id, manifest.value()).remark(why);
            return Found { id, version, diff };
        }
        if self.sealed.contains(&manifest.id()) {
            return self.sealed_one(&manifest, version).await;
        }
        let ask = Ask { manifest, known: Known::default() };
        match self.applier.dry_run_one(ask, self.object.spec.force).await {
            Ok(planned) => {
                let id = planned.id();
                let mut diff = self.of_answer(&id, &version, &planned).await;
                if !planned.dropped.is_empty() {
                    let dropped = planned.dropped.join(", ");
                    diff = diff.remark(format!(
                        "the API server does not know these fields, which are left out: {dropped}"
                    ));
                }
                Found { id, version, diff }
            }
            Err(refused) => {
                let id = refused.manifest.id();
                let act = self.of_refusal(&id, &version, refused.error.class).await;
                let diff = ObjectDiff::new(&id, act).remark(refused.error.text);
                Found { id, version, diff }
            }
        }
    }

    /// Whether a run would be refused, too. Of what is forbidden it is asked who is meant: an answer does not tell whether it
    /// is the right that is missing, or an admission that says no.
    async fn of_refusal(&self, id: &ObjectId, version: &str, class: Class) -> Act {
        match refusal(class) {
            Refusal::Object => Act::Refused,
            Refusal::Question => Act::Unasked,
            Refusal::Either if self.may_patch(id, version).await => Act::Refused,
            Refusal::Either => Act::Unasked,
        }
    }

    async fn may_patch(&self, id: &ObjectId, version: &str) -> bool {
        let Ok(resolved) = self.applier.mapper().resolve(&id.group, version, &id.kind).await else {
            return false;
        };
        let spec = SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                group: Some(id.group.clone()),
                resource: Some(resolved.api_resource.plural.clone()),
                namespace: Some(id.namespace.clone()).filter(|namespace| !namespace.is_empty()),
                name: Some(id.name.clone()),
                verb: Some("patch".to_owned()),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        };
        let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
        let reviews: Api<SelfSubjectAccessReview> = Api::all(self.client.clone());
        let answer = reviews.create(&PostParams::default(), &review).await;
        answer.is_ok_and(|answer| answer.status.is_some_and(|status| status.allowed))
    }

    async fn of_answer(&self, id: &ObjectId, version: &str, planned: &apply::execute::Planned) -> ObjectDiff {
        let answer = match (planned.verdict, &planned.answer) {
            (Verdict::Skip, _) | (_, None) => {
                return ObjectDiff::new(id, Act::Skip)
                    .remark("an annotation or label on it, or on its manifest, says hands off");
            }
            (Verdict::Create, Some(_)) if !planned.recreate => {
                return self.comparing.created(id, planned.manifest.value());
            }
            (_, Some(answer)) => &answer.object,
        };
        let live = match self.applier.live(id, version).await {
            Ok(Some(live)) => live,
            Ok(None) => return self.comparing.created(id, planned.manifest.value()),
            Err(error) => return ObjectDiff::new(id, Act::Unasked).remark(error.text),
        };
        self.comparing.existing(Existing {
            id,
            desired: planned.manifest.value(),
            live: &live,
            answer,
            recreated: planned.recreate,
            taken_over: planned.verdict == Verdict::CleanUp,
        })
    }

    /// Of an object that is encrypted it can be told whether it is there.
    async fn sealed_one(&self, manifest: &Manifest, version: String) -> Found {
        let id = manifest.id();
        let diff = match self.applier.live(&id, &version).await {
            Ok(None) => ObjectDiff::new(&id, Act::Create).remark("its values are encrypted"),
            Ok(Some(_)) => ObjectDiff::new(&id, Act::Unknown)
                .remark("its values are encrypted, and cannot be compared without the key"),
            Err(error) => ObjectDiff::new(&id, Act::Unasked).remark(error.text),
        };
        Found { id, version, diff }
    }

    /// What the inventory has and no manifest has any more.
    async fn stale(&self, declared: &Ids) -> Vec<ObjectDiff> {
        let status = self.object.status.as_ref();
        let recorded = Ids::of(status.and_then(|status| status.inventory.as_ref()));
        let stale = deletion_order(recorded.minus(declared));
        stream::iter(stale)
            .map(|(id, version)| async move { self.stale_one(&id, &version).await })
            .buffered(AT_A_TIME)
            .filter_map(std::future::ready)
            .collect()
            .await
    }

    async fn stale_one(&self, id: &ObjectId, version: &str) -> Option<ObjectDiff> {
        let metadata = &self.object.metadata;
        let owner = Owner {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
        };
        if self.is_renamed(id) {
            let why = "its name may be another only because what is encrypted cannot be read";
            return Some(ObjectDiff::new(id, Act::Unknown).remark(why));
        }
        let live = match self.applier.live(id, version).await {
            Ok(live) => live?,
            Err(error) => return Some(ObjectDiff::new(id, Act::Unasked).remark(error.text)),
        };
        Some(departing(id, &live, &owner, self.object.spec.prune))
    }

    /// Whether a sealed Secret differs from this one in nothing but the hash of its content in the name.
    fn is_renamed(&self, id: &ObjectId) -> bool {
        self.sealed.iter().any(|sealed| {
            sealed.kind == id.kind
                && sealed.namespace == id.namespace
                && is_of_one_generator(&sealed.name, &id.name)
        })
    }
}

/// What it is that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// The object, whoever applies it.
    Object,
    /// The question: whoever asks may not, or there was no answer.
    Question,
    /// One of the two.
    Either,
}

const fn refusal(class: Class) -> Refusal {
    match class {
        Class::NotFound | Class::AlreadyExists | Class::Conflict | Class::Invalid | Class::BadRequest => {
            Refusal::Object
        }
        Class::Forbidden => Refusal::Either,
        _ => Refusal::Question,
    }
}

/// What becomes of an object that no manifest has any more.
fn departing(id: &ObjectId, live: &Value, owner: &Owner, prunes: bool) -> ObjectDiff {
    if !prunes {
        return ObjectDiff::new(id, Act::Skip)
            .remark("no manifest has it any more; it stays, because spec.prune is false");
    }
    if may_delete(live, owner) {
        return ObjectDiff::new(id, Act::Delete);
    }
    let why = if apply::directive::is_kept(live) {
        "no manifest has it any more; it stays, because an annotation or label on it says so"
    } else {
        "no manifest has it any more; it stays, because its owner labels do not name this Kustomization"
    };
    ObjectDiff::new(id, Act::Skip).remark(why)
}

/// Names that are alike but for the hash that kustomize appends.
fn is_of_one_generator(one: &str, other: &str) -> bool {
    const HASH: usize = 10;
    let stem = |name: &str| {
        let (stem, hash) = name.rsplit_once('-')?;
        let is_hash = hash.len() == HASH && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_hash.then(|| stem.to_owned())
    };
    one != other && stem(one).is_some_and(|stem_of_one| stem(other) == Some(stem_of_one))
}

/// What a set itself brings, and is not there yet.
struct Pending {
    /// Kinds that are defined by the set, and whether they are namespaced.
    kinds: std::collections::BTreeMap<(String, String), bool>,
    namespaces: BTreeSet<String>,
}

impl Pending {
    fn of(objects: &[Manifest]) -> Self {
        Self { kinds: defined_scopes(objects), namespaces: BTreeSet::new() }
    }

    /// The id of an object that cannot be asked about yet, and why not.
    async fn holds(&self, object: &Manifest, applier: &Applier) -> Option<(ObjectId, String)> {
        if let Some(namespace) = object.namespace().filter(|namespace| self.namespaces.contains(*namespace)) {
            return Some((object.id(), format!("Namespace {namespace} is made by the same run")));
        }
        let gvk = object.gvk();
        let namespaced = self.kinds.get(&(gvk.group.clone(), gvk.kind.clone()))?;
        if applier.mapper().resolve(&gvk.group, &gvk.version, &gvk.kind).await.is_ok() {
            return None;
        }
        let mut id = object.id();
        if !namespaced {
            id.namespace.clear();
        }
        Some((id, format!("the kind {} is defined by the same run", gvk.kind)))
    }
}

#[cfg(test)]
mod tests;
