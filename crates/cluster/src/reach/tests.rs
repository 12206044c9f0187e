//! What calls show, and which are held back.

use super::{Reach, ReachLayer};
use crate::{ConnectOptions, Connector, Error};
use http::{Request, Response};
use parking_lot::Mutex;
use std::sync::Arc;
use tower::{BoxError, Layer as _, Service, ServiceExt as _, service_fn};

/// Whom nobody listens to: the port was free a moment ago.
async fn refusing() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

fn client(address: &str, reach: &Reach) -> kube::Client {
    crate::install_crypto();
    let config = kube::Config::new(format!("http://{address}").parse().unwrap());
    let connector = Connector::over(config, &ConnectOptions::default()).unwrap();
    connector.with_reach(reach.clone()).client_without_retries().unwrap()
}

#[tokio::test]
async fn a_refused_connection_is_noted_and_its_words_are_passed_on() {
    let reach = Reach::default();
    let address = refusing().await;
    let client = client(&address, &reach);
    assert!(!reach.is_up() && reach.down_for().is_none());
    let first = Error::from(client.apiserver_version().await.unwrap_err());
    assert!(reach.down_for().is_some() && reach.outages() == 1);
    let held_back = Error::from(client.apiserver_version().await.unwrap_err());
    assert_eq!(first.classify(), held_back.classify());
    assert_eq!(first.message(), format!("dial tcp {address}: connect: connection refused"));
    assert_eq!(first.message(), held_back.message());
    assert_eq!(reach.outages(), 1, "it is the same one");
}

type Answers = Arc<Mutex<Vec<Result<(), BoxError>>>>;

/// A service that gives these answers, the last one first, and counts its calls.
fn service(
    reach: &Reach,
    answers: &Answers,
) -> impl Service<Request<()>, Response = Response<()>, Error = BoxError> {
    let answers = Arc::clone(answers);
    let inner = service_fn(move |_: Request<()>| {
        let answer = answers.lock().pop().expect("no call more");
        async move { answer.map(|()| Response::new(())) }
    });
    ReachLayer::new(Some(reach.clone()), "host".to_owned()).layer(inner)
}

async fn call(reach: &Reach, answers: &Answers) -> Result<(), String> {
    let mut service = service(reach, answers);
    let answer = service.ready().await.unwrap().call(Request::new(())).await;
    answer.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn only_connections_count() {
    let (reach, answers) = (Reach::default(), Answers::default());
    answers.lock().extend([Ok(()), Err("late".into())]);
    assert_eq!(call(&reach, &answers).await, Err("late".to_owned()));
    assert!(reach.down_for().is_none(), "an answer that is late is not one that cannot be asked for");
    call(&reach, &answers).await.unwrap();
    assert!(reach.is_up());
}

#[tokio::test]
async fn whoever_asks_for_it_is_let_through() {
    let (reach, answers) = (Reach::default(), Answers::default());
    reach.failed("host", "refused");
    assert_eq!(call(&reach, &answers).await, Err("refused".to_owned()), "nothing was sent");
    reach.try_again();
    answers.lock().push(Ok(()));
    // A machine that has just been started has no time long enough ago.
    if call(&reach, &answers).await.is_ok() {
        assert!(reach.is_up() && reach.outages() == 1);
        reach.failed("host", "again");
        assert_eq!(reach.outages(), 2);
    }
}
