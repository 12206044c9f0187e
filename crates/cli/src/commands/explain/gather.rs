//! Reads one object that is no Kustomization: itself, who applies it, its conditions and events. How it is is judged
//! elsewhere.

use api::convergence::{Blocker, HealthState, SyncState};
use api::explain::ObjectExplanation;
use health::wording;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::ListParams;
use kube::core::DynamicObject;
use manifest::ObjectId;
use manifest::foreign::without_credentials;
use serde_json::Value;

use super::about::{About, Applied, ConditionFacts, SourceFacts, VERSION};
use crate::cluster::failed;
use crate::error::CliError;
use crate::look::{Alone, Depth, Fleet, Key, Looked, Looker, Member, Ownership, source_of};
use crate::resource::Target;

/// Sources that Kustomizations can name.
const SOURCES: [&str; 4] = ["GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"];

/// What is known of an object; `None` if it does not exist and nobody applies it.
pub(super) async fn about(
    looker: &Looker,
    target: &Target,
    is_source: bool,
) -> Result<Option<About>, CliError> {
    let id = target.id();
    let Some(object) = read(looker, target).await? else { return missing(looker, target).await };
    let ownership = looker.owner(&object).await;
    let events = looker.events(&id).await;
    let looked = match &ownership.kustomization {
        // How the object is can be told also to those who may not read Kustomizations, and where there are none.
        Some(key) => looked(looker, key).await.map_err(|error| error.to_string()),
        None => Ok(None),
    };
    let conditions = conditions(&object.data);
    let mut notes = Vec::new();
    let source = if is_source { Some(source(looker, target, &object, &mut notes).await) } else { None };
    let alone = alone(looker, target, object).await;
    let mut about = About {
        version: VERSION,
        subject: id.to_string(),
        object: alone.object.clone().unwrap_or_else(|| unknown(&id)),
        blockers: alone.blockers,
        owners: ownership.owners.iter().map(ToString::to_string).collect(),
        kustomization: None,
        is_elsewhere: false,
        source,
        conditions,
        events,
        notes,
    };
    about.belongs(&id, &ownership, looked);
    Ok(Some(about))
}

impl About {
    /// Puts in what is known of the Kustomization that applies it.
    fn belongs(&mut self, id: &ObjectId, ownership: &Ownership, looked: Result<Option<Looked>, String>) {
        let Some((namespace, name)) = ownership.kustomization.clone() else { return };
        let looked = match looked {
            Ok(Some(looked)) => looked,
            Ok(None) => {
                let summary = "it does not exist, although the object's labels name it".to_owned();
                self.kustomization = Some(Applied { namespace, name, converged: None, summary });
                return;
            }
            Err(why) => {
                let summary = format!("it cannot be looked at: {why}");
                self.kustomization = Some(Applied { namespace, name, converged: None, summary });
                return;
            }
        };
        let applied = ownership.owners.last().unwrap_or(id);
        let explanation = looked.explanation;
        let theirs = explanation.objects.iter().find(|object| object.id == applied.to_inventory());
        if applied == id
            && let Some(theirs) = theirs
        {
            // What was published of it tells since when, and whether it is what was applied.
            self.object = theirs.clone();
        }
        let subjects = [applied.to_string(), id.to_string()];
        let of_it = explanation
            .blockers
            .iter()
            .filter(|blocker| blocker.object.as_ref().is_some_and(|object| subjects.contains(object)));
        for blocker in of_it {
            let is_same = |known: &Blocker| known.code == blocker.code && known.object == blocker.object;
            match self.blockers.iter_mut().find(|known| is_same(known)) {
                Some(known) => *known = blocker.clone(),
                None => self.blockers.push(blocker.clone()),
            }
        }
        self.notes.extend(looked.notes);
        self.kustomization = Some(Applied {
            namespace,
            name,
            converged: Some(explanation.verdict.status),
            summary: explanation.verdict.summary,
        });
    }
}

/// Reads the object; of a Secret its metadata.
async fn read(looker: &Looker, target: &Target) -> Result<Option<DynamicObject>, CliError> {
    let api = target.api(looker.client());
    let what = || target.id().to_string();
    if target.is("", "Secret") {
        let found =
            api.get_metadata_opt(&target.name).await.map_err(|error| failed(&what(), &error.into()))?;
        return Ok(found.map(|found| DynamicObject {
            types: None,
            metadata: found.metadata,
            data: Value::Null,
        }));
    }
    api.get_opt(&target.name).await.map_err(|error| failed(&what(), &error.into()))
}

async fn looked(looker: &Looker, key: &Key) -> Result<Option<Looked>, CliError> {
    looker.one(key, Depth::Quick).await
}

async fn alone(looker: &Looker, target: &Target, object: DynamicObject) -> Alone {
    let kind = SOURCES.iter().find(|kind| target.is(api::SOURCE_GROUP, kind));
    let mut told = looker.alone(target, object.clone()).await;
    if let Some(kind) = kind {
        let key = (*kind, target.namespace.clone(), target.name.clone());
        let as_source = looker.alone_as_source(&key, object).await;
        // What is said of sources knows more of them than what is said of any object.
        if let (Some(told), Some(as_source)) =
            (&mut told, as_source.filter(|source| !source.blockers.is_empty()))
        {
            told.blockers = as_source.blockers;
        }
    }
    told.unwrap_or(Alone { object: None, blockers: Vec::new() })
}

