//! Addresses, signatures and answers as Amazon and others write them.

use cloud::AwsCredentials;
use jiff::Timestamp;

use super::{Page, S3, read_list, refusal};
use crate::bucket::Failure;
use crate::bucket::login::Proof;
use crate::bucket::page::Item;

fn at(endpoint: &str, bucket: &str, region: Option<&str>) -> S3 {
    S3::new(endpoint, false, bucket, "p/", region).unwrap()
}

fn now() -> Timestamp {
    "2013-05-24T00:00:00Z".parse().unwrap()
}

#[test]
fn where_a_bucket_is() {
    for (endpoint, bucket, region, expected, signed_for) in [
        ("s3.amazonaws.com", "app", None, "https://app.s3.amazonaws.com/", "us-east-1"),
        (
            "s3.amazonaws.com",
            "app",
            Some("eu-west-1"),
            "https://app.s3.eu-west-1.amazonaws.com/",
            "eu-west-1",
        ),
        ("s3.eu-west-1.amazonaws.com", "app", None, "https://app.s3.eu-west-1.amazonaws.com/", "eu-west-1"),
        (
            "s3.dualstack.eu-west-1.amazonaws.com",
            "app",
            None,
            "https://app.s3.dualstack.eu-west-1.amazonaws.com/",
            "eu-west-1",
        ),
        // A certificate has one name before the domain.
        ("s3.amazonaws.com", "a.b.c", None, "https://s3.amazonaws.com/a.b.c/", "us-east-1"),
        ("minio.example:9000", "app", None, "https://minio.example:9000/app/", "us-east-1"),
        ("S3.Example", "app", Some("r1"), "https://s3.example/app/", "r1"),
        (
            "oss-cn-hangzhou.aliyuncs.com",
            "app",
            None,
            "https://app.oss-cn-hangzhou.aliyuncs.com/",
            "us-east-1",
        ),
        (
            "s3.amazonaws.com.evil.example",
            "app",
            None,
            "https://s3.amazonaws.com.evil.example/app/",
            "us-east-1",
        ),
        ("[::1]:9000", "app", None, "https://[::1]:9000/app/", "us-east-1"),
        // Nobody sends the port that everybody knows, and what is signed is what is sent.
        ("minio.example:443", "app", None, "https://minio.example/app/", "us-east-1"),
        (
            "s3.eu-west-1.amazonaws.com:443",
            "app",
            None,
            "https://app.s3.eu-west-1.amazonaws.com/",
            "eu-west-1",
        ),
        ("minio.example:80", "app", None, "https://minio.example:80/app/", "us-east-1"),
    ] {
        let store = at(endpoint, bucket, region);
        assert_eq!((store.address().as_str(), store.region()), (expected, signed_for), "{endpoint}");
    }
    let address = |text: &str| S3::new(text, true, "app", "", None).unwrap().address();
    assert_eq!(address("minio.example:80"), "http://minio.example/app/");
    assert_eq!(address("minio.example:443"), "http://minio.example:443/app/");
    let unknown = at("minio.example", "app", None);
    assert_eq!(unknown.told("eu-1").unwrap().region(), "eu-1");
    assert_eq!(unknown.told("us-east-1"), None, "nothing new");
    assert_eq!(unknown.told("../x"), None);
    assert_eq!(at("minio.example", "app", Some("r1")).told("r2"), None, "the spec is believed");
}

#[test]
fn what_is_no_endpoint_or_bucket() {
    let endpoint = |text: &str| S3::new(text, false, "app", "", None).unwrap_err();
    let paths = "Endpoint url cannot have fully qualified paths.";
    assert_eq!(endpoint("http://minio:9000"), paths);
    assert_eq!(endpoint("minio:9000/x"), paths);
    for text in ["", "user@host", "a b", "host:99999"] {
        assert!(endpoint(text).ends_with("does not follow ip address or domain name standards."), "{text}");
    }
    assert!(S3::new("s3", false, "app", "", Some("x/y")).is_err());
    for (bucket, expected) in [
        ("", "Bucket name cannot be empty"),
        ("ab", "Bucket name cannot be shorter than 3 characters"),
        ("..", "Bucket name cannot be shorter than 3 characters"),
        ("a/../b", "Bucket name contains invalid characters"),
        ("a..b", "Bucket name contains invalid characters"),
        ("127.0.0.1", "Bucket name cannot be an ip address"),
        ("app?x", "Bucket name contains invalid characters"),
    ] {
        assert_eq!(at("s3", bucket, None).check().unwrap_err().to_string(), expected);
    }
    assert_eq!(
        at("s3", &"a".repeat(64), None).check().unwrap_err().to_string(),
        "Bucket name cannot be longer than 63 characters"
    );
    assert_eq!(at("s3", "My_app.1", None).check(), Ok(()));
}

