//! What clients cannot be made of, and which are shared.

use super::{ClientError, Clients, Way};
use crate::access::Tls;

fn build(tls: Tls) -> Result<(), ClientError> {
    let way = Way { tls, proxy: None, unverified: false };
    Clients::new("test".to_owned()).client(&way).map(|_| ())
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
    let plain = Way { tls: Tls::default(), proxy: None, unverified: false };
    let open = Way { unverified: true, ..plain.clone() };
    for way in [&plain, &open, &plain] {
        clients.client(way).unwrap();
    }
    assert_eq!(clients.clients.lock().len(), 2);
}
