//! Names of targets.

use super::{Target, TargetId};
use crate::{ConnectOptions, Connector, Impersonator, Mapper};
use std::collections::BTreeSet;
use std::sync::Arc;

fn remote(mark: u8, user: Option<&str>) -> TargetId {
    TargetId::remote([mark; 32], user.map(ToOwned::to_owned))
}

#[test]
fn the_own_cluster_is_the_default() {
    assert_eq!(TargetId::default(), TargetId::Local);
    assert!(TargetId::Local.is_local());
    assert!(!remote(0, None).is_local());
}

#[test]
fn remote_targets_differ_by_kubeconfig_and_by_user() {
    let users = [None, Some("system:serviceaccount:apps:a"), Some("system:serviceaccount:apps:b")];
    let ids: BTreeSet<TargetId> = users
        .into_iter()
        .flat_map(|user| [remote(1, user), remote(2, user)])
        .chain([TargetId::Local])
        .collect();
    assert_eq!(ids.len(), 7);
    assert_eq!(remote(1, users[1]), remote(1, users[1]), "equal parts make equal names");
    // Texts are what digests are made of: they differ as the names do.
    let texts: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 7);
}

#[test]
fn a_name_is_readable() {
    assert_eq!(TargetId::Local.to_string(), "local");
    let digits = "ab".repeat(32);
    assert_eq!(remote(0xab, None).to_string(), format!("remote/{digits}"));
    let user = crate::service_account_user("apps", "deployer");
    assert_eq!(
        remote(0xab, Some(&user)).to_string(),
        format!("remote/{digits}/system:serviceaccount:apps:deployer")
    );
}

/// Thousands of keys hold one.
#[test]
fn a_name_is_small() {
    assert_eq!(size_of::<TargetId>(), size_of::<usize>());
}

/// Whose client it is shows in the namespace that its configuration names.
#[tokio::test]
async fn without_an_account_objects_are_the_process_s_own() {
    crate::install_crypto();
    let connector = |namespace: &str| {
        let mut config = kube::Config::new("https://cluster.example:6443".parse().unwrap());
        config.default_namespace = namespace.to_owned();
        Connector::over(config, &ConnectOptions::default()).unwrap()
    };
    let client = connector("own").client().unwrap();
    let impersonator = Impersonator::new(Arc::new(connector("account")));
    let target = Target::own(client.clone(), Mapper::new(client), impersonator);
    assert_eq!(target.client_as("apps", None).unwrap().default_namespace(), "own");
    assert_eq!(target.client_as("apps", Some("deployer")).unwrap().default_namespace(), "account");
    assert_eq!(target.client().default_namespace(), "own");
    assert_eq!(target.id(), &TargetId::Local);
    assert_eq!(format!("{target:?}"), "Target { id: Local, mapper: Mapper { kinds: 0, .. }, .. }");
}
