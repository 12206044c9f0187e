//! Which addresses are public, and names that have none.

use std::net::IpAddr;

use reqwest::dns::{Name, Resolve as _};

use super::{Resolver, is_public};

fn public(address: &str) -> bool {
    is_public(address.parse::<IpAddr>().unwrap())
}

#[test]
fn public_addresses() {
    for address in ["1.1.1.1", "140.82.112.3", "100.63.0.1", "172.32.0.1", "192.169.0.1", "2606:4700::1111"] {
        assert!(public(address), "{address}");
    }
    assert!(public("::ffff:1.1.1.1") && public("64:ff9b::1.1.1.1") && public("2002:101:101::1"));
}

#[test]
fn addresses_that_are_not() {
    for address in [
        "0.0.0.0",
        "0.1.2.3",
        "10.96.0.1",
        "127.0.0.1",
        "127.255.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:a00:1::1",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!public(address), "{address}");
    }
}

#[tokio::test]
async fn names_of_this_machine_are_not_public() {
    let name = || "localhost".parse::<Name>().unwrap();
    let resolver = Resolver::default();
    let mut found = resolver.resolve(name()).await.unwrap();
    assert!(found.any(|address| address.ip().is_loopback()));
    let refused = resolver.public_only().resolve(name()).await.err().unwrap();
    assert!(refused.to_string().contains("not public"), "{refused}");
}
