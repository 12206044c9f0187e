//! What is told of sources and of the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use api::bucket::Bucket;
use api::git_repository::GitRepository;
use reconcile_core::Store;
use reconcile_core::metrics::Metrics;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Measures, follow, resource, watch_disk};

fn repository() -> GitRepository {
    serde_json::from_value(json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "app", "namespace": "ns", "resourceVersion": "1"},
        "spec": {"url": "https://example.com/app.git", "interval": "5m"},
        "status": {
            "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored",
                "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "artifact": {"url": "http://x/a.tar.gz", "path": "a.tar.gz", "revision": "main@sha1:1",
                "digest": "sha256:1", "lastUpdateTime": "2026-01-01T00:00:00Z"},
        },
    }))
    .expect("a GitRepository")
}

fn bucket() -> Bucket {
    serde_json::from_value(json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "Bucket",
        "metadata": {"name": "b", "namespace": "ns"},
        "spec": {"bucketName": "files", "endpoint": "s3.example.com", "interval": "5m", "suspend": true},
    }))
    .expect("a Bucket")
}

#[test]
fn sources_are_told_of_with_where_they_come_from() {
    let (repository, bucket) = (repository(), bucket());
    let told = resource(&repository);
    assert_eq!(told.labels, [("revision", "main@sha1:1"), ("url", "https://example.com/app.git")]);
    assert_eq!((told.conditions.len(), told.suspended, told.interval.as_secs()), (1, false, 300));
    let told = resource(&bucket);
    assert_eq!(told.labels, [("revision", ""), ("bucket_name", "files"), ("endpoint", "s3.example.com")]);
    assert!(told.suspended && told.conditions.is_empty());
}

#[test]
fn objects_are_counted_when_somebody_asks() {
    let metrics = Metrics::new();
    metrics.show_each_resource();
    let store = Store::new();
    follow::<GitRepository>(&metrics, &store);
    let count = "flyball_resources{kind=\"GitRepository\",state=\"ready\"}";
    assert!(metrics.render().contains(&format!("{count} 0\n")));
    store.insert(Arc::new(repository()));
    let text = metrics.render();
    assert!(text.contains(&format!("{count} 1\n")) && text.contains("gotk_resource_info{"), "{text}");
}

#[test]
fn bytes_and_archives_are_counted() {
    let metrics = Metrics::new();
    let received = Arc::new(AtomicU64::new(5));
    let measures = Measures::new(&metrics, Arc::clone(&received));
    measures.published("GitRepository", 2048);
    assert!(metrics.render().contains("flyball_fetched_bytes_total{origin=\"git\"} 5\n"));
    received.store(7, Ordering::Relaxed);
    let text = metrics.render();
    assert!(text.contains("flyball_fetched_bytes_total{origin=\"git\"} 7\n"), "{text}");
    assert!(text.contains("flyball_artifact_size_bytes_sum{kind=\"GitRepository\"} 2048\n"), "{text}");
}

#[tokio::test]
async fn the_disk_is_looked_at_until_the_end() {
    let (metrics, stop) = (Metrics::new(), CancellationToken::new());
    let folder = tempfile::tempdir().expect("a folder");
    let watching = tokio::spawn(watch_disk(Arc::clone(&metrics), folder.path().to_owned(), stop.clone()));
    let figure = |name: &str| {
        let text = metrics.render();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().parse::<f64>().unwrap_or_default()
    };
    let all = || figure("flyball_storage_capacity_bytes ");
    for _ in 0..200 {
        if all() > 0.0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let left = figure("flyball_storage_available_bytes ");
    assert!(left > 0.0 && left <= all(), "{left} of {}", all());
    stop.cancel();
    watching.await.expect("it ends");
}
