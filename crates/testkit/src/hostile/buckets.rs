//! Object stores that speak S3's protocol and mean harm: listings without an end or that are none, keys that are no
//! paths, objects that change while they are fetched, and answers that never come.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::host::Reply;
use super::input::Ending::{self, Refused, Settled};
use super::input::{Family, Input, Matter, Source};
use super::site::{Answers, Asked};

/// What trouble with a bucket is called.
const REASONS: &[&str] = &["BucketOperationFailed", "AuthenticationFailed", "ArchiveOperationFailed"];
const ESCAPES: &str = "\u{9b}31m\u{202e}";
const XML: &str = "content-type: application/xml\r\n";

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = listings();
    inputs.extend(documents());
    inputs.extend(keys());
    inputs.extend(numbers());
    inputs.extend(objects());
    inputs.extend(rules());
    inputs.extend(servers());
    inputs.extend(logins());
    inputs
}

/// What is asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// Whether the bucket is there, or where.
    Bucket,
    Listing,
    /// The file with ignore rules, which is asked for whatever the list says.
    Rules,
    Object,
}

fn question(asked: &Asked) -> Question {
    let is_root = matches!(asked.path(), "/app" | "/app/");
    let asks = |word: &str| asked.target.contains(word);
    match is_root {
        false if asked.path().ends_with("/.sourceignore") => Question::Rules,
        false => Question::Object,
        true if asks("list-type=") || asks("prefix=") || asks("max-keys=") || asks("encoding-type=") => {
            Question::Listing
        }
        true => Question::Bucket,
    }
}

