//! Which lines are headers, and that an error shows none.

use super::parse;

#[test]
fn lines_are_headers() {
    let headers = parse("# for the collector\nAuthorization: Bearer a:b\n\n  x-scope-orgid:team \n").unwrap();
    assert_eq!(headers.len(), 2);
    assert_eq!(headers["authorization"], "Bearer a:b");
    assert_eq!(headers["x-scope-orgid"], "team");
    assert!(!format!("{headers:?}").contains("Bearer"), "{headers:?}");
}

#[test]
fn an_error_names_the_line_alone() {
    assert_eq!(parse("a: b\nsecret-token\n").unwrap_err(), "line 2 is no header");
    assert_eq!(parse("bad name: secret").unwrap_err(), "line 1 is no header");
}
