//! Registries: lists of tags without an end, manifests that are none or lead in circles, lies about digests and lengths,
//! and redirects. Their layers are `layers`', their logins `logins`'.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::host::Reply;
use super::input::Ending::{self, Refused, Settled};
use super::input::{Family, Input, Matter, Source};
use super::site::{Answers, Asked};
use crate::oci::{CONTENT, INDEX, Image, MANIFEST, descriptor, digest};

/// What trouble with a registry is called.
pub(super) const REASONS: &[&str] = &[
    "OCIArtifactPullFailed",
    "OCIArtifactLayerOperationFailed",
    "ReadOperationFailed",
    "AuthenticationFailed",
    "URLInvalid",
];
const TAGS: &[&str] = &["ReadOperationFailed"];
const PULL: &[&str] = &["OCIArtifactPullFailed"];
const MANIFESTS: &[&str] = &["OCIArtifactPullFailed", "OCIArtifactLayerOperationFailed"];

const ESCAPES: &str = "\x1b[2J\x1b]0;owned\x07\u{9b}31m\u{202e}";

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = lists();
    inputs.extend(tags());
    inputs.extend(ranges());
    inputs.extend(manifests());
    inputs.extend(annotations());
    inputs.extend(answers());
    inputs.extend(circles());
    inputs.extend(digests());
    inputs.extend(addresses());
    inputs
}

/// An OCIRepository of a registry that answers like this.
pub(super) fn registry(
    name: impl AsRef<str>,
    ending: Ending,
    spec: Value,
    answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Input {
    let answers = Answers::new(answer);
    Input::new(Family::Registry, name, ending, move |_| {
        let (spec, answers) = (spec.clone(), answers.clone());
        Matter::Source(Source { kind: "OCIRepository", spec, others: Vec::new(), answers })
    })
    .because(REASONS)
}

/// An OCIRepository of a registry that has this, which is made once.
pub(super) fn shelved(
    name: impl AsRef<str>,
    ending: Ending,
    spec: Value,
    make: impl Fn() -> Shelf + Send + Sync + 'static,
) -> Input {
    Input::new(Family::Registry, name, ending, move |_| {
        let shelf = make();
        let answers = Answers::new(move |asked: &Asked| shelf.answer(asked));
        Matter::Source(Source { kind: "OCIRepository", spec: spec.clone(), others: Vec::new(), answers })
    })
    .because(REASONS)
}

/// What a registry has.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    manifests: BTreeMap<String, Reply>,
    blobs: BTreeMap<String, Reply>,
}

impl Shelf {
    /// An artifact of one layer under `latest`.
    pub(super) fn of_layer(layer: Vec<u8>) -> Self {
        Self::default().with("latest", &Image::of_layers([(CONTENT, layer)], &[]))
    }

    /// With an artifact under a tag.
    pub(super) fn with(mut self, tag: &str, image: &Image) -> Self {
        for blob in &image.blobs {
            self.blobs.insert(digest(blob), Reply::ok(blob.clone()));
        }
        self.with_manifest(tag, &image.media_type, image.manifest.clone())
    }

    /// With any bytes as a manifest under a tag, and under their digest.
    pub(super) fn with_manifest(mut self, tag: &str, media_type: &str, bytes: Vec<u8>) -> Self {
        let name = digest(&bytes);
        let reply = manifest_reply(media_type, &name, bytes);
        self.manifests.insert(name, reply.clone());
        self.manifests.insert(tag.to_owned(), reply);
        self
    }

    /// With an answer for a blob.
    pub(super) fn with_blob(mut self, digest: &str, reply: Reply) -> Self {
        self.blobs.insert(digest.to_owned(), reply);
        self
    }

    pub(super) fn answer(&self, asked: &Asked) -> Reply {
        let path = asked.path();
        let last = path.rsplit('/').next().unwrap_or_default();
        let found = if path == "/v2/" {
            return Reply::ok(b"{}".to_vec());
        } else if path.ends_with("/tags/list") {
            return Reply::ok(json!({ "name": "app", "tags": ["1.0.0"] }).to_string().into_bytes());
        } else if path.contains("/manifests/") {
            self.manifests.get(last)
        } else {
            self.blobs.get(last)
        };
        found.cloned().unwrap_or_else(not_found)
    }
}

/// A manifest with the digest that its server claims.
fn manifest_reply(media_type: &str, name: &str, bytes: Vec<u8>) -> Reply {
    let fields = format!("content-type: {media_type}\r\ndocker-content-digest: {name}\r\n");
    Reply::status("200 OK", &fields, bytes)
}

