//! The flags as a user writes them.

use std::ffi::OsString;

use reconcile_core::args::CommonFlags;
use reconcile_core::flags::FlagSet;

use super::{DEFINITION, declare, options};

fn observes_secrets(line: &[&str]) -> bool {
    let mut flags = FlagSet::with_env("health-controller", |_| None);
    let common = CommonFlags::declare(&mut flags, DEFINITION);
    let own = declare(&mut flags);
    let line = std::iter::once("health-controller").chain(line.iter().copied()).map(OsString::from);
    let args = common.parse(&mut flags, line).unwrap();
    options(&own, &flags, &args).unwrap().observe_secrets
}

#[test]
fn secrets_are_not_watched_unless_it_is_said() {
    assert!(!observes_secrets(&[]));
    assert!(observes_secrets(&["--observe-secrets"]));
    assert!(!observes_secrets(&["--observe-secrets=false"]));
}
