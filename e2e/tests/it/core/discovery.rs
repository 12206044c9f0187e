//! The mapper and the errors, as the real API server gives them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use cluster::{Class, ConnectOptions, Error, Mapper};
use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::core::DynamicObject;
use parking_lot::Mutex;
use serde_json::json;
use testkit::wait::Look;

use super::proxy::Proxy;
use super::{SOON, apply, config_map, config_maps, connector, definition, definitions, kubeconfig, undefine};

#[tokio::test]
async fn the_mapper_learns_a_new_kind() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-mapper").await?;
    let admin = plane.client().await?;
    let group = format!("{}.core-test.dev", namespace.name());
    let mapper = Mapper::new(admin.clone());
    let deployment = mapper.resolve("apps", "v1", "Deployment").await?;
    assert_eq!((deployment.api_resource.plural.as_str(), deployment.namespaced), ("deployments", true));
    let node = mapper.resolve_any_version("", "Node").await?;
    assert_eq!((node.api_resource.api_version.as_str(), node.namespaced), ("v1", false));
    let missing = mapper.resolve(&group, "v1", "New").await.expect_err("not there yet");
    assert_eq!(missing.classify(), Class::NotFound);
    assert_eq!(missing.message(), format!("no matches for kind \"New\" in version \"{group}/v1\""));

    apply(&admin, &definitions(), None, &definition(&group, "New")).await?;
    let found = testkit::wait::until("the mapper finds the kind", SOON, async || {
        let answer = mapper.resolve(&group, "v1", "New").await.ok();
        Ok(answer.map_or_else(|| Look::Not("no".to_owned()), Look::Found))
    });
    assert_eq!(found.await?.api_resource.plural, "news");
    undefine(&admin, &group, "New").await
}

#[tokio::test]
async fn a_hit_asks_nobody_and_misses_share_one_refresh() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let mapper = Mapper::new(plane.client().await?);
    mapper.resolve("", "v1", "Pod").await?;
    let began = Instant::now();
    let misses = (0..50).map(|number| {
        let mapper = mapper.clone();
        async move { mapper.resolve("nowhere.example", "v1", &format!("Kind{number}")).await }
    });
    let answers = futures::future::join_all(misses).await;
    assert!(
        answers.iter().all(|answer| answer.as_ref().is_err_and(|error| error.classify() == Class::NotFound))
    );
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    Ok(())
}

#[tokio::test]
async fn fields_that_no_schema_declares_are_named_and_can_be_dropped() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-fields").await?;
    let resolved = Mapper::new(plane.client().await?).resolve("apps", "v1", "Deployment").await?;
    let api: Api<DynamicObject> =
        Api::namespaced_with(plane.client().await?, namespace.name(), &resolved.api_resource);
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {
            "replicas": 0, "colour": "red", "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [
                {"name": "c", "image": "i", "shape": {"round": true}, "ports": [{"containerPort": 80, "size": 1}]},
            ]}},
        },
    });
    let params = PatchParams { dry_run: true, ..PatchParams::apply("core-test").force() };
    let refused =
        api.patch("d", &params, &Patch::Apply(&object)).await.map_err(Error::from).expect_err("undeclared");
    let mut rounds = 0;
    let mut dropped = Vec::new();
    let mut error = Some(refused);
    while let Some(refusal) = error.take() {
        rounds += 1;
        assert!(rounds < 10, "endless: {refusal}");
        let paths = refusal.undeclared_fields().with_context(|| format!("not recognised: {refusal}"))?;
        for path in paths {
            assert!(path.remove_from(&mut object), "{path} is not there");
            dropped.push(path.to_string());
        }
        error = api.patch("d", &params, &Patch::Apply(&object)).await.map_err(Error::from).err();
    }
    dropped.sort();
    assert_eq!(
        dropped,
        [
            ".spec.colour",
            r#".spec.template.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].size"#,
            r#".spec.template.spec.containers[name="c"].shape"#,
        ]
    );
    Ok(())
}

