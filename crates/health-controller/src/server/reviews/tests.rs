//! How often the API server is asked, and by whom.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use k8s_openapi::api::authentication::v1::UserInfo;
use reconcile_core::metrics::Metrics;

use super::{
    Cache, HOLDS, LONGEST_TOKEN, Question, Reviews, STRANGERS, STRANGERS_AT_A_TIME, TOKENS, Unreviewed,
};
use crate::samples::refusal;
use crate::server::authority::Authority;

/// Knows those whose token begins with `good`, and lets them read what begins with `mine`.
#[derive(Clone, Default)]
struct Counting {
    tokens: Arc<AtomicUsize>,
    rights: Arc<AtomicUsize>,
    broken: bool,
}

impl Authority for Counting {
    async fn authenticate(&self, token: &str) -> Result<Option<UserInfo>, cluster::Error> {
        self.tokens.fetch_add(1, Ordering::Relaxed);
        if self.broken {
            return Err(refusal(500, "InternalError"));
        }
        let user = UserInfo { username: Some("jane".to_owned()), ..UserInfo::default() };
        Ok(token.starts_with("good").then_some(user))
    }

    async fn may(&self, _: &UserInfo, question: &Question) -> Result<bool, cluster::Error> {
        self.rights.fetch_add(1, Ordering::Relaxed);
        Ok(matches!(question, Question::Get { name, .. } if name.starts_with("mine")))
    }
}

fn peer(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

fn get(name: &str) -> Question {
    Question::Get { namespace: "apps".to_owned(), name: name.to_owned() }
}

#[tokio::test]
async fn an_answer_is_asked_for_once() {
    let authority = Counting::default();
    let reviews = Reviews::new(authority.clone(), &Metrics::new());
    for _ in 0..5 {
        let user = reviews.user("good", peer(1)).await.unwrap();
        assert_eq!(reviews.may(&user, get("mine")).await, Ok(true));
        assert_eq!(reviews.may(&user, get("other")).await, Ok(false));
        assert_eq!(reviews.user("bad", peer(1)).await.unwrap_err(), Unreviewed::Stranger);
    }
    assert_eq!(authority.tokens.load(Ordering::Relaxed), 2);
    assert_eq!(authority.rights.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn tokens_that_cannot_be_are_not_asked_about() {
    let authority = Counting::default();
    let reviews = Reviews::new(authority.clone(), &Metrics::new());
    for token in [String::new(), format!("good{}", "x".repeat(LONGEST_TOKEN))] {
        assert_eq!(reviews.user(&token, peer(1)).await.unwrap_err(), Unreviewed::Stranger);
    }
    assert_eq!(authority.tokens.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn strangers_have_their_share_and_those_who_are_known_do_not_wait_for_them() {
    let authority = Counting::default();
    let reviews = Reviews::new(authority.clone(), &Metrics::new());
    reviews.user("good", peer(1)).await.unwrap();
    let mut throttled = 0;
    for number in 0..1000 {
        let refused = reviews.user(&format!("bad{number}"), peer(2)).await.unwrap_err();
        throttled += usize::from(refused == Unreviewed::Throttled);
    }
    assert!(throttled > 900, "{throttled}");
    // Both the burst and what came in meanwhile.
    assert!(authority.tokens.load(Ordering::Relaxed) < 100 + STRANGERS.1.burst as usize);
    reviews.user("good", peer(2)).await.expect("its token is known");
    reviews.user("good2", peer(3)).await.expect("from another address");
}

#[tokio::test]
async fn a_token_that_was_good_is_reviewed_again_whatever_strangers_try_beside_it() {
    let authority = Counting::default();
    let reviews = Reviews::new(authority.clone(), &Metrics::new());
    reviews.user("good", peer(1)).await.unwrap();
    // All of them through one proxy.
    for number in 0..1000 {
        drop(reviews.user(&format!("bad{number}"), peer(1)).await);
    }
    assert_eq!(reviews.user("good-too", peer(1)).await.unwrap_err(), Unreviewed::Throttled, "never seen");
    *reviews.users.lock() = Cache::new(TOKENS, HOLDS);
    reviews.user("good", peer(1)).await.expect("what was known of it has run out");
}

#[tokio::test]
async fn one_good_token_has_its_share_too_and_a_withdrawn_one_is_a_strangers() {
    let authority = Counting::default();
    let reviews = Reviews::new(authority.clone(), &Metrics::new());
    reviews.user("good", peer(1)).await.unwrap();
    let mut throttled = 0;
    for _ in 0..100 {
        *reviews.users.lock() = Cache::new(TOKENS, HOLDS);
        throttled += usize::from(reviews.user("good", peer(1)).await.is_err());
    }
    assert!(throttled > 80, "{throttled}");
    reviews.good.lock().put(super::hash("bad"), (), Instant::now());
    assert_eq!(reviews.user("bad", peer(1)).await.unwrap_err(), Unreviewed::Stranger);
    assert!(reviews.good.lock().get(&super::hash("bad"), Instant::now()).is_none(), "it is good no longer");
}

/// Does not answer about bad tokens.
struct Slow(Counting);

impl Authority for Slow {
    async fn authenticate(&self, token: &str) -> Result<Option<UserInfo>, cluster::Error> {
        if token.starts_with("bad") {
            std::future::pending::<()>().await;
        }
        self.0.authenticate(token).await
    }

    async fn may(&self, user: &UserInfo, question: &Question) -> Result<bool, cluster::Error> {
        self.0.may(user, question).await
    }
}

#[tokio::test]
async fn strangers_of_whom_the_api_server_says_nothing_take_so_many_places() {
    let reviews = Arc::new(Reviews::new(Slow(Counting::default()), &Metrics::new()));
    reviews.user("good", peer(1)).await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..40_u8 {
        let reviews = Arc::clone(&reviews);
        asking.spawn(async move { reviews.user(&format!("bad{number}"), peer(number)).await.is_err() });
    }
    let mut refused = 0;
    while refused < 40 - STRANGERS_AT_A_TIME {
        assert!(asking.join_next().await.unwrap().unwrap());
        refused += 1;
    }
    *reviews.users.lock() = Cache::new(TOKENS, HOLDS);
    reviews.user("good", peer(1)).await.expect("it waits for none of them");
    assert_eq!(asking.len(), STRANGERS_AT_A_TIME);
}

#[tokio::test]
async fn what_failed_is_asked_again_and_told_once() {
    let authority = Counting { broken: true, ..Counting::default() };
    let metrics = Metrics::new();
    let reviews = Reviews::new(authority.clone(), &metrics);
    for _ in 0..2 {
        assert_eq!(reviews.user("good", peer(1)).await.unwrap_err(), Unreviewed::Failed);
    }
    assert_eq!(authority.tokens.load(Ordering::Relaxed), 2);
    let text = metrics.render();
    assert!(text.contains("flyball_api_reviews_total{kind=\"token\",result=\"failed\"} 2"), "{text}");
}
