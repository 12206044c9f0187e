//! Logins for registries and Git repositories: which hosts are whose, what is asked, and what is kept.

use std::sync::Arc;

use super::{CANARY, Given, Issuer, Recorded, account, answer, at, field, header};
use crate::aws::arn::Arn;
use crate::aws::codecommit::Repository;
use crate::aws::ecr;
use crate::azure::{acr, devops};
use crate::{AwsCredentials, Cloud, Error, Exchange, LoginError, Provider, Registry, Who, base64};

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
];

fn cloud(exchange: &Arc<Recorded>, machine: Given) -> Cloud {
    Cloud::new(Arc::clone(exchange) as _, Arc::new(machine))
}

fn example() -> AwsCredentials {
    AwsCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned().into(),
        session_token: None,
    }
}

#[test]
fn registries_of_the_clouds() {
    let private = |region| Some(Registry::Aws { kind: ecr::Kind::Private, region });
    let public = Some(Registry::Aws { kind: ecr::Kind::Public, region: "us-east-1" });
    for (host, expected) in [
        ("012345678901.dkr.ecr.us-east-1.amazonaws.com", private("us-east-1")),
        ("012345678901.dkr.ecr-fips.us-gov-west-1.amazonaws.com", private("us-gov-west-1")),
        ("012345678901.dkr.ecr.cn-north-1.amazonaws.com.cn", private("cn-north-1")),
        ("012345678901.dkr.ecr.eusc-de-east-1.amazonaws.eu", private("eusc-de-east-1")),
        ("012345678901.dkr-ecr.eu-west-1.on.aws", private("eu-west-1")),
        ("012345678901.dkr-ecr-fips.us-east-2.on.aws", private("us-east-2")),
        ("012345678901.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", private("cn-north-1")),
        ("012345678901.dkr.ecr.us-isob-east-1.sc2s.sgov.gov", private("us-isob-east-1")),
        ("public.ecr.aws", public),
        ("ecr-public.aws.com", public),
        ("public.ecr.aws:443", None),
        ("evil.public.ecr.aws", None),
        ("01234567890.dkr.ecr.us-east-1.amazonaws.com", None),
        ("012345678901.dkr.ecr.us-east-1.amazonaws.com.evil.example", None),
        ("evil.example/012345678901.dkr.ecr.us-east-1.amazonaws.com", None),
        ("012345678901.dkr.ecr.us-east-1.amazonaws.com:5000", None),
        ("012345678901.dkr.ecr..amazonaws.com", None),
        ("012345678901.dkr.ecr.evil/.amazonaws.com", None),
        ("éé345678901.dkr.ecr.us-east-1.amazonaws.com", None),
        ("x.azurecr.io", None),
    ] {
        assert_eq!(Registry::of(Provider::Aws, host).ok(), expected, "{host}");
    }
    for (host, fits) in [
        ("foo.azurecr.io", true),
        ("foo.bar.azurecr.cn", true),
        ("foo.azurecr.us", true),
        ("foo.azurecr.de", true),
        ("azurecr.io", false),
        (".azurecr.io", false),
        ("foo.azurecr.com", false),
        ("foo.azurecr.io:443", false),
        ("evil.example/x.azurecr.io", false),
        ("evil.example?x.azurecr.io", false),
        ("a@b.azurecr.io", false),
    ] {
        assert_eq!(Registry::of(Provider::Azure, host).is_ok(), fits, "{host}");
    }
    for (host, fits) in [
        ("gcr.io", true),
        ("eu.gcr.io", true),
        ("europe-west4-docker.pkg.dev", true),
        ("-docker.pkg.dev", false),
        ("docker.pkg.dev", false),
        ("evilgcr.io", false),
        ("gcr.io.evil.example", false),
        ("gcr.io:443", false),
    ] {
        assert_eq!(Registry::of(Provider::Gcp, host).is_ok(), fits, "{host}");
    }
    let said = |provider, host| Registry::of(provider, host).unwrap_err().to_string();
    assert_eq!(
        said(Provider::Gcp, "ghcr.io"),
        "invalid GCP registry: 'ghcr.io'. must match ^(((.+\\.)?gcr\\.io)|(.+-docker\\.pkg\\.dev))$"
    );
    assert!(
        said(Provider::Aws, "ghcr.io")
            .starts_with("invalid AWS registry: 'ghcr.io'. must match ^([0-9]{12})")
    );
    assert!(
        said(Provider::Azure, "ghcr.io").starts_with("invalid Azure registry: 'ghcr.io'. must match ^.+")
    );
}

