//! Kustomizations whose objects are in another cluster: a second real control plane beside the first
//! (contracts/kustomize-controller.md 19).

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, Mark, Objects};
use testkit::wait::{Look, until};
use tokio::sync::OnceCell;

use super::rig::{Rig, condition, config_map, inventory};

/// Nothing is in the way of a second control plane but the machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Who may do anything in the other cluster.
pub(crate) const USERS: [&str; 2] = ["deployer", "successor"];

/// The second control plane of these tests, which none of them stops.
pub(crate) async fn second() -> Result<Arc<ControlPlane>> {
    static SECOND: OnceCell<Arc<ControlPlane>> = OnceCell::const_new();
    let plane =
        SECOND.get_or_try_init(|| async { anyhow::Ok(Arc::new(ControlPlane::start(&USERS).await?)) }).await?;
    Ok(Arc::clone(plane))
}

/// Another cluster as one test sees it: a namespace of the same name, and users who may do anything.
pub(crate) struct Remote {
    plane: Arc<ControlPlane>,
    pub(crate) objects: Objects,
}

impl Remote {
    pub(crate) async fn of(plane: Arc<ControlPlane>, ns: &str) -> Result<Self> {
        let objects = Objects::new(plane.client().await?, ns);
        objects.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {ns}}}\n")).await?;
        let mut subjects = Vec::new();
        for name in USERS {
            let user = plane.identity(name)?.user().to_owned();
            subjects.push(json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}));
        }
        objects
            .apply_value(json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                "metadata": {"name": "deployers"}, "subjects": subjects,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            }))
            .await?;
        Ok(Self { plane, objects })
    }

    /// A kubeconfig of one of the users.
    pub(crate) fn kubeconfig(&self, name: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.plane.identity(name)?.kubeconfig())?)
    }

    /// Host and port of the API server.
    fn server(&self) -> Result<String> {
        let kubeconfig: Value = serde_json::from_str(&self.kubeconfig(USERS[0])?)?;
        let server = kubeconfig["clusters"][0]["cluster"]["server"].as_str().context("a server")?;
        Ok(server.trim_start_matches("https://").to_owned())
    }

    async fn get(&self, name: &str) -> Result<Option<Value>> {
        self.objects.get("v1", "ConfigMap", name).await
    }

    /// Waits until a ConfigMap is as wanted; null stands for none.
    async fn until(&self, name: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        until(&format!("remote ConfigMap {name} {what}"), LIMIT, || async {
            let found = self.get(name).await?.unwrap_or(Value::Null);
            Ok(if wanted(&found) { Look::Found(found) } else { Look::Not(found.to_string()) })
        })
        .await
    }

    fn mark(&self) -> Result<Mark> {
        self.plane.requests()?.mark()
    }
}

/// A Secret with a kubeconfig, as `spec.kubeConfig.secretRef` names it.
pub(crate) async fn kubeconfig_secret(rig: &Rig, name: &str, given: &[(&str, &str)]) -> Result<()> {
    let data: Value = given
        .iter()
        .map(|(key, text)| ((*key).to_owned(), STANDARD.encode(text).into()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (_, text) in given {
        let kubeconfig: Value = serde_json::from_str(text).unwrap_or_default();
        if let Some(token) = kubeconfig["users"][0]["user"]["token"].as_str() {
            rig.ns.canaries().add("a token", token);
        }
    }
    let object = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": rig.namespace()}, "data": data});
    rig.apply(object).await.map(drop)
}

/// The part of a spec that names it.
pub(crate) fn to(name: &str) -> Value {
    json!({"kubeConfig": {"secretRef": {"name": name}}})
}

fn with(mut spec: Value, more: Value) -> Value {
    if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), more) {
        spec.extend(more);
    }
    spec
}

