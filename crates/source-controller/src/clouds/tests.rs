//! Who gets which login, and who gets none, in Flux's words.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::{Error, Exchange, Machine, Provider, Request, Response, Secret, SendError};
use jiff::Timestamp;
use kube::Client;
use parking_lot::Mutex;
use reqwest::Url;

use super::{Asking, Clouds, GitLogin, Identities, NoLogin, Way};
use crate::access::proxy::Proxy;

const ECR: &str = "012345678901.dkr.ecr.eu-west-1.amazonaws.com";
const CANARY: &str = "canary-password";

/// Answers for all clouds, and an environment with keys of AWS.
#[derive(Default)]
struct World {
    asked: Mutex<Vec<String>>,
    is_nobody: bool,
    is_slow: bool,
}

#[async_trait]
impl Exchange for World {
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        self.asked.lock().push(format!("{} {}", request.method, request.url));
        if self.is_slow {
            std::future::pending::<()>().await;
        }
        let body = if request.url.contains("api.ecr") {
            let token = STANDARD.encode(format!("AWS:{CANARY}"));
            format!(
                r#"{{"authorizationData": [{{"authorizationToken": "{token}", "expiresAt": 9999999999}}]}}"#
            )
        } else {
            format!(r#"{{"access_token": "{CANARY}", "expires_in": 3600}}"#)
        };
        Ok(Response { status: 200, body: body.into_bytes().into() })
    }

    fn now(&self) -> Timestamp {
        "2026-11-30T12:00:00Z".parse().unwrap()
    }
}

#[async_trait]
impl Machine for World {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "AWS_EC2_METADATA_DISABLED" => Some("true".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" if !self.is_nobody => Some("own".to_owned()),
            _ => None,
        }
    }

    async fn file(&self, _: &str) -> Result<Secret, Error> {
        Err(Error::Settings("there are no files".to_owned()))
    }
}

fn clouds(world: &Arc<World>, identities: Identities) -> Clouds {
    let (exchange, machine) = (Arc::<World>::clone(world) as _, Arc::<World>::clone(world) as _);
    Clouds::new(exchange, machine, "test".to_owned(), identities)
}

/// Nobody is behind it.
fn client() -> Client {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    Client::try_from(kube::Config::new("http://127.0.0.1:9".parse().unwrap())).unwrap()
}

fn asking<'a>(client: &'a Client, way: Way<'a>) -> Asking<'a> {
    Asking { client, namespace: "ns", account: None, timeout: Duration::from_secs(60), way }
}

fn proxy() -> Proxy {
    Proxy::of(&[("address".to_owned(), b"http://proxy.example:3128".to_vec())].into()).unwrap()
}

async fn said(clouds: &Clouds, asking: &Asking<'_>, host: &str) -> String {
    clouds.registry(asking, Provider::Aws, host).await.unwrap_err().to_string()
}

#[tokio::test]
async fn the_controller_s_login_is_asked_for_once() {
    let (world, client) = (Arc::new(World::default()), client());
    let clouds = clouds(&world, Identities::default());
    let asking = asking(&client, Way { has_authorities: true, ..Way::default() });
    for _ in 0..2 {
        let login = clouds.registry(&asking, Provider::Aws, ECR).await.unwrap();
        assert_eq!((login.username.as_str(), login.password.as_str()), ("AWS", CANARY));
    }
    assert_eq!(*world.asked.lock(), ["POST https://api.ecr.eu-west-1.amazonaws.com/"]);
}

#[tokio::test]
async fn a_host_of_somebody_else_gets_nothing() {
    let (world, client) = (Arc::new(World::default()), client());
    let clouds = clouds(&world, Identities::default());
    let asking = asking(&client, Way::default());
    let text = said(&clouds, &asking, "registry.example").await;
    assert!(text.starts_with("invalid AWS registry: 'registry.example'. must match ^"), "{text}");
    let git = |provider, url: &str| {
        let (clouds, url) = (&clouds, Url::parse(url).unwrap());
        async move { clouds.git(&asking, provider, &url).await.unwrap_err().to_string() }
    };
    assert_eq!(
        git(Provider::Aws, "https://github.com/x").await,
        "invalid AWS CodeCommit Git URL: github.com"
    );
    assert_eq!(
        git(Provider::Azure, "https://dev.azure.com:8443/x").await,
        "invalid Azure DevOps Git URL: 'https://dev.azure.com:8443'. must be https at dev.azure.com or *.visualstudio.com"
    );
    assert!(world.asked.lock().is_empty());
}

