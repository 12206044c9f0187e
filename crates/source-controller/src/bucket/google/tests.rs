//! Questions and answers of Google's JSON interface.

use super::{BASE, Google, read_list, read_object, refusal};
use crate::bucket::login::Proof;
use crate::bucket::page::Item;

#[test]
fn questions() {
    let store = Google::new(BASE, "app", "p/");
    let token = Proof::Bearer("token".to_owned().into());
    let request = store.list(&token, Some("t/="));
    let expected = "https://storage.googleapis.com/storage/v1/b/app/o?alt=json&fields=nextPageToken%2Citems(name%2Cetag%2Cgeneration%2Csize)&maxResults=1000&prettyPrint=false&pageToken=t%2F%3D&prefix=p%2F";
    assert_eq!(request.url, expected);
    assert!(
        request
            .headers
            .iter()
            .any(|(name, value)| *name == "authorization" && value.as_str() == "Bearer token")
    );
    let item = Item { key: "../a b/c".into(), generation: "7".into(), ..Item::default() };
    let request = store.get(&Proof::Nothing, &item);
    assert_eq!(
        request.url,
        "https://storage.googleapis.com/storage/v1/b/app/o/..%2Fa%20b%2Fc?alt=media&generation=7"
    );
    assert!(request.headers.is_empty());
    for bucket in ["", "..", "a/b"] {
        assert!(Google::new(BASE, bucket, "").check().is_err(), "{bucket}");
    }
}

#[test]
fn answers() {
    let text = r#"{"nextPageToken":"t","items":[{"name":"a","etag":"CN+x=","generation":"17","size":"11"},{"name":"b"}]}"#;
    let page = read_list(text.as_bytes()).unwrap();
    let first = Item { key: "a".into(), etag: "CN+x=".into(), generation: "17".into(), size: 11 };
    assert_eq!((&page.items[0], page.items.len(), page.next.as_deref()), (&first, 2, Some("t")));
    assert_eq!(read_list(b"{}").unwrap().items, []);
    assert_eq!(
        read_object(br#"{"name":"a","etag":"e","generation":"1","size":"2"}"#).unwrap().generation,
        "1"
    );
    assert!(read_list(b"7").is_err());
    let many = format!("{{\"items\":[{}{{}}]}}", "{},".repeat(5000));
    let error = read_list(many.as_bytes()).unwrap_err();
    assert!(matches!(error, crate::bucket::Failure::Excess(_)), "{error}");
}

#[test]
fn refusals() {
    let text = r#"{"error":{"code":403,"message":"x does not have storage.objects.list access.","errors":[{"message":"x","domain":"global","reason":"forbidden"}]}}"#;
    let found = refusal(403, text.as_bytes());
    assert_eq!(found.text, "googleapi: Error 403: x does not have storage.objects.list access., forbidden");
    assert_eq!(refusal(502, b"oops").text, "googleapi: got HTTP response code 502 with body: oops");
}
