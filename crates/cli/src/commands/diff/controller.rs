//! How the kustomize-controller of the cluster applies: by the flags of its Deployment, if that may be read, and as ours
//! does without flags otherwise.

use k8s_openapi::api::apps::v1::Deployment;
use kube::api::ListParams;
use kube::{Api, Client};

use crate::installed::{Applying, Controller, SELECTOR};

/// Of the one that works in a namespace. What cannot be found out is no reason to stop.
pub(super) async fn applying(client: &Client, namespace: &str) -> Applying {
    let deployments: Api<Deployment> = Api::all(client.clone());
    let found = deployments.list(&ListParams::default().labels(SELECTOR)).await;
    let found = found.map(|list| list.items).unwrap_or_default();
    choose(found.iter().map(Controller::of), namespace).unwrap_or_default()
}

fn choose(controllers: impl Iterator<Item = Controller>, namespace: &str) -> Option<Applying> {
    let mut fitting = controllers.filter(|controller| {
        let watches = controller.scope.namespace.as_deref();
        controller.name == "kustomize-controller"
            && controller.is_switched_on()
            && watches.is_none_or(|watched| watched == namespace)
    });
    fitting.next().map(|controller| controller.applying)
}
