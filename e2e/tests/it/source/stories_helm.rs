//! The same Helm stories before our source-controller and Flux's: what users see is compared: conditions, revisions, what is
//! observed, events, and the artifact file by file. What differs on purpose is named with the story.
//! `cargo xtask control-plane --peers && cargo xtask test --e2e stories_helm -- --ignored`; `STORY` picks by name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::GitServer;
use testkit::stack::Controller;

use super::helm::server::Charts;
use super::helm::{index, package};
use super::{API, condition};
use crate::peers::theirs;

mod registries;

use registries::Registries;

const SOON: Duration = Duration::from_secs(60);

/// One story: objects that are looked at once each has said something, after each step.
struct Story {
    name: &'static str,
    steps: Vec<Vec<Value>>,
    /// Parts of differences that are meant.
    on_purpose: Vec<&'static str>,
}

fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({ "apiVersion": API, "kind": kind, "metadata": { "name": name }, "spec": spec })
}

fn secret(name: &str, data: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": data })
}

fn repository(spec: Value) -> Value {
    let mut all = json!({ "interval": "1h" });
    if let (Some(all), Some(spec)) = (all.as_object_mut(), spec.as_object()) {
        all.extend(spec.clone());
    }
    object("HelmRepository", "app", all)
}

fn chart(spec: Value) -> Value {
    let mut all =
        json!({ "interval": "1h", "chart": "app", "sourceRef": { "kind": "HelmRepository", "name": "app" } });
    if let (Some(all), Some(spec)) = (all.as_object_mut(), spec.as_object()) {
        all.extend(spec.clone());
    }
    object("HelmChart", "app", all)
}

fn git(path: &str, spec: Value) -> Value {
    let mut spec = spec;
    spec["chart"] = path.into();
    spec["sourceRef"] = json!({ "kind": "GitRepository", "name": "app" });
    chart(spec)
}

fn source() -> Value {
    let spec = json!({ "url": "@GIT@", "interval": "1h", "ref": { "branch": "main" } });
    object("GitRepository", "app", spec)
}

fn story(name: &'static str, steps: Vec<Vec<Value>>) -> Story {
    Story { name, steps, on_purpose: Vec::new() }
}

