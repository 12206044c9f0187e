//! Whole explanations over HTTP: for who may read the Kustomization, and nothing at all for others.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, Identity};
use testkit::ports;
use testkit::stack::Controller;
use testkit::wait::{Look, until};

use super::rig::{REVISION, Rig, SOON, config_map};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// The server of a rig's controller.
struct Api {
    rig: Rig,
    base: String,
    client: reqwest::Client,
}

/// What is answered: status, what tells more in the headers, body.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    kind: String,
    again: Option<String>,
    body: String,
}

impl Api {
    async fn start(prefix: &str, flags: &[&str]) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace(prefix).await?;
        // As the chart gives it with healthController.api.enabled.
        let name = format!("{}-reviews", ns.name());
        let rule = |group: &str, resource: &str| json!({"apiGroups": [group], "resources": [resource], "verbs": ["create"]});
        ns.apply_value(json!({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": name}, "rules": [
            rule("authentication.k8s.io", "tokenreviews"), rule("authorization.k8s.io", "subjectaccessreviews")]}))
            .await?;
        let account = json!({"kind": "ServiceAccount", "name": "health-controller", "namespace": ns.name()});
        ns.apply_value(json!({"apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}, "subjects": [account]}))
            .await?;
        let address = format!("127.0.0.1:{}", ports::free()?);
        let mut controller = Controller::new("health-controller").flag(format!("--api-addr={address}"));
        for flag in flags {
            controller = controller.flag(*flag);
        }
        let controller = controller.start(&ns).await?;
        let rig = Rig { ns, controller };
        rig.source(REVISION).await?;
        Ok(Self { rig, base: format!("http://{address}/api/v1"), client: reqwest::Client::new() })
    }

    /// A service account, and what it may do with Kustomizations here.
    async fn account(&self, name: &str, verbs: &[&str]) -> Result<String> {
        let ns = &self.rig.ns;
        let identity = ns.service_account(name).await?;
        if !verbs.is_empty() {
            ns.apply_value(json!({"apiVersion": RBAC, "kind": "Role", "metadata": {"name": name}, "rules": [
                {"apiGroups": ["kustomize.toolkit.fluxcd.io"], "resources": ["kustomizations"], "verbs": verbs}]}))
                .await?;
            let account = json!({"kind": "ServiceAccount", "name": name, "namespace": ns.name()});
            ns.apply_value(json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": name},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}, "subjects": [account]}))
                .await?;
        }
        token(&identity)
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Result<Answer> {
        let mut request = self.client.get(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let header =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Answer {
            status: answer.status().as_u16(),
            kind: header("content-type").unwrap_or_default(),
            again: header("retry-after"),
            body: answer.text().await?,
        })
    }

    async fn until(&self, path: &str, token: &str, status: u16) -> Result<Answer> {
        until(&format!("{status} for {path}"), SOON, || async {
            let answer = self.get(path, Some(token)).await?;
            Ok(if answer.status == status { Look::Found(answer) } else { Look::Not(format!("{answer:?}")) })
        })
        .await
    }

    fn path(&self, name: &str) -> String {
        format!("/explain/{}/{name}", self.rig.ns.name())
    }

    async fn end(self) -> Result<()> {
        let name = format!("{}-reviews", self.rig.ns.name());
        self.rig.ns.delete(RBAC, "ClusterRoleBinding", &name).await?;
        self.rig.ns.delete(RBAC, "ClusterRole", &name).await
    }
}

fn token(identity: &Identity) -> Result<String> {
    let kubeconfig: Value = serde_json::from_slice(&std::fs::read(identity.kubeconfig())?)?;
    kubeconfig["users"][0]["user"]["token"].as_str().map(str::to_owned).context("a token")
}

#[tokio::test]
async fn who_may_read_it_has_it_whole_and_others_cannot_tell_whether_it_is_there() -> Result<()> {
    let api = Api::start("health-api", &[]).await?;
    let names: Vec<String> = (0..130).map(|n| format!("cm-{n:03}")).collect();
    for name in &names[..129] {
        api.rig.apply_for("app", config_map(name)).await?;
    }
    let objects: Vec<(&str, &str, &str)> =
        names.iter().map(|name| ("", "ConfigMap", name.as_str())).collect();
    api.rig.kustomization("app", &objects).await?;
    let published = api.rig.converged("app", "False", "Missing").await?;
    let (reader, stranger) =
        (api.account("reader", &["get", "list"]).await?, api.account("stranger", &[]).await?);

    let whole = api.until(&api.path("app"), &reader, 200).await?;
    let whole: api::explain::Explanation = serde_json::from_str(&whole.body)?;
    assert_eq!(whole.objects.len(), 130, "the Convergence lists 100 of them");
    assert_eq!(published["status"]["omitted"], 30);
    assert_eq!(published["status"]["summary"], whole.verdict.summary);

    let absent = api.get(&api.path("absent"), Some(&reader)).await?;
    assert_eq!(absent.status, 404);
    for (path, token) in [
        (api.path("app"), &stranger),
        (api.path("absent"), &stranger),
        ("/explain/kube-system/app".to_owned(), &stranger),
        ("/explain/kube-system/app".to_owned(), &reader),
    ] {
        assert_eq!(api.get(&path, Some(token)).await?, absent, "{path}");
    }
    let nobody = api.get(&api.path("app"), None).await?;
    assert_eq!(nobody.status, 401);
    for (path, token) in
        [(api.path("app"), "invalid"), (api.path("absent"), "invalid"), ("/version".to_owned(), "a.b.c")]
    {
        assert_eq!(api.get(&path, Some(token)).await?, nobody, "{path}");
    }
    assert_eq!(api.get("/version", Some(&stranger)).await?.status, 200);

    let list = format!("/explain?namespace={}", api.rig.ns.name());
    let listed: api::summary::Summaries = serde_json::from_str(&api.get(&list, Some(&reader)).await?.body)?;
    assert_eq!(listed.items.iter().map(|item| item.target.name.as_str()).collect::<Vec<_>>(), ["app"]);
    let empty: Value = serde_json::from_str(&api.get(&list, Some(&stranger)).await?.body)?;
    assert_eq!(empty["items"], json!([]));
    assert_eq!(api.get("/explain", Some(&reader)).await?.status, 403, "not of all namespaces");

    // Who is let in later is seen to be, and who is gone is gone.
    let late = api.account("stranger", &["get"]).await?;
    api.until(&api.path("app"), &late, 200).await?;
    api.rig.delete_kustomization("app").await?;
    api.until(&api.path("app"), &reader, 404).await?;
    api.end().await
}

#[tokio::test]
async fn strangers_cost_the_api_server_little_and_get_nothing() -> Result<()> {
    let api = Api::start("health-api-flood", &[]).await?;
    api.rig.kustomization("app", &[]).await?;
    let reader = api.account("reader", &["get"]).await?;
    api.until(&api.path("app"), &reader, 200).await?;
    let mark = api.rig.ns.plane().requests()?.mark()?;
    let mut throttled = 0;
    for number in 0..500 {
        let answer = api.get(&api.path("app"), Some(&format!("guess-{number}"))).await?;
        assert!(matches!(answer.status, 401 | 429), "{answer:?}");
        throttled += usize::from(answer.status == 429);
    }
    assert!(throttled > 300, "{throttled}");
    let asked = api.rig.ns.plane().requests()?.since(&mark, &api.rig.user()).await?;
    let reviews = asked.filter(|request| request.resource.starts_with("tokenreviews")).len();
    assert!(reviews < 200, "{reviews}");
    api.end().await
}

#[tokio::test]
async fn one_that_does_not_lead_says_so() -> Result<()> {
    let api = Api::start("health-api-standby", &["--enable-leader-election=true"]).await?;
    let reader = api.account("reader", &["get"]).await?;
    api.rig.kustomization("app", &[]).await?;
    api.until(&api.path("app"), &reader, 200).await?;
    let address = format!("127.0.0.1:{}", ports::free()?);
    let standby = Controller::new("health-controller")
        .flag(format!("--api-addr={address}"))
        .flag("--enable-leader-election=true")
        .start(&api.rig.ns)
        .await?;
    let url = format!("http://{address}/api/v1{}", api.path("app"));
    let answer = api.client.get(&url).bearer_auth(&reader).send().await?;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    // It serves once it leads.
    api.rig.controller.process.terminate(SOON).await?;
    until("the other one serves", SOON, || async {
        let status = api.client.get(&url).bearer_auth(&reader).send().await?.status();
        Ok(if status == 200 { Look::Found(()) } else { Look::Not(status.to_string()) })
    })
    .await?;
    drop(standby);
    api.end().await
}