fn message(state: &Value) -> String {
    condition(state, "Ready")["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn objects_live_and_die_in_the_other_cluster() -> Result<()> {
    let rig = Rig::start("remote-life").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("deployer")?)]).await?;
    let two =
        format!("-- a.yaml --\n{}-- b.yaml --\n{}", config_map(&ns, "a", "1"), config_map(&ns, "b", "1"));
    let revision = rig.publish(&two).await?;
    rig.kustomization("app", with(to("there"), json!({"wait": true}))).await?;
    let state = rig.ready("app", &revision).await?;
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap"), format!("{ns}_b__ConfigMap")]);
    assert_eq!(remote.get("a").await?.context("a")?["data"]["key"], "1");
    assert!(rig.get("v1", "ConfigMap", "a").await?.is_none(), "nothing of it is in the own cluster");

    // A run that has nothing to do asks neither cluster about an object.
    let (here, there) = (rig.mark()?, remote.mark()?);
    rig.run("app").await?;
    let user = remote.plane.identity("deployer")?.user().to_owned();
    let asked = remote.plane.requests()?.since(&there, &user).await?.without_watches();
    // Other tests are there as the same user.
    let asked = asked.filter(|request| request.namespace == ns);
    assert!(asked.is_empty(), "{asked:?}");
    assert_eq!(rig.requests(&here).await?.count("get", "secrets"), 0);

    // Drift there is corrected there, at once.
    remote.objects.patch("v1", "ConfigMap", "a", json!({"data": {"key": "drifted"}})).await?;
    remote.until("a", "is put back", |map| map["data"]["key"] == "1").await?;
    remote.objects.delete("v1", "ConfigMap", "b").await?;
    remote
        .until("b", "is made again", |map| {
            map["data"]["key"] == "1" && map["metadata"]["deletionTimestamp"].is_null()
        })
        .await?;
    rig.event("app", "a correction", |_, text| text.contains(&format!("ConfigMap/{ns}/a configured")))
        .await?;

    // An object of the same name in the own cluster is another one.
    rig.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b", "namespace": ns}}))
        .await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "2"))).await?;
    rig.ready("app", &revision).await?;
    remote.until("b", "is pruned", Value::is_null).await?;
    assert!(rig.get("v1", "ConfigMap", "b").await?.is_some());
    rig.finalized("app").await?;
    remote.until("a", "is gone", Value::is_null).await?;
    Ok(())
}

#[tokio::test]
async fn two_clusters_have_objects_of_one_name() -> Result<()> {
    let rig = Rig::start("remote-two").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("deployer")?)]).await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("here", json!({})).await?;
    rig.kustomization("there", to("there")).await?;
    rig.ready("here", &revision).await?;
    rig.ready("there", &revision).await?;
    // Either is corrected where it drifted.
    rig.patch_as("somebody", "v1", "ConfigMap", "a", json!({"data": {"key": "drifted"}})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is put back", |map| map["data"]["key"] == "1").await?;
    remote.objects.patch("v1", "ConfigMap", "a", json!({"data": {"key": "drifted"}})).await?;
    remote.until("a", "is put back", |map| map["data"]["key"] == "1").await?;
    rig.finalized("there").await?;
    remote.until("a", "is gone", Value::is_null).await?;
    let kept = rig.get("v1", "ConfigMap", "a").await?.context("the own one stays")?;
    assert!(kept["metadata"]["deletionTimestamp"].is_null());
    Ok(())
}