impl Story {
    fn but(mut self, words: &[&'static str]) -> Self {
        self.on_purpose.extend_from_slice(words);
        self
    }
}

/// Files and repositories are at `@URL@`; what is in Git at `@GIT@`.
#[expect(clippy::too_many_lines, reason = "a table")]
fn stories() -> Vec<Story> {
    let good = || repository(json!({ "url": "@URL@/good" }));
    // Of 1.10, which these peers are not yet.
    let at = &[" at http://", "from index YAML: failed"][..];
    vec![
        story("index", vec![vec![good()], vec![repository(json!({ "url": "@URL@/other" }))]]),
        story("index-json", vec![vec![repository(json!({ "url": "@URL@/json" }))]]),
        story("index-absent", vec![vec![repository(json!({ "url": "@URL@/absent" }))]]),
        story("index-empty", vec![vec![repository(json!({ "url": "@URL@/empty" }))]]).but(at),
        story("index-bare", vec![vec![repository(json!({ "url": "@URL@/bare" }))]]),
        story("index-unknown", vec![vec![repository(json!({ "url": "@URL@/unknown" }))]]).but(at),
        story("index-noversion", vec![vec![repository(json!({ "url": "@URL@/noversion" }))]]).but(at),
        story(
            "index-half-login",
            vec![vec![
                secret("auth", json!({ "username": "u" })),
                repository(json!({ "url": "@URL@/good", "secretRef": { "name": "auth" } })),
            ]],
        ),
        story(
            "index-no-secret",
            vec![vec![repository(json!({ "url": "@URL@/good", "secretRef": { "name": "none" } }))]],
        ),
        story(
            "index-no-certs",
            vec![vec![repository(json!({ "url": "@URL@/good", "certSecretRef": { "name": "none" } }))]],
        ),
        story(
            "index-half-pair",
            vec![vec![
                secret("certs", json!({ "tls.crt": "x" })),
                repository(json!({ "url": "@URL@/good", "certSecretRef": { "name": "certs" } })),
            ]],
        ),
        story("index-oci-url", vec![vec![repository(json!({ "url": "oci://127.0.0.1:1/a" }))]]),
        story("index-refused", vec![vec![repository(json!({ "url": "http://127.0.0.1:1/a" }))]]),
        story("chart", vec![vec![good(), chart(json!({}))], vec![chart(json!({ "version": "1.0.x" }))]]),
        story("chart-range", vec![vec![good(), chart(json!({ "version": ">=1.0.0-0" }))]]),
        story("chart-none", vec![vec![good(), chart(json!({ "version": "9.x" }))]]),
        story("chart-improper", vec![vec![good(), chart(json!({ "version": "x.y.z" }))]]),
        story("chart-other", vec![vec![good(), chart(json!({ "chart": "other" }))]]),
        story("chart-name", vec![vec![good(), chart(json!({ "chart": "App_1" }))]]),
        story("chart-no-source", vec![vec![chart(json!({}))]]),
        story(
            "chart-no-artifact",
            vec![vec![repository(json!({ "url": "@URL@/absent" })), chart(json!({}))]],
        ),
        story(
            "chart-absent",
            vec![vec![repository(json!({ "url": "@URL@/broken" })), chart(json!({ "version": "2.0.0" }))]],
        ),
        story(
            "chart-broken",
            vec![vec![repository(json!({ "url": "@URL@/broken" })), chart(json!({ "version": "1.0.0" }))]],
        ),
        story(
            "chart-values",
            vec![vec![good(), chart(json!({ "valuesFiles": ["values.yaml", "prod.yaml"] }))]],
        ),
        story("chart-values-own", vec![vec![good(), chart(json!({ "valuesFiles": ["values.yaml"] }))]]),
        story("chart-values-missing", vec![vec![good(), chart(json!({ "valuesFiles": ["nope.yaml"] }))]]),
        story(
            "chart-values-ignored",
            vec![vec![
                good(),
                chart(json!({ "valuesFiles": ["nope.yaml"], "ignoreMissingValuesFiles": true })),
            ]],
        ),
        story(
            "chart-suspended",
            vec![vec![good(), chart(json!({}))], vec![chart(json!({ "suspend": true }))]],
        ),
        story("git", vec![vec![source(), git("./charts/web", json!({}))]]),
        story(
            "git-revision",
            vec![vec![source(), git("charts/web", json!({ "reconcileStrategy": "Revision" }))]],
        ),
        story(
            "git-values",
            vec![vec![
                source(),
                git("charts/web", json!({ "valuesFiles": ["charts/web/values.yaml", "prod.yaml"] })),
            ]],
        ),
        story(
            "git-values-missing",
            vec![vec![source(), git("charts/web", json!({ "valuesFiles": ["nope.yaml"] }))]],
        ),
        story("git-absent", vec![vec![source(), git("charts/none", json!({}))]]),
        story("git-no-chart", vec![vec![source(), git("charts", json!({}))]]),
        story("git-archive", vec![vec![source(), git("app-1.0.0.tgz", json!({}))]]),
        story("git-bad-dependency", vec![vec![source(), git("charts/lost", json!({}))]]),
        story("git-old", vec![vec![source(), git("charts/old", json!({}))]]),
    ]
}

struct World<'a> {
    ns: TestNamespace,
    registries: &'a Registries,
    charts: Charts,
    _git: GitServer,
    git_url: String,
    /// The commit, which is another one each time: the address of the server is in it.
    commit: String,
}

