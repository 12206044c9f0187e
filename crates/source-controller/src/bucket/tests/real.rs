//! Real servers, where there are some: moto (`S3_SERVER=127.0.0.1:5000`) with a bucket `app` of `d/a.yaml` (content `1`) and
//! `../../up.yaml` (`2`); Azurite (`AZURITE=127.0.0.1:10000`), which looks at signatures, with a container `app` of `d/a.yaml`,
//! `x.txt` and `.sourceignore` (`*.txt`).

use super::{Azure, Login, S3, Store, archive, found, kept, keys, resolve, spec};
use crate::upstream::Resolved;

/// The key of Azurite's account, which is the same everywhere.
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

async fn check(spec: &super::Spec, expected: &[&str]) {
    let kept = kept();
    let (revision, place) = found(&kept.buckets, spec).await;
    assert_eq!(archive(&kept.buckets, &place).await, expected);
    assert!(matches!(resolve(&kept.buckets, spec, Some(&revision)).await.unwrap(), Resolved::Unchanged));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs moto"]
async fn moto() {
    let address = std::env::var("S3_SERVER").unwrap();
    let store = S3::new(&address, true, "app", "", None).unwrap();
    let mut asked = spec(Store::S3(store), &format!("http://{address}"));
    asked.login = keys("key");
    check(&asked, &["d/", "d/a.yaml=1", "up.yaml=2"]).await;
    let store = S3::new(&address, true, "absent", "", None).unwrap();
    asked.store = Store::S3(store);
    let error = resolve(&kept().buckets, &asked, None).await.unwrap_err();
    assert!(matches!(error, super::BucketError::NotFound), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite"]
async fn azurite() {
    let endpoint = format!("http://{}/devstoreaccount1", std::env::var("AZURITE").unwrap());
    let store = Azure::new(&endpoint, "app", "").unwrap();
    let mut asked = spec(Store::Azure(store.clone()), &endpoint);
    asked.login = Login::AzureKey { account: store.account(), key: KEY.to_owned().into() };
    check(&asked, &[".sourceignore=*.txt", "d/", "d/a.yaml=1"]).await;
    asked.login = Login::AzureKey { account: store.account(), key: "a2V5".to_owned().into() };
    let error = resolve(&kept().buckets, &asked, None).await.unwrap_err().to_string();
    assert!(error.contains("AuthorizationFailure") || error.contains("AuthenticationFailed"), "{error}");
}