/// It leaves what it made, as in Flux, and begins anew.
#[tokio::test]
async fn a_kustomization_moves_to_the_other_cluster_and_back() -> Result<()> {
    let rig = Rig::start("remote-move").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value.yaml", &remote.kubeconfig("deployer")?)]).await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.kustomization("app", to("there")).await?;
    remote.until("a", "is made", |map| map["data"]["key"] == "1").await?;
    rig.ready("app", &revision).await?;
    // What is left is nobody's to heal; what is there is.
    rig.patch_as("somebody", "v1", "ConfigMap", "a", json!({"data": {"key": "mine"}})).await?;
    remote.objects.patch("v1", "ConfigMap", "a", json!({"data": {"key": "drifted"}})).await?;
    remote.until("a", "is put back", |map| map["data"]["key"] == "1").await?;
    rig.run("app").await?;
    assert_eq!(rig.get("v1", "ConfigMap", "a").await?.context("a")?["data"]["key"], "mine");
    rig.kustomization("app", json!({})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is applied again", |map| map["data"]["key"] == "1").await?;
    rig.ready("app", &revision).await?;
    rig.patch_as("somebody", "v1", "ConfigMap", "a", json!({"data": {"key": "drifted"}})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is put back", |map| map["data"]["key"] == "1").await?;
    Ok(())
}

/// Flux's words, each as soon as the Secret says so: nobody waits for the hour's end.
#[tokio::test]
async fn kubeconfigs_that_cannot_be_used() -> Result<()> {
    let rig = Rig::start("remote-bad").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    let good = remote.kubeconfig("deployer")?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", to("there")).await?;
    let says = |text: String| {
        let rig = &rig;
        async move {
            let state = rig.until("app", &text, |state| message(state) == text).await?;
            assert_eq!(condition(&state, "Ready")["reason"], "ReconciliationFailed");
            assert!(condition(&state, "Stalled").is_null());
            rig.event("app", "the same", |reason, event| {
                reason == "ReconciliationFailed" && event == format!("failed to build kube client: {text}")
            })
            .await
        }
    };
    says(format!("unable to read KubeConfig secret '{ns}/there' error: secrets \"there\" not found")).await?;
    kubeconfig_secret(&rig, "there", &[("other", &good)]).await?;
    says(format!("KubeConfig secret '{ns}/there' does not contain a 'value' key with a kubeconfig")).await?;
    let config = |cluster: &str, user: &str| {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {cluster}}}]\nusers: [{{name: u, user: {user}}}]\n"
        )
    };
    let server = "{server: 'https://127.0.0.1:1'}";
    for (text, words) in [
        (
            config("{server: 'https://h', certificate-authority: /ca}", "{}"),
            "cluster 'c' references a certificate-authority file, only certificate-authority-data is supported",
        ),
        (
            config(server, "{token: x, tokenFile: /token}"),
            "user 'u' references a tokenFile, only an inline token is supported",
        ),
        (
            config(server, "{client-certificate: /c}"),
            "user 'u' references a client-certificate file, only client-certificate-data is supported",
        ),
        (
            "{}".to_owned(),
            "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable",
        ),
    ] {
        kubeconfig_secret(&rig, "there", &[("value", &text)]).await?;
        says(format!("invalid KubeConfig in secret '{ns}/there': {words}")).await?;
    }
    // What is read well is found to be of no use at the first object.
    kubeconfig_secret(&rig, "there", &[("value", &config(server, "{token: unknown-token}"))]).await?;
    let at_the_object = format!(
        "ConfigMap/{ns}/a dry-run failed: failed to get server groups: Get \"https://127.0.0.1:1/api?timeout=30s\": "
    );
    let state =
        rig.until("app", "cannot connect", |state| message(state).starts_with(&at_the_object)).await?;
    let progress = condition(&state, "Reconciling")["message"].as_str().unwrap_or_default().to_owned();
    assert!(progress.starts_with("Detecting drift for revision"), "{progress}");
    // A program alone is left out: nobody is asked in.
    let mut anonymous: Value = serde_json::from_str(&good)?;
    anonymous["users"][0]["user"] = json!({
        "exec": {"command": "aws", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    });
    kubeconfig_secret(&rig, "there", &[("value", &anonymous.to_string())]).await?;
    let text = format!("ConfigMap/{ns}/a dry-run failed (Forbidden): failed to get server groups: unknown\n");
    rig.until("app", "is not let in", |state| message(state) == text).await?;
    // And a good one ends it all.
    kubeconfig_secret(&rig, "there", &[("value", &good)]).await?;
    rig.ready("app", &revision).await?;
    Ok(())
}

#[tokio::test]
async fn another_token_is_used_at_once() -> Result<()> {
    let rig = Rig::start("remote-token").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("deployer")?)]).await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", to("there")).await?;
    rig.ready("app", &revision).await?;
    let mark = remote.mark()?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("successor")?)]).await?;
    let (log, successor) = (remote.plane.requests()?, remote.plane.identity("successor")?.user().to_owned());
    let asked = |request: &testkit::cluster::Request| request.namespace == ns;
    // Whatever is there is as it was written down: nothing but watches is needed, as after a restart.
    let watches =
        |request: &testkit::cluster::Request| request.is_watch() && request.resource == "configmaps";
    until("a watch of the successor", LIMIT, || async {
        let seen = log.now(&mark, &successor)?.filter(watches);
        Ok(if seen.is_empty() { Look::Not("none".to_owned()) } else { Look::Found(()) })
    })
    .await?;
    rig.ready("app", &revision).await?;
    // From now on the first user does nothing more there, and drift is seen and corrected by the second.
    let mark = remote.mark()?;
    remote.objects.patch("v1", "ConfigMap", "a", json!({"data": {"key": "drifted"}})).await?;
    remote.until("a", "is put back", |map| map["data"]["key"] == "1").await?;
    let first = log.since(&mark, remote.plane.identity("deployer")?.user()).await?.filter(asked);
    assert!(first.is_empty(), "{first:?}");
    // An access that is taken away is used no more.
    rig.delete("v1", "Secret", "there").await?;
    rig.failed("app", "ReconciliationFailed").await?;
    remote.objects.patch("v1", "ConfigMap", "a", json!({"data": {"key": "mine"}})).await?;
    rig.run("app").await?;
    assert_eq!(remote.get("a").await?.context("a")?["data"]["key"], "mine");
    Ok(())
}

