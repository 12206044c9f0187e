//! What a replica that does not lead keeps of the leader's artifacts (docs/design/0016): it copies each when its status
//! names it, and brings one that a client asks for before. The leader only looks up here who names a file.
//!
//! Where a copy comes from is `homes`'.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use artifact::store::Store;
use artifact::store::gc::Retention;
use futures::StreamExt as _;
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::applied::Applied;
use crate::homes::turns::Turns;
use crate::homes::{Homes, Restored, Wanted};
use crate::kind::{self, Kind};
use crate::published::Published;

mod gone;
#[cfg(test)]
pub(crate) mod tests;

/// Copies at a time.
const AT_A_TIME: usize = 4;
/// Until a copy that failed is tried again.
const AGAIN: Duration = Duration::from_secs(10);
/// Until there is news, then.
const FOR_EVER: Duration = Duration::from_secs(3600);
/// How long a client waits for the news that the file exists, and then for the file.
const NEWS: Duration = Duration::from_secs(2);
const FILE: Duration = Duration::from_secs(20);
/// Being ready does not wait longer for copies.
const FIRST_ROUND: Duration = Duration::from_secs(60);

/// An object, as artifact paths begin.
type Owner = (&'static str, ObjectKey);

/// What an object's status names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    wanted: Wanted,
    /// The last segment of `status.url`.
    link: Option<String>,
}

/// How far its copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Untried,
    Failed,
    Done,
}

/// What became of a file that a client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// It is there now.
    There,
    /// It exists, and cannot be had at the moment.
    Later,
    /// No status names it.
    Unknown,
}

/// See the module.
pub(crate) struct Copies {
    /// What the paths of artifacts begin with.
    controllers: &'static [&'static str],
    storage: Store,
    published: Arc<Published>,
    homes: Arc<Homes>,
    applied: Arc<Applied>,
    retention: Retention,
    /// Objects that are there, with what they name. Held while what `published` expects follows it.
    named: Mutex<HashMap<Owner, Option<(Named, Progress)>>>,
    /// Objects that are gone, whose folders are to be removed. Held while this replica begins to work.
    gone: Mutex<Vec<Owner>>,
    /// One at a time changes the folder of an object.
    turns: Turns<Owner>,
    /// Moves with every change of what is named.
    news: watch::Sender<u64>,
    /// Moves with every copy that was tried.
    tried: watch::Sender<u64>,
    /// Whether this replica works, and does not copy.
    works: AtomicBool,
    stop: CancellationToken,
    /// Held while a copy is made; nothing is copied once the permit is gone.
    open: tokio::sync::RwLock<bool>,
}

