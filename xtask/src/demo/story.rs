//! The chapters of the demo, in order. Each says what somebody does, waits for what the controllers make of it,
//! and measures how long that takes.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::figures::{Figures, Rss, Spread, millis};
use super::manifests::{self, Member};
use super::observe::{Object, condition};
use super::stage::Stage;
use crate::workspace::say;

/// How long anything may take before the demo gives up.
const LIMIT: Duration = Duration::from_secs(90);
/// How many edits the drift chapter makes.
const EDITS: usize = 50;

/// Tells everything and returns what was measured.
pub(super) async fn tell(stage: &Stage) -> Result<Figures> {
    let cast = Cast::new(stage);
    let mut figures = Figures::default();
    first_commit(stage, &cast).await.context("the first commit")?;
    figures.commit_to_applied_ms = second_commit(stage, &cast).await.context("the second commit")?;
    somebody_interferes(&cast).await.context("drift")?;
    figures.drift_heal_ms = many_edits(stage).await.context("fifty edits")?;
    figures.prune_ms = removed(stage, &cast).await.context("a removed manifest")?;
    mistake(stage, &cast).await.context("a commit with an error")?;
    figures.requests_per_noop = nothing_to_do(stage, &cast).await.context("a run that changes nothing")?;
    figures.rss_bytes = memory(stage)?;
    Ok(figures)
}

/// The objects that appear in more than one chapter.
struct Cast {
    source: Object,
    app: Object,
    fleet: Object,
    convergence: Object,
    settings: Object,
    web: Object,
    service: Object,
}

impl Cast {
    fn new(stage: &Stage) -> Self {
        let object = |api_version: &str, kind: &str, plural: &str, name: &str| {
            Object::new(stage.client(), stage.namespace(), api_version, kind, plural, name)
        };
        let kustomization =
            |name: &str| object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomizations", name);
        Self {
            source: object("source.toolkit.fluxcd.io/v1", "GitRepository", "gitrepositories", "demo"),
            app: kustomization("app"),
            fleet: kustomization("fleet"),
            convergence: object("flyball.dev/v1alpha1", "Convergence", "convergences", "app"),
            settings: object("v1", "ConfigMap", "configmaps", "settings"),
            web: object("apps/v1", "Deployment", "deployments", "web"),
            service: object("v1", "Service", "services", "web"),
        }
    }
}

async fn first_commit(stage: &Stage, cast: &Cast) -> Result<()> {
    say("\n1. The first commit");
    let mut files = manifests::app("hello");
    files.extend(manifests::fleet());
    let revision = stage.commit("An application and a fleet", &files)?;
    let start = Instant::now();
    stage.create(&manifests::loop_objects(stage.namespace(), &stage.url())).await?;
    applied(&cast.app, &revision).await?;
    applied(&cast.fleet, &revision).await?;
    let count = manifests::APP_OBJECTS + manifests::FLEET_OBJECTS;
    say(&format!("   {count} objects of two Kustomizations applied after {}", shown(start.elapsed())));
    let report = converged(cast, "True").await?;
    say(&format!("   healthy after {}: {}", shown(start.elapsed()), sentence(&report)));
    Ok(())
}

async fn second_commit(stage: &Stage, cast: &Cast) -> Result<f64> {
    say("\n2. The second commit changes one object");
    let revision = stage.commit("Say good morning", &manifests::app("good-morning"))?;
    let before = stage.mark()?;
    let start = Instant::now();
    request(&cast.source).await?;
    applied(&cast.app, &revision).await?;
    let took = start.elapsed();
    cast.settings.until_value("/data/greeting", &json!("good-morning"), LIMIT).await?;
    applied(&cast.fleet, &revision).await?;
    say(&format!("   applied {} after the source was asked to look", shown(took)));
    if let Some(requests) = stage.requests_since(before.as_ref()).await? {
        say(&format!("   kustomize-controller sent {requests} requests for both Kustomizations"));
    }
    say("   (the fleet's files are untouched: it is not built, only its revision moves)");
    Ok(millis(took))
}

