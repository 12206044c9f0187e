//! One client per account, for as long as it is used.

use super::{IDLE, Impersonator, service_account_user};
use crate::{ConnectOptions, Connector};
use kube::Config;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Nothing is sent: the address is never dialled.
fn impersonator() -> Impersonator {
    crate::install_crypto();
    let mut config = Config::new("https://cluster.example:6443".parse().unwrap());
    config.default_namespace = "connected".to_owned();
    Impersonator::new(Arc::new(Connector::over(config, &ConnectOptions::default()).unwrap()))
}

fn clients(impersonator: &Impersonator) -> usize {
    impersonator.clients.lock().len()
}

#[test]
fn an_account_is_known_by_namespace_and_name() {
    assert_eq!(service_account_user("apps", "deployer"), "system:serviceaccount:apps:deployer");
}

#[tokio::test]
async fn every_account_has_one_client() {
    let impersonator = impersonator();
    let client = impersonator.client("apps", "a").unwrap();
    assert_eq!(client.default_namespace(), "connected");
    for (namespace, account) in [("apps", "a"), ("apps", "b"), ("other", "a"), ("apps", "a")] {
        drop(impersonator.client(namespace, account).unwrap());
    }
    assert_eq!(clients(&impersonator), 3, "the namespace counts, and the second time does not");
    assert_eq!(clients(&impersonator.clone()), 3, "clones share the clients");
}

#[tokio::test]
async fn an_account_that_is_idle_is_forgotten() {
    let (impersonator, zero) = (impersonator(), Instant::now());
    let at = |seconds: u64| zero + Duration::from_secs(seconds);
    let minutes = IDLE.as_secs();
    drop(impersonator.client_at("apps", "idle", zero).unwrap());
    drop(impersonator.client_at("apps", "busy", zero).unwrap());
    drop(impersonator.client_at("apps", "busy", at(minutes - 1)).unwrap());
    assert_eq!(clients(&impersonator), 2);
    drop(impersonator.client_at("apps", "busy", at(minutes)).unwrap());
    assert_eq!(clients(&impersonator), 1);
}

#[tokio::test]
async fn nothing_of_a_client_is_printed() {
    let impersonator = impersonator();
    drop(impersonator.client("apps", "a").unwrap());
    assert_eq!(format!("{impersonator:?}"), "Impersonator { clients: 1, .. }");
}