impl Copies {
    /// Of a replica that does not work yet.
    pub(crate) fn new(
        controllers: &'static [&'static str],
        homes: Arc<Homes>,
        applied: Arc<Applied>,
        (storage, published): (Store, Arc<Published>),
        retention: Retention,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            controllers,
            storage,
            published,
            homes,
            applied,
            retention,
            named: Mutex::default(),
            gone: Mutex::default(),
            turns: Turns::default(),
            news: watch::Sender::new(0),
            tried: watch::Sender::new(0),
            works: AtomicBool::new(false),
            stop: stop.child_token(),
            open: tokio::sync::RwLock::new(true),
        }
    }

    /// Whether this replica works: from then on the folder is the reconcilers'.
    pub(crate) fn works(&self) -> bool {
        self.works.load(Ordering::SeqCst)
    }

    /// Whether a file that is not here may be elsewhere.
    pub(crate) fn has_homes(&self) -> bool {
        !self.homes.is_empty()
    }

    /// Ends copying; returns when no copy is under way, also no file that is being given its name, and the copies of objects
    /// that are gone are removed. This replica works from now on.
    pub(crate) async fn end(&self) {
        self.stop.cancel();
        *self.open.write().await = false;
        loop {
            let gone = {
                let mut gone = self.gone.lock();
                if gone.is_empty() {
                    self.works.store(true, Ordering::SeqCst);
                    return;
                }
                std::mem::take(&mut *gone)
            };
            for owner in gone {
                self.clear(&owner).await;
            }
        }
    }

    /// The watch shows an object.
    pub(crate) fn seen<K: Kind>(&self, object: &K) {
        let status = object.status();
        let link = status.url.as_deref().and_then(|url| url.rsplit('/').next()).map(str::to_owned);
        let wanted = status.artifact.as_ref().and_then(Wanted::of);
        self.name((K::CONTROLLER, ObjectKey::of(object.meta())), wanted.map(|wanted| Named { wanted, link }));
    }

    fn name(&self, owner: Owner, named: Option<Named>) {
        // A path elsewhere may be somebody else's.
        let is_own = |named: &Named| named.wanted.path.starts_with(&folder(&owner));
        let named = named.filter(is_own);
        let mut all = self.named.lock();
        if let Some(Named { wanted, .. }) = &named {
            if self.works() {
                self.published.expect_first(&wanted.path, &wanted.digest);
            } else {
                self.published.expect(&wanted.path, &wanted.digest);
            }
        }
        let known = all.get(&owner).and_then(Option::as_ref).map(|(named, _)| named);
        if known != named.as_ref() || !all.contains_key(&owner) {
            all.insert(owner, named.map(|named| (named, Progress::Untried)));
            self.news.send_modify(|count| *count += 1);
        }
    }

    /// The watch shows an object that cannot be read: what is here of it stays.
    pub(crate) fn unread(&self, controller: &'static str, key: &ObjectKey) {
        self.named.lock().entry((controller, key.clone())).or_default();
    }

    /// A file is not what it should be, or not there. What is being copied is no news.
    pub(crate) fn again(&self, path: &str) {
        let Some(owner) = self.owner(path) else { return };
        let mut all = self.named.lock();
        let Some(Some((named, progress))) = all.get_mut(&owner) else { return };
        if named.wanted.path != path || *progress != Progress::Done {
            return;
        }
        tracing::debug!(path = named.wanted.path, "the artifact is copied again");
        *progress = Progress::Untried;
        drop(all);
        self.news.send_modify(|count| *count += 1);
    }

    /// Whether a status names the file.
    pub(crate) fn names(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    fn find(&self, path: &str) -> Option<(Owner, Named)> {
        let owner = self.owner(path)?;
        let all = self.named.lock();
        let (named, _) = all.get(&owner)?.as_ref()?;
        let is_link = || named.link.as_ref().is_some_and(|link| folder(&owner) + link == path);
        let is_named = named.wanted.path == path || is_link();
        let named = is_named.then(|| named.clone())?;
        drop(all);
        Some((owner, named))
    }

    /// The object in whose folder the path is.
    fn owner(&self, path: &str) -> Option<Owner> {
        let (controller, key) = kind::owner(path)?;
        let controller = self.controllers.iter().find(|known| **known == controller)?;
        Some((controller, key))
    }

    /// Copies what is named until this replica works.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut news = self.news.subscribe();
        while !self.stop.is_cancelled() {
            news.mark_unchanged();
            self.clear_all().await;
            // A copy that was begun is not dropped: a thread may be about to give it its name.
            futures::stream::iter(self.open_copies())
                .for_each_concurrent(AT_A_TIME, |(owner, named)| {
                    let copies = Arc::clone(&self);
                    async move {
                        copies.copy(&owner, &named).await;
                    }
                })
                .await;
            let pause = if self.has_failed() { AGAIN } else { FOR_EVER };
            let _ = self.stop.run_until_cancelled(tokio::time::timeout(pause, news.changed())).await;
        }
    }

    fn open_copies(&self) -> Vec<(Owner, Named)> {
        let all = self.named.lock();
        let open = all.iter().filter_map(|(owner, named)| match named {
            Some((named, Progress::Untried | Progress::Failed)) => Some((owner.clone(), named.clone())),
            _ => None,
        });
        open.collect()
    }

    fn has_failed(&self) -> bool {
        self.named.lock().values().flatten().any(|(_, progress)| *progress == Progress::Failed)
    }

    /// Waits until each artifact was tried once, and what nobody names is removed, but not for ever.
    pub(crate) async fn first_round(&self) {
        let mut tried = self.tried.subscribe();
        let all_tried = async {
            loop {
                tried.mark_unchanged();
                let is_untried = |(_, progress): &(Named, Progress)| *progress == Progress::Untried;
                let is_done =
                    || !self.named.lock().values().flatten().any(is_untried) && self.gone.lock().is_empty();
                if self.works() || is_done() {
                    return;
                }
                // The sender lives as long as this.
                drop(tried.changed().await);
            }
        };
        let _ = self.stop.run_until_cancelled(tokio::time::timeout(FIRST_ROUND, all_tried)).await;
    }

    /// Makes one copy; false when it is not there, or not named any more.
    async fn copy(&self, owner: &Owner, named: &Named) -> bool {
        let open = self.open.read().await;
        *open && self.turns.take(owner, self.copy_in_turn(owner, named)).await
    }

    async fn copy_in_turn(&self, owner: &Owner, named: &Named) -> bool {
        // The news may have changed while this waited.
        if !self.expects(owner, named) {
            return false;
        }
        let is_there = match self.homes.restore(&named.wanted, &self.stop).await {
            Ok(Restored::Intact) => true,
            Ok(Restored::Nowhere) => {
                tracing::warn!(path = named.wanted.path, "nobody has the artifact");
                false
            }
            Err(error) => {
                tracing::error!(path = named.wanted.path, error = %error, "the artifact could not be copied");
                false
            }
        };
        let is_there = is_there && self.expects(owner, named);
        if is_there {
            self.arrange(named).await;
        }
        let mut all = self.named.lock();
        if let Some(Some((known, progress))) = all.get_mut(owner)
            && known == named
        {
            *progress = if is_there { Progress::Done } else { Progress::Failed };
        }
        drop(all);
        self.tried.send_modify(|count| *count += 1);
        is_there
    }

    /// Whether the object names this still, which is then what is expected in the folder: `published` forgets what is not
    /// there when the folder of a predecessor is put in order.
    fn expects(&self, owner: &Owner, named: &Named) -> bool {
        let all = self.named.lock();
        let is_current = all.get(owner).and_then(Option::as_ref).is_some_and(|(current, _)| current == named);
        if is_current {
            self.published.expect(&named.wanted.path, &named.wanted.digest);
        }
        is_current
    }

    /// Links the copy, and removes what is not kept any more.
    async fn arrange(&self, named: &Named) {
        let Some((place, file)) = named.wanted.place() else { return };
        let (file, link) = (file.to_owned(), named.link.clone());
        let (storage, published) = (self.storage.clone(), Arc::clone(&self.published));
        let kept = self.applied.kept(place.path_of("").trim_end_matches('/'));
        let retention = self.retention;
        let arranged = tokio::task::spawn_blocking(move || {
            if let Some(link) = link {
                storage.link(&place, &link, &file)?;
            }
            let collected = storage.collect(&place, &[&file], &retention, &kept, SystemTime::now())?;
            if collected > 0 {
                published.forget_missing(&storage, &place);
            }
            Ok::<_, artifact::StoreError>(())
        });
        if let Ok(Err(error)) = arranged.await {
            tracing::error!(error = %error, "the folder of an artifact's copy could not be put in order");
        }
    }

    /// Brings a file that a client asks for, if a status names it or is about to.
    pub(crate) async fn bring(self: &Arc<Self>, path: &str) -> Brought {
        if self.works() || !self.is_of_known(path) {
            return Brought::Unknown;
        }
        let mut news = self.news.subscribe();
        let named = async {
            loop {
                news.mark_unchanged();
                if let Some(found) = self.find(path) {
                    return found;
                }
                drop(news.changed().await);
            }
        };
        let Ok((owner, named)) = tokio::time::timeout(NEWS, named).await else { return Brought::Unknown };
        // It goes on when the client does not wait for it.
        let copies = Arc::clone(self);
        let copy = tokio::spawn(async move { copies.copy(&owner, &named).await });
        match tokio::time::timeout(FILE, copy).await {
            Ok(Ok(true)) => Brought::There,
            _ => Brought::Later,
        }
    }

    /// Whether the path is of an object that is there.
    fn is_of_known(&self, path: &str) -> bool {
        self.owner(path).is_some_and(|owner| self.named.lock().contains_key(&owner))
    }
}

/// The folder of an object, with a slash at the end.
fn folder((controller, key): &Owner) -> String {
    format!("{controller}/{}/{}/", key.namespace, key.name)
}