/// Impersonation happens there, whether or not there is such an account here.
#[tokio::test]
async fn an_account_is_impersonated_in_the_other_cluster() -> Result<()> {
    let rig = Rig::start("remote-account").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("deployer")?)]).await?;
    let files = |value: &str| format!("-- a.yaml --\n{}", config_map(&ns, "a", value));
    rig.publish(&files("1")).await?;
    rig.kustomization("app", with(to("there"), json!({"serviceAccountName": "tenant"}))).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let refused = format!(
        "ConfigMap/{ns}/a dry-run failed (Forbidden): configmaps \"a\" is forbidden: User \"system:serviceaccount:{ns}:tenant\" \
         cannot patch resource \"configmaps\" in API group \"\" in the namespace \"{ns}\""
    );
    assert!(message(&state).starts_with(&refused), "{}", message(&state));
    let user = format!("system:serviceaccount:{ns}:tenant");
    remote
        .objects
        .apply_value(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "tenant", "namespace": ns},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
        }))
        .await?;
    let mark = remote.mark()?;
    let revision = rig.publish(&files("2")).await?;
    rig.ready("app", &revision).await?;
    rig.finalized("app").await?;
    remote.until("a", "is gone", Value::is_null).await?;
    let deployer = remote.plane.identity("deployer")?.user().to_owned();
    let sent =
        remote.plane.requests()?.since(&mark, &deployer).await?.filter(|request| request.namespace == ns);
    assert!(sent.count("patch", "configmaps") > 0 && sent.count("delete", "configmaps") > 0, "{sent:?}");
    let own = sent.filter(|request| request.impersonated != user);
    assert!(own.is_empty(), "the kubeconfig's user does nothing itself: {own:?}");
    Ok(())
}

/// A cluster that stops and starts again while others go on.
#[tokio::test]
async fn a_cluster_that_is_away_holds_up_nobody_and_is_found_again() -> Result<()> {
    let rig = Rig::start_with("remote-away", &["--concurrent=1"]).await?;
    let ns = rig.namespace().to_owned();
    let plane = Arc::new(ControlPlane::start(&USERS).await?);
    let remote = Remote::of(Arc::clone(&plane), &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("deployer")?)]).await?;
    let files = |value: &str| format!("-- a.yaml --\n{}", config_map(&ns, "a", value));
    let first = rig.publish(&files("1")).await?;
    rig.kustomization("there", to("there")).await?;
    rig.kustomization("going", with(to("there"), json!({"namePrefix": "going-"}))).await?;
    rig.kustomization("here", json!({})).await?;
    for name in ["there", "going", "here"] {
        rig.ready(name, &first).await?;
    }

    plane.tell("kill kube-apiserver")?;
    let away = remote.server()?;
    until("the API server is away", LIMIT, || async {
        let found = tokio::net::TcpStream::connect(&away).await;
        Ok(if found.is_err() { Look::Found(()) } else { Look::Not("it answers".to_owned()) })
    })
    .await?;
    let second = rig.publish(&files("2")).await?;
    rig.ready("here", &second).await?;
    let words = format!(
        "ConfigMap/{ns}/a dry-run failed: failed to get server groups: Get \"https://{away}/api?timeout=30s\": "
    );
    let state = rig.until("there", "cannot reach it", |state| message(state).starts_with(&words)).await?;
    assert_eq!(condition(&state, "Ready")["reason"], "ReconciliationFailed");
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")], "nothing is forgotten");

    // A deletion waits, and says for what.
    rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "going").await?;
    let state = rig.failed_deletion("going").await?;
    let text = message(&state);
    assert!(
        text.contains(&away) && text.ends_with(
            "1 objects in the cluster of spec.kubeConfig cannot be deleted; set spec.deletionPolicy to Orphan to leave them"
        ),
        "{text}"
    );
    rig.run("here").await?;

    // It comes back: nobody waits for the end of an hour.
    plane.tell("start kube-apiserver")?;
    rig.ready("there", &second).await?;
    assert_eq!(remote.get("a").await?.context("a")?["data"]["key"], "2");
    rig.until_object(("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "going"), "is gone", Value::is_null)
        .await?;
    remote.until("going-a", "is gone", Value::is_null).await?;
    // Its watches, too.
    remote.objects.patch("v1", "ConfigMap", "a", json!({"data": {"key": "drifted"}})).await?;
    remote.until("a", "is put back", |map| map["data"]["key"] == "2").await?;
    Ok(())
}

/// The explicit way to leave what cannot be deleted.
#[tokio::test]
async fn objects_that_cannot_be_deleted_can_be_left() -> Result<()> {
    let rig = Rig::start("remote-leave").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("deployer")?)]).await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", to("there")).await?;
    rig.ready("app", &revision).await?;
    rig.delete("v1", "Secret", "there").await?;
    rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app").await?;
    let state = rig.failed_deletion("app").await?;
    let text = message(&state);
    assert!(
        text.starts_with(&format!(
            "unable to read KubeConfig secret '{ns}/there' error: secrets \"there\" not found: 1 objects"
        )),
        "{text}"
    );
    let orphan = json!({"spec": {"deletionPolicy": "Orphan"}});
    rig.patch_as("test", "kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", orphan).await?;
    rig.until_object(("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app"), "is gone", Value::is_null)
        .await?;
    assert!(remote.get("a").await?.is_some());
    Ok(())
}

