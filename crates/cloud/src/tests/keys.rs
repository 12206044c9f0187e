//! Tokens for credentials that somebody has at hand.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};

use super::{Given, Recorded, answer};
use crate::{AzureCredentials, Cloud, GcpCredentials, Response, base64};

fn pem(name: &str, der: &[u8]) -> String {
    format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", base64::to_standard(der))
}

/// A private key and what stands for its certificate.
fn certificate() -> String {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    pem("PRIVATE KEY", der.as_ref()) + &pem("CERTIFICATE", b"der")
}

fn token(text: &str) -> Response {
    answer(200, &format!(r#"{{"access_token": "{text}", "expires_in": 3600}}"#))
}

/// Whoever mends what they sent along with the same key gets no token that came of the old.
#[tokio::test]
async fn what_goes_along_with_a_key_tells_credentials_apart() {
    let exchange = Arc::new(Recorded::new(["a", "b", "c", "d"].map(token)));
    let cloud = Cloud::new(Arc::clone(&exchange) as _, Arc::new(Given::default()));
    let key = certificate();
    let google = |id: &str| GcpCredentials::ServiceAccount {
        email: "a@p.iam.gserviceaccount.com".to_owned(),
        private_key: key.clone().into(),
        private_key_id: Some(id.to_owned()),
        token_uri: "https://oauth2.googleapis.com/token".to_owned(),
    };
    let azure = |send_chain| AzureCredentials::Certificate {
        tenant: "t".to_owned(),
        client: "c".to_owned(),
        pem: key.clone().into(),
        send_chain,
        authority: None,
    };
    for _ in 0..2 {
        for (id, expected) in [("1", "a"), ("2", "b")] {
            assert_eq!(cloud.gcp_by(&google(id), "s").await.unwrap().as_str(), expected);
        }
    }
    for _ in 0..2 {
        for (send_chain, expected) in [(false, "c"), (true, "d")] {
            assert_eq!(cloud.azure_by(&azure(send_chain), "s").await.unwrap().as_str(), expected);
        }
    }
    assert_eq!(exchange.asked().len(), 4);
}