impl<'a> World<'a> {
    async fn new(registries: &'a Registries) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace("helm-story").await?;
        let charts = Charts::start().await?;
        let git = GitServer::start().await?;
        let files = [
            ("values.yaml", "a: 1\nb:\n  c: 2\nport: 8080\nlist: [1, \"2\", 3.0]\n"),
            ("prod.yaml", "b: {d: 3}\nport: 9090\n"),
            ("templates/a.yaml", "kind: A\n"),
            ("README.md", "hello\n"),
        ];
        let archive = package(ns.folder(), "app", "1.0.0", &files)?;
        for version in ["1.0.0", "1.0.1", "1.1.0", "2.0.0-rc.1"] {
            let bytes = package(ns.folder(), "app", version, &files)?;
            charts.put(&format!("/good/app-{version}.tgz"), bytes);
        }
        let versions =
            ["1.0.0", "1.0.1", "2.0.0-rc.1", "1.1.0"].map(|version| (version, format!("app-{version}.tgz")));
        let versions: Vec<_> = versions.iter().map(|(version, url)| (*version, url.as_str())).collect();
        charts.put("/good/index.yaml", index(&versions));
        charts.put("/other/index.yaml", index(&[("0.1.0", "x.tgz")]));
        charts.put("/json/index.yaml", r#"{"apiVersion":"v1","foo":1,"serverInfo":{"b":1,"a":{"x":2.5}},"generated":"2026-01-01T00:00:00.100Z","entries":{"b":null,"a":[{"name":"a","version":"1.0.0","description":"<&>","annotations":{"z":"1","a":"2"}},{"name":"a","version":"v2"}]},"annotations":{"k":"v"}}"#);
        charts.put("/empty/index.yaml", "");
        charts.put("/bare/index.yaml", "apiVersion: v1\n");
        charts.put("/unknown/index.yaml", "apiVersion: v1\nfoo: 1\n");
        charts.put("/noversion/index.yaml", "entries: {}\n");
        charts.put("/broken/index.yaml", index(&[("1.0.0", "broken.tgz"), ("2.0.0", "absent.tgz")]));
        charts.put("/broken/broken.tgz", "this is no archive");
        let repo = git.repository("app")?;
        let web = format!(
            "apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: 1.10\ndependencies:\n- {{name: lib, version: 1.x, repository: \
             \"file://../lib\", alias: other}}\n- {{name: app, version: \"1.0.0\", repository: \"{}/good\"}}\n",
            charts.url
        );
        let commit = repo.commit(
            "main",
            "one",
            [
                ("charts/web/Chart.yaml", web.into_bytes()),
                ("charts/web/values.yaml", b"a: 1\nb: {c: 2}\n".to_vec()),
                ("charts/web/.helmignore", b"*.md\nci/\n".to_vec()),
                ("charts/web/README.md", b"x".to_vec()),
                ("charts/web/ci/x.yaml", b"x: 1\n".to_vec()),
                ("charts/web/templates/a.yaml", b"kind: A\n".to_vec()),
                ("charts/lib/Chart.yaml", b"apiVersion: v2\nname: lib\nversion: 1.1.0\ntype: library\n".to_vec()),
                ("charts/lost/Chart.yaml", b"apiVersion: v2\nname: lost\nversion: 1.0.0\ndependencies:\n- {name: x, version: 1.x, repository: \"file://../x\"}\n".to_vec()),
                ("charts/old/Chart.yaml", b"name: old\nversion: 1.0.0\ndescription: >\n  folded\n  text\nkeywords: [a, b]\n".to_vec()),
                ("charts/old/requirements.yaml", b"dependencies:\n- {name: lib, version: 1.x, repository: \"file://../lib\"}\n".to_vec()),
                ("charts/old/values.yaml", b"# kept\na: 1\n".to_vec()),
                ("charts/registry/Chart.yaml", registries.placed("apiVersion: v2\nname: registry\nversion: 1.0.0\ndependencies:\n- {name: app, version: 1.0.x, repository: \"oci://@OPEN@/charts\"}\n").into_bytes()),
                ("prod.yaml", b"b: {d: 3}\n".to_vec()),
                ("app-1.0.0.tgz", archive),
                (".sourceignore", b"/nothing\n".to_vec()),
            ],
        )?;
        let git_url = repo.url().to_owned();
        Ok(Self { ns, registries, charts, _git: git, git_url, commit })
    }

    fn placed(&self, object: &Value) -> Result<Value> {
        let text = object.to_string().replace("@URL@", &self.charts.url).replace("@GIT@", &self.git_url);
        let text = self.registries.placed(&text);
        Ok(serde_json::from_str(&text)?)
    }

    /// Without what differs from run to run.
    fn plain(&self, text: &str) -> String {
        let text = text.replace(self.ns.name(), "NS").replace(&self.charts.url, "http://CHARTS");
        let text = text.replace(&self.git_url, "http://GIT").replace(&self.commit, "COMMIT");
        let text = text.replace(&self.commit[..12], "SHORT");
        let text = self.registries.plain(&text);
        // Flux's temporary folders and files end in digits.
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("helmchart-NS-app") {
            let (before, from) = rest.split_at(at);
            out += before.rfind("/tmp").map_or(before, |begin| &before[..begin]);
            out += "TMP/helmchart-NS-app";
            rest =
                from["helmchart-NS-app".len()..].trim_start_matches(|c: char| c == '-' || c.is_ascii_digit());
        }
        out + rest
    }

    async fn see(&self, objects: &BTreeSet<(String, String)>) -> Result<BTreeMap<String, String>> {
        let mut facets = BTreeMap::new();
        for (kind, name) in objects {
            let state = self.ns.get(API, kind, name).await?.context("an object")?;
            for found in state["status"]["conditions"].as_array().into_iter().flatten() {
                let text = |field: &str| found[field].as_str().unwrap_or_default();
                let observed = found["observedGeneration"] == state["metadata"]["generation"];
                let value = format!(
                    "{} {} observed={observed} {:?}",
                    text("status"),
                    text("reason"),
                    self.plain(text("message"))
                );
                facets.insert(format!("{kind} condition {}", text("type")), value);
            }
            let status = &state["status"];
            for field in [
                "observedGeneration",
                "observedSourceArtifactRevision",
                "observedChartName",
                "observedValuesFiles",
            ] {
                facets.insert(format!("{kind} {field}"), self.plain(&status[field].to_string()));
            }
            facets
                .insert(format!("{kind} revision"), self.plain(&status["artifact"]["revision"].to_string()));
            facets.insert(format!("{kind} path"), self.plain(&status["artifact"]["path"].to_string()));
            facets.insert(format!("{kind} finalizers"), state["metadata"]["finalizers"].to_string());
            let link =
                status["url"].as_str().and_then(|url| url.rsplit_once('/')).map_or("", |(_, link)| link);
            facets.insert(format!("{kind} link"), link.to_owned());
            if kind != "GitRepository"
                && let Some(url) = status["artifact"]["url"].as_str()
            {
                let bytes = reqwest::get(url).await?.error_for_status()?.bytes().await?;
                if kind == "HelmRepository" {
                    facets.insert(format!("{kind} content"), self.plain(&String::from_utf8_lossy(&bytes)));
                } else {
                    let tree = artifact::unpack::unpack(&bytes, &artifact::unpack::Limits::default())?;
                    for (path, content) in tree.files() {
                        let text = self.plain(&String::from_utf8_lossy(content));
                        facets.insert(format!("{kind} file {path}"), format!("{text:?}"));
                    }
                }
            }
            for event in self.ns.list("v1", "Event", "").await? {
                let about = &event["involvedObject"];
                if about["kind"] == kind.as_str() && kind != "GitRepository" {
                    let message = self.plain(event["message"].as_str().unwrap_or_default());
                    facets.insert(
                        format!("{kind} event {} {} {message:?}", event["type"], event["reason"]),
                        "sent".into(),
                    );
                }
            }
        }
        Ok(facets)
    }
}

/// Carries a story out; what is seen after each step.
async fn tell(story: &Story, flux: bool, registries: &Registries) -> Result<Vec<BTreeMap<String, String>>> {
    let world = World::new(registries).await?;
    let controller = if flux { theirs("source-controller")? } else { Controller::new("source-controller") };
    let running = controller.start(&world.ns).await?;
    let mut seen = Vec::new();
    let mut all = BTreeSet::new();
    for step in &story.steps {
        for object in step {
            let placed = world.placed(object)?;
            let (kind, name) =
                (object["kind"].as_str().unwrap_or_default(), object["metadata"]["name"].as_str());
            world.ns.apply_value(placed).await?;
            let name = name.unwrap_or_default();
            if kind == "Secret" {
                continue;
            }
            all.insert((kind.to_owned(), name.to_owned()));
            if object["spec"]["type"] == "oci" {
                // It is never Ready.
                continue;
            }
            let settled = |state: &Value| {
                let ready = condition(state, "Ready");
                let is_current = state["spec"]["suspend"] == true
                    || ready
                        .is_some_and(|ready| ready["observedGeneration"] == state["metadata"]["generation"]);
                is_current
                    && ready.is_some_and(|ready| ready["status"] == "True" || ready["status"] == "False")
            };
            let waited = world.ns.wait_for(API, kind, name, SOON, settled).await;
            waited.with_context(|| running.process.log_tail())?;
        }
        // Events come after the status.
        let mut facets = world.see(&all).await?;
        loop {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let more = world.see(&all).await?;
            if more == facets {
                break;
            }
            facets = more;
        }
        seen.push(facets);
    }
    Ok(seen)
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn our_source_controller_tells_the_helm_stories_that_flux_tells() -> Result<()> {
    let wanted = std::env::var("STORY").unwrap_or_default();
    let mut report = Vec::new();
    let mut told = 0;
    let folder = tempfile::tempdir()?;
    let registries = Registries::start(folder.path()).await?;
    for story in
        stories().into_iter().chain(registries::stories()).filter(|story| story.name.contains(&wanted))
    {
        told += 1;
        let (ours, theirs) = tokio::join!(tell(&story, false, &registries), tell(&story, true, &registries));
        let (ours, theirs) = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (ours, theirs) => {
                report.push(format!("{}: ours {:?}, Flux's {:?}", story.name, ours.err(), theirs.err()));
                continue;
            }
        };
        for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for name in names {
                let absent = "-".to_owned();
                let (a, b) = (ours.get(name).unwrap_or(&absent), theirs.get(name).unwrap_or(&absent));
                let line = format!("{} step {number}: {name}\n    ours   {a}\n    Flux's {b}", story.name);
                if a != b && !story.on_purpose.iter().any(|known| line.contains(known)) {
                    report.push(line);
                }
            }
        }
    }
    assert!(report.is_empty(), "{told} stories\n{}", report.join("\n"));
    Ok(())
}
