//! The promises of an upstream, and the wire: where credentials go, what a poll costs, what is believed of a registry.

use std::time::Duration;

use testkit::oci::{Behaviour, Image, Login, Registry, Signer};
use tokio_util::sync::CancellationToken;

use super::layer::Operation;
use super::names::Repository;
use super::signatures::Signers;
use super::{Oci, Place, Spec, Target, Wanted};
use crate::access::docker::Login as Credentials;
use crate::access::{Access, SecretData, Tls};
use crate::upstream::contract::{self, CANARY, Stage};
use crate::upstream::{Content as _, FetchError, Means, Resolved, Upstream as _};

mod signatures;

const TIME: Duration = Duration::from_secs(60);

fn spec(url: &str, target: Target) -> Spec {
    // Another test of this process may have done it.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let repository = Repository::parse(url, false).unwrap();
    Spec {
        url: reqwest::Url::parse(&repository.address("https", "")).unwrap(),
        repository,
        written: url.to_owned(),
        target,
        media_type: None,
        operation: Operation::Extract,
        timeout: TIME,
        signers: None,
        proved: None,
        origin: String::new(),
    }
}

fn latest(url: &str) -> Spec {
    spec(url, Target::Tag("latest".to_owned()))
}

fn login(password: &str) -> Access {
    let login =
        Credentials { username: "user".to_owned(), password: password.to_owned(), ..Credentials::default() };
    Access::to_registry("ns", Some(login), Tls::default(), None, false)
}

fn nobody() -> Access {
    Access::to_registry("ns", None, Tls::default(), None, false)
}

fn oci() -> Oci {
    Oci::new(tempfile::tempdir().unwrap().keep(), "test".to_owned(), std::sync::Arc::default())
}

async fn resolve(
    oci: &Oci,
    spec: &Spec,
    access: &Access,
    known: Option<&str>,
) -> Result<Resolved<Place>, String> {
    oci.resolve(spec, access, known, &CancellationToken::new()).await.map_err(|error| error.to_string())
}

async fn found(oci: &Oci, spec: &Spec, access: &Access) -> (String, Place) {
    match resolve(oci, spec, access, None).await.unwrap() {
        Resolved::Revision { revision, place } => (revision, place),
        Resolved::Unchanged => panic!("nothing was known"),
    }
}

