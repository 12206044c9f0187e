//! Identities, and how the holder's last renewal ends.

use std::time::Duration;

use cluster::Fence;
use kube::{Api, Client};
use tokio_util::sync::CancellationToken;

use super::{Elector, identity};
use crate::args::Election;

#[test]
fn an_identity_is_this_process_and_nobody_else() {
    let (one, other) = (identity(), identity());
    assert_ne!(one, other, "two processes of one host differ");
    let (host, random) = one.rsplit_once('_').expect("two parts");
    assert_eq!(host, crate::env::hostname());
    assert_eq!(random.len(), 36, "a UUID: {random}");
}

/// Who is uninstalled loses its rights before it is asked to stop.
#[tokio::test]
async fn a_renewal_that_cannot_succeed_ends_with_a_stop() {
    let address = "http://127.0.0.1:1".parse().expect("an address");
    let client = Client::try_from(kube::Config::new(address)).expect("a client");
    let hour = Duration::from_secs(3600);
    let election = Election {
        enabled: true,
        lease: "l".to_owned(),
        lease_duration: hour,
        renew_deadline: hour,
        retry_period: hour,
        release_on_cancel: true,
    };
    let (fence, stop) = (Fence::default(), CancellationToken::new());
    let api = Api::namespaced(client, "n");
    let mut elector = Elector {
        api,
        election: &election,
        me: "me",
        fence: &fence,
        leads: true,
        observed: None,
        lease: None,
    };
    stop.cancel();
    let renewed = tokio::time::timeout(Duration::from_secs(60), elector.renew(&stop)).await;
    assert_eq!(renewed, Ok(true));
}