/// Compared with what botocore 1.43 signs.
#[test]
fn requests_to_ecr_are_signed() {
    let credentials = AwsCredentials { session_token: Some("session".to_owned().into()), ..example() };
    let now = at("2015-08-30T12:36:00Z");
    for (kind, region, url, target, signature) in [
        (
            ecr::Kind::Private,
            "eu-west-1",
            "https://api.ecr.eu-west-1.amazonaws.com/",
            "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
            "6f11af244746a679c0f98d43596f0aa3afd911b188512bc712eabc0008c85900",
        ),
        (
            ecr::Kind::Public,
            "us-east-1",
            "https://api.ecr-public.us-east-1.amazonaws.com/",
            "SpencerFrontendService.GetAuthorizationToken",
            "274b6c0580cc76fcea823f99ee63408857aab44252214bb0e0af24d5083b729a",
        ),
    ] {
        let request = ecr::authorization(kind, region, None, &credentials, now).unwrap();
        assert_eq!(
            (request.method, request.url.as_str(), request.body.as_slice()),
            ("POST", url, &b"{}"[..])
        );
        assert_eq!(header(&request, "x-amz-target"), target);
        assert!(
            header(&request, "authorization").ends_with(signature),
            "{}",
            header(&request, "authorization")
        );
    }
    let china = ecr::authorization(ecr::Kind::Private, "cn-north-1", None, &credentials, now).unwrap();
    assert_eq!(china.url, "https://api.ecr.cn-north-1.amazonaws.com.cn/");
}

fn authorized(password: &str, ends: &str) -> String {
    let token = base64::to_standard(format!("AWS:{password}").as_bytes());
    format!(
        r#"{{"authorizationData": [{{"authorizationToken": "{token}", "expiresAt": {ends}, "proxyEndpoint": "https://x"}}]}}"#
    )
}

#[tokio::test]
async fn a_login_for_ecr_is_kept_by_region() {
    // Twelve hours, with a fraction.
    let ends = format!("{}.5", at("2026-12-01T00:00:00Z").as_second());
    let exchange = Arc::new(Recorded::new([
        answer(200, &authorized(CANARY, &ends)),
        answer(200, &authorized("other", &ends)),
        answer(200, &authorized("next", &ends)),
    ]));
    let cloud = cloud(&exchange, Given::of(&KEYS));
    let of = |host| Registry::of(Provider::Aws, host).unwrap();
    let (one, other) = (
        of("012345678901.dkr.ecr.eu-west-1.amazonaws.com"),
        of("999999999999.dkr.ecr.us-east-1.amazonaws.com"),
    );
    for _ in 0..2 {
        let login = cloud.registry(Who::Machine, one).await.unwrap();
        assert_eq!((login.username.as_str(), login.password.as_str()), ("AWS", CANARY));
        assert!(!format!("{login:?} {cloud:?}").contains(CANARY));
    }
    assert_eq!(cloud.registry(Who::Machine, other).await.unwrap().password.as_str(), "other");
    assert_eq!(
        exchange.asked(),
        ["POST https://api.ecr.eu-west-1.amazonaws.com/", "POST https://api.ecr.us-east-1.amazonaws.com/"]
    );
    // An hour at most.
    *exchange.now.lock().unwrap() = Some(at("2026-11-30T13:00:01Z"));
    assert_eq!(cloud.registry(Who::Machine, one).await.unwrap().password.as_str(), "next");
}

