//! What is beside objects that are not well: Pods, warnings, endpoints, classes of storage, namespaces.
//!
//! Of these nothing is watched for its own sake: Pods and Events carry no owner label and change more than anything else
//! in a cluster. A watch of a place begins when something of a Kustomization is not well there, and ends when all is: it
//! costs the API server nothing while all is well, and one watch per kin and troubled place otherwise. Listing instead
//! would miss what happens later, because a Deployment's status does not move when its Pods go from one fault to another.
//! What cannot be read is not known, and no fault. Which places are of interest is `reconcile::view::around`'s to say.

mod known;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use health::beside::{Beside, Kin};
use health::learned::Profile;
use parking_lot::Mutex;
use reconcile_core::process::Process;
use reconcile_core::watch_pool::{Interest, PoolEvent, WatchPool};
use serde_json::Value;

use crate::observed::Observed;
use crate::place::Place;
use crate::pool::pool;
use crate::rule_book::RuleBook;
use crate::wakes::{Touched, Wakes};
use known::Known;

struct Watched {
    pool: WatchPool,
    known: Arc<Mutex<Known>>,
}

type Places = Mutex<HashMap<Place, Watched>>;

/// All places that are watched: namespaces come and go.
pub(crate) struct BesideWatches {
    process: Process,
    rules: RuleBook,
    places: Arc<Places>,
    wakes: Arc<Wakes>,
}

impl BesideWatches {
    pub(crate) fn new(process: Process, rules: RuleBook, wakes: Arc<Wakes>) -> Self {
        Self { process, rules, places: Arc::default(), wakes }
    }

    /// Keeps a place watched.
    pub(crate) fn acquire(&self, place: &Place) -> Interest {
        let mut places = self.places.lock();
        let watched = places.entry(place.clone()).or_insert_with(|| self.watch(place));
        watched.pool.acquire(&place.kind())
    }

    fn watch(&self, place: &Place) -> Watched {
        let (rules, kin, known) = (self.rules.clone(), place.kin, Arc::<Mutex<Known>>::default());
        let (seen, woken, place) = (Arc::clone(&known), Arc::clone(&self.wakes), place.clone());
        let places = Arc::downgrade(&self.places);
        let pool = pool(&self.process, place.options(&self.rules), move |event| {
            let is_end = matches!(event, PoolEvent::Stopped(_));
            let news = seen.lock().take(event, kin, &rules.base());
            if let Some(namespace) = news {
                woken.wake_for(&Touched::Beside(place.at(namespace)));
            }
            if is_end {
                give_up(&places, &place);
            }
        });
        Watched { pool, known }
    }

    /// Whether as much is known of a place as can be.
    pub(crate) fn is_settled(&self, place: &Place) -> bool {
        self.places.lock().get(place).is_some_and(|watched| watched.known.lock().is_settled())
    }
}

/// Lets go of a place whose watch has ended, unless somebody watches it again.
fn give_up(places: &Weak<Places>, place: &Place) {
    let Some(places) = places.upgrade() else { return };
    let mut places = places.lock();
    // Who acquires a place does so under this lock.
    let ended = places.get(place).is_some_and(|watched| watched.pool.kinds().is_empty());
    let gone = if ended { places.remove(place) } else { None };
    // The pool holds what this was called by.
    drop(places);
    drop(gone);
}

/// What one Kustomization keeps watched.
pub(crate) struct Around<'a> {
    pub(crate) observed: &'a Observed,
    pub(crate) watches: &'a BesideWatches,
    pub(crate) places: &'a BTreeMap<Place, Interest>,
}

impl Beside for Around<'_> {
    fn list(&self, kin: Kin, namespace: &str) -> Option<Vec<Arc<Value>>> {
        let places = self.watches.places.lock();
        let known = |place: &Place| {
            let held = self.places.contains_key(place).then_some(place)?;
            places.get(held)?.known.lock().list(namespace)
        };
        match kin {
            // Each by itself; of those that are not watched nothing is known.
            Kin::Namespace => {
                let named: Vec<_> =
                    self.places.keys().filter(|place| place.kin == kin).filter_map(known).collect();
                (!named.is_empty()).then(|| named.into_iter().flatten().collect())
            }
            Kin::EndpointSlice => {
                known(&Place::all_endpoints(namespace)).or_else(|| known(&Place::of(kin, namespace)))
            }
            _ => known(&Place::of(kin, namespace)),
        }
    }

    fn profile(&self, object: &Value) -> Profile {
        self.observed.profile(object)
    }
}
