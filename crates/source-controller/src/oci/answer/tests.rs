//! The words for what a registry answers, as Flux's library has them.

use reqwest::{StatusCode, Url};

use super::{refusal, shown, unanswered};

fn said(method: &str, status: u16, body: &str) -> String {
    let url = Url::parse("https://r.example/v2/a/manifests/v1").unwrap();
    refusal(method, &url, StatusCode::from_u16(status).unwrap(), body).to_string()
}

#[test]
fn refusals_of_charts() {
    let url = Url::parse("http://r.example/v2/a/tags/list?n=1000").unwrap();
    for (status, body, expected) in [
        (
            404,
            r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry","detail":{"name":"a"}}]}"#,
            "404: name unknown: repository name not known to registry: map[name:a]",
        ),
        (
            401,
            r#"{"errors":[{"code":"UNAUTHORIZED","message":""},{"code":"X","message":"m"}]}"#,
            "401: unauthorized; x: m",
        ),
        (502, "<html>", "502: Bad Gateway"),
    ] {
        let words = refusal("GET", &url, StatusCode::from_u16(status).unwrap(), body);
        let begin = "GET \"http://r.example/v2/a/tags/list?n=1000\": response status code ";
        assert_eq!(words.of_charts(), format!("{begin}{expected}"));
    }
}

#[test]
fn refusals() {
    let get = "GET https://r.example/v2/a/manifests/v1: ";
    for (status, body, expected) in [
        (
            404,
            r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"v1"}}]}"#,
            "MANIFEST_UNKNOWN: manifest unknown; map[Tag:v1]",
        ),
        (
            401,
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Type":"repository","Class":"","Name":"a","Action":"pull"}]}]}"#,
            "UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:a Type:repository]]",
        ),
        (
            404,
            r#"{"errors":[{"code":"A","message":"one"},{"code":"B","message":"two","detail":null}]}"#,
            "multiple errors returned: A: one; B: two",
        ),
        (502, "", "unexpected status code 502 Bad Gateway"),
        (404, "404 page not found", "unexpected status code 404 Not Found: 404 page not found"),
        (
            400,
            r#"{"errors":[{"code":"X","message":"m","detail":[1,true,"a",2.5,null]}]}"#,
            "X: m; [1 true a 2.5 <nil>]",
        ),
    ] {
        assert_eq!(said("GET", status, body), format!("{get}{expected}"));
    }
    assert_eq!(
        said("HEAD", 404, ""),
        "HEAD https://r.example/v2/a/manifests/v1: unexpected status code 404 Not Found (HEAD responses have no body, use GET for details)"
    );
}

#[test]
fn addresses_are_shown_without_secrets() {
    let url = Url::parse("https://u:p@r.example/x?X-Signature=secret&scope=a&service=b#f").unwrap();
    assert_eq!(shown(&url), "https://r.example/x?X-Signature=REDACTED&scope=a&service=b");
    assert_eq!(
        unanswered("HEAD", &url, "EOF"),
        "Head \"https://r.example/x?X-Signature=REDACTED&scope=a&service=b\": EOF"
    );
}
