//! How long tokens are used, and that requests carry them.

use super::{Issued, LIVES, life, used};
use http::{Request, Response};
use jiff::Timestamp;
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tower::service_fn;

#[test]
fn most_of_a_life_is_used() {
    let now = Timestamp::UNIX_EPOCH;
    let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    let of = |seconds: i64| life(used(at(seconds), now), now);
    assert_eq!(of(1000), Duration::from_secs(800));
    assert_eq!(of(-5), LIVES.0);
    assert_eq!(of(1_000_000), LIVES.1);
    assert_eq!(
        life(at(800), now),
        Duration::from_secs(800),
        "what somebody else kept some time of is not cut again"
    );
}

/// An API server that issues tokens `1`, `2`, ...
fn issuer(asked: &Arc<Mutex<Vec<String>>>) -> Client {
    let asked = Arc::clone(asked);
    let service = service_fn(move |request: Request<Body>| {
        let asked = Arc::clone(&asked);
        async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect_bytes().await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let mut asked = asked.lock();
            asked.push(format!("{path} {}", body["spec"]["audiences"]));
            let ends = Timestamp::now() + Duration::from_secs(3600);
            let answer = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {},
                "spec": {"audiences": ["a"]},
                "status": {"token": asked.len().to_string(), "expirationTimestamp": ends.to_string()}});
            Ok::<_, std::convert::Infallible>(Response::new(Body::from(answer.to_string().into_bytes())))
        }
    });
    Client::new(service, "default")
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_anew_when_it_is_refused() {
    let asked = Arc::default();
    let issued = Issued::new(issuer(&asked), "ns", "deployer", vec!["https://h".to_owned()]);
    let (one, again) = tokio::join!(issued.header(), issued.header());
    let one = one.unwrap();
    assert_eq!(one, "Bearer 1");
    assert_eq!(one, again.unwrap());
    assert!(one.is_sensitive());
    issued.drop_token(&one).await;
    assert_eq!(issued.header().await.unwrap(), "Bearer 2");
    issued.drop_token(&one).await;
    assert_eq!(issued.header().await.unwrap(), "Bearer 2", "not the one that was refused");
    assert_eq!(
        *asked.lock(),
        [
            "/api/v1/namespaces/ns/serviceaccounts/deployer/token [\"https://h\"]",
            "/api/v1/namespaces/ns/serviceaccounts/deployer/token [\"https://h\"]"
        ]
    );
    assert!(!format!("{issued:?}").contains("Bearer"));
}
