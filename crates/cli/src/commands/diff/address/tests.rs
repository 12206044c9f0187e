//! Which addresses are Services of a cluster.

use super::*;

fn path(url: &str) -> Option<String> {
    match address(url) {
        Address::Service { path, .. } => Some(path),
        Address::Anywhere => None,
    }
}

#[test]
fn services_are_asked_through_the_api_server() {
    let through = |rest: &str| Some(format!("/api/v1/namespaces/flux-system/services/{rest}"));
    for (url, wanted) in [
        (
            "http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/web/1.tar.gz",
            through("http:source-controller:80/proxy/gitrepository/apps/web/1.tar.gz"),
        ),
        (
            "http://source-controller.flux-system.svc/a.tar.gz",
            through("http:source-controller:80/proxy/a.tar.gz"),
        ),
        ("http://source.flux-system.svc.k8s.example:9090/a", through("http:source:9090/proxy/a")),
        ("https://source.flux-system.svc/a?b=c", through("https:source:443/proxy/a?b=c")),
    ] {
        assert_eq!(path(url), wanted, "{url}");
    }
}

#[test]
fn all_else_is_asked_as_it_is() {
    for url in [
        "http://127.0.0.1:9090/a.tar.gz",
        "http://[::1]:9090/a.tar.gz",
        "https://artifacts.example.com/a.tar.gz",
        "http://source-controller/a",
        "http://source-controller.flux-system/a",
        "ftp://source.flux-system.svc/a",
        "not a url",
    ] {
        assert_eq!(path(url), None, "{url}");
    }
}