/// Provider `generic`: the own API server issues tokens. The cluster that trusts them is the own one, for want of another.
#[tokio::test]
async fn a_config_map_names_an_account_whose_tokens_lead_there() -> Result<()> {
    let rig = Rig::start_with("remote-issued", &["--feature-gates=ObjectLevelWorkloadIdentity=true"]).await?;
    let ns = rig.namespace().to_owned();
    let own: Value = serde_json::from_str(&std::fs::read_to_string(&rig.plane.description().kubeconfig)?)?;
    let cluster = &own["clusters"][0]["cluster"];
    let authority = cluster["certificate-authority-data"].as_str().context("an authority")?;
    let authority = String::from_utf8(STANDARD.decode(authority)?)?;
    let says = |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "there", "namespace": ns}, "data": data});
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", json!({"kubeConfig": {"configMapRef": {"name": "there"}}})).await?;
    let text = format!("failed to get configmap {ns}/there: configmaps \"there\" not found");
    rig.until("app", &text, |state| message(state) == text).await?;
    rig.apply(says(json!({"provider": "aws", "cluster": "there"}))).await?;
    let text = "invalid EKS cluster ARN: 'there'. must match ^arn:aws[\\w-]*:eks:([^:]{1,100}):[0-9]{1,30}:cluster/(.{1,200})$";
    rig.until("app", "aws", |state| message(state) == text).await?;
    rig.apply(says(json!({"provider": "nope"}))).await?;
    rig.until("app", "nope", |state| message(state) == "provider 'nope' not implemented").await?;
    let good = json!({"provider": "generic", "address": cluster["server"], "ca.crt": authority, "serviceAccountName": "reacher",
        "audiences": "https://flyball.test"});
    rig.apply(says(good)).await?;
    let text = format!(
        "failed to get access token for cluster: failed to get service account '{ns}/reacher': ServiceAccount \"reacher\" not found"
    );
    rig.until("app", &text, |state| message(state) == text).await?;
    rig.apply(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reacher", "namespace": ns}})).await?;
    rig.apply(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "reacher", "namespace": ns},
        "subjects": [{"kind": "ServiceAccount", "name": "reacher", "namespace": ns}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
    }))
    .await?;
    let mark = rig.mark()?;
    rig.run("app").await?;
    rig.ready("app", &revision).await?;
    let user = format!("system:serviceaccount:{ns}:reacher");
    let sent = rig.plane.requests()?.since(&mark, &user).await?;
    assert!(sent.count("patch", "configmaps") > 0, "{sent:?}");
    Ok(())
}
