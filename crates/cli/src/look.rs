//! Looks at Kustomizations and what they have applied, by reads alone, and explains them. No controller needs to run for
//! it; what health-controller has published tells since when. What follows from what is seen is the crate `convergence`'s
//! to say, and how it is shown the commands'.
//!
//! ```text
//! Looker ─▶ fleet, sources, reports ─▶ objects, leaving ─▶ Gathered ─┬─▶ Explanation
//!                                                 surroundings ◀─────┘ (asked for until nothing is missing)
//! ```

mod alone;
mod answer;
pub(crate) mod elsewhere;
mod events;
mod fleet;
mod leaving;
mod objects;
mod owner;
pub(crate) mod pages;
mod part;
mod published;
mod replay;
mod reports;
mod rounds;
mod rules;
mod since;
mod sources;
mod surroundings;
mod watching;

use std::sync::{Arc, Mutex, PoisonError};

use api::drift_report::DriftReportStatus;
use api::explain::Explanation;
use api::kustomization::Kustomization;
use cluster::ConnectOptions;
use convergence::claim::cluster_of;
use convergence::{Owner, Sight, dependencies};
use futures::{StreamExt as _, stream};
use health::learned::Learned;
use jiff::Timestamp;
use kube::Client;
use kube::core::DynamicObject;
use manifest::ObjectId;

use crate::cluster::Connection;
use crate::error::CliError;
use crate::resource::{self, Kinds, Target};
pub(crate) use alone::Alone;
pub(crate) use answer::Answer;
use elsewhere::{Clusters, Reached};
pub(crate) use elsewhere::{Elsewhere, Unreached};
pub(crate) use events::Told;
pub(crate) use fleet::{Fleet, Key, Member, inventory, key_of, none_in};
use objects::{Reader, Snapshot, Wanted, Whose};
pub(crate) use owner::Ownership;
use part::{Part, wanted, wanted_everywhere};
pub(crate) use published::current_answer;
use replay::{Gathered, Since};
pub(crate) use reports::{Reports, Scope};
use rounds::{Own, rounds};
use rules::RuleBook;
pub(crate) use sources::source_of;
use sources::{SourceKey, Sources};
pub(crate) use watching::{Bell, Kept, Selection};

/// Kustomizations that are looked at at a time.
const AT_A_TIME: usize = 8;

/// How closely is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// At what inventories and their surroundings show.
    Quick,
    /// Also for what was pruned and hangs.
    Whole,
}

/// Looks at one cluster.
pub(crate) struct Looker {
    client: Client,
    kinds: Kinds,
    rules: Arc<RuleBook>,
    options: ConnectOptions,
    others: Arc<Clusters>,
}

/// One Kustomization, explained.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    /// It.
    pub(crate) object: Arc<Kustomization>,
    /// What is known of it.
    pub(crate) explanation: Explanation,
    /// What kustomize-controller reports of drift.
    pub(crate) drift: Option<DriftReportStatus>,
    /// What could not be looked at.
    pub(crate) notes: Vec<String>,
    /// The other cluster that its objects are in, if that was reached.
    pub(crate) elsewhere: Option<Arc<Elsewhere>>,
}

impl Looked {
    /// Whether its objects are in another cluster.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.object.spec.kube_config.is_some()
    }
}

impl Looker {
    /// Asks what is served, and by which rules objects are judged.
    pub(crate) async fn new(connection: &Connection) -> Result<Self, CliError> {
        let client = connection.client().clone();
        let kinds = resource::discover(&client).await?;
        let rules = Arc::new(RuleBook::read(&client, &kinds).await);
        Ok(Self { client, kinds, rules, options: connection.options(), others: Arc::default() })
    }

    /// Looks at another cluster by the same rules.
    pub(crate) fn there(&self, elsewhere: &Elsewhere) -> Self {
        Self {
            client: elsewhere.client().clone(),
            kinds: elsewhere.kinds.clone(),
            rules: Arc::clone(&self.rules),
            options: self.options.clone(),
            others: Arc::clone(&self.others),
        }
    }

    /// What is served.
    pub(crate) const fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// Asks the cluster.
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Explains one Kustomization; `None` if there is no such one.
    pub(crate) async fn one(&self, key: &Key, depth: Depth) -> Result<Option<Looked>, CliError> {
        let scope = Scope::One(key.clone());
        let (fleet, reports) = futures::join!(
            Fleet::around(&self.client, &self.kinds, &key.0),
            Reports::read(&self.client, &self.kinds, &scope)
        );
        let mut fleet = fleet?;
        if fleet.get(key).is_none() {
            let Some(member) = self.member(key).await? else { return Ok(None) };
            fleet.insert(member);
        }
        fleet.follow(&self.client, &self.kinds, std::slice::from_ref(key)).await;
        let mut looked = self.explain(&fleet, std::slice::from_ref(key), &reports, depth).await;
        Ok(looked.pop())
    }