pub(super) fn not_found() -> Reply {
    Reply::status("404 Not Found", "", b"{}".to_vec())
}

/// An honest layer.
pub(super) fn layer() -> Vec<u8> {
    super::tarball::gzip(&super::tarball::Tar::default().file("a.yaml", b"a: 1\n").done())
}

fn semver(range: &str) -> Value {
    json!({ "ref": { "semver": range } })
}

const NONE: &str = r#"{"name":"app","tags":[]}"#;

/// A page of tags, and where the next one is said to be.
fn page(asked: &Asked, link: &str, body: &str) -> Reply {
    let fields = format!("link: <{}>; rel=\"next\"\r\n", asked.fill(link));
    Reply::status("200 OK", &fields, body.as_bytes().to_vec())
}

/// Lists of tags: how they are paged, and what is sent instead of one.
fn lists() -> Vec<Input> {
    let list = |name: &str, page: fn(&Asked) -> Reply| {
        registry(format!("tags-{name}"), Refused, semver("*"), move |asked| {
            if asked.path().ends_with("/tags/list") { page(asked) } else { Shelf::default().answer(asked) }
        })
        .because(TAGS)
    };
    vec![
        list("page-after-page", |asked| {
            let number: u64 = asked.target.rsplit('=').next().and_then(|text| text.parse().ok()).unwrap_or(0);
            let link = format!("/v2/app/tags/list?n=1&last={}", number + 1);
            page(asked, &link, &format!(r#"{{"tags":["a{number}"]}}"#))
        }),
        list("page-of-itself", |asked| page(asked, &asked.target.clone(), NONE)),
        list("page-of-itself-with-tags", |asked| page(asked, &asked.target.clone(), r#"{"tags":["a","b"]}"#)),
        list("page-elsewhere", |asked| page(asked, "{ELSEWHERE}/v2/app/tags/list?n=1", NONE)),
        list("page-of-metadata", |asked| page(asked, "http://169.254.169.254/latest/?a", NONE)),
        list("page-of-a-file", |asked| page(asked, "file:///etc/passwd?a", NONE)),
        list("page-of-a-long-address", |asked| page(asked, &format!("/v2/?{}", "a".repeat(30_000)), NONE)),
        list("many", |_| {
            let tags: Vec<String> = (0..1_000_000).map(|number| format!("\"0.0.{number}\"")).collect();
            Reply::ok(format!(r#"{{"tags":[{}]}}"#, tags.join(",")).into_bytes())
        }),
        list("of-one-long-word", |_| {
            Reply::ok(format!(r#"{{"tags":["{}"]}}"#, "1".repeat(60 << 20)).into_bytes())
        }),
        list("of-80M", |_| Reply::ok(vec![b' '; 80 << 20])),
        list("without-end", |_| Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\n\r\n{\"tags\":[\"a\"".to_vec()),
            again: Arc::new(b",\"a\"".repeat(16_000)),
        }),
        list("by-bytes", |_| Reply::Trickle {
            first: Arc::new(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{".to_vec()),
            every: Duration::from_secs(1),
        }),
        list("of-html", |_| Reply::ok(format!("<html>{ESCAPES}").into_bytes())),
        list("null", |_| Reply::ok(br#"{"tags":null}"#.to_vec())),
        list("of-numbers", |_| Reply::ok(br#"{"tags":[1,2,{"a":[]}]}"#.to_vec())),
        list("deep", |_| Reply::ok(format!(r#"{{"tags":{}"#, "[".repeat(1_000_000)).into_bytes())),
        list("of-negative-length", |_| Reply::Whole {
            head: "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n".to_owned(),
            body: Arc::new(NONE.into()),
        }),
    ]
}

/// Tags that are no names, of which the highest would become a part of an address and of messages.
fn tags() -> Vec<Input> {
    let names = [
        ("that-walk-up", "9.9.9-../../../v2"),
        ("that-walk-up-behind-plus", "9.9.9+../../../../x"),
        ("with-escapes", "9.9.9-\u{1b}[2J"),
        ("with-a-newline", "9.9.9-a\r\nx: y"),
        ("with-a-query", "9.9.9-a?b=c"),
        ("with-nul", "9.9.9-\0"),
        ("of-a-kibibyte", "9.9.9-{LONG}"),
        ("with-bidi", "9.9.9-\u{202e}a"),
    ];
    let input = |(what, tag): (&str, &str)| {
        let tag = tag.replace("{LONG}", &"a".repeat(1_024));
        let body = json!({ "tags": ["1.0.0", tag] }).to_string();
        registry(format!("tags-{what}"), Refused, semver(">=9.0.0-0"), move |asked| {
            if asked.path().ends_with("/tags/list") {
                Reply::ok(body.clone().into_bytes())
            } else {
                Shelf::default().answer(asked)
            }
        })
    };
    names.into_iter().map(input).collect()
}

/// Ranges and filters that cost something for each of many tags.
fn ranges() -> Vec<Input> {
    let many = |asked: &Asked| {
        if !asked.path().ends_with("/tags/list") {
            return Shelf::default().answer(asked);
        }
        let tags: Vec<String> = (0..190_000).map(|number| format!("\"1.2.{number}\"")).collect();
        Reply::ok(format!(r#"{{"tags":[{}]}}"#, tags.join(",")).into_bytes())
    };
    let long = |asked: &Asked| {
        if !asked.path().ends_with("/tags/list") {
            return Shelf::default().answer(asked);
        }
        let tags: Vec<String> = (0..60).map(|_| format!("\"{}\"", "ab".repeat(512 << 10))).collect();
        Reply::ok(format!(r#"{{"tags":[{}]}}"#, tags.join(",")).into_bytes())
    };
    let filtered = |filter: &str| json!({ "ref": { "semver": "9.x", "semverFilter": filter } });
    let alternatives = |count: usize| semver(&vec!["<0.0.1"; count].join("||"));
    vec![
        registry("range-of-100-alternatives", Refused, alternatives(100), many).because(TAGS),
        registry("range-of-100000-alternatives", Refused, alternatives(100_000), many).because(TAGS),
        registry("range-of-100000-conditions", Refused, semver(&vec![">0.0.1"; 100_000].join(" ")), many)
            .because(TAGS),
        registry("filter-of-repetitions", Refused, filtered("((a{100}){100}){100}"), many).because(TAGS),
        registry("filter-of-classes", Refused, filtered(&r"\pL{50}".repeat(20)), many).because(TAGS),
        registry("filter-of-brackets", Refused, filtered(&"(".repeat(50_000)), many).because(TAGS),
        registry("filter-of-states-over-long-tags", Refused, filtered("[ab]*a[ab]{500}c"), long)
            .because(TAGS),
        registry("filter-of-states-over-many-tags", Refused, filtered("[0-9.]*1[0-9.]{400}c"), many)
            .because(TAGS),
        registry("filter-of-many-words", Refused, filtered(&"(a|b|ab)*".repeat(1_000)), many).because(TAGS),
    ]
}

/// The manifest of an honest layer with something else in one place.
pub(super) fn changed(place: &str, value: &Value) -> Vec<u8> {
    let image = Image::of_layers([(CONTENT, layer())], &[("a", "b")]);
    let mut manifest: Value = serde_json::from_slice(&image.manifest).unwrap_or_default();
    if let Some(found) = manifest.pointer_mut(place) {
        *found = value.clone();
    }
    manifest.to_string().into_bytes()
}

/// Manifests that are none, or large.
fn manifests() -> Vec<Input> {
    let bytes = |name: &str, ending, media_type: &'static str, make: fn() -> Vec<u8>| {
        shelved(format!("manifest-{name}"), ending, Value::Null, move || {
            Shelf::default().with_manifest("latest", media_type, make())
        })
        .because(MANIFESTS)
    };
    vec![
        bytes("empty", Refused, MANIFEST, Vec::new),
        bytes("of-html", Refused, "text/html", || format!("<html>{ESCAPES}").into_bytes()),
        bytes("of-nulls", Refused, MANIFEST, || br#"{"layers":null,"manifests":null}"#.to_vec()),
        bytes("of-5M", Refused, MANIFEST, || vec![b' '; 5 << 20]),
        bytes("deep", Refused, MANIFEST, || "[".repeat(1 << 20).into_bytes()),
        bytes("of-100000-layers", Refused, MANIFEST, || {
            let one = r#"{"mediaType":"a","size":1,"digest":"sha256:a"}"#;
            format!(r#"{{"layers":[{}]}}"#, vec![one; 80_000].join(",")).into_bytes()
        }),
        bytes("of-old-schema", Refused, "application/vnd.docker.distribution.manifest.v1+json", || {
            br#"{"schemaVersion":1}"#.to_vec()
        }),
        bytes("of-type-with-escapes", Refused, "application/x\u{9b}31m", || b"{}".to_vec()),
        bytes("layer-that-walks-up", Refused, MANIFEST, || {
            br#"{"layers":[{"mediaType":"a","size":1,"digest":"sha256:../../../etc/passwd"}]}"#.to_vec()
        }),
        bytes("layer-of-other-hash", Refused, MANIFEST, || {
            format!(r#"{{"layers":[{{"size":1,"digest":"md5:{}"}}]}}"#, "a".repeat(32)).into_bytes()
        }),
        bytes("layer-of-negative-size", Refused, MANIFEST, || {
            format!(r#"{{"layers":[{{"size":-1,"digest":"sha256:{}"}}]}}"#, "a".repeat(64)).into_bytes()
        }),
        bytes("layer-of-all-bytes", Refused, MANIFEST, || {
            let all = u64::MAX;
            format!(r#"{{"layers":[{{"size":{all},"digest":"sha256:{}"}}]}}"#, "a".repeat(64)).into_bytes()
        }),
    ]
}

/// Annotations, which are published, and what messages quote of them.
fn annotations() -> Vec<Input> {
    let of = |name: &str, ending, make: fn() -> Value| {
        shelved(format!("annotations-{name}"), ending, Value::Null, move || {
            Shelf::default().with_blob(&digest(&layer()), Reply::ok(layer())).with_manifest(
                "latest",
                MANIFEST,
                changed("/annotations", &make()),
            )
        })
        .because(MANIFESTS)
    };
    vec![
        of("3000", Settled, || {
            Value::Object((0..3_000).map(|number| (format!("k{number}"), json!("v".repeat(50)))).collect())
        }),
        of("30000", Refused, || {
            Value::Object((0..30_000).map(|number| (format!("k{number}"), json!("v".repeat(50)))).collect())
        }),
        of("of-one-megabyte", Refused, || json!({ "a": "v".repeat(1 << 20) })),
        of("with-escapes", Settled, || {
            json!({ "org.opencontainers.image.source": format!("https://a{ESCAPES}"),
                "org.opencontainers.image.revision": format!("main{ESCAPES}\nReady: True"), ESCAPES: ESCAPES })
        }),
        of("of-a-long-origin", Settled, || {
            json!({ "org.opencontainers.image.source": "s".repeat(50_000),
                "org.opencontainers.image.revision": "r".repeat(50_000) })
        }),
        of("that-are-no-text", Refused, || json!({ "a": { "b": [1] } })),
    ]
}

/// Answers instead of a manifest.
fn answers() -> Vec<Input> {
    let of = |name: &str, answer: fn() -> Reply| {
        registry(format!("manifest-{name}"), Refused, Value::Null, move |asked| {
            if asked.path().contains("/manifests/") { answer() } else { Shelf::default().answer(asked) }
        })
        .because(PULL)
    };
    vec![
        of("without-end", || Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            again: Arc::new(vec![b' '; 64 << 10]),
        }),
        of("by-bytes", || Reply::Trickle {
            first: Arc::new(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{".to_vec()),
            every: Duration::from_secs(1),
        }),
        of("silent", || Reply::Trickle { first: Arc::default(), every: Duration::from_secs(600) }),
        of("error-of-32M", || Reply::status("500 Internal", "", vec![b'e'; 32 << 20])),
        of("error-with-escapes", || Reply::status("403 Forbidden", "", ESCAPES.into())),
        of("errors-100000", || {
            let one = json!({ "code": ESCAPES, "message": ESCAPES, "detail": { "a": [ESCAPES] } });
            Reply::status("400 Bad", "", json!({ "errors": vec![one; 100_000] }).to_string().into_bytes())
        }),
        of("redirect-to-itself", || {
            Reply::status("307 Again", "location: /v2/app/manifests/latest\r\n", Vec::new())
        }),
        of("redirect-to-metadata", || {
            Reply::status("302 Found", "location: http://169.254.169.254/latest/\r\n", Vec::new())
        }),
        of("redirect-to-a-file", || {
            Reply::status("302 Found", "location: file:///etc/passwd\r\n", Vec::new())
        }),
    ]
}

/// Indexes of indexes.
fn circles() -> Vec<Input> {
    let mut inputs = Vec::new();
    for depth in [5, 100] {
        inputs.push(shelved(format!("index-{depth}-deep"), Refused, Value::Null, move || {
            let mut inner = Image::of_layers([(CONTENT, layer())], &[]);
            let mut shelf = Shelf::default();
            for _ in 0..depth {
                shelf = shelf.with("inner", &inner);
                inner = Image::index(&[("linux/amd64", &inner)]);
            }
            shelf.with("latest", &inner)
        }));
    }
    let of = |name: &str, make: fn() -> Value| {
        shelved(format!("index-{name}"), Refused, Value::Null, move || {
            Shelf::default().with_manifest("latest", INDEX, make().to_string().into_bytes())
        })
        .because(MANIFESTS)
    };
    inputs.extend([
        of("of-20000-others", || {
            let mut other = descriptor(MANIFEST, b"{}");
            other["platform"] = json!({ "os": "plan9", "architecture": "amd64" });
            json!({ "manifests": vec![other; 20_000] })
        }),
        of("of-nothing", || json!({ "manifests": [] })),
        of("of-what-walks-up", || json!({ "manifests": [{ "digest": "sha256:../../x", "size": 1 }] })),
        of("of-what-is-not-there", || json!({ "manifests": [descriptor(MANIFEST, b"gone")] })),
    ]);
    inputs
}

/// Digests that are not those of what is sent.
fn digests() -> Vec<Input> {
    let claims = |name: &str, claimed: fn(&str) -> String| {
        registry(format!("digest-{name}"), Settled, Value::Null, move |asked| {
            let image = Image::of_layers([(CONTENT, layer())], &[]);
            let claimed = claimed(&image.digest());
            let mut shelf = Shelf::default().with("latest", &image);
            let reply = manifest_reply(MANIFEST, &claimed, image.manifest.clone());
            shelf.manifests.insert("latest".to_owned(), reply.clone());
            shelf.manifests.insert(claimed, reply);
            shelf.answer(asked)
        })
        .because(PULL)
    };
    let mut wrong = claims("of-something-else", |_| format!("sha256:{}", "7".repeat(64)));
    wrong.ending = Refused;
    vec![
        wrong,
        claims("that-walks-up", |_| "sha256:../../../x".to_owned()),
        claims("of-another-hash", |_| format!("md5:{}", "7".repeat(32))),
        claims("in-capitals", str::to_uppercase),
        claims("of-nothing", |_| String::new()),
        claims("of-8K", |_| "sha256:7".repeat(1_000)),
        registry("digest-that-changes", Settled, Value::Null, |asked| {
            let random = format!("sha256:{:064x}", rand::random::<u64>());
            let image = Image::of_layers([(CONTENT, layer())], &[]);
            if asked.method == "HEAD" {
                return manifest_reply(MANIFEST, &random, image.manifest);
            }
            Shelf::default().with("latest", &image).answer(asked)
        })
        .because(PULL),
        registry(
            "digest-asked-for-and-other-sent",
            Refused,
            json!({ "ref": { "digest": format!("sha256:{}", "5".repeat(64)) } }),
            |asked| {
                let image = Image::of_layers([(CONTENT, layer())], &[]);
                let mut shelf = Shelf::default().with("latest", &image);
                let name = format!("sha256:{}", "5".repeat(64));
                shelf.manifests.insert(name.clone(), manifest_reply(MANIFEST, &name, image.manifest));
                shelf.answer(asked)
            },
        )
        .because(PULL),
    ]
}

/// Addresses that say more than where a registry is.
fn addresses() -> Vec<Input> {
    let cases = [
        ("port-of-all", "oci://127.0.0.1:99999999/app", Refused),
        ("no-host", "oci:///app", Refused),
        ("walks-up", "oci://{HOST}/../../app", Refused),
        ("with-a-tag", "oci://{HOST}/app:latest", Refused),
        ("with-a-digest", "oci://{HOST}/app@sha256:00", Refused),
        ("of-a-long-name", "oci://{HOST}/{LONG}", Refused),
        ("with-a-query", "oci://{HOST}/app?a=b", Refused),
        ("with-a-fragment", "oci://{HOST}/app#b", Refused),
        ("in-capitals", "oci://{HOST}/APP", Refused),
        ("with-escapes", "oci://{HOST}/app%1b%5b2J", Refused),
        ("of-metadata", "oci://169.254.169.254/app", Refused),
    ];
    let input = |(what, url, ending): (&str, &str, Ending)| {
        let url = url.replace("{LONG}", &"a/".repeat(5_000));
        registry(format!("address-{what}"), ending, json!({ "url": url }), |asked| {
            Shelf::of_layer(layer()).answer(asked)
        })
    };
    cases.into_iter().map(input).collect()
}