async fn archive(oci: &Oci, place: &Place) -> Result<Vec<u8>, String> {
    let fetched = oci.fetch(place, &CancellationToken::new()).await;
    let fetched = fetched.map_err(|error: FetchError<_>| error.to_string())?;
    let mut bytes = Vec::new();
    fetched.content.pack(None, &Means::default(), &mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn image(content: &str) -> Image {
    Image::of_files([("file.yaml", content)]).unwrap()
}

async fn registry(login: Option<Login>) -> Registry {
    let registry = Registry::start().await.unwrap();
    registry.behave(Behaviour { login, ..Behaviour::default() });
    registry.publish("app", "latest", &image("one"));
    registry
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_costs_one_request() {
    for login_of in [
        None,
        Some(Login::Basic("user".to_owned(), CANARY.to_owned())),
        Some(Login::Bearer("user".to_owned(), CANARY.to_owned())),
        Some(Login::Anonymous),
    ] {
        let registry = registry(login_of.clone()).await;
        let (oci, spec, access) = (oci(), latest(&registry.url("app")), login(CANARY));
        let (revision, place) = found(&oci, &spec, &access).await;
        assert_eq!(revision, format!("latest@{}", image("one").digest()));
        archive(&oci, &place).await.unwrap();
        drop(registry.asked());
        let polled = resolve(&oci, &spec, &access, Some(&revision)).await.unwrap();
        assert!(matches!(polled, Resolved::Unchanged));
        let asked = registry.asked();
        assert_eq!(asked.len(), 1, "{login_of:?}: {asked:?}");
        assert!(asked[0].starts_with("HEAD /v2/app/manifests/latest"), "{asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_sent_only_where_it_is_asked_for() {
    let registry = registry(None).await;
    let oci = oci();
    found(&oci, &latest(&registry.url("app")), &login(CANARY)).await;
    assert!(registry.asked().iter().all(|asked| !asked.contains("Basic")), "nobody asked");

    let bearer = Some(Login::Bearer("user".to_owned(), CANARY.to_owned()));
    registry.behave(Behaviour { login: bearer.clone(), ..Behaviour::default() });
    found(&oci, &latest(&registry.url("app")), &login(CANARY)).await;
    let asked = registry.asked();
    let with_basic: Vec<_> = asked.iter().filter(|asked| asked.contains("Basic")).collect();
    assert!(
        with_basic.len() == 1 && with_basic[0].starts_with("GET /token?scope=repository%3Aapp%3Apull"),
        "{asked:?}"
    );

    // A token server inside, which the registry names: nobody goes there.
    let inside = self::registry(None).await;
    let realm = Some(format!("http://{}/token", inside.address()));
    registry.behave(Behaviour { login: bearer, realm, ..Behaviour::default() });
    let error = resolve(&self::oci(), &latest(&registry.url("app")), &login(CANARY), None).await.unwrap_err();
    assert!(error.contains("invalid realm in www-authenticate"), "{error}");
    assert!(inside.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_server_inside_is_not_asked_under_a_name_either() {
    let bearer = Some(Login::Bearer("user".to_owned(), CANARY.to_owned()));
    let (registry, inside) = (registry(bearer.clone()).await, registry(bearer.clone()).await);
    let realm = format!("http://{}/token", inside.address().replace("127.0.0.1", "localhost"));
    registry.behave(Behaviour { login: bearer, realm: Some(realm), ..Behaviour::default() });
    let spec = latest(&registry.url("app"));
    let error = resolve(&oci(), &spec, &login(CANARY), None).await.unwrap_err();
    assert!(error.contains("at an address that is not public"), "{error}");
    assert!(inside.asked().is_empty());
    let allowed = oci().with_private_redirects(true);
    found(&allowed, &spec, &login(CANARY)).await;
    let error = resolve(&allowed, &spec, &login("wrong-pass"), None).await.unwrap_err();
    assert!(error.ends_with("401 Unauthorized: (the answer of another server is not quoted)"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_insecure_sends_nothing_in_plain_text() {
    let registry = registry(Some(Login::Basic("user".to_owned(), CANARY.to_owned()))).await;
    // The same address in a form that is not known for this machine's.
    let url = registry.url("app").replace("127.0.0.1", "127.1");
    let (oci, secure) = (oci(), latest(&url));
    let insecure = Spec { repository: Repository::parse(&url, true).unwrap(), ..secure.clone() };
    assert!(insecure.repository.allows_http() && !secure.repository.allows_http());
    found(&oci, &insecure, &login(CANARY)).await;
    drop(registry.asked());
    let error = resolve(&oci, &secure, &login(CANARY), None).await.unwrap_err();
    assert!(error.contains("Get \"https://127.0.0.1:"), "{error}");
    assert_eq!(registry.asked(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_is_none_is_not_asked_for() {
    let registry = registry(None).await;
    let spec = spec(&registry.url("app"), Target::Tag("../../other/manifests/latest".to_owned()));
    let error = resolve(&oci(), &spec, &nobody(), None).await.unwrap_err();
    assert!(error.starts_with("tag must match "), "{error}");
    assert!(registry.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_of_blobs_get_no_login() {
    let registry = registry(Some(Login::Basic("user".to_owned(), CANARY.to_owned()))).await;
    let cdn = self::registry(None).await;
    let redirect = Some(format!("http://{}", cdn.address()));
    let basic = Some(Login::Basic("user".to_owned(), CANARY.to_owned()));
    registry.behave(Behaviour { login: basic, redirect, ..Behaviour::default() });
    let oci = oci();
    let (_, place) = found(&oci, &latest(&registry.url("app")), &login(CANARY)).await;
    archive(&oci, &place).await.unwrap();
    let asked = cdn.asked();
    assert!(asked.len() == 1 && !asked[0].contains("Basic"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_as_flux_does() {
    let basic = Some(Login::Basic("user".to_owned(), CANARY.to_owned()));
    let registry = registry(basic).await;
    let (origin, oci) = (format!("http://{}", registry.address()), oci());
    let spec = |tag: &str| spec(&registry.url("app"), Target::Tag(tag.to_owned()));
    let error = resolve(&oci, &spec("none"), &login(CANARY), None).await.unwrap_err();
    assert_eq!(error, format!("GET {origin}/v2/app/manifests/none: MANIFEST_UNKNOWN: manifest unknown"));
    for access in [login("wrong"), nobody()] {
        let error = resolve(&oci, &spec("latest"), &access, None).await.unwrap_err();
        assert_eq!(
            error,
            format!(
                "GET {origin}/v2/app/manifests/latest: UNAUTHORIZED: authentication required; \
                 [map[Action:pull Class: Name:app Type:repository]]"
            )
        );
    }
    registry.behave(Behaviour { refuse: Some(503), ..Behaviour::default() });
    let error = resolve(&oci, &spec("latest"), &login(CANARY), None).await.unwrap_err();
    assert!(
        error.ends_with(&format!(
            "GET {origin}/v2/: unexpected status code 503 Service Unavailable: you said"
        )),
        "{error}"
    );

    let error = resolve(&oci, &latest("oci://127.0.0.1:1/app"), &nobody(), None).await.unwrap_err();
    let refused = "dial tcp 127.0.0.1:1: connect: connection refused";
    assert_eq!(
        error,
        format!("Get \"https://127.0.0.1:1/v2/\": {refused}; Get \"http://127.0.0.1:1/v2/\": {refused}")
    );
    let spec = self::spec("oci://127.0.0.1:1/app", Target::Digest("sha256:xyz".to_owned()));
    let error = resolve(&oci, &spec, &nobody(), None).await.unwrap_err();
    assert_eq!(error, "found non-hex character in hash: x");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_server_that_refuses_is_told() {
    let bearer = Some(Login::Bearer("user".to_owned(), CANARY.to_owned()));
    let registry = registry(bearer).await;
    let error = resolve(&oci(), &latest(&registry.url("app")), &login("wrong"), None).await.unwrap_err();
    let expected = format!(
        "GET http://{}/token?scope=repository%3Aapp%3Apull&service=test: unexpected status code 401 Unauthorized: \
         {{\"details\":\"incorrect username or password\"}}",
        registry.address()
    );
    assert_eq!(error, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_read_page_by_page() {
    let registry = registry(None).await;
    for version in ["1.0.0", "1.2.0", "1.10.0", "2.0.0"] {
        registry.publish("app", version, &image(version));
    }
    registry.behave(Behaviour { page: Some(2), ..Behaviour::default() });
    let wanted = |range: &str| Target::Semver(Wanted { range: range.to_owned(), ..Wanted::default() });
    let oci = oci();
    let (revision, _) = found(&oci, &spec(&registry.url("app"), wanted("1.x")), &nobody()).await;
    assert_eq!(revision, format!("1.10.0@{}", image("1.10.0").digest()));
    let error = resolve(&oci, &spec(&registry.url("app"), wanted("3.x")), &nobody(), None).await.unwrap_err();
    assert_eq!(error, "no match found for semver: 3.x");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_held_against_its_digest() {
    let registry = registry(None).await;
    let oci = oci();
    let (_, place) = found(&oci, &latest(&registry.url("app")), &nobody()).await;
    registry.behave(Behaviour { corrupt: true, ..Behaviour::default() });
    let error = archive(&oci, &place).await.unwrap_err();
    assert!(error.starts_with("error verifying sha256 checksum after reading "), "{error}");

    // A registry that shows another manifest under the digest.
    let registry = self::registry(None).await;
    let wanted = image("two").digest();
    let other = Image { manifest: image("one").manifest, ..image("two") };
    registry.publish("app", &wanted, &other);
    let (_, place) =
        found(&oci, &spec(&registry.url("app"), Target::Digest(wanted.clone())), &nobody()).await;
    let error = archive(&oci, &place).await.unwrap_err();
    assert_eq!(
        error,
        format!(
            "manifest digest: \"{}\" does not match requested digest: \"{wanted}\"",
            image("one").digest()
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_leads_to_its_image() {
    let registry = registry(None).await;
    let (arm, amd) = (image("arm"), image("amd"));
    let index = Image::index(&[("linux/arm64", &arm), ("linux/amd64", &amd)]);
    for image in [&arm, &amd] {
        registry.publish("app", "", image);
    }
    registry.publish("app", "multi", &index);
    let oci = oci();
    let (revision, place) =
        found(&oci, &spec(&registry.url("app"), Target::Tag("multi".to_owned())), &nobody()).await;
    assert_eq!(revision, format!("multi@{}", index.digest()));
    let tree =
        artifact::unpack::unpack(&archive(&oci, &place).await.unwrap(), &artifact::unpack::Limits::default());
    assert_eq!(tree.unwrap().get("file.yaml").map(|content| content.to_vec()), Some(b"amd".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_says_what_is_wrong() {
    let registry = Registry::start_tls().await.unwrap();
    registry.publish("app", "latest", &image("one"));
    let spec = latest(&registry.url("app"));
    let oci = oci();
    let error = resolve(&oci, &spec, &nobody(), None).await.unwrap_err();
    assert!(
        error.contains(
            "tls: failed to verify certificate: x509: certificate signed by unknown authority; Get"
        ),
        "{error}"
    );
    let tls = Tls { ca: Some(registry.authority().unwrap().as_bytes().to_vec()), identity: None };
    found(&oci, &spec, &Access::to_registry("ns", None, tls, None, false)).await;
    found(&oci, &spec, &Access::to_registry("ns", None, Tls::default(), None, true)).await;
    // Connections are not shared with who does not trust it.
    assert!(resolve(&oci, &spec, &nobody(), None).await.is_err());
}

fn keys(signers: &[&Signer]) -> Option<Signers> {
    let data: SecretData = signers
        .iter()
        .enumerate()
        .map(|(number, signer)| (format!("{number}.pub"), signer.pem().into_bytes()))
        .collect();
    Some(Signers::of_secret(&data))
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_of_all_layouts_count() {
    let (one, other) = (Signer::new().unwrap(), Signer::new().unwrap());
    let digest = image("one").digest();
    let tag = digest.replace(':', "-");
    for layout in ["tag", "referrers", "fallback"] {
        let registry = registry(None).await;
        match layout {
            "tag" => registry.publish("app", &format!("{tag}.sig"), &one.tagged(&digest).unwrap()),
            "referrers" => {
                registry.behave(Behaviour { referrers: true, ..Behaviour::default() });
                registry.refer("app", &digest, &one.referrer(&digest).unwrap());
            }
            _ => {
                let referrer = one.referrer(&digest).unwrap();
                registry.publish("app", "", &referrer);
                registry.publish("app", &tag, &Image::index(&[("", &referrer)]));
            }
        }
        let mut spec = latest(&registry.url("app"));
        spec.signers = keys(&[&other, &one]);
        let oci = oci();
        let (_, place) = found(&oci, &spec, &nobody()).await;
        let fetched = oci.fetch(&place, &CancellationToken::new()).await.unwrap();
        assert_eq!(fetched.evidence.attested.unwrap().digest(), digest, "{layout}");
        spec.signers = keys(&[&other]);
        let error = resolve(&oci, &spec, &nobody(), None).await.unwrap_err();
        let expected = format!("no matching signatures were found for '{}/app@{digest}'", registry.address());
        assert_eq!(error, expected, "{layout}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_that_is_missing_hides_no_signature() {
    let signer = Signer::new().unwrap();
    let registry = registry(None).await;
    let digest = image("one").digest();
    let mut signed = signer.tagged(&digest).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_slice(&signed.manifest).unwrap();
    let mut missing = manifest["layers"][0].clone();
    missing["digest"] = serde_json::json!(testkit::oci::digest(b"nowhere"));
    manifest["layers"].as_array_mut().unwrap().insert(0, missing);
    signed.manifest = manifest.to_string().into_bytes();
    registry.publish("app", &format!("{}.sig", digest.replace(':', "-")), &signed);
    let mut spec = latest(&registry.url("app"));
    spec.signers = keys(&[&signer]);
    found(&oci(), &spec, &nobody()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_proved_is_not_asked_for_again() {
    let registry = registry(None).await;
    let oci = oci();
    let mut spec = latest(&registry.url("app"));
    spec.signers = keys(&[&Signer::new().unwrap()]);
    let revision = format!("latest@{}", image("one").digest());
    assert!(resolve(&oci, &spec, &nobody(), Some(&revision)).await.is_err(), "known is not proved");
    spec.proved = Some(revision.clone());
    assert!(matches!(resolve(&oci, &spec, &nobody(), Some(&revision)).await, Ok(Resolved::Unchanged)));
    registry.publish("app", "latest", &image("two"));
    assert!(
        resolve(&oci, &spec, &nobody(), Some(&revision)).await.is_err(),
        "another revision is not proved"
    );
}

/// A tag of a registry that wants credentials, and one that never answers.
struct OciStage {
    registry: Registry,
    silent: std::net::SocketAddr,
    silent_asked: std::sync::Arc<tokio::sync::Notify>,
    oci: Oci,
    before: u64,
}

impl OciStage {
    async fn new() -> Self {
        let registry = registry(Some(Login::Bearer("user".to_owned(), CANARY.to_owned()))).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (silent, silent_asked) =
            (listener.local_addr().unwrap(), std::sync::Arc::new(tokio::sync::Notify::new()));
        let asked = std::sync::Arc::clone(&silent_asked);
        drop(tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
                asked.notify_one();
            }
        }));
        Self { registry, silent, silent_asked, oci: oci(), before: 0 }
    }
}

impl Stage for OciStage {
    type Upstream = Oci;

    fn upstream(&self) -> &Oci {
        &self.oci
    }

    fn restart(&mut self) {
        self.oci = oci();
        self.before = self.registry.content();
    }

    fn spec(&self) -> (Spec, Access) {
        (latest(&self.registry.url("app")), login(CANARY))
    }

    fn silent(&self) -> (Spec, Access) {
        (latest(&format!("oci://{}/app", self.silent)), login(CANARY))
    }

    async fn asked(&self) {
        self.silent_asked.notified().await;
    }

    fn publish(&self, content: &str) {
        self.registry.publish("app", "latest", &image(content));
    }

    fn refuse(&self, refuse: bool) {
        let login = Some(Login::Bearer("user".to_owned(), CANARY.to_owned()));
        self.registry.behave(Behaviour { login, refuse: refuse.then_some(500), ..Behaviour::default() });
    }

    fn content(&self) -> u64 {
        self.registry.content() - self.before
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registries_keep_the_promises_of_an_upstream() {
    contract::check(OciStage::new().await).await;
}
