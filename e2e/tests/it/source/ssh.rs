//! Git over SSH against a real sshd: keys, passphrases, known hosts, and Flux's words for what is wrong.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::git::SshServer;

use super::{Bench, condition, names, status_of, unpacked};

fn secret(name: &str, data: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": data })
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn repositories_behind_sshd() -> Result<()> {
    let bench = Bench::start("source-ssh").await?;
    let ssh = SshServer::start().await?;
    let repo = ssh.repository("app")?;
    let commit = repo.commit("main", "one", [("deploy/app.yaml", "kind: A"), ("README", "x")])?;
    let known = |kind: &str| ssh.known_hosts(kind);
    let hosts = known("ed25519")?;
    let wildcard = known("rsa")?.replacen("[127.0.0.1]", "# a comment\n[127.0.*]", 1);
    let main = || json!({ "branch": "main" });

    for (name, data) in [
        ("plain", json!({ "identity": ssh.key("client")?, "known_hosts": hosts })),
        ("rsa", json!({ "identity": ssh.key("rsa")?, "known_hosts": wildcard })),
        (
            "locked",
            json!({ "identity": ssh.key("locked")?, "password": "pass-canary", "known_hosts": known("ecdsa")? }),
        ),
    ] {
        bench.ns.apply_value(secret(name, data)).await?;
        bench.source(name, repo.url(), json!({ "ref": main(), "secretRef": { "name": name } })).await?;
        let object = bench.at_revision(name, &format!("main@sha1:{commit}")).await?;
        assert_eq!(names(&unpacked(&object).await?), ["README", "deploy/app.yaml"], "{name}");
    }
    // A new commit, and one that is asked for by its name.
    let next = repo.commit("main", "two", [("README", "y")])?;
    bench.request("plain", "1").await?;
    bench.at_revision("plain", &format!("main@sha1:{next}")).await?;
    let spec = json!({ "ref": { "commit": commit }, "secretRef": { "name": "rsa" } });
    bench.source("exact", repo.url(), spec).await?;
    bench.at_revision("exact", &format!("sha1:{commit}")).await?;

    let ns = bench.ns.name();
    let absent = ssh.url(std::path::Path::new("/nowhere/at-all.git"));
    let checkout = "failed to checkout and determine revision: ";
    let auth = format!("{checkout}unable to construct auth method with options: ");
    let key = ssh.key("client")?;
    // Another server's key of the same kind.
    let other = SshServer::start().await?;
    let other = other.known_hosts("ed25519")?.replace(&other.port().to_string(), &ssh.port().to_string());
    for (name, data, url, reason, message) in [
        (
            "no-key",
            json!({ "known_hosts": hosts }),
            repo.url(),
            "AuthenticationFailed",
            "failed to configure authentication options: invalid 'ssh' auth option: 'identity' is required".to_owned(),
        ),
        (
            "no-hosts",
            json!({ "identity": key }),
            repo.url(),
            "AuthenticationFailed",
            "failed to configure authentication options: invalid 'ssh' auth option: 'known_hosts' is required".to_owned(),
        ),
        (
            "no-pass",
            json!({ "identity": ssh.key("locked")?, "known_hosts": hosts }),
            repo.url(),
            "AuthenticationFailed",
            format!("SSH identity key is encrypted but no 'password' field was provided in the secret '{ns}/no-pass'"),
        ),
        (
            "broken-key",
            json!({ "identity": "nonsense", "known_hosts": hosts }),
            repo.url(),
            "GitOperationFailed",
            format!("{auth}ssh: no key found"),
        ),
        (
            "wrong-pass",
            json!({ "identity": ssh.key("locked")?, "password": "wrong-canary", "known_hosts": hosts }),
            repo.url(),
            "GitOperationFailed",
            format!("{auth}x509: decryption password incorrect"),
        ),
        (
            "broken-hosts",
            json!({ "identity": key, "known_hosts": "nonsense" }),
            repo.url(),
            "GitOperationFailed",
            format!("{auth}knownhosts: knownhosts: missing host pattern"),
        ),
        (
            "unknown-host",
            json!({ "identity": key, "known_hosts": hosts.replace("127.0.0.1", "example.com") }),
            repo.url(),
            "GitOperationFailed",
            "ssh: handshake failed: knownhosts: key is unknown".to_owned(),
        ),
        (
            "other-host",
            json!({ "identity": key, "known_hosts": other }),
            repo.url(),
            "GitOperationFailed",
            "ssh: handshake failed: knownhosts: key mismatch".to_owned(),
        ),
        (
            "stranger",
            json!({ "identity": ssh.key("stranger")?, "known_hosts": hosts }),
            repo.url(),
            "GitOperationFailed",
            "ssh: handshake failed: ssh: unable to authenticate".to_owned(),
        ),
        (
            "absent",
            json!({ "identity": key, "known_hosts": hosts }),
            absent.as_str(),
            "GitOperationFailed",
            format!("{checkout}unable to clone: repository not found: git repository: '{absent}'"),
        ),
    ] {
        bench.ns.apply_value(secret(name, data)).await?;
        bench.source(name, url, json!({ "ref": main(), "secretRef": { "name": name } })).await?;
        let object = bench.failed(name).await?;
        let failed = condition(&object, "FetchFailed").cloned().unwrap_or_default();
        assert_eq!((&failed["reason"], status_of(&object, "FetchFailed")), (&json!(reason), "True"), "{name}: {failed}");
        let text = failed["message"].as_str().unwrap_or_default();
        assert!(text.contains(&message), "{name}: {text:?}");
    }
    let log = bench.controller.process.log()?;
    assert!(!log.contains("canary") && !log.contains("PRIVATE KEY"));
    Ok(())
}
