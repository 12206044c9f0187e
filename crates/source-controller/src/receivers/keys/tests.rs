//! When Google is asked.

use async_trait::async_trait;
use cloud::{Response, SendError};

use super::*;

/// A request whose key is `id`.
fn naming(id: &str) -> String {
    use base64::Engine as _;
    let head = format!(r#"{{"alg":"RS256","kid":"{id}"}}"#);
    let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(head);
    format!("Bearer {head}.e30.AAAA")
}

#[derive(Default)]
struct Google {
    asked: Mutex<u32>,
    /// The key there is; none when nobody answers.
    key: Mutex<Option<&'static str>>,
}

#[async_trait]
impl Exchange for Google {
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        assert_eq!(request.url, KEYS_URL);
        *self.asked.lock() += 1;
        let key = self.key.lock().ok_or_else(|| SendError("nobody".to_owned()))?;
        let body = format!(r#"{{"keys":[{{"kty":"RSA","kid":"{key}","n":"AQAB","e":"AQAB"}}]}}"#);
        Ok(Response { status: 200, body: body.into_bytes().into() })
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

#[tokio::test]
async fn no_request_has_google_asked_more_than_once_a_minute() {
    let google = Arc::new(Google { key: Mutex::new(Some("k1")), ..Google::default() });
    let keys = GoogleKeys::new(Arc::clone(&google) as Arc<dyn Exchange>);
    let start = Instant::now();
    let known = naming("k1");
    for _ in 0..3 {
        assert!(keys.for_request_at(Some(&known), start).await.unwrap().suffice(Some(&known)));
    }
    assert_eq!(*google.asked.lock(), 1);
    for n in 0..5 {
        let unknown = naming(&format!("x{n}"));
        assert!(
            !keys.for_request_at(Some(&unknown), start + PAUSE / 2).await.unwrap().suffice(Some(&unknown))
        );
    }
    assert_eq!(*google.asked.lock(), 1);
    *google.key.lock() = Some("k2");
    let newer = naming("k2");
    assert!(keys.for_request_at(Some(&newer), start + PAUSE).await.unwrap().suffice(Some(&newer)));
    assert_eq!(*google.asked.lock(), 2);
    assert!(keys.for_request_at(Some("Basic x"), start + PAUSE * 3).await.unwrap().suffice(Some(&newer)));
    assert_eq!(*google.asked.lock(), 2, "a request that names no key needs none");
}

#[tokio::test]
async fn keys_serve_while_google_is_away_but_not_for_ever() {
    let google = Arc::new(Google { key: Mutex::new(Some("k1")), ..Google::default() });
    let keys = GoogleKeys::new(Arc::clone(&google) as Arc<dyn Exchange>);
    let start = Instant::now();
    let known = naming("k1");
    assert!(keys.for_request_at(Some(&known), start).await.unwrap().suffice(Some(&known)));
    *google.key.lock() = None;
    assert!(keys.for_request_at(Some(&known), start + FRESH).await.unwrap().suffice(Some(&known)));
    assert_eq!(*google.asked.lock(), 2);
    assert_eq!(keys.for_request_at(Some(&known), start + USABLE).await.err(), Some(Unavailable));
    assert_eq!(*google.asked.lock(), 3);
}

/// Who sends no token, or none of a key, is told so whether Google answers or not.
#[tokio::test]
async fn a_sender_is_not_blamed_for_google_and_google_not_for_a_sender() {
    let google = Arc::new(Google::default());
    let keys = GoogleKeys::new(Arc::clone(&google) as Arc<dyn Exchange>);
    let start = Instant::now();
    for nothing in [None, Some("Basic x"), Some("Bearer x")] {
        assert!(keys.for_request_at(nothing, start).await.is_ok(), "{nothing:?}");
    }
    assert_eq!(*google.asked.lock(), 0);
    let known = naming("k1");
    for _ in 0..2 {
        assert_eq!(keys.for_request_at(Some(&known), start).await.err(), Some(Unavailable));
    }
    assert_eq!(*google.asked.lock(), 1);
    *google.key.lock() = Some("k1");
    assert!(keys.for_request_at(Some(&known), start + PAUSE).await.unwrap().suffice(Some(&known)));
}
