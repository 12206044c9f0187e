//! API servers that are not there, do not answer, or want credentials of a program. What is asked of real ones is
//! proved in `e2e`.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::transcript::Folder;

/// A kubeconfig for one server.
fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: k, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: u, user: {user}}}]\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n"
    )
}

/// Exit code, standard error and time of a line with a kubeconfig in the folder.
fn run(folder: &Folder, line: &str) -> (i32, String, Duration) {
    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_flyball"))
        .args(line.split(' '))
        .current_dir(folder.path())
        .env("KUBECONFIG", folder.path().join("config"))
        .env_remove("HTTPS_PROXY")
        .env_remove("https_proxy")
        .stdin(Stdio::null())
        .output()
        .expect("flyball runs");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let said = said.replace(&folder.path().display().to_string(), "[DIR]");
    (output.status.code().expect("an exit code"), said, begun.elapsed())
}

#[test]
fn a_server_that_is_not_there() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let folder = Folder::with(&[("config", &kubeconfig(&format!("https://127.0.0.1:{port}"), "{}"))]);
    let (code, said, _) = run(&folder, "check");
    assert_eq!(code, 2, "{said}");
    assert!(
        said.starts_with(&format!("Error: the API server at 127.0.0.1:{port} cannot be reached: ")),
        "{said}"
    );
    let hint = "hint: it is the one of context 'c' of [DIR]/config; choose another with --context\n";
    assert!(said.ends_with(hint), "{said}");
}

#[test]
fn a_server_that_does_not_answer_is_known_in_seconds() {
    for scheme in ["http", "https"] {
        // It is bound, so connections are opened, and nobody reads from them.
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = format!("{scheme}://{}", silent.local_addr().expect("an address"));
        let folder = Folder::with(&[("config", &kubeconfig(&server, "{}"))]);
        let (code, said, elapsed) = run(&folder, "check --request-timeout 1s");
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("does not answer"), "{scheme}: {said}");
        assert!(elapsed < Duration::from_secs(6), "{scheme}: {elapsed:?}");
        let (code, _, elapsed) = run(&folder, "version");
        assert_eq!(code, 1);
        assert!(elapsed < Duration::from_secs(20), "{scheme}: {elapsed:?}");
    }
}

#[test]
fn a_program_that_gives_no_credentials() {
    let user =
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never}}";
    let login = "#!/bin/sh\necho 'not logged in' >&2\nexit 3\n";
    let folder = Folder::with(&[("config", &kubeconfig("https://127.0.0.1:1", user)), ("login", login)]);
    let made = Command::new("chmod").args(["+x", "login"]).current_dir(folder.path()).status();
    assert!(made.expect("chmod runs").success());
    let (code, said, _) = run(&folder, "check");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("context 'c' of [DIR]/config") && said.contains("login"), "{said}");
    assert!(said.contains("hint: log in again"), "{said}");
}

#[test]
fn a_client_needs_no_server() {
    let folder = Folder::with(&[]);
    let (code, said, _) = run(&folder, "version --client");
    assert_eq!((code, said.as_str()), (0, ""));
}
