//! What the store says: which protocol a question is of, and the answer in its form.

use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::json;

use super::state::{Object, State, object};

pub(super) fn answer(state: &mut State, parts: &Parts, body: &Bytes) -> Response {
    let text = |name: header::HeaderName| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (uri, authorization) = (parts.uri.to_string(), text(header::AUTHORIZATION));
    state.asked.push(format!("{} {uri} {authorization}", parts.method).trim_end().to_owned());
    if let Some(status) = state.behaviour.refuse {
        let said = escaped(&format!("you said {uri} {authorization}"));
        let text = format!("<Error><Code>AccessDenied</Code><Message>{said}</Message></Error>");
        return xml(status, text);
    }
    if state.behaviour.busy > 0 {
        state.behaviour.busy -= 1;
        return error(503, "SlowDown", "Please reduce your request rate.");
    }
    let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
    if parts.method == Method::POST {
        return log_in(state, body);
    }
    if let Some(rest) = path.strip_prefix("/storage/v1/b/") {
        return google(state, rest, query);
    }
    if let Some(refused) = refused(state, &authorization) {
        return refused;
    }
    let rest = path.trim_start_matches('/');
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    let (bucket, key) = (decoded(bucket), decoded(key));
    let is_azure = parts.headers.contains_key("x-ms-version");
    if !state.buckets.contains_key(&bucket) {
        return if is_azure {
            error(404, "ContainerNotFound", "The specified container does not exist.")
        } else {
            error(404, "NoSuchBucket", "The specified bucket does not exist")
        };
    }
    if value(query, "comp").as_deref() == Some("list") {
        return azure_list(state, &bucket, query);
    }
    if value(query, "location").is_some() {
        return xml(200, "<LocationConstraint></LocationConstraint>".to_owned());
    }
    if key.is_empty() {
        return if parts.method == Method::HEAD {
            xml(200, String::new())
        } else {
            list(state, &bucket, query)
        };
    }
    let none_match = text(header::IF_NONE_MATCH);
    get(state, parts, &bucket, &key, &none_match, is_azure)
}

fn log_in(state: &State, body: &Bytes) -> Response {
    let body = String::from_utf8_lossy(body);
    let field = |name| value(&body, name).unwrap_or_default();
    let given = (field("LDAPUsername"), field("LDAPPassword"));
    if field("Action") != "AssumeRoleWithLDAPIdentity" || state.behaviour.user.as_ref() != Some(&given) {
        let said = escaped(&format!("LDAP authentication failed for {} with {}", given.0, given.1));
        let text = format!(
            "<ErrorResponse><Error><Code>InvalidParameterValue</Code><Message>{said}</Message></Error></ErrorResponse>"
        );
        return xml(400, text);
    }
    let key = state.behaviour.access_key.as_deref().unwrap_or("key");
    let text = format!(
        "<AssumeRoleWithLDAPIdentityResponse><AssumeRoleWithLDAPIdentityResult><Credentials>\
         <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>ldap-pass</SecretAccessKey>\
         <SessionToken>session-pass</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>\
         </Credentials></AssumeRoleWithLDAPIdentityResult></AssumeRoleWithLDAPIdentityResponse>"
    );
    xml(200, text)
}

/// Who may not ask, or signs for another region.
fn refused(state: &State, authorization: &str) -> Option<Response> {
    let credential = authorization.split("Credential=").nth(1).unwrap_or_default();
    let mut parts = credential.split('/');
    let (key, region) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
    if state.behaviour.access_key.as_ref().is_some_and(|wanted| key != wanted) {
        let text = "The AWS Access Key Id you provided does not exist in our records.";
        return Some(error(403, "InvalidAccessKeyId", text));
    }
    let wanted =
        state.behaviour.region.as_ref().filter(|wanted| !authorization.is_empty() && region != *wanted)?;
    let text = format!(
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region is wrong; expecting '{wanted}'</Message>\
         <Region>{wanted}</Region></Error>"
    );
    Some(xml(400, text))
}

/// Key, ETag, generation and size of each on a page, and what the next one is asked with.
type Page = (Vec<(String, String, u64, usize)>, Option<String>);

fn page(state: &State, bucket: &str, prefix: &str, after: &str) -> Page {
    let most = state.behaviour.page.unwrap_or(1000);
    let objects = state.buckets.get(bucket).into_iter().flatten();
    let after = if state.behaviour.endless { "" } else { after };
    let mut all = objects.filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after);
    let found: Vec<_> = all
        .by_ref()
        .take(most)
        .map(|(key, object)| (key.clone(), object.etag.clone(), object.generation, object.content.len()))
        .collect();
    let next = if state.behaviour.endless {
        Some("again".to_owned())
    } else {
        found.last().map(|last| last.0.clone())
    };
    let has_more = state.behaviour.endless || all.next().is_some();
    (found, next.filter(|_| has_more))
}

fn list(state: &State, bucket: &str, query: &str) -> Response {
    let field = |name| value(query, name).unwrap_or_default();
    let is_encoded = field("encoding-type") == "url";
    let (found, next) = page(state, bucket, &field("prefix"), &field("continuation-token"));
    let mut text = format!("<ListBucketResult><Name>{bucket}</Name>");
    if is_encoded {
        text.push_str("<EncodingType>url</EncodingType>");
    }
    for (key, etag, _, size) in found {
        let key =
            if is_encoded { utf8_percent_encode(&key, NON_ALPHANUMERIC).to_string() } else { escaped(&key) };
        let _ = write!(
            text,
            "<Contents><Key>{key}</Key><ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size></Contents>"
        );
    }
    let _ = write!(text, "<IsTruncated>{}</IsTruncated>", next.is_some());
    if let Some(next) = next {
        let _ = write!(text, "<NextContinuationToken>{}</NextContinuationToken>", escaped(&next));
    }
    text.push_str("</ListBucketResult>");
    xml(200, text)
}