async fn somebody_interferes(cast: &Cast) -> Result<()> {
    say("\n3. Somebody changes the cluster");
    let start = Instant::now();
    patch(&cast.settings, &json!({"data": {"greeting": "hacked"}})).await?;
    cast.settings.until_value("/data/greeting", &json!("good-morning"), LIMIT).await?;
    say(&format!("   edits a ConfigMap:      the old value is back after {}", shown(start.elapsed())));

    let start = Instant::now();
    patch(&cast.web, &json!({"spec": {"replicas": 7}})).await?;
    cast.web.until_value("/spec/replicas", &json!(2), LIMIT).await?;
    say(&format!("   scales a Deployment:    the old number is back after {}", shown(start.elapsed())));

    let old = uid(&cast.service).await?;
    let start = Instant::now();
    cast.service.api().delete(cast.service.name(), &DeleteParams::default()).await?;
    let is_new =
        |object: Option<&Value>| object.is_some_and(|object| object.pointer("/metadata/uid") != Some(&old));
    cast.service.until("comes back", LIMIT, is_new).await?;
    say(&format!("   deletes a Service:      it is back after {}", shown(start.elapsed())));
    Ok(())
}

async fn many_edits(stage: &Stage) -> Result<Spread> {
    let members = manifests::members();
    say(&format!("   makes {EDITS} edits, one after the other, over {} objects ...", members.len()));
    let mut times = Vec::new();
    for round in 0..EDITS {
        let member = &members[round % members.len()];
        times.push(healed(stage, member, round + 1).await?);
    }
    let spread = Spread::of(times);
    say(&format!("   all of them healed: median {:.0} ms, longest {:.0} ms", spread.p50, spread.max));
    Ok(spread)
}

async fn healed(stage: &Stage, member: &Member, round: usize) -> Result<Duration> {
    let object = Object::new(
        stage.client(),
        stage.namespace(),
        member.api_version,
        member.kind,
        member.plural,
        &member.name,
    );
    let start = Instant::now();
    let edited = patch(&object, &member.edit(round)).await?;
    ensure!(
        edited.pointer(member.pointer) != Some(&member.wanted),
        "{}: the edit changed nothing",
        object.subject()
    );
    object.until_value(member.pointer, &member.wanted, LIMIT).await?;
    Ok(start.elapsed())
}

async fn removed(stage: &Stage, cast: &Cast) -> Result<f64> {
    say("\n4. A manifest is removed");
    let revision = stage.commit("Take the Service away", &[manifests::app_without_service()])?;
    let start = Instant::now();
    request(&cast.source).await?;
    cast.service.until_gone(LIMIT).await?;
    let took = start.elapsed();
    applied(&cast.app, &revision).await?;
    say(&format!("   the Service is pruned after {}", shown(took)));
    Ok(millis(took))
}

async fn mistake(stage: &Stage, cast: &Cast) -> Result<()> {
    say("\n5. A commit with an error");
    let files = [manifests::app_with_service(), manifests::broken_service()];
    let revision = stage.commit("Bring the Service back, on port 70000", &files)?;
    request(&cast.source).await?;
    let failed = |object: Option<&Value>| {
        object.is_some_and(|object| {
            object.pointer("/status/lastAttemptedRevision").and_then(Value::as_str) == Some(&revision)
                && condition(object, "Ready").is_some_and(|(status, _)| status == "False")
        })
    };
    let object = cast.app.until("fails", LIMIT, failed).await?.context("the Kustomization")?;
    let (_, message) = condition(&object, "Ready").context("Ready")?;
    ensure!(message.contains("Service") && message.contains("70000"), "Ready does not say why: {message}");
    say("   kustomize-controller says:");
    say(&indented(message));
    let report = converged(cast, "False").await?;
    say(&format!("   health-controller says:\n{}", indented(sentence(&report))));
    for blocker in report.pointer("/status/blockers").and_then(Value::as_array).into_iter().flatten() {
        say(&indented(&format!("{}: {}", text(blocker, "code"), text(blocker, "message"))));
    }
    let start = Instant::now();
    patch(&cast.settings, &json!({"data": {"greeting": "hacked"}})).await?;
    cast.settings.until_value("/data/greeting", &json!("good-morning"), LIMIT).await?;
    say(&format!(
        "   meanwhile the rest is still healed: an edit is undone after {}",
        shown(start.elapsed())
    ));

    let revision = stage.commit("Port 80, of course", &[manifests::good_service()])?;
    let start = Instant::now();
    request(&cast.source).await?;
    applied(&cast.app, &revision).await?;
    say(&format!("   the next commit fixes it: applied after {}", shown(start.elapsed())));
    converged(cast, "True").await?;
    Ok(())
}

