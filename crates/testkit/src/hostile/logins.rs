//! Registries that ask for a login, and would have it somewhere else: realms and redirects to other servers, tokens that
//! are none, and answers that repeat what they were told.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use super::host::Reply;
use super::input::Ending::Refused;
use super::input::{Family, Input, Matter, Source};
use super::registry::{REASONS, Shelf, layer};
use super::site::{Answers, Asked};
use crate::canary::Canaries;

/// What a server answers to who has not logged in, or has.
type Answer = fn(&Asked) -> Reply;

/// All of them.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = realms();
    inputs.extend(tokens());
    inputs.extend(echoes());
    inputs
}

/// An OCIRepository with a login for this server.
fn locked(name: impl AsRef<str>, answer: Answer) -> Input {
    Input::new(Family::Registry, format!("login-{}", name.as_ref()), Refused, move |canaries| {
        Matter::Source(Source {
            kind: "OCIRepository",
            spec: json!({ "secretRef": { "name": "login" } }),
            others: vec![secret(canaries)],
            answers: Answers::new(answer),
        })
    })
    .because(REASONS)
}

/// A pull secret for `{HOST}`.
fn secret(canaries: &Canaries) -> Value {
    let password = canaries.issue("a registry's password");
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("robot:{password}"));
    let config = format!(
        r#"{{"auths":{{"{{HOST}}":{{"username":"robot","password":"{password}","auth":"{auth}"}}}}}}"#
    );
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "login" },
        "type": "kubernetes.io/dockerconfigjson", "stringData": { ".dockerconfigjson": config },
    })
}

/// Asks for a token of this realm.
fn challenge(asked: &Asked, realm: &str) -> Reply {
    let fields = format!("www-authenticate: Bearer realm=\"{}\",service=\"s\"\r\n", asked.fill(realm));
    Reply::status("401 Unauthorized", &fields, b"{}".to_vec())
}

fn realms() -> Vec<Input> {
    let mut inputs = vec![
        locked("realm-elsewhere", |asked| challenge(asked, "{ELSEWHERE}/token")),
        locked("realm-at-localhost", |asked| challenge(asked, "{LOCALHOST}/token")),
        locked("realm-at-metadata", |asked| challenge(asked, "http://169.254.169.254/token")),
        locked("realm-mapped", |asked| challenge(asked, "http://[::ffff:127.0.0.1]:1/token")),
        locked("realm-of-a-file", |asked| challenge(asked, "file:///etc/passwd")),
        locked("realm-of-no-address", |asked| challenge(asked, "\u{9b}31m :: {{}}")),
        locked("realm-with-user", |asked| challenge(asked, "http://root:hunter2hunter2@{HOST}/token")),
        locked("realm-of-itself", |asked| challenge(asked, "{URL}/token")),
        locked("realm-of-64K", |asked| challenge(asked, &format!("{{URL}}/{}", "a".repeat(60_000)))),
        locked("realm-missing", |_| {
            Reply::status("401 Unauthorized", "www-authenticate: Bearer service=\"s\"\r\n", Vec::new())
        }),
        locked("challenges-2000", |_| {
            let all = "www-authenticate: Bearer realm=\"x\", Basic realm=\"y\", Negotiate\r\n".repeat(90);
            Reply::status("401 Unauthorized", &all, Vec::new())
        }),
        locked("challenge-unclosed", |_| {
            let open = format!("www-authenticate: Bearer realm=\"{}\r\n", "\\\"".repeat(20_000));
            Reply::status("401 Unauthorized", &open, Vec::new())
        }),
        locked("basic-again-and-again", |_| {
            Reply::status("401 Unauthorized", "www-authenticate: Basic realm=\"r\"\r\n", Vec::new())
        }),
    ];
    // The login is for the registry alone, wherever it sends people.
    for (what, target) in [("elsewhere", "{ELSEWHERE}/v2/"), ("to-localhost", "{LOCALHOST}/v2/")] {
        inputs.push(Input::new(
            Family::Registry,
            format!("login-redirect-{what}"),
            Refused,
            move |canaries| {
                let answers = Answers::new(move |asked: &Asked| {
                    if !asked.is_known && asked.path() == "/v2/" && !asked.target.contains("gone") {
                        let ask = "www-authenticate: Basic realm=\"r\"\r\n";
                        return Reply::status("401 Unauthorized", ask, Vec::new());
                    }
                    let location = format!("location: {}gone\r\n", asked.fill(target));
                    Reply::status("307 There", &location, Vec::new())
                });
                let spec = json!({ "secretRef": { "name": "login" } });
                Matter::Source(Source {
                    kind: "OCIRepository",
                    spec,
                    others: vec![secret(canaries)],
                    answers,
                })
            },
        ));
    }
    inputs
}

