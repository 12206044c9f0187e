//! The exchange, against a server that answers as GitHub's documentation says.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use parking_lot::Mutex;
use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{MOST, Tokens};
use crate::access::{Access, References, SecretData};
use crate::git::clients::Clients;

/// A key of these tests, PKCS #8 in PEM.
static KEY: LazyLock<String> = LazyLock::new(|| {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).unwrap();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()))
});

/// Answers by path, and keeps what it was asked.
async fn serve(end: &str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (asked, end) = (Arc::new(Mutex::new(Vec::new())), end.to_owned());
    let seen = Arc::clone(&asked);
    drop(tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let line = text.lines().next().unwrap_or_default().to_owned();
            let (status, body) = if line.starts_with("POST /app/installations/") {
                ("201 Created", format!("{{\"token\":\"ghs_canary\",\"expires_at\":\"{end}\"}}"))
            } else if line.starts_with("GET /app/installations?") {
                ("200 OK", "[{\"id\":7,\"account\":{\"login\":\"Org\"}}]".to_owned())
            } else {
                ("404 Not Found", "{\"message\":\"Not Found\"}".to_owned())
            };
            seen.lock().push(text);
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            drop(stream.write_all(answer.as_bytes()).await);
        }
    }));
    (origin, asked)
}

fn access(base: &str, owner: (&str, &str)) -> Access {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let data =
        [("githubAppID", "42"), ("githubAppPrivateKey", KEY.as_str()), ("githubAppBaseURL", base), owner];
    let data: SecretData =
        data.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    let references = References { secret: Some("app"), provider: Some("github"), ..References::default() };
    let url = Url::parse("https://github.com/org/app").unwrap();
    Access::new(&url, "ns", &references, Some(&data)).unwrap()
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[tokio::test]
async fn an_app_becomes_a_password() {
    let (origin, asked) = serve("2999-01-01T00:00:00Z").await;
    let (tokens, clients) = (Tokens::default(), Clients::new("test".to_owned()));
    let app = access(&origin, ("githubAppInstallationOwner", "org"));
    let found = tokens.exchange(&clients, &app, later()).await.unwrap();
    // x-access-token:ghs_canary
    let header = found.authorization().unwrap().to_str().unwrap();
    assert_eq!(header, "Basic eC1hY2Nlc3MtdG9rZW46Z2hzX2NhbmFyeQ==");
    assert_eq!(found.redact("ghs_canary"), "*****");
    assert_eq!(asked.lock().len(), 2);
    assert!(asked.lock()[1].starts_with("POST /app/installations/7/access_tokens"));
    assert!(asked.lock()[0].to_lowercase().contains("authorization: bearer "));
    tokens.exchange(&clients, &app, later()).await.unwrap();
    assert_eq!(asked.lock().len(), 2, "it is kept");
    tokens.forget(&app);
    tokens.exchange(&clients, &app, later()).await.unwrap();
    assert_eq!(asked.lock().len(), 4);
    let none = access(&origin, ("githubAppInstallationOwner", "nobody"));
    let error = tokens.exchange(&clients, &none, later()).await.unwrap_err();
    assert_eq!(error, "no installation of the app for 'nobody'");
}

#[tokio::test]
async fn a_token_that_ends_soon_is_not_kept() {
    let (origin, asked) = serve("2000-01-01T00:00:00Z").await;
    let (tokens, clients) = (Tokens::default(), Clients::new("test".to_owned()));
    let app = access(&origin, ("githubAppInstallationID", "7"));
    tokens.exchange(&clients, &app, later()).await.unwrap();
    tokens.exchange(&clients, &app, later()).await.unwrap();
    assert_eq!(asked.lock().len(), 2);
}

#[tokio::test]
async fn what_github_refuses_is_said() {
    let (origin, _) = serve("").await;
    let app = access(&format!("{origin}/elsewhere"), ("githubAppInstallationOwner", "org"));
    let error =
        Tokens::default().exchange(&Clients::new("test".to_owned()), &app, later()).await.unwrap_err();
    assert!(error.contains("404 Not Found") && !error.contains("canary"), "{error}");
}

/// A server that says nothing holds nobody up for longer than the source's own timeout.
#[tokio::test]
async fn the_source_s_timeout_holds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let app = access(&origin, ("githubAppInstallationID", "7"));
    let error = Tokens::default().exchange(&Clients::new("test".to_owned()), &app, Instant::now()).await;
    assert_eq!(error.unwrap_err(), "GitHub did not answer in time");
}

#[test]
fn of_too_many_the_first_to_end_goes() {
    let tokens = Tokens::default();
    let app = |id: usize| {
        let id = id.to_string();
        access("http://x", ("githubAppInstallationID", &id)).app().unwrap().clone()
    };
    let end =
        |seconds: usize| Timestamp::from_second(4_000_000_000 + i64::try_from(seconds).unwrap()).unwrap();
    for id in 1..=MOST {
        tokens.keep(&app(id), "t".to_owned(), end(MOST - id), Timestamp::UNIX_EPOCH);
    }
    tokens.keep(&app(MOST + 1), "t".to_owned(), end(0), Timestamp::UNIX_EPOCH);
    let kept = tokens.known.lock();
    assert_eq!(kept.len(), MOST);
    assert!(
        kept.contains_key(&app(1)) && kept.contains_key(&app(MOST + 1)) && !kept.contains_key(&app(MOST))
    );
}

/// Each part is what it should be, and the signature is the key's.
#[test]
fn the_statement_is_signed() {
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let app = access("http://x", ("githubAppInstallationID", "7"));
    let token = app.app().unwrap().assertion(1000).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims, serde_json::json!({"iat": 970, "exp": 1090, "iss": "42"}));
    let body: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref().to_vec());
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
}
