//! Which version of a chart a range means, what is asked for it, and what is believed of the answers.

use std::time::Duration;

use reconcile_core::gate::MemoryGate;
use reqwest::Url;
use testkit::oci::{Behaviour, Image, Login as Wanted, Registry, Signer};
use tokio_util::sync::CancellationToken;

use super::{Chart, Oci, choose};
use crate::access::docker::Login;
use crate::access::{Access, SecretData, Tls};
use crate::helm::Download;
use crate::oci::names::Repository;
use crate::oci::signatures::Signers;

const CANARY: &str = "pass-canary";
const LIMIT: u64 = 1 << 20;

fn chart_at(address: &str, insecure: bool) -> Chart {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let repository = Repository::of_chart(&format!("oci://{address}/charts/"), "app", insecure).unwrap();
    Chart {
        url: Url::parse(&repository.address("https", "")).unwrap(),
        repository,
        written: format!("oci://{address}/charts/app"),
        name: "app".to_owned(),
        timeout: Duration::from_secs(60),
    }
}

fn chart(registry: &Registry) -> Chart {
    chart_at(&registry.address(), true)
}

fn oci() -> Oci {
    Oci::new(tempfile::tempdir().unwrap().keep(), "test".to_owned(), std::sync::Arc::default())
}

fn access(login: Option<&str>) -> Access {
    let login = login.map(|password| Login {
        username: "user".to_owned(),
        password: password.to_owned(),
        ..Login::default()
    });
    Access::to_registry("ns", login, Tls::default(), None, false)
}

fn signers(signer: &Signer) -> Signers {
    let data: SecretData = [("cosign.pub".to_owned(), signer.pem().into_bytes())].into();
    Signers::of_secret(&data)
}

async fn version(chart: &Chart, access: &Access, range: &str) -> Result<String, Download> {
    oci().about(chart, access, &CancellationToken::new()).unwrap().version(range).await
}

async fn pull(chart: &Chart, access: &Access, version: &str, limit: u64) -> Result<Vec<u8>, Download> {
    let (oci, gate) = (oci(), MemoryGate::new(64 << 20));
    let asking = oci.about(chart, access, &CancellationToken::new()).unwrap();
    asking.pull(version, None, limit, &gate).await.map(|body| body.bytes)
}

fn failed(cause: String, is_authentication: bool) -> Download {
    Download::Failed { cause, is_authentication }
}

#[test]
fn the_highest_version_that_fits() {
    let chart = chart_at("r.example", false);
    let choose = |tags: &[&str], range: &str| {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        choose(&tags, range, &chart, || false)
    };
    let tags = ["1.0.0", "1.10.0_build.1", "1.9.0", "2.0.0-rc.1", "v3.0.0", "1.11", "01.12.0", "latest"];
    for (range, expected) in [
        ("", "1.10.0+build.1"),
        ("*", "1.10.0+build.1"),
        ("~1.9", "1.9.0"),
        (">=1.0.0-0", "2.0.0-rc.1"),
        ("<1.5 || >9", "1.0.0"),
    ] {
        assert_eq!(choose(&tags, range).as_deref(), Ok(expected), "{range}");
    }
    let none = "could not locate a version matching provided version string 9.x";
    assert_eq!(choose(&tags, "9.x").unwrap_err(), none);
    assert_eq!(choose(&tags, "a range").unwrap_err(), "improper constraint: \"a range\"");
    let empty = "could not get tags for \"app\": unable to locate any tags in provided repository: oci://r.example/charts/app";
    assert_eq!(choose(&["latest", "v1.0.0"], "*").unwrap_err(), empty);
    // What no registry can have as a tag is none.
    let long = format!("9.0.0-{}", "a".repeat(123));
    assert_eq!(choose(&[&long, "1.0.0"], ">=0-0").as_deref(), Ok("1.0.0"));
}