#[tokio::test]
async fn refusals_have_their_class() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-errors").await?;
    let object = config_map(&plane.client().await?, namespace.name(), "a", "1").await?;
    let api: Api<DynamicObject> =
        Api::namespaced_with(plane.client().await?, namespace.name(), &config_maps());
    let absent = api.get("absent").await.map_err(Error::from).expect_err("absent");
    assert_eq!((absent.classify(), absent.message()), (Class::NotFound, "configmaps \"absent\" not found"));
    let stale = json!({"metadata": {"resourceVersion": "1"}, "data": {"value": "2"}});
    let conflict = api.patch("a", &PatchParams::default(), &Patch::Merge(&stale)).await.map_err(Error::from);
    assert_eq!(conflict.expect_err("stale").classify(), Class::Conflict);
    let owned =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"value": "2"}});
    let fight =
        api.patch("a", &PatchParams::apply("other"), &Patch::Apply(&owned)).await.map_err(Error::from);
    let fight = fight.expect_err("owned by core-test");
    assert_eq!(fight.classify(), Class::Conflict);
    assert!(
        fight
            .causes()
            .iter()
            .any(|cause| cause.reason == "FieldManagerConflict" && cause.field == ".data.value")
    );
    let frozen = json!({"immutable": true});
    api.patch("a", &PatchParams::default(), &Patch::Merge(&frozen)).await?;
    let changed = json!({"data": {"value": "3"}});
    let refused = api.patch("a", &PatchParams::default(), &Patch::Merge(&changed)).await.map_err(Error::from);
    let refused = refused.expect_err("immutable");
    assert_eq!(refused.classify(), Class::Invalid);
    drop(object);
    Ok(())
}

/// Codes of all requests.
#[derive(Default)]
struct Codes(Mutex<Vec<Option<u16>>>);

impl cluster::Observe for Codes {
    fn observe(&self, call: &cluster::Call<'_>) {
        self.0.lock().push(call.code);
    }
}

#[tokio::test]
async fn an_overloaded_server_is_asked_again_unless_the_client_must_not() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-retry").await?;
    config_map(&plane.client().await?, namespace.name(), "a", "1").await?;
    let proxy = Proxy::before(&kubeconfig(&plane)).await?;
    let codes = Arc::new(Codes::default());
    let observe = Arc::clone(&codes) as Arc<dyn cluster::Observe>;
    let connector = connector(proxy.kubeconfig(), Some(observe)).await?;
    let api = |client| Api::<DynamicObject>::namespaced_with(client, namespace.name(), &config_maps());

    proxy.faults.unavailable.store(2, Ordering::SeqCst);
    api(connector.client()?).get("a").await?;
    assert_eq!(*codes.0.lock(), [Some(503), Some(503), Some(200)], "each try is counted");

    proxy.faults.unavailable.store(1, Ordering::SeqCst);
    let refused =
        api(connector.client_without_retries()?).get("a").await.map_err(Error::from).expect_err("503");
    assert_eq!((refused.classify(), refused.code(), refused.is_transient()), (Class::ServerError, 503, true));
    assert_eq!(codes.0.lock().len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_silent_server_does_not_hold_a_call_for_ever() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let proxy = Proxy::before(&kubeconfig(&plane)).await?;
    let options = ConnectOptions {
        kubeconfig: Some(proxy.kubeconfig()),
        call_timeout: Duration::from_secs(1),
        ..ConnectOptions::default()
    };
    let client = cluster::connect(&options).await?;
    proxy.faults.hang.store(true, Ordering::SeqCst);
    let api: Api<DynamicObject> = Api::namespaced_with(client, "default", &config_maps());
    let error = api.get("a").await.map_err(Error::from).expect_err("no answer");
    assert_eq!(error.classify(), Class::Timeout, "{error}");
    assert!(error.message().contains("no complete answer within 1s"), "{error}");
    Ok(())
}