#[tokio::test]
async fn a_way_on_which_it_could_be_taken() {
    let (world, client, proxy) = (Arc::new(World::default()), client(), proxy());
    let clouds = clouds(&world, Identities::default());
    let insecure = asking(&client, Way { is_insecure: true, ..Way::default() });
    assert!(said(&clouds, &insecure, ECR).await.contains("is not sent with spec.insecure"));
    let vouched = Way { proxy: Some(&proxy), has_authorities: true, is_insecure: false };
    let text = said(&clouds, &asking(&client, vouched), ECR).await;
    assert!(text.contains("the controller's own login is not sent through a proxy of the object"), "{text}");
    assert!(world.asked.lock().is_empty());
}

#[tokio::test]
async fn accounts_need_the_gate() {
    let (world, client) = (Arc::new(World::default()), client());
    let clouds = clouds(&world, Identities::default());
    let named = Asking { account: Some("robot"), ..asking(&client, Way::default()) };
    let error = clouds.registry(&named, Provider::Aws, ECR).await.unwrap_err();
    assert_eq!(error, NoLogin::GateOff);
    assert_eq!(
        error.to_string(),
        "to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature \
         gate in the controller"
    );
    let url = Url::parse("https://dev.azure.com/org/app").unwrap();
    assert_eq!(clouds.git(&named, Provider::Azure, &url).await, Err(NoLogin::GateOff));
}

/// The default account stands before the controller, also where it cannot be read.
#[tokio::test]
async fn with_a_default_account_nobody_is_the_controller() {
    let (world, client) = (Arc::new(World::default()), client());
    let clouds = clouds(&world, Identities { gate: true, default_account: "robot".to_owned() });
    let text = said(&clouds, &asking(&client, Way::default()), ECR).await;
    let start =
        "failed to get access token for artifact registry: failed to get service account 'ns/robot': ";
    assert!(text.starts_with(start), "{text}");
    assert!(world.asked.lock().is_empty());
}

#[tokio::test]
async fn who_is_nobody_is_told_so() {
    let (world, client) = (Arc::new(World { is_nobody: true, ..World::default() }), client());
    assert_eq!(
        said(&clouds(&world, Identities::default()), &asking(&client, Way::default()), ECR).await,
        "failed to get access token for artifact registry: failed to create provider access token for the controller: the \
         environment of the controller names no AWS credentials, and the metadata service is disabled"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_the_timeout() {
    let (world, client) = (Arc::new(World { is_slow: true, ..World::default() }), client());
    let text = said(&clouds(&world, Identities::default()), &asking(&client, Way::default()), ECR).await;
    assert_eq!(text, "context deadline exceeded");
}

#[tokio::test]
async fn logins_for_git() {
    let (world, client) = (Arc::new(World::default()), client());
    let clouds = clouds(&world, Identities::default());
    let asking = asking(&client, Way::default());
    let url = Url::parse("https://org@dev.azure.com/org/app/_git/app").unwrap();
    let found = clouds.git(&asking, Provider::Azure, &url).await;
    assert_eq!(found, Ok(GitLogin::Bearer(CANARY.to_owned().into())));
    let asked = world.asked.lock().clone();
    assert!(asked[0].contains("resource=499b84ac-1321-427f-aa17-267ca6975798"), "{asked:?}");
    let url = Url::parse("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app").unwrap();
    let Ok(GitLogin::Basic(login)) = clouds.git(&asking, Provider::Aws, &url).await else {
        panic!("no login")
    };
    assert_eq!(login.username.as_str(), "own");
    assert!(login.password.starts_with("20261130T120000Z"));
    assert_eq!(world.asked.lock().len(), 1, "a signature needs nobody");
}

#[tokio::test]
async fn a_proxy_is_a_way_of_its_own() {
    let (world, _client, proxy) = (Arc::new(World::default()), client(), proxy());
    let clouds = clouds(&world, Identities::default());
    let (one, same) = (clouds.cloud(Some(&proxy)).unwrap(), clouds.cloud(Some(&proxy)).unwrap());
    assert!(Arc::ptr_eq(&one, &same));
    assert!(!Arc::ptr_eq(&one, &clouds.cloud(None).unwrap()));
}
