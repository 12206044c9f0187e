//! What surrounds a controller's body, with a server that nobody listens at: nothing here sends a request.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Begin, Process, start, supervise, worker_threads};
use crate::Error;
use crate::args::{CommonFlags, Definition};
use crate::flags::FlagSet;

const DEFINITION: Definition = Definition {
    name: "test-controller",
    version: "1.2.3",
    concurrent: 1,
    gates: &[("Inert", false)],
    inert_gates: &["Inert"],
};

const KUBECONFIG: &str = r#"{
    "apiVersion": "v1", "kind": "Config", "current-context": "c",
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {"token": "t"}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "from-kubeconfig"}}]
}"#;

/// A process with these flags, before its body begins. Its files live in `folder`.
pub(super) async fn process(folder: &Path, flags: &[&str]) -> Result<Process, Error> {
    process_of(folder, "127.0.0.1:1", flags).await
}

/// As [`process`], of the cluster at this address.
pub(super) async fn process_of(folder: &Path, server: &str, flags: &[&str]) -> Result<Process, Error> {
    let kubeconfig = folder.join("kubeconfig");
    std::fs::write(&kubeconfig, KUBECONFIG.replace("127.0.0.1:1", server)).expect("written");
    let mut set = FlagSet::with_env(DEFINITION.name, |_| None);
    let common = CommonFlags::declare(&mut set, DEFINITION);
    let fixed = [
        "test".to_owned(),
        format!("--kubeconfig={}", kubeconfig.display()),
        "--health-addr=0".to_owned(),
        "--metrics-addr=0".to_owned(),
    ];
    let line = fixed.into_iter().chain(flags.iter().map(|flag| (*flag).to_owned())).map(OsString::from);
    let args = common.parse(&mut set, line).expect("valid");
    start(DEFINITION, args, &CancellationToken::new()).await
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn few_threads_are_enough_and_one_is_not() {
    let threads = [None, Some(1), Some(2), Some(3), Some(4), Some(96)].map(worker_threads);
    assert_eq!(threads, [2, 2, 2, 3, 4, 4]);
}

#[tokio::test]
async fn without_an_election_the_body_begins_at_once_with_its_settings() {
    let folder = folder();
    let process = process(folder.path(), &["--feature-gates=Inert=true"]).await.expect("started");
    assert_eq!(process.connector.default_namespace(), "from-kubeconfig");
    assert_eq!(process.args.without_effect, ["Inert"]);
    assert!(!process.stop.is_cancelled());
    let ended = supervise(Begin::Leading, process, 7, |process, settings| async move {
        process.set_ready(true);
        Err(Error::Startup(format!("{} {settings}", process.definition.name)))
    });
    let error = ended.await.expect_err("what the body said");
    assert_eq!(error.to_string(), "test-controller 7");
}

#[tokio::test]
async fn a_process_is_ready_when_its_controller_says_so() {
    use std::sync::atomic::Ordering;
    let folder = folder();
    let process = process(folder.path(), &[]).await.expect("started");
    assert!(!process.ready.load(Ordering::Acquire));
    process.clone().set_ready(true);
    assert!(process.ready.load(Ordering::Acquire), "clones share it");
    process.set_ready(false);
    assert!(!process.ready.load(Ordering::Acquire));
}

#[tokio::test]
async fn what_is_wrong_with_the_surroundings_ends_the_start() {
    let folder = folder();
    let error = process(folder.path(), &["--events-addr=nowhere"]).await.expect_err("not a URL");
    assert!(matches!(error, Error::EventsAddress { .. }), "{error}");
    let error = process(folder.path(), &["--health-addr=nowhere"]).await.expect_err("not an address");
    assert!(matches!(error, Error::Listen { .. }), "{error}");
    let error = process(folder.path(), &["--context=absent"]).await.expect_err("not in the file");
    assert!(matches!(error, Error::Cluster(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_events_that_nobody_takes() {
    let folder = folder();
    let process = process(folder.path(), &[]).await.expect("started");
    let ended = tokio::time::timeout(
        Duration::from_secs(60),
        supervise(Begin::AtOnce, process, (), |_, ()| async { Ok(()) }),
    );
    assert!(matches!(ended.await, Ok(Ok(()))));
}

#[test]
fn a_command_line_that_is_wrong_starts_nothing() {
    let line = ["test", "--nope"].map(OsString::from);
    let ended = super::run(DEFINITION, line, |_| (), |(), _, _| Ok(()), |_, ()| async { Ok(()) });
    assert_eq!(ended.expect_err("refused").to_string(), "unknown flag: --nope");
}

#[test]
fn a_controllers_own_flags_are_read_after_the_shared_ones() {
    let line = ["test", "--own=x", "--concurrent=3"].map(OsString::from);
    let ended = super::run(
        DEFINITION,
        line,
        |flags| flags.declare::<String>("own", "", "A flag."),
        |own, flags, args| {
            let seen = format!("{} {}", flags.get(*own), args.concurrent);
            Err::<(), _>(crate::flags::FlagError::Conflict(seen))
        },
        |_, ()| async { Ok(()) },
    );
    assert_eq!(ended.expect_err("refused").to_string(), "x 3");
}

#[test]
fn what_ended_well_is_a_success_for_the_shell() {
    let text = |ended| format!("{:?}", super::exit_code(ended));
    assert_eq!(text(Ok(())), format!("{:?}", std::process::ExitCode::SUCCESS));
    assert_eq!(text(Err(Error::LeaseLost)), format!("{:?}", std::process::ExitCode::FAILURE));
}
