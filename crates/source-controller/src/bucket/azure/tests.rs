//! Addresses, questions and answers of Azure Blob Storage.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Azure, read_list, refusal};
use crate::bucket::Failure;
use crate::bucket::login::{Proof, Shared};

fn at(endpoint: &str) -> Azure {
    Azure::new(endpoint, "app", "").unwrap()
}

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

#[test]
fn whose_account_it_is() {
    for (endpoint, account, is_azures, is_encrypted) in [
        ("https://me.blob.core.windows.net", "me", true, true),
        ("https://me.blob.core.windows.net/", "me", true, true),
        ("http://me.blob.core.windows.net", "me", false, false),
        ("https://me.blob.core.windows.net.evil.example", "me", false, true),
        ("https://blob.core.windows.net@evil.example", "", false, true),
        ("http://127.0.0.1:10000/devstoreaccount1", "devstoreaccount1", false, true),
        ("http://localhost:10000/devstoreaccount1/", "devstoreaccount1", false, true),
    ] {
        let Ok(store) = Azure::new(endpoint, "app", "") else {
            assert!(endpoint.contains('@'), "{endpoint}");
            continue;
        };
        assert_eq!(
            (store.account().as_str(), store.is_azures(), store.is_encrypted()),
            (account, is_azures, is_encrypted),
            "{endpoint}"
        );
    }
    for endpoint in ["", "me.blob.core.windows.net", "ftp://me"] {
        assert!(Azure::new(endpoint, "app", "").is_err(), "{endpoint}");
    }
}

#[test]
fn questions() {
    let store = at("https://me.blob.core.windows.net/?x=1&sig=no");
    let pairs = [("sv", "1"), ("sig", "a+b/c=")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let proof = Proof::Query(Arc::new(Shared(pairs.into())));
    let request = store.list(&proof, Some("m"), now()).unwrap();
    let expected = "https://me.blob.core.windows.net/app?comp=list&marker=m&maxresults=1000&restype=container&sig=a%2Bb%2Fc%3D&sv=1&x=1";
    assert_eq!(request.url, expected, "the Secret's parameters count before the address's");
    let bearer = Proof::Bearer("token".to_owned().into());
    let request = store.get(&bearer, "../a b", Some("0x8D"), now()).unwrap();
    assert_eq!(request.url, "https://me.blob.core.windows.net/app/..%2Fa%20b?sig=no&x=1");
    let told = at("http://me.blob.core.windows.net").get(&bearer, "a", None, now()).unwrap_err().to_string();
    assert_eq!(told, "authenticated requests are not permitted for non TLS protected (https) endpoints");
}

#[test]
fn a_page() {
    // As the service writes it, with a folder of an account that has a hierarchy.
    let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://me.blob.core.windows.net/\" \
                ContainerName=\"app\"><MaxResults>3</MaxResults><Blobs><Blob><Name>d</Name><Properties><Etag>0x8DA1</Etag>\
                <ResourceType>directory</ResourceType><Content-Length>0</Content-Length></Properties></Blob><Blob><Name>d/a&amp;b.yaml</Name>\
                <Properties><Creation-Time>Fri, 02 Jan 2026 03:04:05 GMT</Creation-Time><Etag>0x8DA2</Etag><Content-Length>11</Content-Length>\
                <Content-MD5>x</Content-MD5></Properties><OrMetadata /></Blob><Blob><Name Encoded=\"true\">e%EF%BF%BE</Name><Properties>\
                <Etag>\"0x8DA3\"</Etag></Properties></Blob></Blobs><NextMarker>2!92</NextMarker></EnumerationResults>";
    let page = read_list(text.as_bytes()).unwrap();
    let found: Vec<_> =
        page.items.iter().map(|item| (item.key.as_str(), item.etag.as_str(), item.size)).collect();
    assert_eq!(
        found,
        [("d/a&b.yaml", "\"0x8DA2\"", 11), ("e\u{fffe}", "\"0x8DA3\"", 0)],
        "one form of ETags"
    );
    assert_eq!(page.next.as_deref(), Some("2!92"));
    let last = "<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>";
    let page = read_list(last.as_bytes()).unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
    assert!(read_list(b"<Error/>").is_err());
    let of = |count: usize| {
        format!("<EnumerationResults><Blobs>{}</Blobs></EnumerationResults>", "<Blob/>".repeat(count))
    };
    assert_eq!(read_list(of(5000).as_bytes()).unwrap().items.len(), 5000);
    assert_eq!(
        read_list(of(5001).as_bytes()),
        Err(Failure::Excess("a list has more than 5000 items".into()))
    );
}

#[test]
fn refusals() {
    let text = "\u{feff}<?xml version=\"1.0\"?><Error><Code>ContainerNotFound</Code><Message>The specified container does not exist.\nRequestId:1</Message></Error>";
    let found = refusal(404, text.as_bytes());
    assert_eq!(found.text, "RESPONSE 404: ContainerNotFound: The specified container does not exist.");
    let text = "<Error><Code>AuthenticationFailed</Code><Message>no</Message></Error>";
    assert!(
        refusal(403, text.as_bytes())
            .text
            .starts_with("the specified bucket name may be incorrect, nonexistent, or ")
    );
    assert_eq!(refusal(502, b"oops").text, "RESPONSE 502 Bad Gateway: oops");
}