#[test]
fn nobody_looks_at_tags_that_nobody_waits_for() {
    let tags: Vec<String> = (0..10).map(|number| format!("1.0.{number}")).collect();
    let looked = std::cell::Cell::new(0);
    let is_over = || looked.replace(looked.get() + 1) >= 3;
    // Three were read, and then it was over: none is compared.
    assert!(choose(&tags, "*", &chart_at("r.example", false), is_over).is_err());
    assert_eq!(looked.get(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_by_itself_is_not_looked_for() {
    let registry = Registry::start().await.unwrap();
    let chart = chart(&registry);
    assert_eq!(version(&chart, &access(None), "1.2.3").await.unwrap(), "1.2.3");
    assert!(registry.asked().is_empty());
    registry.publish("charts/app", "1.0.0_a", &Image::of_chart(b"one".to_vec()));
    assert_eq!(version(&chart, &access(None), "1.x").await.unwrap(), "1.0.0+a");
    assert_eq!(pull(&chart, &access(None), "1.0.0+a", LIMIT).await.unwrap(), b"one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_verified_is_what_is_brought() {
    let registry = Registry::start().await.unwrap();
    let (signer, stranger) = (Signer::new().unwrap(), Signer::new().unwrap());
    let (chart, access, oci) = (chart(&registry), access(None), oci());
    let image = Image::of_chart(b"one".to_vec());
    let tag = format!("{}.sig", image.digest().replace(':', "-"));
    registry.publish("charts/app", "1.0.0", &image);
    registry.publish("charts/app", &tag, &signer.tagged(&image.digest()).unwrap());
    let asking = oci.about(&chart, &access, &CancellationToken::new()).unwrap();
    let proof = asking.verified("1.0.0", &signers(&signer)).await.unwrap();
    assert_eq!(proof.digest(), image.digest());
    // Somebody moves the version to another chart meanwhile.
    registry.publish("charts/app", "1.0.0", &Image::of_chart(b"two".to_vec()));
    let body = asking.pull("1.0.0", Some(&proof), LIMIT, &MemoryGate::new(64 << 20)).await.unwrap();
    assert_eq!(body.bytes, b"one");

    let told = |digest: &str| {
        let address = registry.address();
        failed(format!("no matching signatures were found for '{address}/charts/app@{digest}'"), false)
    };
    let other = Image::of_chart(b"two".to_vec()).digest();
    assert_eq!(asking.verified("1.0.0", &signers(&signer)).await.unwrap_err(), told(&other));
    registry.publish("charts/app", "1.0.0", &image);
    assert_eq!(asking.verified("1.0.0", &signers(&stranger)).await.unwrap_err(), told(&image.digest()));
    let absent = asking.verified("2.0.0", &signers(&signer)).await.unwrap_err();
    let address = registry.address();
    let text = format!(
        "failed to resolve digest for 'oci://{address}/charts/app:2.0.0': {address}/charts/app:2.0.0: not found"
    );
    assert_eq!(absent, failed(text, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_the_words_of_helms_library() {
    let registry = Registry::start().await.unwrap();
    let (chart, address) = (chart(&registry), registry.address());
    registry.publish("charts/app", "1.0.0", &Image::of_chart(vec![1; 2000]));
    registry.publish("charts/app", "2.0.0", &Image::of_files([("a", "1")]).unwrap());
    let getting = |version: &str| format!("failed to get 'oci://{address}/charts/app:{version}': ");
    let error = pull(&chart, &access(None), "3.0.0", LIMIT).await.unwrap_err();
    let absent = format!(
        "{}failed to perform \"FetchReference\" on source: {address}/charts/app:3.0.0: not found",
        getting("3.0.0")
    );
    assert_eq!(error, failed(absent, false));
    let error = pull(&chart, &access(None), "2.0.0", LIMIT).await.unwrap_err();
    let other = "manifest does not contain minimum number of descriptors (2), descriptors found: 1";
    assert_eq!(error, failed(format!("{}{other}", getting("2.0.0")), false));
    assert_eq!(pull(&chart, &access(None), "1.0.0", 1999).await.unwrap_err(), Download::TooLarge);
    assert_eq!(pull(&chart, &access(None), "1.0.0", 2000).await.unwrap().len(), 2000);

    let basic = Some(Wanted::Basic("user".to_owned(), CANARY.to_owned()));
    registry.behave(Behaviour { login: basic, ..Behaviour::default() });
    let error = version(&chart, &access(Some("wrong-pass")), "*").await.unwrap_err();
    let Download::Failed { cause, is_authentication: true } = error else { panic!("{error:?}") };
    let begin = format!(
        "could not get tags for \"app\": could not fetch tags for \"oci://{address}/charts/app\": GET \
         \"http://{address}/v2/charts/app/tags/list?n=1000\": response status code 401: unauthorized: "
    );
    assert!(cause.starts_with(&begin), "{cause}");
    assert_eq!(version(&chart, &access(Some(CANARY)), "*").await.unwrap(), "2.0.0");
    registry.behave(Behaviour { corrupt: true, ..Behaviour::default() });
    let error = pull(&chart, &access(None), "1.0.0", LIMIT).await.unwrap_err();
    assert!(error.to_string().contains("error verifying sha256 checksum"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_insecure_nothing_goes_unencrypted() {
    let registry = Registry::start().await.unwrap();
    registry.publish("charts/app", "1.0.0", &Image::of_chart(b"one".to_vec()));
    let chart = chart_at(&registry.address(), false);
    let error = version(&chart, &access(Some(CANARY)), "*").await.unwrap_err();
    assert!(matches!(error, Download::Failed { is_authentication: true, .. }), "{error:?}");
    assert_eq!(registry.asked(), Vec::<String>::new());
}