async fn nothing_to_do(stage: &Stage, cast: &Cast) -> Result<Option<usize>> {
    say("\n6. A run that changes nothing");
    let before = stage.mark()?;
    // What the chapter before has started is over when this answers.
    stage.requests_since(before.as_ref()).await?;
    let before = stage.mark()?;
    let token = request(&cast.app).await?;
    cast.app.until_value("/status/lastHandledReconcileAt", &json!(token), LIMIT).await?;
    let requests = stage.requests_since(before.as_ref()).await?;
    match requests {
        Some(requests) => {
            say(&format!("   kustomize-controller sends {requests} requests, none of them per object"));
        }
        None => say("   done; this cluster's request log cannot be read, so nothing is counted"),
    }
    Ok(requests)
}

fn memory(stage: &Stage) -> Result<Rss> {
    Ok(Rss {
        source_controller: stage.rss("source-controller")?,
        kustomize_controller: stage.rss("kustomize-controller")?,
        health_controller: stage.rss("health-controller")?,
    })
}

/// Asks for a reconciliation, as `flux reconcile` does, and returns the token.
async fn request(object: &Object) -> Result<String> {
    let token = format!("demo-{:x}", rand_token());
    patch(object, &json!({"metadata": {"annotations": {api::labels::REQUESTED_AT: token}}})).await?;
    Ok(token)
}

/// Different at every call; the value means nothing.
fn rand_token() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos())
}

async fn patch(object: &Object, change: &Value) -> Result<Value> {
    let params = PatchParams { field_manager: Some("somebody".to_owned()), ..PatchParams::default() };
    let patched = object.api().patch(object.name(), &params, &Patch::Merge(change)).await;
    let patched = patched.with_context(|| format!("patch {}", object.subject()))?;
    serde_json::to_value(patched).context("JSON")
}

/// Waits until a Kustomization has applied a revision. Fails at once when it says that it cannot.
async fn applied(object: &Object, revision: &str) -> Result<()> {
    let at = |object: &Value, field: &str| object.pointer(field).and_then(Value::as_str) == Some(revision);
    let done = |object: Option<&Value>| {
        object.is_some_and(|object| {
            let ready = condition(object, "Ready").map(|(status, _)| status);
            let failed = ready == Some("False") && at(object, "/status/lastAttemptedRevision");
            failed || ready == Some("True") && at(object, "/status/lastAppliedRevision")
        })
    };
    let found =
        object.until(&format!("applies {revision}"), LIMIT, done).await?.context("the Kustomization")?;
    match condition(&found, "Ready") {
        Some(("True", _)) => Ok(()),
        Some((_, message)) => bail!("{} failed: {message}", object.subject()),
        None => bail!("{} has no condition Ready", object.subject()),
    }
}

/// Waits until the application's Convergence says whether all is well.
async fn converged(cast: &Cast, status: &str) -> Result<Value> {
    let says = |object: Option<&Value>| {
        object.and_then(|object| condition(object, "Converged")).is_some_and(|(found, _)| found == status)
    };
    let found = cast.convergence.until(&format!("Converged becomes {status}"), LIMIT, says).await?;
    found.context("the Convergence")
}

async fn uid(object: &Object) -> Result<Value> {
    let found = object.get().await?.with_context(|| format!("{} does not exist", object.subject()))?;
    found.pointer("/metadata/uid").cloned().context("uid")
}

fn sentence(report: &Value) -> &str {
    report.pointer("/status/summary").and_then(Value::as_str).unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("     {line}")).collect::<Vec<_>>().join("\n")
}

fn shown(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}
