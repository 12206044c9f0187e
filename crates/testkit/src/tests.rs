//! Tests of the kit that need no cluster.

use crate::fixture;
use crate::git::{Content, GitServer};

#[test]
fn sections_become_files() {
    let files = fixture::files("ignored\n-- a/b.yaml --\none\n\ntwo\n-- c --\n");
    assert_eq!(files.len(), 2);
    assert_eq!(files["a/b.yaml"], "one\n\ntwo\n");
    assert_eq!(files["c"], "");
}

#[tokio::test]
async fn commits_have_fixed_names_and_can_be_cloned() {
    let server = GitServer::start().await.unwrap();
    let repository = server.repository("app").unwrap();
    let first = repository.commit("main", "first", [("a.yaml", "a\n"), ("sub/b.yaml", "b\n")]).unwrap();
    assert_eq!(first, "620dd32f02ca3f32cdbe4c81ae9576777a21b011");
    let second = repository
        .commit(
            "main",
            "second",
            [("a.yaml", Content::Removed), ("run \"it\"", Content::Executable(b"#!/bin/sh\n".to_vec()))],
        )
        .unwrap();
    assert_ne!(first, second);
    repository.tag("v1.0.0", &first).unwrap();
    repository.annotated_tag("v2.0.0", &second, "two").unwrap();

    let target = tempfile::tempdir().unwrap();
    let clone = tokio::process::Command::new("git")
        .args(["clone", "--quiet", repository.url(), "."])
        .current_dir(target.path())
        .output()
        .await
        .unwrap();
    assert!(clone.status.success(), "{}", String::from_utf8_lossy(&clone.stderr));
    assert!(!target.path().join("a.yaml").exists());
    assert_eq!(std::fs::read_to_string(target.path().join("sub/b.yaml")).unwrap(), "b\n");
    assert!(target.path().join("run \"it\"").exists());
    assert!(
        server
            .accesses()
            .iter()
            .any(|access| access.request.contains("git-upload-pack") && access.status == 200)
    );
}

#[tokio::test]
async fn behaviours_reach_the_client() {
    use crate::git::Behaviour;
    let server = GitServer::start().await.unwrap();
    let repository = server.repository("app").unwrap();
    repository.commit("main", "first", [("a", "a")]).unwrap();
    let url = format!("{}/info/refs?service=git-upload-pack", repository.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();

    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    server.behave("app", Behaviour::failing(503));
    assert_eq!(client.get(&url).send().await.unwrap().status(), 503);
    server.behave("app", Behaviour::basic("me", "secret"));
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    assert_eq!(client.get(&url).basic_auth("me", Some("secret")).send().await.unwrap().status(), 200);
    server.behave("app", Behaviour::default());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn tls_is_trusted_through_its_authority_only() {
    let server = GitServer::start_tls().await.unwrap();
    let repository = server.repository("app").unwrap();
    repository.commit("main", "first", [("a", "a")]).unwrap();
    let url = format!("{}/info/refs?service=git-upload-pack", repository.url());
    let authority = reqwest::Certificate::from_pem(server.authority().unwrap().as_bytes()).unwrap();

    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(&url).send().await.is_err());
    let friend = reqwest::Client::builder().no_proxy().tls_certs_merge([authority]).build().unwrap();
    assert_eq!(friend.get(&url).send().await.unwrap().status(), 200);
}
