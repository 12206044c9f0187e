//! Signatures, against those that AWS publishes.

use super::{answer, at, header};
use crate::aws::sts;
use crate::{AwsCredentials, EMPTY, Request, Signing, presign, sign};

/// Credentials of AWS' examples.
fn example(secret: &str) -> AwsCredentials {
    AwsCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: secret.to_owned().into(),
        session_token: None,
    }
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn signed(method: &'static str, url: &str, headers: &[(&'static str, &str)], service: &str) -> String {
    let mut request = Request::get(url.to_owned());
    request.method = method;
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let signing = Signing { region: "us-east-1", service, now: at("2015-08-30T12:36:00Z") };
    header(&sign(request, &example(SECRET), signing).unwrap(), "authorization")
}

/// `get-vanilla`, `post-vanilla`, `get-vanilla-query` and `get-header-value-trim` of AWS' test suite, and the example of
/// "Signing AWS requests" in the IAM user guide.
#[test]
fn by_headers() {
    let content = "application/x-www-form-urlencoded; charset=utf-8";
    let iam = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08";
    let text = signed("GET", iam, &[("content-type", content)], "iam");
    assert_eq!(
        text,
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, \
         Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
    for (method, url, expected) in [
        (
            "GET",
            "https://example.amazonaws.com/",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "POST",
            "https://example.amazonaws.com/",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        // get-vanilla-query-order-key-case
        (
            "GET",
            "https://example.amazonaws.com/?Param1=value1&Param2=value2",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ] {
        let text = signed(method, url, &[], "service");
        assert!(text.ends_with(expected), "{method} {url}: {text}");
    }
}

/// "Authenticating requests: using query parameters" of the S3 API reference.
#[test]
fn by_query() {
    let credentials = AwsCredentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        ..example("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    };
    let signing = Signing { region: "us-east-1", service: "s3", now: at("2013-05-24T00:00:00Z") };
    let url = "https://examplebucket.s3.amazonaws.com/test.txt";
    let url = presign(url, &[], "UNSIGNED-PAYLOAD", 86400, &credentials, signing).unwrap();
    assert_eq!(
        url.as_str(),
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

#[test]
fn a_url_has_a_host_and_perhaps_no_path() {
    let signing = Signing { region: "us-east-1", service: "sts", now: at("2013-05-24T00:00:00Z") };
    assert!(presign("nowhere", &[], EMPTY, 1, &example(SECRET), signing).is_err());
    assert!(sign(Request::get("https:///x".to_owned()), &example(SECRET), signing).is_err());
    let url = presign("http://h:1", &[], EMPTY, 1, &example(SECRET), signing).unwrap();
    assert!(url.starts_with("http://h:1/?X-Amz-Algorithm="), "{}", *url);
    let url = presign("http://h/x/h", &[], EMPTY, 1, &example(SECRET), signing).unwrap();
    assert!(url.starts_with("http://h/x/h?X-Amz-Algorithm="), "{}", *url);
}

/// A client does not send the port that everybody knows.
#[test]
fn a_host_is_signed_as_it_is_sent() {
    let signing = Signing { region: "us-east-1", service: "s3", now: at("2013-05-24T00:00:00Z") };
    let host =
        |url: &str| header(&sign(Request::get(url.to_owned()), &example(SECRET), signing).unwrap(), "host");
    for (url, expected) in [
        ("https://minio:443/x", "minio"),
        ("http://minio:80", "minio"),
        ("https://minio:80/", "minio:80"),
        ("http://minio:443/", "minio:443"),
        ("https://[::1]:443/", "[::1]"),
    ] {
        assert_eq!(host(url), expected, "{url}");
    }
}

#[test]
fn a_role_is_taken_on() {
    let now = at("2015-08-30T12:36:00Z");
    let (role, credentials) = ("arn:aws:iam::1:role/r", example(SECRET));
    let request = sts::assume_role(role, "sops@x", "cn-north-1", None, &credentials, now).unwrap();
    assert_eq!(request.url, "https://sts.cn-north-1.amazonaws.com.cn/");
    assert_eq!(
        String::from_utf8_lossy(&request.body),
        "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=sops%40x&Version=2011-06-15"
    );
    assert!(sts::assume_role(role, "a b", "cn-north-1", None, &credentials, now).is_err());
    let xml = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>\
               <SecretAccessKey>s&amp;k</SecretAccessKey><SessionToken>tok</SessionToken></Credentials>";
    let (credentials, ends) = sts::read(&answer(200, xml)).unwrap();
    assert_eq!((credentials.access_key_id.as_str(), ends), ("ASIA", None));
    assert_eq!(credentials.secret_access_key.as_str(), "s&k");
    let error = sts::read(&answer(403, "<Error><Code>AccessDenied</Code></Error>")).unwrap_err();
    assert_eq!(error.to_string(), "failed to assume role: AWS STS answered 403 AccessDenied");
}

/// "GET Object" and "GET Bucket (List Objects)" of "Signature calculations for the authorization header" in the S3 API
/// reference.
#[test]
fn objects_and_lists() {
    let credentials = AwsCredentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        ..example("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    };
    let signing = Signing { region: "us-east-1", service: "s3", now: at("2013-05-24T00:00:00Z") };
    let signature =
        |request: Request| header(&sign(request, &credentials, signing).unwrap(), "authorization");
    let get = |rest: &str| {
        let url = format!("https://examplebucket.s3.amazonaws.com/{rest}");
        Request::get(url).header("x-amz-content-sha256", EMPTY)
    };
    let text = signature(get("test.txt").header("range", "bytes=0-9"));
    let expected = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    assert!(text.ends_with(expected), "{text}");
    let text = signature(get("?max-keys=2&prefix=J"));
    let expected = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
    assert!(text.ends_with(expected), "{text}");
    // A slash is one, also where it is sent encoded.
    assert_eq!(signature(get("a%2F..%2Fb")), signature(get("a/../b")));
}

#[test]
fn a_service_of_aws_is_known_from_another() {
    for (endpoint, is_own) in [
        ("https://sts.amazonaws.com", true),
        ("https://sts.us-east-1.amazonaws.com/", true),
        ("https://sts-fips.us-east-1.amazonaws.com", true),
        ("https://sts.cn-north-1.amazonaws.com.cn", true),
        ("https://vpce-1-2.sts.us-east-1.vpce.amazonaws.com", true),
        ("http://sts.amazonaws.com", false),
        ("https://sts.amazonaws.com.evil.example", false),
        ("https://sts.amazonaws.com/path", false),
        ("https://user@sts.amazonaws.com", false),
        ("https://bucket.s3.us-east-1.amazonaws.com", false),
        ("https://sts.evil.s3.us-east-1.amazonaws.com", false),
        ("https://sts.example", false),
    ] {
        assert_eq!(sts::is_own(endpoint), is_own, "{endpoint}");
    }
}
