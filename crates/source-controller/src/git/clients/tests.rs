//! Which repositories share a client.

use super::{Clients, MAX_CLIENTS, Reach};
use crate::access::Tls;
use crate::access::tls::TlsMaterialError;

fn clients() -> Clients {
    // Another test of this process may have done it.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    Clients::new("test".to_owned())
}

#[test]
fn tls_material_that_cannot_be_used() {
    let clients = clients();
    let identity = Tls { ca: None, identity: Some((b"crt-canary".to_vec(), b"key-canary".to_vec())) };
    assert_eq!(
        clients.client(&identity, None, Reach::Anywhere).unwrap_err(),
        TlsMaterialError::NoKeyPair.into()
    );
    assert!(clients.clients.lock().is_empty());
}

#[test]
fn clients_are_shared_and_their_number_is_bounded() {
    let clients = clients();
    let one = clients.client(&Tls::default(), None, Reach::Anywhere).unwrap();
    clients.client(&Tls::default(), None, Reach::Anywhere).unwrap();
    assert_eq!(clients.clients.lock().len(), 1);
    clients.client(&Tls::default(), None, Reach::Public).unwrap();
    assert_eq!(clients.clients.lock().len(), 2, "where one may go, the other may not");
    clients.clients.lock().remove(&(Tls::default(), None, Reach::Public));
    let mut kept = clients.clients.lock();
    for number in 1..MAX_CLIENTS {
        let tls = Tls { ca: Some(vec![u8::try_from(number).unwrap()]), identity: None };
        kept.insert((tls, None, Reach::Anywhere), one.clone());
    }
    kept.remove(&(Tls::default(), None, Reach::Anywhere));
    assert_eq!(kept.len(), MAX_CLIENTS - 1);
    drop(kept);
    clients.client(&Tls::default(), None, Reach::Anywhere).unwrap();
    assert_eq!(clients.clients.lock().len(), MAX_CLIENTS);
    clients.clients.lock().remove(&(Tls::default(), None, Reach::Anywhere));
    let last = Tls { ca: Some(b"last".to_vec()), identity: None };
    clients.clients.lock().insert((last, None, Reach::Anywhere), one);
    clients.client(&Tls::default(), None, Reach::Anywhere).unwrap();
    assert_eq!(clients.clients.lock().len(), 1, "they begin again");
}
