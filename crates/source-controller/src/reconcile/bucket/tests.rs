//! What a store is asked for an object, and Flux's words.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::bucket::Bucket;
use serde_json::json;

use super::explain;
use crate::bucket::keys::KeyError;
use crate::bucket::{BucketError, Failure, Spec, Store};
use crate::fault::Fault;
use crate::reconcile::source::{Produced, Source as _};
use crate::samples::{lines, object};
use crate::status::Status;

fn bucket(spec: &serde_json::Value) -> Bucket {
    let mut all = json!({"bucketName": "app", "endpoint": "minio.example:9000"});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    object("Bucket", &all)
}

fn ask(spec: &serde_json::Value) -> Result<Spec, Fault> {
    bucket(spec).ask()
}

#[test]
fn which_store_is_asked() {
    let spec = ask(&json!({"timeout": "5s", "ignore": "*.md"})).unwrap();
    assert_eq!((spec.timeout, spec.ignore.as_deref()), (Duration::from_secs(5), Some("*.md")));
    assert_eq!(spec.url.as_str(), "https://minio.example:9000/");
    assert_eq!(ask(&json!({"insecure": true})).unwrap().url.as_str(), "http://minio.example:9000/");
    let google = ask(&json!({"provider": "gcp", "endpoint": "https://evil.example"})).unwrap();
    assert_eq!(google.url.as_str(), "https://storage.googleapis.com/", "whatever the spec says");
    let azure = ask(&json!({"provider": "azure", "endpoint": "https://me.blob.core.windows.net"})).unwrap();
    assert!(matches!(azure.store, Store::Azure(_)));
    let fault = ask(&json!({"endpoint": "http://minio.example"})).unwrap_err();
    assert_eq!((fault.reason, fault.stalling), ("AuthenticationFailed", false));
    assert_eq!(fault.message, "Endpoint url cannot have fully qualified paths.");
}

#[test]
fn sts_settings_that_nobody_can_use() {
    let sts = |provider: &str, sts: serde_json::Value| {
        let fault = ask(&json!({"provider": provider, "sts": sts})).map(drop);
        fault.map_err(|fault| (fault.reason, fault.stalling, fault.message))
    };
    let ldap = json!({"provider": "ldap", "endpoint": "https://sts.example"});
    assert_eq!(sts("generic", ldap.clone()), Ok(()));
    assert_eq!(
        sts("aws", json!({"provider": "aws", "endpoint": "https://sts.eu-west-1.amazonaws.com"})),
        Ok(())
    );
    let invalid = |text: &str| Err(("InvalidSTSConfiguration", true, text.to_owned()));
    assert_eq!(
        sts("aws", ldap.clone()),
        invalid("STS provider 'ldap' is not supported for 'aws' bucket provider")
    );
    assert_eq!(sts("gcp", ldap), invalid("STS configuration is not supported for 'gcp' bucket provider"));
    let aws = json!({"provider": "aws", "endpoint": "https://sts.amazonaws.com", "secretRef": {"name": "x"}});
    assert_eq!(sts("aws", aws), invalid("spec.sts.secretRef is not required for the 'aws' STS provider"));
    let elsewhere = json!({"provider": "aws", "endpoint": "https://sts.example"});
    assert_eq!(
        sts("aws", elsewhere),
        invalid("the STS endpoint is not one of AWS: tokens of identities go nowhere else")
    );
    let (reason, stalling, _) =
        sts("generic", json!({"provider": "ldap", "endpoint": "https://"})).unwrap_err();
    assert_eq!((reason, stalling), ("URLInvalid", true));
}

#[test]
fn failures_in_flux_words() {
    let cause = Failure::Unexpected("no".into());
    let told = |error: BucketError| {
        let fault = explain("app", &error);
        (fault.reason, fault.message)
    };
    let operation = |text: &str| ("BucketOperationFailed", text.to_owned());
    assert_eq!(
        told(BucketError::Existence(cause.clone())),
        operation("failed to confirm existence of 'app' bucket: no")
    );
    assert_eq!(told(BucketError::NotFound), operation("bucket 'app' not found"));
    assert_eq!(
        told(BucketError::Rules(cause.clone())),
        operation("failed to get Etag for '.sourceignore' object: no")
    );
    assert_eq!(
        told(BucketError::List(cause.clone())),
        operation(
            "indexation of objects from bucket 'app' failed: listing objects from bucket 'app' failed: no"
        )
    );
    assert_eq!(
        told(BucketError::Object { key: "a".into(), cause: cause.clone() }),
        operation("fetch from bucket 'app' failed: failed to get 'a' object: no")
    );
    assert_eq!(
        told(BucketError::Key { key: "a".into(), cause: KeyError::Folder("a/b".into()) }),
        operation("fetch from bucket 'app' failed: failed to get 'a' object: it is a folder of 'a/b'")
    );
    assert_eq!(told(BucketError::Identity("nobody".into())), ("AuthenticationFailed", "nobody".to_owned()));
    assert!(explain("app", &BucketError::Cancelled).cancelled);
    let fault = explain("app", &BucketError::List(Failure::Excess("too much".into())));
    assert!(fault.excess && !fault.stalling, "{fault:?}");
}

#[test]
fn successes_in_flux_words() {
    let spec = ask(&json!({})).unwrap();
    let message = "stored artifact with 3 fetched files from 'app' bucket".to_owned();
    assert_eq!(Bucket::stored(&spec, "sha256:aa", "3"), Produced::Stored { message: message.clone() });
    spec.found.store(3, Ordering::Relaxed);
    let Produced::Unchanged { reason, message: up_to_date, recovered } =
        Bucket::unchanged(&spec, "sha256:aa")
    else {
        panic!("nothing new")
    };
    assert_eq!((reason, recovered), ("ArtifactUpToDate", Some(message)));
    assert_eq!(up_to_date, "artifact up-to-date with remote revision: 'sha256:aa'");
    let mut status =
        Status { artifact: Some(crate::samples::artifact("sha256:aa", "sha256:bb")), ..Status::default() };
    status.in_storage(Bucket::STORED, 2);
    assert_eq!(lines(&status), "ArtifactInStorage=True Succeeded: stored artifact: revision 'sha256:aa'");
}