#[tokio::test]
async fn what_ecr_says_no_to() {
    let exchange = Arc::new(Recorded::new([
        answer(400, &format!(r#"{{"__type": "com.amazon#AccessDeniedException", "message": "{CANARY}"}}"#)),
        answer(200, r#"{"authorizationData": []}"#),
        answer(200, &authorized("", "1")),
    ]));
    let machine = [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL_ECR", "http://127.0.0.1:9")];
    let cloud = cloud(&exchange, Given::of(&machine));
    let registry = Registry::of(Provider::Aws, "012345678901.dkr.ecr.eu-west-1.amazonaws.com").unwrap();
    let mut said = Vec::new();
    for second in 1..=3 {
        let error = cloud.registry(Who::Machine, registry).await.unwrap_err();
        assert!(matches!(error, LoginError::Exchange(_)) && !format!("{error:?}").contains(CANARY));
        said.push(error.to_string());
        *exchange.now.lock().unwrap() = Some(at(super::TIME) + jiff::SignedDuration::from_secs(second));
    }
    assert_eq!(
        said,
        [
            "failed to get an ECR authorization token: ECR answered 400 AccessDeniedException",
            "the answer of ECR is not in its form",
            "the answer of ECR is not in its form"
        ]
    );
    assert_eq!(exchange.asked()[0], "POST http://127.0.0.1:9/");
}

#[tokio::test]
async fn who_is_nobody_gets_no_login() {
    let exchange = Arc::new(Recorded::default());
    let cloud = cloud(&exchange, Given::of(&[("AWS_EC2_METADATA_DISABLED", "true")]));
    let registry = Registry::of(Provider::Aws, "public.ecr.aws").unwrap();
    let error = cloud.registry(Who::Machine, registry).await.unwrap_err();
    assert!(matches!(error, LoginError::Access(Error::Settings(_))), "{error:?}");
    assert!(exchange.asked().is_empty());
}

/// A token without a signature, which ends then.
fn refresh(ends: &str) -> String {
    let claims = format!(r#"{{"exp": {}, "grant_type": "refresh_token"}}"#, at(ends).as_second());
    format!("{}.{}.s", base64::to_url(b"{}"), base64::to_url(claims.as_bytes()))
}

#[tokio::test]
async fn a_token_of_azure_becomes_a_login_of_one_registry() {
    let account =
        account(&[("azure.workload.identity/tenant-id", "t"), ("azure.workload.identity/client-id", "c")]);
    let tokens = Issuer::default();
    let who = Who::Account { account: &account, tokens: &tokens, audiences: &[] };
    let (one, other) = (refresh("2026-11-30T15:00:00Z"), refresh("2026-11-30T15:00:01Z"));
    let entra = r#"{"expires_in": 3599, "access_token": "entra"}"#;
    let exchange = Arc::new(Recorded::new([
        answer(200, entra),
        answer(200, &format!(r#"{{"refresh_token": "{one}"}}"#)),
        answer(200, &format!(r#"{{"refresh_token": "{other}"}}"#)),
        answer(401, r#"{"errors": [{"code": "UNAUTHORIZED", "message": "canary-token"}]}"#),
    ]));
    let cloud = cloud(&exchange, Given::default());
    let of = |host| Registry::of(Provider::Azure, host).unwrap();
    for _ in 0..2 {
        let login = cloud.registry(who, of("one.azurecr.io")).await.unwrap();
        assert_eq!(login.username.as_str(), "00000000-0000-0000-0000-000000000000");
        assert_eq!(*login.password, one);
    }
    assert_eq!(*cloud.registry(who, of("other.azurecr.io")).await.unwrap().password, other);
    let denied = cloud.registry(who, of("third.azurecr.io")).await.unwrap_err().to_string();
    assert_eq!(
        denied,
        "failed to exchange the Azure token: Azure Container Registry answered 401 UNAUTHORIZED"
    );
    assert_eq!(
        exchange.asked(),
        [
            "POST https://login.microsoftonline.com/t/oauth2/v2.0/token",
            "POST https://one.azurecr.io/oauth2/exchange",
            "POST https://other.azurecr.io/oauth2/exchange",
            "POST https://third.azurecr.io/oauth2/exchange",
        ]
    );
    assert_eq!(field(&exchange.request(0), "scope"), "https://management.azure.com/.default");
    let request = exchange.request(1);
    for (name, value) in
        [("access_token", "entra"), ("grant_type", "access_token"), ("service", "one.azurecr.io")]
    {
        assert_eq!(field(&request, name), value);
    }
    assert_eq!(acr::scope("x.azurecr.cn"), "https://management.chinacloudapi.cn/.default");
    assert_eq!(acr::scope("x.azurecr.us"), "https://management.usgovcloudapi.net/.default");
}

#[tokio::test]
async fn a_token_of_google_is_a_login() {
    let exchange = Arc::new(Recorded::new([answer(
        200,
        r#"{"access_token": "ya29", "expires_in": 3600, "token_type": "Bearer"}"#,
    )]));
    let cloud = cloud(&exchange, Given::default());
    let registry = Registry::of(Provider::Gcp, "europe-docker.pkg.dev").unwrap();
    let login = cloud.registry(Who::Machine, registry).await.unwrap();
    assert_eq!((login.username.as_str(), login.password.as_str()), ("oauth2accesstoken", "ya29"));
}

/// Who may not go a way gets nothing that came by it.
#[tokio::test]
async fn what_came_by_another_way_is_not_shared() {
    let token = |text: &str| answer(200, &format!(r#"{{"access_token": "{text}", "expires_in": 3600}}"#));
    let (one, other) = (Arc::new(Recorded::new([token("one")])), Arc::new(Recorded::new([token("other")])));
    let cloud = cloud(&one, Given::default());
    let by = cloud.by("http://proxy", Arc::clone(&other) as Arc<dyn Exchange>);
    for _ in 0..2 {
        assert_eq!(by.gcp(Who::Machine).await.unwrap().as_str(), "other");
        assert_eq!(cloud.gcp(Who::Machine).await.unwrap().as_str(), "one");
    }
    let again = cloud.by("http://proxy", Arc::new(Recorded::default()));
    assert_eq!(again.gcp(Who::Machine).await.unwrap().as_str(), "other", "the same way shares");
}

/// The signature is what the AWS command line's helper for Git signs, by botocore 1.43.
#[test]
fn repositories_of_codecommit() {
    let of = |scheme, host, path| Repository::of(scheme, host, path);
    let host = "git-codecommit.us-east-1.amazonaws.com";
    let repository = of("https", host, "/v1/repos/myrepo").unwrap();
    assert_eq!(repository.region, "us-east-1");
    let now = at("2015-08-30T12:36:00Z");
    let login = repository.login(&example(), now);
    assert_eq!(login.username.as_str(), "AKIDEXAMPLE");
    assert_eq!(
        login.password.as_str(),
        "20150830T123600Z3a0dcd31a269429c4bc0a42ec5fef8d9a10299b337c9a8f538287e5bca4b8577"
    );
    let session = AwsCredentials { session_token: Some("to/ken".to_owned().into()), ..example() };
    let with_session = repository.login(&session, now);
    assert_eq!(with_session.username.as_str(), "AKIDEXAMPLE%to/ken");
    assert_eq!(with_session.password, login.password, "the token is not signed");
    for (host, region) in [
        ("git-codecommit-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("git-codecommit.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ] {
        assert_eq!(of("https", host, "/v1/repos/x").unwrap().region, region);
    }
    for (scheme, host, path) in [
        ("http", host, "/v1/repos/x"),
        ("ssh", host, "/v1/repos/x"),
        ("https", "github.com", "/v1/repos/x"),
        ("https", "git-codecommit.us-east-1.amazonaws.com:8443", "/v1/repos/x"),
        ("https", "git-codecommit.us-east-1.amazonaws.com.evil.example", "/v1/repos/x"),
        ("https", "git-codecommit.amazonaws.com", "/v1/repos/x"),
        ("https", "git-codecommit.a.b.amazonaws.com", "/v1/repos/x"),
        ("https", host, "/v1/repos/"),
        ("https", host, "/v1/repos/x/y"),
        ("https", host, "/x"),
    ] {
        assert!(of(scheme, host, path).is_err(), "{scheme} {host} {path}");
    }
}

#[test]
fn tokens_for_azure_devops_go_nowhere_else() {
    for (scheme, host, fits) in [
        ("https", "dev.azure.com", true),
        ("https", "org.visualstudio.com", true),
        ("http", "dev.azure.com", false),
        ("ssh", "dev.azure.com", false),
        ("https", "dev.azure.com:8443", false),
        ("https", "evil.dev.azure.com.example", false),
        ("https", "evilvisualstudio.com", false),
    ] {
        assert_eq!(devops::check(scheme, host).is_ok(), fits, "{scheme} {host}");
    }
}

#[test]
fn arns() {
    let parsed = Arn::parse("arn:aws-cn:kms:cn-north-1:123:key/a:b").unwrap();
    let expected = Arn { service: "kms", region: "cn-north-1", account: "123", resource: "key/a:b" };
    assert_eq!(parsed, expected);
    for bad in [
        "",
        "arn:aws:kms:r:123",
        "arn:evil:kms:r:123:x",
        "arn:aws:kms:r::x",
        "arn:aws:kms:r:12a:x",
        "x:aws:kms:r:1:x",
    ] {
        assert_eq!(Arn::parse(bad), None, "{bad}");
    }
}
