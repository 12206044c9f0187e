//! What the flags say.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use artifact::Algorithm;
use artifact::store::gc::Retention;
use reconcile_core::args::CommonFlags;
use reconcile_core::flags::FlagSet;

use super::{DEFINITION, Options, advertised, declare, settings};

#[test]
fn the_address_is_given_or_made() {
    let host = || "pod-1".to_owned();
    for (given, bound, expected) in [
        ("", ":9090", "http://localhost:9090"),
        ("", "0.0.0.0:9090", "http://pod-1:9090"),
        ("", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("source.flux.svc.cluster.local.", ":9090", "http://source.flux.svc.cluster.local."),
        ("source.flux.svc.", "0.0.0.0:9090", "http://source.flux.svc."),
        ("https://x.example/a/", ":9090", "https://x.example/a"),
        ("http://x.example", ":9090", "http://x.example"),
    ] {
        assert_eq!(advertised(given, bound, host), expected, "{given:?} {bound:?}");
    }
}

fn options(arguments: &[&str], env: &'static [(&'static str, &'static str)]) -> Result<Options, String> {
    let lookup =
        move |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let mut flags = FlagSet::with_env("source-controller", lookup);
    let common = CommonFlags::declare(&mut flags, DEFINITION);
    let own = declare(&mut flags);
    let arguments = ["source-controller"].iter().chain(arguments).map(OsString::from);
    let args = common.parse(&mut flags, arguments).map_err(|error| error.to_string())?;
    settings(&own, &flags, &args).map_err(|error| error.to_string())
}

#[test]
fn defaults_are_those_of_flux() {
    let options = options(&[], &[]).unwrap();
    assert_eq!(options.storage_path, PathBuf::from("/data"));
    assert_eq!(
        (options.storage_addr.as_str(), options.advertised.as_str()),
        (":9090", "http://localhost:9090")
    );
    assert_eq!(options.retention, Retention { ttl: Duration::from_secs(60), records: 2 });
    assert_eq!(options.algorithm, Algorithm::Sha256);
}

#[test]
fn flags_win_over_the_environment() {
    let env = &[("STORAGE_PATH", "/env"), ("STORAGE_ADV_ADDR", "env.example"), ("STORAGE_ADDRESS", ":1")];
    let from_env = options(&[], env).unwrap();
    assert_eq!(from_env.storage_path, PathBuf::from("/env"));
    assert_eq!((from_env.storage_addr.as_str(), from_env.advertised.as_str()), (":1", "http://env.example"));
    let given = options(&["--storage-path=/flag", "--storage-adv-addr=flag.example"], env).unwrap();
    assert_eq!(given.storage_path, PathBuf::from("/flag"));
    assert_eq!(given.advertised, "http://flag.example");
    let own = options(&["--storage-addr=0.0.0.0:80"], &[("HOSTNAME", "pod-7")]).unwrap();
    assert_eq!(own.advertised, "http://pod-7:80");
}

#[test]
fn what_is_refused_and_what_is_ignored() {
    let error = options(&["--artifact-digest-algo=md5"], &[]).unwrap_err();
    assert!(error.contains("must be one of sha1, sha256, sha384, sha512, blake3"), "{error}");
    let error = options(&["--default-service-account=robot"], &[]).unwrap_err();
    assert!(error.contains("default-service-account"), "rights that are not narrowed are refused: {error}");
    let ignored = ["--helm-cache-ttl=1h", "--helm-index-max-size=1"];
    assert!(options(&ignored, &[]).is_ok());
    let options = options(&["--artifact-retention-records=5", "--artifact-retention-ttl=2h"], &[]).unwrap();
    assert_eq!(options.retention, Retention { ttl: Duration::from_secs(7200), records: 5 });
}

#[test]
fn what_ssh_may_use() {
    let all = options(&[], &[]).unwrap().ssh;
    assert!(all.kex.is_empty() && all.host_key.is_empty());
    let some = options(&["--ssh-kex-algos=a,b", "--ssh-hostkey-algos=ssh-ed25519"], &[]).unwrap().ssh;
    assert_eq!(
        (some.kex, some.host_key),
        (vec!["a".to_owned(), "b".to_owned()], vec!["ssh-ed25519".to_owned()])
    );
}

#[test]
fn the_reference_of_flags_is_current() {
    assert_eq!(reconcile_core::reference::check(DEFINITION, declare), Ok(()));
}
