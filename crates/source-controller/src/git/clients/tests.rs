//! Which repositories share a client and the turns of a host.

use std::sync::Arc;

use reqwest::Url;

use super::{ClientError, Clients, MAX_CLIENTS, PER_HOST};
use crate::access::Tls;

fn clients() -> Clients {
    // Another test of this process may have done it.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    Clients::new("test".to_owned())
}

#[test]
fn a_host_is_its_name_and_port() {
    let clients = clients();
    let host = |url: &str| clients.host(&Url::parse(url).unwrap());
    let one = host("https://a.example/x");
    assert!(Arc::ptr_eq(&one, &host("https://a.example:443/y")));
    assert!(!Arc::ptr_eq(&one, &host("http://a.example/x")));
    assert!(!Arc::ptr_eq(&one, &host("https://b.example/x")));
    assert_eq!(one.available_permits(), PER_HOST);
}

#[test]
fn hosts_that_nobody_asks_are_forgotten() {
    let clients = clients();
    let kept = clients.host(&Url::parse("https://a.example/x").unwrap());
    drop(clients.host(&Url::parse("https://b.example/x").unwrap()));
    drop(clients.host(&Url::parse("https://c.example/x").unwrap()));
    let known: Vec<_> = clients.hosts.lock().keys().cloned().collect();
    assert!(known.contains(&"a.example:443".to_owned()) && !known.contains(&"b.example:443".to_owned()));
    drop(kept);
}

#[test]
fn tls_material_that_cannot_be_used() {
    let clients = clients();
    let ca = Tls { ca: Some(b"ca-canary".to_vec()), identity: None };
    assert_eq!(clients.client(&ca).unwrap_err(), ClientError::NoCertificate);
    let identity = Tls { ca: None, identity: Some((b"crt-canary".to_vec(), b"key-canary".to_vec())) };
    assert_eq!(clients.client(&identity).unwrap_err(), ClientError::NoKeyPair);
    assert!(clients.clients.lock().is_empty());
}

#[test]
fn clients_are_shared_and_their_number_is_bounded() {
    let clients = clients();
    let one = clients.client(&Tls::default()).unwrap();
    clients.client(&Tls::default()).unwrap();
    assert_eq!(clients.clients.lock().len(), 1);
    let mut kept = clients.clients.lock();
    for number in 1..MAX_CLIENTS {
        kept.insert(Tls { ca: Some(vec![u8::try_from(number).unwrap()]), identity: None }, one.clone());
    }
    kept.remove(&Tls::default());
    assert_eq!(kept.len(), MAX_CLIENTS - 1);
    drop(kept);
    clients.client(&Tls::default()).unwrap();
    assert_eq!(clients.clients.lock().len(), MAX_CLIENTS);
    clients.clients.lock().remove(&Tls::default());
    clients.clients.lock().insert(Tls { ca: Some(b"last".to_vec()), identity: None }, one);
    clients.client(&Tls::default()).unwrap();
    assert_eq!(clients.clients.lock().len(), 1, "they begin again");
}
