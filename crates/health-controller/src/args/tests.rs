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
