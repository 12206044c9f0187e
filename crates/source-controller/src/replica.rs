//! One replica: when it may open its folder, serve, and work (docs/design/0016). With somewhere to copy from it serves from
//! the start and works once it leads; without, it does nothing before it leads, as in Flux.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use artifact::store::Store;
use kube::core::DynamicObject;
use reconcile_core::Error;
use reconcile_core::process::Process;
use tokio::task::JoinSet;

use crate::applied::{self, Applied};
use crate::args::Options;
use crate::claim::{self, Claim};
use crate::copies::Copies;
use crate::homes::Unsent;
use crate::homes::peers::Peers;
use crate::homes::s3::ObjectStore;
use crate::homes::{Homes, SecondHome};
use crate::kinds::{self, Kinds};
use crate::published::Published;
use crate::serve::Server;
use crate::suspects::Suspects;

/// See the module.
pub(crate) struct Replica {
    pub(crate) storage: Store,
    pub(crate) published: Arc<Published>,
    pub(crate) homes: Arc<Homes>,
    pub(crate) applied: Arc<Applied>,
    pub(crate) copies: Arc<Copies>,
    /// What the probe of the file server is answered by.
    ready: Arc<AtomicBool>,
    /// The folder, if it is claimed: the replica serves before it leads.
    claim: Option<Claim>,
}

impl Replica {
    /// Waits until this replica may open its folder; `None` when the process ends before.
    ///
    /// # Errors
    /// The settings are wrong, or there is no folder.
    pub(crate) async fn start(
        process: &Process,
        options: &Options,
        user_agent: &str,
    ) -> Result<Option<Self>, Error> {
        let startup = |error: &dyn std::fmt::Display| Error::Startup(error.to_string());
        let peers = Peers::new(&options.peers, user_agent).map_err(|error| startup(&error))?;
        let second = second_home(options, process, user_agent).map_err(|error| startup(&error))?;
        let claim = if peers.is_some() || second.is_some() {
            let Some(claim) = claim::take(&options.storage_path, &process.stop).await? else {
                return Ok(None);
            };
            Some(claim)
        } else {
            // Who serves is who leads. A candidate is a healthy pod all the same: a rolling update would otherwise wait for
            // it in vain.
            process.set_ready(process.args.election.enabled);
            process.stand_for_election();
            if !process.led().await {
                return Ok(None);
            }
            None
        };
        let storage = Store::open(&options.storage_path, options.algorithm);
        let storage = storage.map_err(|error| startup(&error))?;
        storage.sweep().map_err(|error| startup(&error))?;
        let published = Arc::new(Published::default());
        let homes = Homes::new(storage.clone(), Arc::clone(&published));
        let homes = Arc::new(homes.with_peers(peers).with_second(second));
        let applied = Arc::new(Applied::new(options.applied));
        let folder = (storage.clone(), Arc::clone(&published));
        let (of, retention) = ((Arc::clone(&homes), Arc::clone(&applied)), options.retention);
        let copies = Arc::new(Copies::new(kinds::CONTROLLERS, of.0, of.1, folder, retention, &process.stop));
        if claim.is_none() {
            copies.end().await;
        }
        let ready = Arc::new(AtomicBool::new(claim.is_none()));
        Ok(Some(Self { storage, published, homes, applied, copies, ready, claim }))
    }

    /// Starts what goes on beside: copying, and the watch of who runs what.
    pub(crate) fn accompany(&self, process: &Process, tasks: &mut JoinSet<()>) {
        tasks.spawn(applied::follow(Arc::clone(&self.applied), process.clone()));
        tasks.spawn(Arc::clone(&self.copies).run());
    }

    /// The file server. A file that is not what it should be is told to its object, or while another replica works, to its
    /// copy.
    pub(crate) fn server(&self, kinds: &Kinds) -> Server {
        let (tell, copies) = (kinds.altered(), Arc::clone(&self.copies));
        let altered = move |path: &str| if copies.works() { tell(path) } else { copies.again(path) };
        Server::new(self.storage.clone(), Arc::clone(&self.published), altered)
            .with_copies(&self.copies)
            .with_ready(Arc::clone(&self.ready))
    }

    /// Takes in objects that were asked for, while this replica works. The one that does hears of it from its watch.
    pub(crate) fn asked(&self, kinds: &Kinds) -> impl Fn(&str, DynamicObject) + Send + Sync + use<> {
        let (take, copies) = (kinds.asked(), Arc::clone(&self.copies));
        move |kind, object| {
            if copies.works() {
                take(kind, object);
            }
        }
    }

    /// The objects are known: is ready when each artifact's copy was tried, and works once it leads. It does not want to
    /// before: one that waits for its folder or for its watches would keep the lease from those who can work.
    pub(crate) async fn serve_and_work(&self, process: &Process, kinds: &Kinds, suspects: &Suspects) {
        if self.claim.is_some() {
            self.copies.miss().await;
            process.stand_for_election();
        }
        let serve = async {
            self.copies.first_round().await;
            self.ready.store(true, Ordering::Release);
            process.set_ready(true);
        };
        let work = async {
            if self.claim.is_some() && process.led().await {
                suspects.starts();
                self.copies.end().await;
                kinds.begin();
            }
        };
        tokio::join!(serve, work);
    }
}

/// The object store that the flags name.
fn second_home(options: &Options, process: &Process, user_agent: &str) -> Result<Option<SecondHome>, Unsent> {
    let Some(bucket) = &options.bucket else { return Ok(None) };
    let store = Arc::new(ObjectStore::new(bucket, user_agent)?);
    let fence = process.args.election.enabled.then(|| process.connector.fence());
    Ok(Some(SecondHome::new(store, &bucket.prefix, fence)))
}