/// A Bucket whose store answers like this.
fn bucket(
    name: impl AsRef<str>,
    ending: Ending,
    answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Input {
    let answers = Answers::new(answer);
    Input::new(Family::Bucket, name, ending, move |_| {
        let answers = answers.clone();
        Matter::Source(Source { kind: "Bucket", spec: Value::Null, others: Vec::new(), answers })
    })
    .because(REASONS)
}

/// The bucket is there.
fn there(asked: &Asked) -> Reply {
    if asked.target.contains("location") {
        let text =
            "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></LocationConstraint>";
        return Reply::status("200 OK", XML, text.into());
    }
    Reply::status("200 OK", "", Vec::new())
}

fn gone() -> Reply {
    Reply::status("404 Not Found", XML, b"<Error><Code>NoSuchKey</Code></Error>".to_vec())
}

/// One object as a listing has it.
fn entry(key: &str, etag: &str, size: &str) -> String {
    format!(
        "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;{etag}&quot;</ETag>\
         <Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )
}

/// A listing of objects, which goes on after `next` if that says something.
fn listing(entries: &str, next: &str) -> Reply {
    let more = match next {
        "" => "<IsTruncated>false</IsTruncated>".to_owned(),
        next => {
            format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>")
        }
    };
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>app</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys>{more}{entries}</ListBucketResult>"
    );
    Reply::status("200 OK", XML, text.into())
}

/// The MD5 of the object `x`, which is its ETag.
const X: &str = "9dd4e461268c8034f5c8564e155c67a6";

fn object() -> Reply {
    let fields = format!("etag: \"{X}\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
    Reply::status("200 OK", &fields, b"x".to_vec())
}

/// A store with an honest bucket and objects, and this listing.
fn listed(
    name: impl AsRef<str>,
    ending: Ending,
    list: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Input {
    bucket(name, ending, move |asked| match question(asked) {
        Question::Bucket => there(asked),
        Question::Listing => list(asked),
        Question::Rules => gone(),
        Question::Object => object(),
    })
}

/// Listings that go on.
fn listings() -> Vec<Input> {
    vec![
        listed("listing-page-after-page", Refused, |asked| {
            let number = asked.target.split("token=").nth(1).unwrap_or("0");
            let number: u64 = number.split('&').next().and_then(|text| text.parse().ok()).unwrap_or(0);
            listing(&entry(&format!("k{number}"), X, "1"), &(number + 1).to_string())
        }),
        listed("listing-page-of-itself", Refused, |_| listing(&entry("k", X, "1"), "again")),
        listed("listing-empty-page-of-itself", Refused, |_| listing("", "again")),
        listed("listing-that-is-cut-without-a-token", Settled, |_| {
            Reply::status(
                "200 OK",
                XML,
                b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>".to_vec(),
            )
        }),
        listed("listing-with-a-token-of-a-megabyte", Refused, |_| listing("", &"t".repeat(1 << 20))),
        listed("listing-with-a-token-of-fields", Refused, |_| listing("", "a&#13;&#10;x: y")),
        listed("listing-of-200000-on-a-page", Refused, |_| {
            let all: String = (0..200_000).map(|number| entry(&format!("k{number}"), X, "1")).collect();
            listing(&all, "")
        }),
        listed("listing-of-80M", Refused, |_| listing(&" ".repeat(80 << 20), "")),
        listed("listing-without-end", Refused, |_| Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\n\r\n<ListBucketResult>".to_vec()),
            again: Arc::new(entry("k", X, "1").repeat(500).into_bytes()),
        }),
        listed("listing-by-bytes", Refused, |_| Reply::Trickle {
            first: Arc::new(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n<".to_vec()),
            every: Duration::from_secs(1),
        }),
    ]
}

/// What is no listing.
fn documents() -> Vec<Input> {
    let of = |name: &str, make: fn() -> String| {
        listed(format!("xml-{name}"), Refused, move |_| Reply::status("200 OK", XML, make().into_bytes()))
    };
    let settled = |name: &str, make: fn() -> String| {
        listed(format!("xml-{name}"), Settled, move |_| Reply::status("200 OK", XML, make().into_bytes()))
    };
    vec![
        of("of-laughs", || {
            let entities: String = (1..12)
                .map(|level| format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)))
                .collect();
            format!(
                "<!DOCTYPE x [<!ENTITY a0 \"lol\">{entities}]><ListBucketResult><Contents><Key>&a11;</Key></Contents></ListBucketResult>"
            )
        }),
        of("of-a-file", || {
            "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><ListBucketResult><Contents><Key>&f;</Key></Contents></ListBucketResult>".to_owned()
        }),
        settled("of-metadata", || {
            "<!DOCTYPE x SYSTEM \"http://169.254.169.254/x.dtd\"><ListBucketResult/>".to_owned()
        }),
        of("deep", || "<a>".repeat(1 << 20)),
        of("of-attributes", || {
            let all: String = (0..300_000).map(|number| format!(" a{number}=\"b\"")).collect();
            format!("<ListBucketResult{all}>")
        }),
        of("of-one-name", || format!("<{}>", "a".repeat(8 << 20))),
        of("of-html", || format!("<html><body>{ESCAPES}")),
        of("of-nothing", String::new),
        of("that-is-cut", || "<ListBucketResult><Contents><Key>a".to_owned()),
        of("of-an-error", || format!("<Error><Code>X</Code><Message>{ESCAPES}</Message></Error>")),
        settled("of-comments", || {
            format!("<ListBucketResult>{}</ListBucketResult>", "<!-- a -->".repeat(500_000))
        }),
        settled("of-unknown-fields", || {
            format!("<ListBucketResult>{}</ListBucketResult>", "<x><y>z</y></x>".repeat(300_000))
        }),
        settled("of-another-root", || "<Other/>".to_owned()),
    ]
}

/// Keys that would be paths.
fn keys() -> Vec<Input> {
    let cases = [
        ("up", "../../x"),
        ("up-within", "a/../../x"),
        ("absolute", "/etc/x"),
        ("dots", ".."),
        ("dot", "."),
        ("empty", ""),
        ("slash", "/"),
        ("double-slash", "a//b"),
        ("folder", "a/"),
        ("nul", "a&#0;b"),
        ("nul-escaped", "a%00b"),
        ("up-escaped", "%2e%2e%2f%2e%2e%2fx"),
        ("backslash", "..\\..\\x"),
        ("newline", "a&#10;b"),
        ("escape", "a\u{9b}31mb"),
        ("bidi", "\u{202e}lmay.a"),
        ("git", ".git/config"),
        ("index", "app/../.bucketindex"),
        ("query", "a?b=c#d"),
        ("kibibyte", "{LONG}"),
        ("deep", "{DEEP}"),
    ];
    let input = |(what, key): (&str, &str)| {
        let key = key.replace("{LONG}", &"k".repeat(1_024)).replace("{DEEP}", &"d/".repeat(512));
        listed(format!("key-{what}"), Settled, move |_| listing(&entry(&key, X, "1"), ""))
    };
    let mut inputs: Vec<Input> = cases.into_iter().map(input).collect();
    for (what, names) in [
        ("file-that-is-a-folder", &["a", "a/b", "a/b/c"][..]),
        ("folder-that-is-a-file", &["a/b/c", "a/b", "a"]),
        ("one-key-twice", &["a", "a"]),
        ("one-key-but-for-case", &["a", "A"]),
        ("one-path-twice", &["a/b", "a//b", "a/./b"]),
    ] {
        inputs.push(listed(format!("keys-{what}"), Settled, move |_| {
            let all: String = names.iter().map(|name| entry(name, X, "1")).collect();
            listing(&all, "")
        }));
    }
    inputs.push(listed("keys-of-ignores", Settled, |_| {
        let all: String =
            (0..5_000).map(|number| entry(&format!("d{number}/.sourceignore"), X, "1")).collect();
        listing(&all, "")
    }));
    inputs
}

/// Sizes and ETags that are not true.
fn numbers() -> Vec<Input> {
    let of = |name: &str, ending, etag: &str, size: &str| {
        let entry = entry("a", etag, size);
        listed(format!("entry-{name}"), ending, move |_| listing(&entry, ""))
    };
    vec![
        of("of-negative-size", Settled, X, "-1"),
        of("of-size-of-all", Settled, X, "18446744073709551615"),
        of("of-no-size", Settled, X, "many"),
        of("of-size-8G", Settled, X, "8589934592"),
        of("of-a-long-etag", Settled, &"e".repeat(1 << 20), "1"),
        of("of-an-etag-with-fields", Settled, "a&#13;&#10;x: y", "1"),
        of("of-no-etag", Settled, "", "1"),
    ]
}

/// Objects that are not what the listing says, or never end.
fn objects() -> Vec<Input> {
    let of = |name: &str, ending, answer: fn(&Asked) -> Reply| {
        bucket(format!("object-{name}"), ending, move |asked| match question(asked) {
            Question::Bucket => there(asked),
            Question::Listing => listing(&entry("a", X, "1"), ""),
            Question::Rules => gone(),
            Question::Object => answer(asked),
        })
    };
    let etag = |tag: &str| format!("etag: \"{tag}\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
    let other = etag("00000000000000000000000000000000");
    vec![
        of("that-changes-each-time", Settled, |_| {
            let fields = format!(
                "etag: \"{:032x}\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n",
                rand::random::<u128>()
            );
            Reply::status("200 OK", &fields, b"x".to_vec())
        }),
        bucket("object-with-another-etag", Settled, move |asked| match question(asked) {
            Question::Bucket => there(asked),
            Question::Listing => listing(&entry("a", X, "1"), ""),
            Question::Rules => gone(),
            Question::Object => Reply::status("200 OK", &other, b"x".to_vec()),
        }),
        of("that-is-longer", Settled, |_| {
            Reply::status("200 OK", &format!("etag: \"{X}\"\r\n"), vec![b'x'; 64 << 20])
        }),
        of("without-end", Refused, |_| Reply::Endless {
            first: Arc::new(format!("HTTP/1.1 200 OK\r\netag: \"{X}\"\r\n\r\n").into_bytes()),
            again: Arc::new(vec![b'x'; 64 << 10]),
        }),
        of("by-bytes", Refused, |_| Reply::Trickle {
            first: Arc::new(
                format!("HTTP/1.1 200 OK\r\netag: \"{X}\"\r\ncontent-length: 9999\r\n\r\n").into_bytes(),
            ),
            every: Duration::from_secs(1),
        }),
        of("that-is-gone", Settled, |_| {
            Reply::status("404 Not Found", XML, b"<Error><Code>NoSuchKey</Code></Error>".to_vec())
        }),
        of("that-is-forbidden", Refused, |_| {
            Reply::status(
                "403 Forbidden",
                XML,
                format!("<Error><Code>X</Code><Message>{ESCAPES}</Message></Error>").into_bytes(),
            )
        }),
        of("of-negative-length", Refused, |_| Reply::Whole {
            head: format!("HTTP/1.1 200 OK\r\netag: \"{X}\"\r\ncontent-length: -1\r\n"),
            body: Arc::new(b"x".to_vec()),
        }),
        of("redirect-to-metadata", Refused, |_| {
            Reply::status("307 There", "location: http://169.254.169.254/a\r\n", Vec::new())
        }),
        of("redirect-to-localhost", Refused, |asked| {
            Reply::status("307 There", &asked.fill("location: {LOCALHOST}/app/a\r\n"), Vec::new())
        }),
    ]
}

/// Files with ignore rules, for a bucket of many objects.
fn rules() -> Vec<Input> {
    let of = |name: &str, ending, answer: fn() -> Reply| {
        bucket(format!("rules-{name}"), ending, move |asked| match question(asked) {
            Question::Bucket => there(asked),
            Question::Listing => {
                let keys = (0..5_000).map(|number| entry(&format!("{}{number}", "a".repeat(200)), X, "1"));
                listing(&keys.collect::<String>(), "")
            }
            Question::Rules => answer(),
            Question::Object => object(),
        })
    };
    vec![
        of("of-stars", Settled, || Reply::ok("*a*a*a*a*a*a*b\n".repeat(15_000).into_bytes())),
        of("of-a-megabyte-and-more", Refused, || Reply::ok("a\n".repeat(2 << 20).into_bytes())),
        of("without-end", Refused, || Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            again: Arc::new(b"a\n".repeat(16_000)),
        }),
        of("of-errors", Refused, || Reply::status("500 Internal", XML, ESCAPES.into())),
    ]
}

/// Stores that say nothing, or something else.
fn servers() -> Vec<Input> {
    let of = |name: &str, answer: fn(&Asked) -> Reply| bucket(format!("store-{name}"), Refused, answer);
    vec![
        of("silent", |_| Reply::Trickle { first: Arc::default(), every: Duration::from_secs(600) }),
        of("head-without-end", |_| Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\n".to_vec()),
            again: Arc::new(b"x-field: aaaaaaaaaaaa\r\n".repeat(1_000)),
        }),
        of("of-no-http", |_| Reply::Whole { head: "\0\u{1}nonsense\r\n".to_owned(), body: Arc::default() }),
        of("redirect-to-itself", |asked| {
            Reply::status("307 Here", &format!("location: {}\r\n", asked.target), Vec::new())
        }),
        of("redirect-to-metadata", |_| {
            Reply::status(
                "301 There",
                "location: http://169.254.169.254/\r\nx-amz-bucket-region: x\r\n",
                Vec::new(),
            )
        }),
        of("in-another-region", |_| {
            let text = format!(
                "<Error><Code>PermanentRedirect</Code><Region>{ESCAPES}</Region><Endpoint>169.254.169.254</Endpoint></Error>"
            );
            Reply::status("301 Moved", "x-amz-bucket-region: ../../x\r\n", text.into_bytes())
        }),
        of("error-of-32M", |_| Reply::status("500 Internal", XML, vec![b'<'; 32 << 20])),
        of("error-with-escapes", |_| Reply::status("403 Forbidden", XML, ESCAPES.into())),
        of("slow-down", |_| {
            Reply::status(
                "503 Slow Down",
                "retry-after: 99999999\r\n",
                b"<Error><Code>SlowDown</Code></Error>".to_vec(),
            )
        }),
    ]
}

