//! What of a server's words nobody may read.

use std::sync::Arc;
use std::time::Duration;

use cloud::AwsCredentials;
use tokio_util::sync::CancellationToken;

use super::Wire;
use crate::access::{Access, Tls};
use crate::bucket::login::{Proof, Shared};

#[test]
fn what_requests_carry_is_masked() {
    let secret = |text: &str| text.to_owned().into();
    let keys = AwsCredentials {
        access_key_id: "id".into(),
        secret_access_key: secret("temporary"),
        session_token: Some(secret("session")),
    };
    let access = Access::to_bucket("ns", vec!["kept-secret".into()], Tls::default(), None);
    let mut wire =
        Wire::new(reqwest::Client::new(), &access, Duration::from_secs(1), &CancellationToken::new());
    let shared = Shared(vec![("sig".into(), "a+signature".into()), ("sv".into(), "version".into())]);
    for proof in [
        Proof::Nothing,
        Proof::Aws(keys),
        Proof::Bearer(secret("bearer-token")),
        Proof::SharedKey { account: "account".into(), key: secret("account-key") },
        Proof::Query(Arc::new(shared)),
    ] {
        wire.mask(&proof);
    }
    let said = "kept-secret temporary session bearer-token account-key a+signature a%2Bsignature version";
    assert_eq!(wire.clean(said), "***** ***** ***** ***** ***** ***** ***** version");
    assert_eq!(wire.by(reqwest::Client::new()).clean("bearer-token"), "*****");
}
