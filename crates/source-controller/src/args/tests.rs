//! What the flags say.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use artifact::Algorithm;
use artifact::store::gc::Retention;
use reconcile_core::args::CommonFlags;
use reconcile_core::flags::FlagSet;

use crate::applied::Bound;

use super::{DEFINITION, Options, advertised, declare, settings};
use crate::git::ssh::Algorithms;

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
    let robot = "--default-service-account=robot";
    let error = options(&[robot], &[]).unwrap_err();
    assert_eq!(error, "--default-service-account needs --feature-gates=ObjectLevelWorkloadIdentity=true");
    let given =
        options(&[robot, "--feature-gates=ObjectLevelWorkloadIdentity=true"], &[]).unwrap().identities;
    assert_eq!((given.gate, given.default_account.as_str()), (true, "robot"));
    let ignored = ["--helm-cache-ttl=1h", "--helm-index-max-size=1"];
    assert!(options(&ignored, &[]).is_ok());
    for (wrong, reason) in [
        ("--helm-cache-ttl=abc", "invalid duration"),
        ("--helm-cache-purge-interval=1", "missing unit"),
        ("--helm-cache-max-size=many", "invalid"),
    ] {
        let error = options(&[wrong], &[]).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
    let options = options(&["--artifact-retention-records=5", "--artifact-retention-ttl=2h"], &[]).unwrap();
    assert_eq!(options.retention, Retention { ttl: Duration::from_secs(7200), records: 5 });
}

#[test]
fn webhooks_are_answered_only_where_an_address_says_so() {
    let none = options(&[], &[]).unwrap().receivers;
    assert_eq!((none.addr.as_str(), none.no_cross_namespace_refs), ("", false));
    let given = options(&["--receivers-addr=:9292", "--no-cross-namespace-refs"], &[]).unwrap().receivers;
    assert_eq!((given.addr.as_str(), given.no_cross_namespace_refs), (":9292", true));
}

#[test]
fn what_ssh_may_use() {
    assert_eq!(options(&[], &[]).unwrap().ssh, Algorithms::default());
    let some =
        options(&["--ssh-kex-algos=curve25519-sha256", "--ssh-hostkey-algos=ssh-ed25519"], &[]).unwrap().ssh;
    let names = |name: &str| vec![name.to_owned()];
    assert_eq!(Ok(some), Algorithms::of(&names("curve25519-sha256"), &names("ssh-ed25519")));
    for (argument, name) in
        [("--ssh-kex-algos=curve25519-sha256,x25519", "x25519"), ("--ssh-hostkey-algos=ssh-rsa", "ssh-rsa")]
    {
        let error = options(&[argument], &[]).unwrap_err();
        assert!(error.contains(&format!("'{name}' is not one of ")), "{error}");
    }
}

#[test]
fn the_reference_of_flags_is_current() {
    assert_eq!(reconcile_core::reference::check(DEFINITION, declare), Ok(()));
}

#[test]
fn replicas_are_found_at_hosts_with_ports() {
    assert_eq!(options(&[], &[]).unwrap().peers, [""; 0]);
    let given = options(&["--storage-peers=a.ns.svc.cluster.local.:9090,127.0.0.1:1,[::1]:2"], &[]).unwrap();
    assert_eq!(given.peers, ["a.ns.svc.cluster.local.:9090", "127.0.0.1:1", "[::1]:2"]);
    for wrong in ["a", "a:", ":9090", "http://a:1", "a:99999", "u@a:1"] {
        assert!(options(&[&format!("--storage-peers={wrong}")], &[]).is_err(), "{wrong}");
    }
}

#[test]
fn nothing_is_kept_for_kustomizations_unless_a_number_says_so() {
    let bound = |flags: &[&str]| options(flags, &[]).unwrap().applied;
    assert_eq!(bound(&[]), Bound { records: 0, bytes: 256 << 20 });
    let flags = ["--artifact-retention-applied-records=5", "--artifact-retention-applied-size=1Gi"];
    assert_eq!(bound(&flags), Bound { records: 5, bytes: 1 << 30 });
    let no_size = "--artifact-retention-applied-size=";
    assert_eq!(bound(&[no_size]), Bound { records: 0, bytes: 0 });
    let error = options(&["--artifact-retention-applied-records=5", no_size], &[]).unwrap_err();
    let text = "--artifact-retention-applied-records needs --artifact-retention-applied-size";
    assert!(error.contains(text), "{error}");
}

#[test]
fn a_bucket_is_named_or_there_is_none() {
    for none in [&[][..], &["--storage-bucket-name=", "--storage-bucket-endpoint=s3.amazonaws.com"]] {
        assert_eq!(options(none, &[]).unwrap().bucket, None);
    }
    let error =
        options(&["--storage-bucket-region=eu-west-1", "--storage-bucket-insecure"], &[]).unwrap_err();
    let text = "--storage-bucket-region, --storage-bucket-insecure without --storage-bucket-name";
    assert!(error.contains(text), "{error}");
    let flags = ["--storage-bucket-name=artifacts", "--storage-bucket-credentials=/keys"];
    let bucket = options(&flags, &[]).unwrap().bucket.unwrap();
    assert_eq!((bucket.endpoint.as_str(), bucket.is_insecure), ("s3.amazonaws.com", false));
    assert_eq!(bucket.credentials, Some(PathBuf::from("/keys")));
    let three =
        "--storage-bucket-name, --storage-bucket-endpoint and --storage-bucket-region name no bucket: ";
    for (wrong, texts) in [
        ("--storage-bucket-name=a", [three, "Bucket name cannot be shorter than 3 characters"]),
        ("--storage-bucket-endpoint=https://a/b", [three, "Endpoint url cannot have"]),
        ("--storage-bucket-region=a b", [three, "the region is not in its form"]),
        ("--storage-bucket-prefix=a/../b", ["\"--storage-bucket-prefix\"", "between slashes"]),
        ("--storage-bucket-prefix=.", ["\"--storage-bucket-prefix\"", "between slashes"]),
    ] {
        let error = options(&["--storage-bucket-name=artifacts", wrong], &[]).unwrap_err();
        assert!(texts.iter().all(|text| error.contains(text)), "{wrong}: {error}");
    }
    let hidden = options(&["--storage-bucket-name=artifacts", "--storage-bucket-prefix=.a/b..c/"], &[]);
    assert_eq!(hidden.unwrap().bucket.unwrap().prefix, ".a/b..c/");
}
