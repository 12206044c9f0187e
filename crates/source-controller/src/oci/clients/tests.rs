//! What clients cannot be made of, and which are shared.

use super::{ClientError, Clients, Way};
use crate::access::Tls;
use crate::access::proxy::Proxy;
use crate::git::clients::Reach;

fn build(tls: Tls) -> Result<(), ClientError> {
    let way = Way { tls, proxy: None, unverified: false, reach: Reach::Anywhere };
    Clients::new("test".to_owned()).client(&way).map(|_| ())
}

fn plain() -> Way {
    Way { tls: Tls::default(), proxy: None, unverified: false, reach: Reach::Anywhere }
}

#[test]
fn what_is_no_certificate_is_told() {
    let ca = Some(b"no certificate".to_vec());
    assert_eq!(build(Tls { ca, identity: None }), Err(ClientError::Authority));
    let broken = b"-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n".to_vec();
    assert_eq!(build(Tls { ca: Some(broken), identity: None }), Err(ClientError::Authority));
    let identity = Some((b"c".to_vec(), b"k".to_vec()));
    assert!(matches!(build(Tls { ca: None, identity }), Err(ClientError::Identity(_))));
}

#[test]
fn clients_are_kept_by_what_they_trust() {
    let clients = Clients::new("test".to_owned());
    let plain = plain();
    let open = Way { unverified: true, ..plain.clone() };
    for way in [&plain, &open, &plain] {
        clients.client(way).unwrap();
    }
    assert_eq!(clients.clients.lock().len(), 2);
}

#[tokio::test]
async fn names_of_this_machine_are_not_gone_to_where_only_a_registry_leads() {
    // Nobody listens there.
    const NOWHERE: &str = "http://localhost:1/";
    // Whatever proxy the machine of this test has.
    let clients = Clients { is_proxied: false, ..Clients::new("test".to_owned()) };
    let cause = async |way: &Way| {
        let error = clients.client(way).unwrap().get(NOWHERE).send().await.unwrap_err();
        format!("{error:?}")
    };
    let told = cause(&plain().elsewhere(Reach::Public)).await;
    assert!(told.contains("not public"), "{told}");
    let told = cause(&plain().elsewhere(Reach::Anywhere)).await;
    assert!(!told.contains("not public"), "{told}");
    // Behind a proxy, names are its to look up: here it is the proxy that nobody is at.
    let data = [("address".to_owned(), b"http://localhost:1".to_vec())].into();
    let proxied = Way { proxy: Some(Proxy::of(&data).unwrap()), ..plain() };
    let told = cause(&proxied.elsewhere(Reach::Public)).await;
    assert!(!told.contains("not public"), "{told}");
}