    /// Whether the dependencies of a Kustomization come back to one that waits; not where they may not be read.
    pub(crate) async fn is_in_circle(&self, key: &Key) -> bool {
        let Ok(mut fleet) = Fleet::around(&self.client, &self.kinds, &key.0).await else { return false };
        fleet.follow(&self.client, &self.kinds, std::slice::from_ref(key)).await;
        fleet.get(key).is_some_and(|member| !fleet.chain(&member.object).cycle.is_empty())
    }

    /// Reads one Kustomization.
    pub(crate) async fn member(&self, key: &Key) -> Result<Option<Member>, CliError> {
        let api = fleet::served(&self.kinds)?.api(&self.client, &key.0);
        let found = api.get_opt(&key.1).await;
        let what = || format!("Kustomization/{}/{}", key.0, key.1);
        let found = found.map_err(|error| crate::cluster::failed(&what(), &error.into()))?;
        match found.map(Member::read) {
            None => Ok(None),
            Some(Some(member)) => Ok(Some(member)),
            Some(None) => {
                Err(CliError::cluster(format!("{}: it has a form that this version cannot read", what())))
            }
        }
    }

    /// Explains Kustomizations of a fleet, in the order in which they are named.
    pub(crate) async fn explain(
        &self,
        fleet: &Fleet,
        keys: &[Key],
        reports: &Reports,
        depth: Depth,
    ) -> Vec<Looked> {
        let now = Timestamp::now();
        let members: Vec<&Member> = keys.iter().filter_map(|key| fleet.get(key)).collect();
        let whose = match keys {
            [(namespace, name)] => Whose::One(namespace.clone(), name.clone()),
            _ => Whose::All,
        };
        // Those with rules of their own are looked at by themselves.
        let alike = members.iter().filter(|member| member.object.spec.health_check_exprs.is_empty());
        let here: Vec<Wanted> = alike.flat_map(|member| wanted(&member.object)).collect();
        let learned = Mutex::default();
        let reader = Reader {
            client: &self.client,
            kinds: &self.kinds,
            rules: self.rules.base(),
            learned: &learned,
            now,
        };
        let objects = members.iter().map(|member| member.object.as_ref());
        let (snapshot, sources, reached) = futures::join!(
            reader.look(&here, &whose),
            self.sources(fleet, &members),
            self.others.of(&self.client, &self.options, objects)
        );
        let look = Look { here: &snapshot, reached: &reached, reader: &reader, reports, depth };
        let mut parts: Vec<Part> =
            stream::iter(&members).map(|member| self.part(member, &look)).buffered(AT_A_TIME).collect().await;
        let claims = fleet.claims();
        let mut gathered: Vec<Gathered> = Vec::new();
        for (member, part) in members.iter().zip(&mut parts) {
            let key = member.key();
            let rivals = fleet.rivals(&member.object, &claims, |object| Some(sources.of(object).what));
            let published = reports.convergences.get(&key).cloned();
            let last_words = match &published {
                Some(_) => None,
                None => self.last_words(&member.object).await,
            };
            gathered.push(Gathered {
                // What does not tell since when it is so counts as new, so that nothing seems to wait for long.
                kustomization: Since { what: part.object.clone(), since: member.changed.or(Some(now)) },
                source: sources.of(&member.object),
                chain: fleet.chain(&member.object),
                objects: std::mem::take(&mut part.objects),
                leaving: std::mem::take(&mut part.leaving),
                rivals,
                drift: reports.drift.get(&key).cloned(),
                published,
                last_words,
            });
        }
        let learned = learned.into_inner().unwrap_or_else(PoisonError::into_inner);
        let explanations = rounds(&self.own(), &gathered, &parts, learned, now).await;
        let told = members.into_iter().zip(parts).zip(gathered.into_iter().zip(explanations));
        told.map(|((member, part), (gathered, (explanation, beside)))| Looked {
            object: Arc::clone(&member.object),
            explanation,
            drift: gathered.drift,
            notes: [part.notes, beside, sources.notes.clone(), fleet.notes.clone(), reports.notes.clone()]
                .concat(),
            elsewhere: part.elsewhere,
        })
        .collect()
    }

