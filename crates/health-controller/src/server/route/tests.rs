//! Paths that lead somewhere, and paths that do not.

use reconcile_core::ObjectKey;

use super::{Astray, Route, route};

#[test]
fn what_can_be_asked_for() {
    for (path, query, wanted) in [
        ("/api/v1/version", None, Route::Version),
        ("/api/v1/explain/apps/web", None, Route::Explain(ObjectKey::new("apps", "web"))),
        ("/api/v1/explain/apps/web", Some(""), Route::Explain(ObjectKey::new("apps", "web"))),
        ("/api/v1/explain", None, Route::List(None)),
        ("/api/v1/explain", Some("namespace=apps"), Route::List(Some("apps".to_owned()))),
    ] {
        assert_eq!(route(path, query), Ok(wanted), "{path} {query:?}");
    }
}

#[test]
fn what_leads_nowhere() {
    for path in [
        "",
        "/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/version",
        "/api/v1/version/",
        "/api/v1/explain/",
        "/api/v1/explain/apps",
        "/api/v1/explain/apps/",
        "/api/v1/explain//web",
        "/api/v1/explain/../web",
        "/api/v1/explain/apps/web/more",
        "/api/v1/explain/ap%2Fps/web",
        "//api/v1/version",
    ] {
        assert_eq!(route(path, None), Err(Astray::Nowhere), "{path}");
    }
    let long = format!("/api/v1/explain/apps/{}", "a".repeat(300));
    assert_eq!(route(&long, None), Err(Astray::Nowhere));
}

#[test]
fn parameters_that_do_not_exist_are_refused() {
    for (path, query) in [
        ("/api/v1/version", "pretty"),
        ("/api/v1/explain/apps/web", "full=1"),
        ("/api/v1/explain", "namespace="),
        ("/api/v1/explain", "namespace=a&limit=1"),
        ("/api/v1/explain", "limit=1"),
        ("/api/v1/explain", "namespace=a%20b"),
    ] {
        assert_eq!(route(path, Some(query)), Err(Astray::Parameters), "{path} {query}");
    }
}