#[test]
fn questions() {
    let credentials = AwsCredentials {
        access_key_id: "key".into(),
        secret_access_key: "secret".to_owned().into(),
        session_token: Some("session".to_owned().into()),
    };
    let proof = Proof::Aws(credentials);
    let store = at("minio.example", "app", None);
    let request = store.list(&proof, Some("a+b/="), now()).unwrap();
    let expected = "https://minio.example/app/?continuation-token=a%2Bb%2F%3D&encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F";
    assert_eq!(request.url, expected);
    let header = |name: &str| {
        let found = request.headers.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| value.as_str().to_owned()).unwrap()
    };
    assert!(header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=key/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, "));
    assert_eq!(header("x-amz-security-token"), "session");
    let url = |key: &str| store.get(&Proof::Nothing, key, None, now()).unwrap().url;
    assert_eq!(url("a b/c+d.yaml"), "https://minio.example/app/a%20b/c%2Bd.yaml");
    assert_eq!(url("/abs//x"), "https://minio.example/app//abs//x");
    // Nobody on the way takes it for another place.
    let sent = reqwest::Url::parse(&url("../../up")).unwrap();
    assert_eq!(sent.as_str(), "https://minio.example/app/..%2F..%2Fup");
    let request = store.get(&Proof::Nothing, "a", Some("etag"), now()).unwrap();
    assert!(
        request.headers.iter().any(|(name, value)| *name == "if-none-match" && value.as_str() == "\"etag\"")
    );
}

#[test]
fn a_page() {
    // As S3 writes it.
    let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>app</Name><Prefix>p%2F</Prefix><KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken><Contents><Key>p/a+b%2Bc%0A.yaml</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag><Size>11</Size><Owner><ID>x</ID></Owner><StorageClass>STANDARD</StorageClass></Contents><Contents><Key>p/multi</Key><ETag>"9c8a-2"</ETag><Size>5</Size></Contents><CommonPrefixes><Prefix>y</Prefix></CommonPrefixes></ListBucketResult>"#;
    let item =
        |key: &str, etag: &str, size| Item { key: key.into(), etag: etag.into(), size, ..Item::default() };
    let expected = Page {
        items: vec![
            item("p/a b+c\n.yaml", "70ee1738b6b21e2c8a43f3a5ab0eee71", 11),
            item("p/multi", "9c8a-2", 5),
        ],
        next: Some("1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=".into()),
    };
    assert_eq!(read_list(text.as_bytes()).unwrap(), expected);
    let plain = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a+b&amp;%41</Key></Contents></ListBucketResult>";
    assert_eq!(read_list(plain.as_bytes()).unwrap().items[0].key, "a+b&%41");
    for broken in [
        "<html></html>",
        "no",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%ff</Key></Contents></ListBucketResult>",
    ] {
        assert!(read_list(broken.as_bytes()).is_err(), "{broken}");
    }
    let of = |count: usize| format!("<ListBucketResult>{}</ListBucketResult>", "<Contents/>".repeat(count));
    assert_eq!(read_list(of(5000).as_bytes()).unwrap().items.len(), 5000);
    assert_eq!(
        read_list(of(5001).as_bytes()),
        Err(Failure::Excess("a list has more than 5000 items".into()))
    );
}

#[test]
fn refusals() {
    let text = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated \
                does not match.</Message><StringToSign>secret</StringToSign><Region>eu-1</Region></Error>";
    let found = refusal(403, text.as_bytes());
    assert_eq!((found.code.as_str(), found.region.as_str()), ("SignatureDoesNotMatch", "eu-1"));
    assert_eq!(found.text, "The request signature we calculated does not match.");
    assert_eq!(refusal(403, b"").text, "Access Denied.");
    assert_eq!(refusal(502, b"").text, "502 Bad Gateway");
    assert_eq!(refusal(502, b" <html> ").text, "<html>");
    assert_eq!(refusal(400, b"<Error><Code>Odd</Code></Error>").text, "Error response code Odd.");
}
