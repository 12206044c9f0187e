//! The table of kinds: one line per kind, and everything that has to be done for each of them. Whoever adds a kind adds
//! its line here, and it is watched, waited for, shut down, cleaned up after, and hears of altered files.

use std::collections::HashSet;
use std::sync::Arc;

use api::bucket::Bucket;
use api::git_repository::GitRepository;
use api::helm_chart::HelmChart;
use api::helm_repository::HelmRepository;
use api::oci_repository::OCIRepository;
use kube::core::DynamicObject;
use reconcile_core::process::Process;
use reconcile_core::{ObjectKey, Runtime, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::kind::{Kind, owner};
use crate::machine::Sources;
use crate::reconcile::source::Source;
use crate::step::{Event, Facts};
use crate::upstream::Upstream as _;
use crate::waking;
use crate::watch::{self, Running};

#[cfg(test)]
mod tests;

macro_rules! kinds {
    ($($field:ident: $kind:ident),+ $(,)?) => {
        /// All kinds, watched and run.
        pub(crate) struct Kinds {
            $($field: Running<$kind>,)+
        }

        impl Kinds {
            /// Starts a machine and a watch for each.
            pub(crate) fn start(process: &Process, ctx: &Arc<Context>, tasks: &mut JoinSet<()>) -> Self {
                let kinds = Self { $($field: watch::start::<$kind>(process, ctx, tasks),)+ };
                let (charts, objects) = (Arc::clone(&kinds.helm_chart.runtime), kinds.helm_chart.objects.clone());
                tasks.spawn(waking::wake(Arc::clone(ctx), process.stop.clone(), charts, objects));
                kinds
            }

            /// Waits until the first list of each is complete; false when the process ends before.
            pub(crate) async fn synced(&self, stop: &CancellationToken) -> bool {
                $(
                    let mut synced = self.$field.synced.clone();
                    tokio::select! {
                        () = stop.cancelled() => return false,
                        // An error means that the watch ended, which it does only when the process ends.
                        _ = synced.wait_for(|synced| *synced) => {}
                    }
                )+
                !stop.is_cancelled()
            }

            /// This replica works from now on.
            pub(crate) fn begin(&self) {
                $(self.$field.begin();)+
            }

            /// The uids of all objects.
            pub(crate) fn uids(&self) -> HashSet<String> {
                let mut all = HashSet::new();
                $(all.extend(uids(&self.$field.objects));)+
                all
            }

            /// Removes what upstreams keep of objects that are gone.
            pub(crate) async fn sweep(&self, ctx: &Arc<Context>) {
                $(sweep(Arc::clone(ctx), self.$field.objects.clone()).await;)+
            }

            /// Tells the object of an artifact, by the artifact's path, that the file is not what it should be.
            pub(crate) fn altered(&self) -> impl Fn(&str) + Send + Sync + use<> {
                $(let $field = Arc::clone(&self.$field.runtime);)+
                move |path| {
                    let Some((controller, key)) = owner(path) else { return };
                    match controller {
                        $(<$kind as Kind>::CONTROLLER => tell(&$field, &key),)+
                        _ => {}
                    }
                }
            }

            /// Takes in what an object of a kind became when it was asked for, so that its run begins before the watch says
            /// so.
            pub(crate) fn asked(&self) -> impl Fn(&str, DynamicObject) + Send + Sync + use<> {
                $(let $field = (Arc::clone(&self.$field.runtime), self.$field.objects.clone());)+
                move |kind, object| match kind {
                    $(<$kind as Kind>::KIND => take(&$field.0, &$field.1, object),)+
                    _ => {}
                }
            }

            /// Ends all runs.
            pub(crate) async fn shutdown(&self) {
                tokio::join!($(self.$field.runtime.shutdown()),+);
            }
        }

        /// What the paths of artifacts begin with.
        pub(crate) const CONTROLLERS: &[&str] = &[$(<$kind as Kind>::CONTROLLER),+];

        /// What a controller has to be allowed to read and write: the plural of each kind.
        #[cfg(test)]
        fn resources() -> Vec<String> {
            vec![$(<$kind as kube::Resource>::plural(&()).into_owned()),+]
        }

        /// Labels of metrics and logs: the kind in lower case, and as Kubernetes spells it.
        #[cfg(test)]
        fn names() -> Vec<(&'static str, &'static str, String)> {
            vec![$((
                <$kind as Kind>::CONTROLLER,
                <$kind as Kind>::KIND,
                <$kind as kube::Resource>::kind(&()).into_owned(),
            )),+]
        }
    };
}

kinds! {
    git_repository: GitRepository,
    oci_repository: OCIRepository,
    bucket: Bucket,
    helm_repository: HelmRepository,
    helm_chart: HelmChart,
}

/// What is left behind costs disk space only.
async fn sweep<K: Source>(ctx: Arc<Context>, objects: Store<K>) {
    let sweeping = move || {
        if let Some(upstream) = K::upstream(&ctx) {
            upstream.keep_only(move || uids(&objects));
        }
    };
    drop(tokio::task::spawn_blocking(sweeping).await);
}

fn uids<K: Source>(objects: &Store<K>) -> HashSet<String> {
    objects.all().iter().filter_map(|object| object.meta().uid.clone()).collect()
}

fn tell<K: Source>(runtime: &Runtime<Sources<K>>, key: &ObjectKey) {
    runtime.send_existing(key, Event::Tampered);
}

/// As the watch would; which says the same later, and then it is nothing new. An object that is not known is left to the
/// watch: it may be another shard's.
fn take<K: Source>(runtime: &Runtime<Sources<K>>, objects: &Store<K>, object: DynamicObject) {
    let Ok(mut object) = object.try_parse::<K>() else { return };
    object.meta_mut().managed_fields = None;
    let (key, facts) = (ObjectKey::of(object.meta()), Facts::of(object.meta()));
    if objects.update(Arc::new(object)) {
        runtime.send_existing(&key, Event::Seen(facts));
    }
}