/// Stores that are given keys, and repeat them or send people elsewhere.
fn logins() -> Vec<Input> {
    let locked = |name: &str, answer: fn(&Asked, &str) -> Reply| {
        Input::new(Family::Bucket, format!("login-{name}"), Refused, move |canaries| {
            let key = canaries.issue("a store's secret key");
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "login" },
                "stringData": { "accesskey": "AKIAROBOTROBOTROBOT1", "secretkey": key },
            });
            let answers = Answers::new(move |asked: &Asked| answer(asked, &key));
            let spec = json!({ "secretRef": { "name": "login" } });
            Matter::Source(Source { kind: "Bucket", spec, others: vec![secret], answers })
        })
        .because(REASONS)
    };
    vec![
        locked("repeated-in-an-error", |_, key| {
            let text = format!("<Error><Code>SignatureDoesNotMatch</Code><Message>{key}</Message></Error>");
            Reply::status("403 Forbidden", XML, text.into_bytes())
        }),
        locked("repeated-in-a-key", |asked, key| match question(asked) {
            Question::Bucket => there(asked),
            Question::Listing => listing(&entry(&format!("../{key}"), X, "1"), ""),
            Question::Rules | Question::Object => Reply::status("403 Forbidden", "", Vec::new()),
        }),
        locked("redirect-elsewhere", |asked, _| {
            Reply::status("307 There", &asked.fill("location: {ELSEWHERE}/app/\r\n"), Vec::new())
        }),
        locked("redirect-to-localhost", |asked, _| {
            Reply::status("307 There", &asked.fill("location: {LOCALHOST}/app/\r\n"), Vec::new())
        }),
    ]
}