fn azure_list(state: &State, bucket: &str, query: &str) -> Response {
    let field = |name| value(query, name).unwrap_or_default();
    let (found, next) = page(state, bucket, &field("prefix"), &field("marker"));
    let mut text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>".to_owned();
    for (key, etag, _, size) in found {
        let key = escaped(&key);
        let _ = write!(
            text,
            "<Blob><Name>{key}</Name><Properties><Etag>{etag}</Etag><Content-Length>{size}</Content-Length></Properties></Blob>"
        );
    }
    let _ = write!(
        text,
        "</Blobs><NextMarker>{}</NextMarker></EnumerationResults>",
        escaped(&next.unwrap_or_default())
    );
    xml(200, text)
}

fn get(
    state: &mut State,
    parts: &Parts,
    bucket: &str,
    key: &str,
    none_match: &str,
    is_azure: bool,
) -> Response {
    let Some(object) = current(state, bucket, key) else {
        return if is_azure {
            error(404, "BlobNotFound", "The specified blob does not exist.")
        } else {
            error(404, "NoSuchKey", "The specified key does not exist.")
        };
    };
    let etag = format!("\"{}\"", object.etag);
    let response = Response::builder()
        .header(header::ETAG, &etag)
        .header(header::LAST_MODIFIED, "Fri, 02 Jan 2026 03:04:05 GMT");
    if none_match == etag {
        return response.status(StatusCode::NOT_MODIFIED).body(Body::empty()).unwrap_or_default();
    }
    let response = response.header(header::CONTENT_LENGTH, object.content.len());
    if parts.method == Method::HEAD {
        return response.body(Body::empty()).unwrap_or_default();
    }
    state.content += object.content.len() as u64;
    response.body(Body::from(object.content)).unwrap_or_default()
}

/// An object as it is asked for: perhaps gone, perhaps another one than was listed.
fn current(state: &mut State, bucket: &str, key: &str) -> Option<Object> {
    if state.behaviour.vanished.contains(key) {
        return None;
    }
    if state.behaviour.changing.remove(key) {
        state.generation += 1;
        let new = object(b"changed meanwhile".to_vec(), state.generation);
        state.buckets.get_mut(bucket)?.insert(key.to_owned(), new);
    }
    state.buckets.get(bucket)?.get(key).cloned()
}

/// Gives an object another content after it was looked up.
fn unsettle(state: &mut State, bucket: &str, key: &str) {
    let Some(left) = state.behaviour.restless.get_mut(key).filter(|left| **left > 0) else { return };
    *left -= 1;
    state.generation += 1;
    let new = object(format!("# {}\n", state.generation).into_bytes(), state.generation);
    if let Some(objects) = state.buckets.get_mut(bucket) {
        objects.insert(key.to_owned(), new);
    }
}

fn google(state: &mut State, rest: &str, query: &str) -> Response {
    let json = |status: u16, value: &serde_json::Value| reply(status, "application/json", value.to_string());
    let unknown = |text: &str| {
        json(404, &json!({"error": {"code": 404, "message": text, "errors": [{"reason": "notFound"}]}}))
    };
    let (bucket, rest) = rest.split_once("/o").unwrap_or((rest, ""));
    let (bucket, key) = (decoded(bucket), decoded(rest.trim_start_matches('/')));
    if !state.buckets.contains_key(&bucket) {
        return unknown("The specified bucket does not exist.");
    }
    let shown = |key: &str, etag: &str, generation: u64, size: usize| json!({"name": key, "etag": format!("{etag}="), "generation": generation.to_string(), "size": size.to_string()});
    if key.is_empty() {
        let field = |name| value(query, name).unwrap_or_default();
        let (found, next) = page(state, &bucket, &field("prefix"), &field("pageToken"));
        let items: Vec<_> =
            found.iter().map(|(key, etag, number, size)| shown(key, etag, *number, *size)).collect();
        let mut answer = json!({"items": items});
        if let Some(next) = next {
            answer["nextPageToken"] = next.into();
        }
        return json(200, &answer);
    }
    let Some(object) = current(state, &bucket, &key) else {
        return unknown(&format!("No such object: {bucket}/{key}"));
    };
    if value(query, "alt").as_deref() != Some("media") {
        unsettle(state, &bucket, &key);
        return json(200, &shown(&key, &object.etag, object.generation, object.content.len()));
    }
    if value(query, "generation").is_some_and(|number| number != object.generation.to_string()) {
        return unknown(&format!("No such object: {bucket}/{key}"));
    }
    state.content += object.content.len() as u64;
    Response::builder()
        .header(header::ETAG, "\"another\"")
        .body(Body::from(object.content))
        .unwrap_or_default()
}

fn value(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(other, _)| *other == name).map(|(_, value)| decoded(&value.replace('+', " ")))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn error(status: u16, code: &str, message: &str) -> Response {
    xml(status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
}

fn xml(status: u16, body: String) -> Response {
    reply(status, "application/xml", body)
}

fn reply(status: u16, media_type: &str, body: String) -> Response {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, media_type);
    response.body(Body::from(body)).unwrap_or_default()
}
