//! Asks key services for the data keys that a render wants (contracts/kustomize-controller.md 9).
//!
//! Who asks holds no permit, and has a place among its namespace's fetches: a service that is slow holds up its own
//! namespace alone. Whose credentials are used where the Secret has none is `identities`'.

mod identities;

use crate::context::Context;
use futures::{StreamExt as _, stream};
use identities::Identities;
use reconcile_core::ObjectKey;
use render::KeyRing;
use sops::remote::Remote;
use sops::{KeyService as _, SealedKey};
use std::sync::Arc;

/// Questions of one Kustomization at a time.
const AT_A_TIME: usize = 4;

/// Asks for all that is wanted, and puts the answers on the ring. `account` is the ServiceAccount that asks, if one is named.
pub(crate) async fn ask(
    ctx: &Context,
    key: &ObjectKey,
    account: Option<&str>,
    ring: &mut KeyRing,
    wanted: Vec<SealedKey>,
) {
    let _place = ctx.fetches.take(&Arc::from(key.namespace.as_str())).await;
    let services = &ctx.key_services;
    let identities = Identities::new(ctx, &key.namespace, account);
    let keys = ring.clone();
    let remote = Remote::new(keys.keys(), &identities, &*services.outside, &services.settings);
    let wanted = wanted.into_iter().filter(|sealed| !keys.is_answered(sealed));
    let answers: Vec<_> = stream::iter(wanted)
        .map(|sealed| {
            let remote = &remote;
            async move {
                let answer = remote.decrypt(&sealed.key, &sealed.encrypted).await;
                (sealed, answer)
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    for (sealed, answer) in answers {
        ring.answer(&sealed, answer);
    }
}