    /// One object by itself.
    pub(crate) async fn alone(&self, target: &Target, object: DynamicObject) -> Option<Alone> {
        let now = Timestamp::now();
        let learned = Mutex::default();
        let (client, kinds) = (&self.client, &self.kinds);
        let reader = Reader { client, kinds, rules: self.rules.base(), learned: &learned, now };
        let since = since::of(&object.metadata, &object.data);
        let seen = Since { what: reader.seen_as(&target.served, object, alone::owner()), since };
        let gathered = alone::of_object(target.id(), seen)?;
        self.explain_alone(gathered, now).await
    }

    /// One source by itself.
    pub(crate) async fn alone_as_source(&self, key: &SourceKey, object: DynamicObject) -> Option<Alone> {
        let gathered = alone::of_source(key, sources::view(object))?;
        self.explain_alone(gathered, Timestamp::now()).await
    }

    async fn explain_alone(&self, gathered: Gathered, now: Timestamp) -> Option<Alone> {
        let part = Part::of(&gathered.kustomization.what, Arc::clone(self.rules.base()));
        let mut explained = rounds(&self.own(), &[gathered], &[part], Learned::default(), now).await;
        explained.pop().map(|(explanation, _)| Alone::from(explanation))
    }

    /// With which words the last run of a Kustomization failed, while the next one is under way and its Ready condition
    /// says nothing of that any more.
    async fn last_words(&self, object: &Kustomization) -> Option<String> {
        let reason = replay::failed_before(object)?;
        events::last_warning(&self.client, &self.kinds, &dependencies::id_of(object), reason).await
    }

    fn own(&self) -> Own<'_> {
        Own { client: &self.client, kinds: &self.kinds, rules: self.rules.base() }
    }

    /// To whom an object belongs.
    pub(crate) async fn owner(&self, object: &DynamicObject) -> Ownership {
        owner::find(&self.client, &self.kinds, &object.metadata).await
    }

    /// What was lately told of an object.
    pub(crate) async fn events(&self, id: &ObjectId) -> Vec<Told> {
        events::of(&self.client, &self.kinds, id).await
    }

    /// The sources of those that are explained, and of those that may be their rivals.
    async fn sources(&self, fleet: &Fleet, members: &[&Member]) -> Sources {
        let claims = fleet.claims();
        let others = members.iter().flat_map(|member| claims.others(member));
        let all: Vec<&Kustomization> =
            members.iter().copied().chain(others).map(|member| member.object.as_ref()).collect();
        Sources::read(&self.client, &self.kinds, all.into_iter()).await
    }

    /// What one Kustomization has applied, wherever that is.
    async fn part(&self, member: &Member, look: &Look<'_>) -> Part {
        let object = &member.object;
        let owner = Owner::by(object);
        let mut part = Part::of(object, self.rules.of_kustomization(object));
        let rules = Arc::clone(&part.rules);
        let reader = &Reader { rules: &rules, ..*look.reader };
        let (namespace, name) = member.key();
        let published = look.reports.convergences.get(&member.key());
        let whose = Whose::One(namespace, name);
        let seen = Sight { secrets: true, is_elsewhere: false };
        match look.reached.get(&cluster_of(object)) {
            None => {
                if object.spec.health_check_exprs.is_empty() {
                    part.take(object, seen, look.here, &owner);
                } else {
                    part.take(object, seen, &reader.look(&wanted(object), &whose).await, &owner);
                }
                if look.depth == Depth::Whole {
                    part.look_for_leaving(reader, published).await;
                }
            }
            Some(Ok(elsewhere)) => {
                let learned = Mutex::default();
                let (client, kinds) = (elsewhere.client(), &elsewhere.kinds);
                let there = Reader { client, kinds, learned: &learned, ..*reader };
                let snapshot = there.look(&wanted_everywhere(object), &whose).await;
                part.take(object, seen, &snapshot, &owner);
                if look.depth == Depth::Whole {
                    part.look_for_leaving(&there, published).await;
                }
                // What is looked at is looked at: nothing is to be said of a cluster that cannot be.
                part.object.spec.kube_config = None;
                part.learned = learned.into_inner().unwrap_or_else(PoisonError::into_inner);
                part.elsewhere = Some(Arc::clone(elsewhere));
            }
            Some(Err(why)) => {
                let unseen = Sight { secrets: true, is_elsewhere: true };
                part.take(object, unseen, look.here, &owner);
                let (namespace, name) = member.key();
                part.notes.push(format!(
                    "the other cluster that Kustomization/{namespace}/{name} applies to: {why}"
                ));
            }
        }
        part
    }
}

/// What was found out for several Kustomizations at once.
struct Look<'a> {
    here: &'a Snapshot,
    reached: &'a Reached,
    reader: &'a Reader<'a>,
    reports: &'a Reports,
    depth: Depth,
}