fn unknown(id: &ObjectId) -> ObjectExplanation {
    ObjectExplanation {
        id: id.to_inventory(),
        sync: SyncState::NotObserved,
        health: HealthState::Unknown,
        reason: None,
        message: None,
        evidence: Vec::new(),
        hint: None,
        since: Time(api::duration::whole_seconds(Timestamp::now())),
    }
}

/// An object that is not there and that somebody applies.
async fn missing(looker: &Looker, target: &Target) -> Result<Option<About>, CliError> {
    let id = target.id();
    let Ok(fleet) = Fleet::around(looker.client(), looker.kinds(), &target.namespace).await else {
        return Ok(None);
    };
    let inventory_id = id.to_inventory();
    let owners: Vec<&Member> = fleet.owners(&inventory_id).collect();
    let is_here = |member: &&&Member| member.object.spec.kube_config.is_none();
    let here = owners.iter().find(is_here);
    let is_elsewhere = here.is_none();
    let Some(key) = here.or(owners.first()).map(|member| member.key()) else { return Ok(None) };
    let looked = looked(looker, &key).await?;
    let mut about = About {
        version: VERSION,
        subject: id.to_string(),
        object: unknown(&id),
        blockers: Vec::new(),
        owners: Vec::new(),
        kustomization: None,
        is_elsewhere: false,
        source: None,
        conditions: Vec::new(),
        // Those of another cluster's objects are there; here may be some of one that was.
        events: if is_elsewhere { Vec::new() } else { looker.events(&id).await },
        notes: Vec::new(),
    };
    if is_elsewhere {
        // How it is there is the Kustomization's to tell; if nobody can look there, nothing is known.
        about.is_elsewhere = true;
        about.object.health = HealthState::NotObserved;
    } else {
        about.object.health = HealthState::Missing;
        about.object.sync = SyncState::Missing;
        about.object.message = Some("it does not exist".to_owned());
    }
    let ownership = Ownership { owners: Vec::new(), kustomization: Some(key) };
    about.belongs(&id, &ownership, Ok(looked));
    Ok(Some(about))
}

/// Namespaces in which there is an object of that kind and name.
pub(super) async fn elsewhere(looker: &Looker, target: &Target) -> Vec<String> {
    const MOST: usize = 10;
    if !target.served.is_namespaced {
        return Vec::new();
    }
    let params = ListParams::default().fields(&format!("metadata.name={}", target.name));
    let found = target.served.api_in_all(looker.client()).list_metadata(&params).await;
    let items = found.map(|list| list.items).unwrap_or_default();
    let mut namespaces: Vec<String> = items.into_iter().filter_map(|item| item.metadata.namespace).collect();
    namespaces.sort();
    namespaces.truncate(MOST);
    namespaces
}

fn conditions(body: &Value) -> Vec<ConditionFacts> {
    const MOST: usize = 50;
    let text = |condition: &Value, field: &str| {
        condition.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let conditions = body.pointer("/status/conditions").and_then(Value::as_array);
    let facts = conditions.into_iter().flatten().take(MOST).map(|condition| ConditionFacts {
        kind: wording::word(&text(condition, "type")),
        status: wording::word(&text(condition, "status")),
        reason: wording::word(&text(condition, "reason")),
        message: wording::quoted(&text(condition, "message")),
        since: text(condition, "lastTransitionTime").parse().ok(),
    });
    facts.collect()
}

/// What is told of a source; by whom it is used is left out where Kustomizations cannot be looked at, and noted.
async fn source(
    looker: &Looker,
    target: &Target,
    object: &DynamicObject,
    notes: &mut Vec<String>,
) -> SourceFacts {
    let fleet = Fleet::around(looker.client(), looker.kinds(), &target.namespace).await;
    let fleet = fleet.inspect_err(|error| notes.push(format!("by whom it is used: {error}"))).ok();
    let is_used = |key: &(&str, String, String)| {
        key.0 == target.served.resource.kind && key.1 == target.namespace && key.2 == target.name
    };
    let used_by = fleet
        .iter()
        .flat_map(Fleet::members)
        .filter(|member| source_of(&member.object).as_ref().is_some_and(is_used))
        .map(|member| {
            let (namespace, name) = member.key();
            format!("{namespace}/{name}")
        })
        .collect();
    let text = |field: &str| object.data.pointer(field).and_then(Value::as_str);
    let url = ["/spec/url", "/spec/endpoint"].into_iter().find_map(text);
    SourceFacts {
        url: url.map(|url| wording::word(&without_credentials(url))),
        revision: text("/status/artifact/revision").map(wording::word),
        stored: text("/status/artifact/lastUpdateTime").and_then(|time| time.parse().ok()),
        suspended: object.data.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true),
        used_by,
    }
}
