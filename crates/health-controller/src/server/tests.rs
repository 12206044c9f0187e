//! Requests of those who may and those who may not, over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;

use api::explain::Explanation;
use api::summary::Summaries;
use http::Request;
use hyper::body::Incoming;
use k8s_openapi::api::authentication::v1::UserInfo;
use reconcile_core::Store;
use reconcile_core::connections::{self, Bounds, Connections};
use reconcile_core::metrics::Metrics;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::authority::{Authority, Question};
use super::{OBJECTS_PER_SHARE, SHARES, Server};
use crate::explanations::Explanations;
use crate::explanations::tests::explanation;
use crate::samples::{key, kustomization, refusal};

/// `jane` may read `apps/web`, `admin` everything; nobody else is known.
struct Two;

impl Authority for Two {
    async fn authenticate(&self, token: &str) -> Result<Option<UserInfo>, cluster::Error> {
        if token == "broken" {
            return Err(refusal(403, "Forbidden"));
        }
        let user = UserInfo { username: Some(token.to_owned()), ..UserInfo::default() };
        Ok(matches!(token, "jane" | "admin").then_some(user))
    }

    async fn may(&self, user: &UserInfo, question: &Question) -> Result<bool, cluster::Error> {
        let is_admin = user.username.as_deref() == Some("admin");
        Ok(is_admin
            || matches!(question, Question::Get { namespace, name } if namespace == "apps" && name == "web"))
    }
}

struct Served {
    address: SocketAddr,
    explanations: Arc<Explanations>,
    _connections: Connections,
    client: reqwest::Client,
}

