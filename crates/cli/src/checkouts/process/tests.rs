//! Programs that succeed, fail, are not there, or do not end.

use super::*;

const ALLOWED: Duration = Duration::from_secs(27);

/// Runs a shell script in a folder of its own, with a deadline that is never reached.
fn shell(script: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    run("sh", &["-c", script], folder.path(), Instant::now() + Duration::from_secs(600), ALLOWED)
}

#[test]
fn success_says_nothing() {
    assert_eq!(shell("echo much >&2; echo more"), Ok(()));
}

#[test]
fn a_failure_with_its_own_words() {
    let error = shell("echo '  fatal: no  ' >&2; exit 128").expect_err("failed");
    assert_eq!(error, "failed to run 'sh -c echo '  fatal: no  ' >&2; exit 128': fatal: no");
}

#[test]
fn more_words_than_a_pipe_holds() {
    let error = shell("i=0; while [ $i -lt 3000 ]; do echo '0123456789012345678901234567890123456789' >&2; i=$((i+1)); done; exit 1")
        .expect_err("failed");
    assert!(error.len() > 3000 * 41, "all of it was read: {} bytes", error.len());
}

#[test]
fn it_runs_in_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let deadline = Instant::now() + Duration::from_secs(600);
    run("sh", &["-c", ": > here"], folder.path(), deadline, ALLOWED).expect("ran");
    assert!(folder.path().join("here").exists());
}

#[test]
fn there_is_no_input_to_wait_for() {
    assert_eq!(shell("! read line"), Ok(()), "credentials cannot be asked for");
}

#[test]
fn a_program_that_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let error =
        run("flyball-no-such-program", &["a"], folder.path(), Instant::now(), ALLOWED).expect_err("none");
    assert_eq!(error, "failed to run 'flyball-no-such-program a': no such file or directory");
}

#[test]
fn a_program_that_does_not_end_is_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    // The shell becomes the sleeping program, so that killing it leaves nothing behind.
    let error =
        run("sh", &["-c", "exec sleep 30"], folder.path(), Instant::now(), ALLOWED).expect_err("late");
    assert_eq!(error, "failed to run 'sh -c exec sleep 30': no answer within 27 seconds");
}
