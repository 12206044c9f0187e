//! The flags as a user writes them.

use std::ffi::OsString;

use convergence::dependencies::Reach;
use reconcile_core::args::CommonFlags;
use reconcile_core::flags::FlagSet;

use super::{DEFINITION, Options, declare, options};

fn read(line: &[&str]) -> Options {
    let mut flags = FlagSet::with_env("health-controller", |_| None);
    let common = CommonFlags::declare(&mut flags, DEFINITION);
    let own = declare(&mut flags);
    let line = std::iter::once("health-controller").chain(line.iter().copied()).map(OsString::from);
    let args = common.parse(&mut flags, line).unwrap();
    options(&own, &flags, &args).unwrap()
}

/// What is wrong with a line.
fn refused(line: &[&str]) -> String {
    let mut flags = FlagSet::with_env("health-controller", |_| None);
    let common = CommonFlags::declare(&mut flags, DEFINITION);
    let own = declare(&mut flags);
    let line = std::iter::once("health-controller").chain(line.iter().copied()).map(OsString::from);
    let args = common.parse(&mut flags, line).unwrap();
    options(&own, &flags, &args).unwrap_err().to_string()
}

#[test]
fn explanations_are_served_where_it_is_said_and_with_tls_only_whole() {
    assert_eq!(read(&[]).api, crate::server::Settings::default());
    assert_eq!(read(&["--api-addr=:9293"]).api.addr, ":9293");
    let secured = read(&["--api-addr=:9293", "--api-tls-cert-file=/a", "--api-tls-key-file=/b"]).api;
    assert!(secured.tls.is_some_and(|files| files.certificate.ends_with("a") && files.key.ends_with("b")));
    for half in ["--api-tls-cert-file=/a", "--api-tls-key-file=/b"] {
        assert_eq!(refused(&[half]), "--api-tls-cert-file and --api-tls-key-file need each other");
    }
}

#[test]
fn alerts_are_on_unless_it_is_said() {
    let alerts = read(&[]).alerts;
    assert!(alerts.enabled && alerts.config.is_empty());
    assert_eq!(alerts.delay, std::time::Duration::from_secs(30));
    let alerts = read(&["--alerts=false", "--alert-delay=2m", "--alert-config=receivers"]).alerts;
    assert!(!alerts.enabled && alerts.config == "receivers");
    assert_eq!(alerts.delay, std::time::Duration::from_secs(120));
}

fn observes_secrets(line: &[&str]) -> bool {
    read(line).observe_secrets
}

#[test]
fn other_namespaces_are_shown_only_where_it_is_said_and_nothing_forbids_it() {
    let (all, own) = (Reach::AllNamespaces, Reach::OwnNamespace);
    for (line, reach) in [
        (&[][..], own),
        (&["--no-cross-namespace-refs"], own),
        (&["--no-cross-namespace-refs=true"], own),
        (&["--no-cross-namespace-refs=false"], own),
        (&["--observe-other-namespaces"], all),
        (&["--observe-other-namespaces", "--no-cross-namespace-refs=false"], all),
        (&["--observe-other-namespaces", "--no-cross-namespace-refs"], own),
    ] {
        assert_eq!(read(line).reach, reach, "{line:?}");
    }
}

#[test]
fn secrets_are_not_watched_unless_it_is_said() {
    assert!(!observes_secrets(&[]));
    assert!(observes_secrets(&["--observe-secrets"]));
    assert!(!observes_secrets(&["--observe-secrets=false"]));
}

#[test]
fn the_reference_of_flags_is_current() {
    assert_eq!(reconcile_core::reference::check(DEFINITION, declare), Ok(()));
}
