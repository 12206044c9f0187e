//! Who the process is, in the order of the SDKs.

use super::{Given, Recorded, answer, at, field, header};
use crate::aws::machine::credentials;
use crate::{AzureCredentials, Error, azure};

const IMDS_ROLE: &str = r#"{"Code": "Success", "AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t", "Expiration": "2026-11-30T18:00:00Z"}"#;

#[tokio::test]
async fn keys_in_the_environment_come_first() {
    let given = Given::of(&[
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_SESSION_TOKEN", "t"),
        ("AWS_ROLE_ARN", "r"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
    ]);
    let cloud = Recorded::default();
    let (found, ends) = credentials(&cloud, &given, "eu-west-1").await.unwrap();
    assert_eq!((found.access_key_id.as_str(), ends), ("AKIA", None));
    assert!(cloud.asked().is_empty());
}

#[tokio::test]
async fn a_token_file_and_a_role() {
    let given =
        Given::of(&[("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")])
            .with_file("/token", "jwt");
    let xml = "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>t</SessionToken>\
               <Expiration>2026-11-30T13:00:00Z</Expiration>";
    let cloud = Recorded::new([answer(200, xml)]);
    let (found, ends) = credentials(&cloud, &given, "cn-north-1").await.unwrap();
    assert_eq!((found.access_key_id.as_str(), ends), ("ASIA", Some(at("2026-11-30T13:00:00Z"))));
    assert_eq!(cloud.asked(), ["POST https://sts.cn-north-1.amazonaws.com.cn/"]);
    let request = cloud.request(0);
    assert_eq!(field(&request, "WebIdentityToken"), "jwt");
    assert_eq!(header(&request, "authorization"), "", "the token says who asks");
}

#[tokio::test]
async fn the_container_s_endpoint() {
    let of = |url: &str| {
        Given::of(&[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/pod"),
        ])
        .with_file("/pod", "pod-token")
    };
    for url in [
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials",
        "http://127.0.0.1:1/c",
        "https://any.example/c",
    ] {
        let cloud = Recorded::new([answer(200, IMDS_ROLE)]);
        let (found, ends) = credentials(&cloud, &of(url), "eu-west-1").await.unwrap();
        assert_eq!((found.access_key_id.as_str(), ends), ("ASIA", Some(at("2026-11-30T18:00:00Z"))));
        assert_eq!(cloud.asked(), [format!("GET {url} near")]);
        assert_eq!(header(&cloud.request(0), "authorization"), "pod-token");
    }
    for url in ["http://evil.example/c", "http://127.0.0.1.evil.example/c", "http://169.254.170.2@evil/c"] {
        let cloud = Recorded::default();
        let error = credentials(&cloud, &of(url), "eu-west-1").await.unwrap_err();
        assert!(matches!(error, Error::Address { .. }), "{url}: {error}");
        assert!(cloud.asked().is_empty());
    }
    let given = Given::of(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x")]);
    let cloud = Recorded::new([answer(200, IMDS_ROLE)]);
    credentials(&cloud, &given, "eu-west-1").await.unwrap();
    assert_eq!(cloud.asked(), ["GET http://169.254.170.2/v2/x near"]);
}

#[tokio::test]
async fn the_metadata_service_is_asked_by_version_2() {
    let cloud = Recorded::new([answer(200, "session"), answer(200, "node\n"), answer(200, IMDS_ROLE)]);
    let (found, _) = credentials(&cloud, &Given::default(), "eu-west-1").await.unwrap();
    assert_eq!(found.access_key_id, "ASIA");
    assert_eq!(
        cloud.asked(),
        [
            "PUT http://169.254.169.254/latest/api/token near",
            "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/ near",
            "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/node near"
        ]
    );
    assert_eq!(header(&cloud.request(2), "x-aws-ec2-metadata-token"), "session");

    let cloud = Recorded::new([answer(200, "session"), answer(404, "")]);
    let error = credentials(&cloud, &Given::default(), "eu-west-1").await.unwrap_err();
    assert_eq!(error.to_string(), "no IAM role is attached to the machine");
    let error = credentials(&Recorded::default(), &Given::default(), "eu-west-1").await.unwrap_err();
    assert_eq!(error.to_string(), "the metadata service of AWS cannot be reached: connection refused");
    let given = Given::of(&[("AWS_EC2_METADATA_DISABLED", "true")]);
    let cloud = Recorded::default();
    assert!(credentials(&cloud, &given, "eu-west-1").await.is_err() && cloud.asked().is_empty());
}

#[tokio::test]
async fn azure_s_environment() {
    let base = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")];
    let of =
        |more: &[(&'static str, &'static str)]| Given::of(&[&base, more].concat()).with_file("/token", "jwt");
    let given = of(&[("AZURE_CLIENT_SECRET", "s"), ("AZURE_FEDERATED_TOKEN_FILE", "/token")]);
    let found = azure::of_machine(&given).await.unwrap();
    assert!(matches!(found, AzureCredentials::Secret { .. }));
    let given = of(&[
        ("AZURE_FEDERATED_TOKEN_FILE", "/token"),
        ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/"),
    ]);
    let found = azure::of_machine(&given).await.unwrap();
    let request = azure::login::token(&found, "s/.default", at(super::TIME)).unwrap();
    assert_eq!(request.url, "https://login.microsoftonline.us/t/oauth2/v2.0/token");
    assert_eq!(
        (field(&request, "client_assertion").as_str(), field(&request, "client_id").as_str()),
        ("jwt", "c")
    );
    for (given, url) in [
        (
            Given::default(),
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net",
        ),
        (
            Given::of(&[("AZURE_CLIENT_ID", "c")]),
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=c",
        ),
    ] {
        let found = azure::of_machine(&given).await.unwrap();
        let request =
            azure::login::token(&found, "https://vault.azure.net/.default", at(super::TIME)).unwrap();
        assert_eq!((request.url.as_str(), request.near), (url, true));
        assert_eq!(header(&request, "metadata"), "true");
    }
    // A password goes over TLS, or to this machine.
    for (authority, fine) in
        [("http://login.example", false), ("http://127.0.0.1:1", true), ("https://h@evil", false)]
    {
        let given = of(&[("AZURE_CLIENT_SECRET", "s"), ("AZURE_AUTHORITY_HOST", authority)]);
        let found = azure::of_machine(&given).await.unwrap();
        let request = azure::login::token(&found, "s", at(super::TIME));
        assert_eq!(request.is_ok(), fine, "{authority}");
    }
}