/// A server that knows of `apps/web` and `apps/other`, and whether it leads.
async fn serve(leads: bool) -> Served {
    let explanations = Arc::new(Explanations::new(true));
    let store = Store::new();
    for name in ["web", "other", "new"] {
        let mut object = kustomization(&[], &json!({}), &json!({}));
        object.metadata.name = Some(name.to_owned());
        store.insert(Arc::new(object));
    }
    for name in ["web", "other"] {
        explanations.keep(&key(name), explanation(name, 3));
    }
    if leads {
        explanations.open(&store);
        // As it is once `new` has been made, later.
        explanations.forget(&key("new"));
    }
    let server = Arc::new(Server::new(Arc::clone(&explanations), Two, &Metrics::new(), "1.2.3"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move |request: Request<Incoming>| {
        let server = Arc::clone(&server);
        async move { server.answer(request).await }
    };
    let connections = connections::serve(listener, Bounds::default(), CancellationToken::new(), answer);
    Served { address, explanations, _connections: connections, client: reqwest::Client::new() }
}

impl Served {
    fn request(&self, path: &str, token: Option<&str>) -> reqwest::RequestBuilder {
        let request = self.client.get(format!("http://{}{path}", self.address));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Status, headers without the date, and body.
    async fn get(&self, path: &str, token: Option<&str>) -> (u16, String, String) {
        let answer = self.request(path, token).send().await.unwrap();
        let status = answer.status().as_u16();
        let mut headers: Vec<String> = answer
            .headers()
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        (status, headers.join("\n"), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn an_explanation_is_served_whole_to_who_may_read_it() {
    let served = serve(true).await;
    let (status, headers, body) = served.get("/api/v1/explain/apps/web", Some("jane")).await;
    assert_eq!(status, 200);
    assert!(
        headers.contains("content-type: application/json") && headers.contains("cache-control: no-store")
    );
    let found: Explanation = serde_json::from_str(&body).unwrap();
    assert_eq!(found, explanation("web", 3));
    assert_eq!(served.get("/api/v1/explain/apps/other", Some("admin")).await.0, 200);
}

#[tokio::test]
async fn what_is_not_theirs_and_what_is_not_there_look_the_same() {
    let served = serve(true).await;
    let forbidden = served.get("/api/v1/explain/apps/other", Some("jane")).await;
    assert_eq!(forbidden.0, 404);
    for path in ["/api/v1/explain/apps/absent", "/api/v1/explain/apps/new", "/api/v1/explain/nowhere/web"] {
        assert_eq!(served.get(path, Some("jane")).await, forbidden, "{path}");
    }
    assert_eq!(served.get("/api/v1/explain/apps/absent", Some("admin")).await, forbidden);
    assert_eq!(served.get("/api/v1/explain/apps/new", Some("admin")).await.0, 503, "not looked at yet");
}

#[tokio::test]
async fn nobody_is_told_anything_without_a_token_that_is_known() {
    let served = serve(true).await;
    let none = served.get("/api/v1/explain/apps/web", None).await;
    assert!(none.0 == 401 && none.1.contains("www-authenticate: Bearer"), "{none:?}");
    for path in
        ["/api/v1/explain/apps/web", "/api/v1/explain/apps/absent", "/api/v1/explain", "/api/v1/version"]
    {
        assert_eq!(served.get(path, None).await, none, "{path}");
        assert_eq!(served.get(path, Some("mallory")).await, none, "{path}");
    }
    let basic = served.request("/api/v1/version", None).basic_auth("jane", Some("x"));
    assert_eq!(basic.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn one_that_does_not_lead_says_so_to_everybody() {
    let served = serve(false).await;
    for token in [None, Some("admin"), Some("mallory")] {
        let (status, headers, _) = served.get("/api/v1/explain/apps/web", token).await;
        assert!(status == 503 && headers.contains("retry-after: "), "{headers}");
    }
}

#[tokio::test]
async fn reviews_that_fail_are_no_leave() {
    let served = serve(true).await;
    let (status, headers, _) = served.get("/api/v1/explain/apps/web", Some("broken")).await;
    assert!(status == 503 && headers.contains("retry-after: "), "{headers}");
}

#[tokio::test]
async fn a_list_has_what_may_be_listed() {
    let served = serve(true).await;
    let (status, _, body) = served.get("/api/v1/explain?namespace=apps", Some("admin")).await;
    let found: Summaries = serde_json::from_str(&body).unwrap();
    let names: Vec<_> = found.items.iter().map(|item| item.target.name.as_str()).collect();
    assert_eq!((status, names), (200, vec!["other", "web"]));
    let empty = served.get("/api/v1/explain?namespace=nowhere", Some("admin")).await;
    assert_eq!(
        served.get("/api/v1/explain?namespace=apps", Some("jane")).await,
        empty,
        "as if there were none"
    );
    assert_eq!(served.get("/api/v1/explain", Some("admin")).await.0, 200);
    assert_eq!(served.get("/api/v1/explain", Some("jane")).await.0, 403);
}

#[tokio::test]
async fn the_version_says_what_is_spoken_here() {
    let served = serve(true).await;
    let (_, _, body) = served.get("/api/v1/version", Some("jane")).await;
    assert_eq!(body, r#"{"controller":"health-controller","explanation":1,"version":"1.2.3"}"#);
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let served = serve(true).await;
    assert_eq!(served.get("/", Some("admin")).await.0, 404);
    assert_eq!(served.get("/api/v1/explain/apps/web?full=1", Some("admin")).await.0, 400);
    let url = format!("http://{}/api/v1/explain/apps/web", served.address);
    let posted = served.client.post(&url).bearer_auth("admin").send().await.unwrap();
    assert_eq!((posted.status().as_u16(), posted.headers()["allow"].to_str().unwrap()), (405, "GET,HEAD"));
    let with_body = served.client.get(&url).bearer_auth("admin").body("x".repeat(100)).send().await.unwrap();
    assert_eq!(with_body.status(), 413);
    let head = served.client.head(&url).bearer_auth("admin").send().await.unwrap();
    assert!(head.status() == 200 && head.headers()["content-length"] != "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_explanations_are_served_too_and_one_after_the_other() {
    let served = serve(true).await;
    let objects = OBJECTS_PER_SHARE * SHARES as usize * 2 / 3;
    served.explanations.keep(&key("web"), explanation("web", objects));
    let ask = || async {
        let (status, _, body) = served.get("/api/v1/explain/apps/web", Some("jane")).await;
        assert_eq!(status, 200);
        serde_json::from_str::<Explanation>(&body).unwrap().objects.len()
    };
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    assert_eq!([one, two, three], [objects; 3]);
}

#[tokio::test]
async fn a_list_that_would_not_be_whole_yet_is_not_served() {
    let explanations = Arc::new(Explanations::new(true));
    let store = Store::new();
    store.insert(Arc::new(kustomization(&[], &json!({}), &json!({}))));
    explanations.open(&store);
    let server = Server::new(Arc::clone(&explanations), Two, &Metrics::new(), "1.2.3");
    let list = async |user: &str| {
        let request =
            Request::get("/api/v1/explain?namespace=apps").header("authorization", format!("Bearer {user}"));
        server.answer(request.body(http_body_util::Empty::<&[u8]>::new()).unwrap()).await.status().as_u16()
    };
    assert_eq!(list("admin").await, 503);
    assert_eq!(list("jane").await, 200, "who may not list learns nothing");
    explanations.keep(&key("web"), explanation("web", 1));
    assert_eq!(list("admin").await, 200);
}