/// A registry that wants a token, with its token server.
fn with(asked: &Asked, token: impl Fn() -> Reply) -> Reply {
    match asked.path() {
        "/token" => token(),
        _ if asked.is_known => Shelf::default().answer(asked),
        _ => challenge(asked, "{URL}/token"),
    }
}

fn said(token: &str) -> Reply {
    Reply::ok(json!({ "token": token, "expires_in": u64::MAX }).to_string().into_bytes())
}

/// Answers of the token server, which is the registry itself.
fn tokens() -> Vec<Input> {
    vec![
        locked("token-of-2M", |asked| with(asked, || said(&"t".repeat(2 << 20)))),
        locked("token-of-900K", |asked| with(asked, || said(&"t".repeat(900 << 10)))),
        locked("token-with-fields", |asked| with(asked, || said("a\r\nx-admin: yes\r\n\r\nGET / HTTP/1.1"))),
        locked("token-with-nul", |asked| with(asked, || said("a\0\u{1b}[2J"))),
        locked("token-that-is-a-list", |asked| with(asked, || Reply::ok(b"{\"token\":[1]}".to_vec()))),
        locked("token-that-is-missing", |asked| with(asked, || Reply::ok(b"{}".to_vec()))),
        locked("token-of-html", |asked| with(asked, || Reply::ok(b"<html>\x1b[2J".to_vec()))),
        locked("token-that-ended", |asked| {
            with(asked, || Reply::ok(br#"{"token":"t","expires_in":-9223372036854775808}"#.to_vec()))
        }),
        locked("token-of-no-time", |asked| {
            with(asked, || Reply::ok(br#"{"token":"t","expires_in":1e400,"issued_at":"x"}"#.to_vec()))
        }),
        locked("token-without-end", |asked| {
            with(asked, || Reply::Endless {
                first: Arc::new(b"HTTP/1.1 200 OK\r\n\r\n{\"token\":\"".to_vec()),
                again: Arc::new(vec![b't'; 64 << 10]),
            })
        }),
        locked("token-by-bytes", |asked| {
            with(asked, || Reply::Trickle {
                first: Arc::new(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{".to_vec()),
                every: Duration::from_secs(1),
            })
        }),
        locked("token-redirect-elsewhere", |asked| {
            let location = format!("location: {}/token\r\n", asked.elsewhere);
            with(asked, || Reply::status("307 There", &location, Vec::new()))
        }),
        locked("token-redirect-to-localhost", |asked| {
            let location = asked.fill("location: {LOCALHOST}/token\r\n");
            with(asked, || Reply::status("307 There", &location, Vec::new()))
        }),
        locked("token-refused", |asked| {
            let ask = "www-authenticate: Bearer realm=\"http://127.0.0.1:1/\"\r\n";
            with(asked, || Reply::status("401 Unauthorized", ask, b"\x1b[2J".to_vec()))
        }),
    ]
}

/// Answers that repeat what they were told, for messages to quote.
fn echoes() -> Vec<Input> {
    let mut inputs = Vec::new();
    for status in ["400 Bad", "401 Unauthorized", "403 Forbidden", "429 Many", "500 Internal"] {
        let code = status.split(' ').next().unwrap_or_default();
        let name = format!("login-{code}-that-repeats-it");
        inputs.push(Input::new(Family::Registry, name, Refused, move |canaries| {
            let secret = secret(canaries);
            let config = secret["stringData"][".dockerconfigjson"].as_str().unwrap_or_default().to_owned();
            let answers = Answers::new(move |asked: &Asked| {
                if asked.is_known {
                    let error = json!({ "errors": [{ "code": "X", "message": config, "detail": config }] });
                    let fields = "retry-after: 99999999\r\n";
                    return Reply::status(status, fields, error.to_string().into_bytes());
                }
                let ask = "www-authenticate: Basic realm=\"r\"\r\n";
                Reply::status("401 Unauthorized", ask, Vec::new())
            });
            let spec = json!({ "secretRef": { "name": "login" } });
            Matter::Source(Source { kind: "OCIRepository", spec, others: vec![secret], answers })
        }));
    }
    // A registry that lets everybody in is given nothing.
    inputs.push(locked("not-asked-for", |asked| match asked.path() {
        path if path.contains("/blobs/") => Reply::status("404 Not Found", "", Vec::new()),
        _ => Shelf::of_layer(layer()).answer(asked),
    }));
    inputs
}
