//! Pods in each kind of trouble, with the events beside them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::explain;
use crate::beside::{Beside, Kin};
use crate::explain::{Explanation, Scene};

struct Events(Vec<Value>);

impl Beside for Events {
    fn list(&self, kin: Kin, _: &str) -> Option<Vec<Arc<Value>>> {
        (kin == Kin::Event).then(|| self.0.iter().cloned().map(Arc::new).collect())
    }
}

fn event(reason: &str, message: &str, field: &str) -> Value {
    json!({"reason": reason, "message": message,
        "involvedObject": {"kind": "Pod", "name": "web-0", "uid": "u", "fieldPath": field}})
}

fn told(status: Value, events: Vec<Value>) -> Explanation {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "namespace": "apps", "uid": "u",
        "creationTimestamp": "2026-11-25T09:50:00Z"}, "status": status});
    let now = "2026-11-25T10:00:00Z".parse().ok();
    explain(&pod, &Scene { namespace: "apps", beside: &Events(events), now }).unwrap_or_default()
}

fn container(image: &str, more: Value) -> Value {
    let mut container = json!({"name": "app", "image": image, "ready": false, "restartCount": 0});
    for (field, value) in more.as_object().unwrap() {
        container[field] = value.clone();
    }
    json!({"phase": "Pending", "containerStatuses": [container]})
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"state": {"waiting": {"reason": reason, "message": message}}})
}

#[test]
fn which_part_of_an_image_is_wrong() {
    let image = "registry.example.com/shop/web:1";
    for (message, why, next) in [
        (
            "failed to resolve reference \"x\": x: not found",
            "the registry has no such image or tag",
            "correct the name and tag",
        ),
        (
            "rpc error: code = NotFound desc = manifest unknown",
            "the registry has no such image or tag",
            "push it to registry.example.com",
        ),
        (
            "pull access denied, repository does not exist or may require authorization",
            "no such repository, or it may not be read",
            "imagePullSecrets",
        ),
        (
            "failed to authorize: failed to fetch anonymous token: 401 Unauthorized",
            "registry registry.example.com refuses to give it",
            "kubernetes.io/dockerconfigjson in namespace apps",
        ),
        (
            "dial tcp: lookup registry.example.com on 10.0.0.1:53: no such host",
            "has no address",
            "correct the registry's name",
        ),
        (
            "dial tcp 10.0.0.1:443: connect: connection refused",
            "cannot be reached",
            "registry.example.com runs",
        ),
        ("dial tcp 10.0.0.1:443: i/o timeout", "does not answer in time", "registry.example.com runs"),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "is not trusted by the node",
            "trust the CA",
        ),
        ("http: server gave HTTP response to HTTPS client", "does not speak TLS", "plain HTTP"),
        ("toomanyrequests: You have reached your pull rate limit", "rate limit", "mirror"),
        ("no match for platform in manifest: not found", "not built for the platform", "platform"),
    ] {
        let told = told(container(image, waiting("ErrImagePull", message)), Vec::new());
        assert!(
            told.stuck && told.message.starts_with(&format!("it cannot pull image {image}: ")),
            "{}",
            told.message
        );
        assert!(told.message.contains(why), "{message}: {}", told.message);
        let hint = told.hint.unwrap();
        assert!(hint.contains(next), "{message}: {hint}");
    }
}

/// What a registry does not have or give is not there in half a minute either; a registry that is away may be.
#[test]
fn only_what_waiting_cannot_help_is_certain() {
    let image = "registry.example.com/shop/web:1";
    for (message, certain) in [
        ("failed to resolve reference \"x\": x: not found", true),
        ("manifest unknown", true),
        ("pull access denied, repository does not exist or may require authorization", true),
        ("failed to fetch anonymous token: 401 Unauthorized", true),
        ("no match for platform in manifest: not found", true),
        ("dial tcp: lookup registry.example.com on 10.0.0.1:53: no such host", false),
        ("dial tcp 10.0.0.1:443: connect: connection refused", false),
        ("dial tcp 10.0.0.1:443: i/o timeout", false),
        ("net/http: TLS handshake timeout", false),
        ("unexpected status from HEAD request: 503 Service Unavailable", false),
        ("unexpected status code 500 Internal Server Error", false),
        ("toomanyrequests: You have reached your pull rate limit", false),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", false),
        ("", false),
    ] {
        let told = told(container(image, waiting("ErrImagePull", message)), Vec::new());
        assert_eq!((told.stuck, told.certain), (true, certain), "{message}");
    }
    let named = told(container("A:1", waiting("InvalidImageName", "x")), Vec::new());
    assert!(named.certain);
}

#[test]
fn between_two_attempts_an_event_knows_why_an_image_cannot_be_pulled() {
    let image = "nginx:nope";
    let back_off = || container(image, waiting("ImagePullBackOff", "Back-off pulling image \"nginx:nope\""));
    let pulled = || {
        container(
            image,
            waiting(
                "ErrImagePull",
                "failed to pull and unpack image \"docker.io/library/nginx:nope\": not found",
            ),
        )
    };
    let events = vec![event(
        "Failed",
        "Failed to pull image \"nginx:nope\": rpc error: code = NotFound desc = x: not found",
        "spec.containers{app}",
    )];
    assert_eq!(told(back_off(), events.clone()), told(pulled(), events));
    assert_eq!(told(back_off(), Vec::new()).message, "it cannot pull image nginx:nope");
}

#[test]
fn exit_codes_mean_something() {
    let crashed = |code: i64, reason: &str| {
        container(
            "i:1",
            json!({"restartCount": 5, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": code, "reason": reason}}}),
        )
    };
    for (code, reason, says, next) in [
        (1, "Error", "exit code 1 (Error)", "kubectl -n apps logs web-0 -c app --previous"),
        (137, "OOMKilled", "exit code 137 (OOMKilled)", "resources.limits.memory of container app"),
        (137, "Error", "exit code 137 (Error): it was killed", "--previous"),
        (139, "Error", "a segmentation fault", "--previous"),
        (127, "Error", "its command was not found", "correct command and args of container app"),
        (126, "Error", "cannot be executed", "correct command and args"),
        (128, "StartError", "exit code 128 (StartError)", "correct command and args"),
        (143, "Error", "it was told to end", "--previous"),
    ] {
        let told = told(crashed(code, reason), Vec::new());
        assert!(told.message.contains(says), "{code}: {}", told.message);
        assert!(told.hint.as_deref().unwrap().contains(next), "{code}: {:?}", told.hint);
    }
    let by_probe = told(
        crashed(137, "Error"),
        vec![event(
            "Unhealthy",
            "Liveness probe failed: HTTP probe failed with statuscode: 500",
            "spec.containers{app}",
        )],
    );
    assert!(by_probe.message.ends_with("killed because its probe fails"), "{}", by_probe.message);
    assert!(by_probe.hint.unwrap().contains("livenessProbe"));
}

#[test]
fn what_a_container_misses_is_named() {
    for (message, says, next) in [
        ("configmap \"cfg\" not found", "ConfigMap cfg does not exist", "create ConfigMap apps/cfg"),
        ("secret \"db\" not found", "Secret db does not exist", "create Secret apps/db"),
        (
            "couldn't find key user in Secret apps/db",
            "Secret db has no key user",
            "add key user to Secret apps/db",
        ),
        (
            "couldn't find key level in ConfigMap apps/cfg",
            "ConfigMap cfg has no key level",
            "add key level to ConfigMap apps/cfg",
        ),
        ("container has runAsNonRoot and image will run as root", "must not run as root", "runAsUser"),
        ("odd", "cannot configure container app", "kubectl -n apps describe pod web-0"),
    ] {
        let told = told(container("i", waiting("CreateContainerConfigError", message)), Vec::new());
        assert!(told.stuck && told.message.contains(says), "{message}: {}", told.message);
        assert!(told.hint.as_deref().unwrap().contains(next), "{message}: {:?}", told.hint);
        assert_eq!(told.evidence, [message]);
    }
}

#[test]
fn what_hangs_before_its_first_container_is_told_by_events() {
    let creating = || container("i", waiting("ContainerCreating", ""));
    for (reason, message, says, next) in [
        (
            "FailedMount",
            "MountVolume.SetUp failed for volume \"cfg\" : configmap \"app\" not found",
            "volume cfg cannot be mounted: ConfigMap app does not exist",
            "create ConfigMap apps/app",
        ),
        (
            "FailedMount",
            "MountVolume.SetUp failed for volume \"data\" : rpc error: no space",
            "volume data cannot be mounted",
            "kubectl -n apps describe pod web-0",
        ),
        (
            "FailedAttachVolume",
            "Multi-Attach error for volume \"pvc-1\" Volume is already used by pod(s) web-1",
            "another node uses it",
            "Recreate",
        ),
        (
            "FailedCreatePodSandBox",
            "Failed to create pod sandbox: plugin type=\"calico\" failed",
            "network cannot be set up",
            "CNI",
        ),
    ] {
        let told = told(creating(), vec![event(reason, message, "")]);
        assert!(told.stuck && told.message.contains(says), "{message}: {}", told.message);
        assert!(told.hint.as_deref().unwrap().contains(next), "{message}: {:?}", told.hint);
        assert!(told.evidence[0].starts_with(&format!("event {reason}: ")));
    }
    // The kubelet repeats that it waits; the cause is what it said before.
    let both = vec![
        event(
            "FailedMount",
            "Unable to attach or mount volumes: unmounted volumes=[cfg]: timed out waiting for the condition",
            "",
        ),
        event("FailedMount", "MountVolume.SetUp failed for volume \"cfg\" : secret \"s\" not found", ""),
    ];
    assert!(told(creating(), both).message.contains("Secret s does not exist"));
    assert_eq!(told(creating(), Vec::new()), Explanation::default());
    let mut mounted = creating();
    mounted["conditions"] = json!([{"type": "PodReadyToStartContainers", "status": "True"}]);
    let late = vec![event(
        "FailedMount",
        "MountVolume.SetUp failed for volume \"cfg\" : secret \"s\" not found",
        "",
    )];
    assert_eq!(told(mounted, late), Explanation::default(), "an event outlives what it tells of");
    let running = json!({"phase": "Running", "containerStatuses": [{"name": "app", "ready": true, "state": {"running": {}}}]});
    assert_eq!(told(running, vec![event("FailedMount", "x", "")]), Explanation::default(), "it is over");
    let other = json!({"reason": "FailedMount", "message": "x", "involvedObject": {"kind": "Pod", "name": "web-0", "uid": "former"}});
    assert_eq!(told(creating(), vec![other]), Explanation::default());
}

#[test]
fn a_warning_may_pass_for_a_minute() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "uid": "u",
        "creationTimestamp": "2026-11-25T09:59:30Z"}, "status": container("i", waiting("ContainerCreating", ""))});
    let events = Events(vec![event(
        "FailedMount",
        "MountVolume.SetUp failed for volume \"cfg\" : configmap \"app\" not found",
        "",
    )]);
    let now = "2026-11-25T10:00:00Z".parse().ok();
    let told = explain(&pod, &Scene { namespace: "apps", beside: &events, now }).unwrap();
    assert_eq!((told.stuck, told.changes_in), (false, Some(Duration::from_secs(30))));
}

#[test]
fn drivers_and_networks_of_a_new_node_have_time() {
    let pod = |age: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "uid": "u",
            "creationTimestamp": age}, "status": container("i", waiting("ContainerCreating", ""))})
    };
    for message in ["FailedCreatePodSandBox", "FailedAttachVolume", "FailedMount"] {
        let events = Events(vec![event(message, "driver name csi.example.com not found", "")]);
        let of = |age: &str| {
            let now = "2026-11-25T10:00:00Z".parse().ok();
            explain(&pod(age), &Scene { namespace: "apps", beside: &events, now }).unwrap().stuck
        };
        assert!(!of("2026-11-25T09:53:30Z") && of("2026-11-25T09:52:00Z"), "{message}");
    }
}

/// What waits for its database by crashing is over it soon; what has run for two minutes since has another fault.
#[test]
fn crashes_at_the_start_pass() {
    let crashed = |restarts: i64, state: Value| {
        container(
            "i:1",
            json!({"restartCount": restarts, "state": state,
                "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}),
        )
    };
    let back_off = || json!({"waiting": {"reason": "CrashLoopBackOff"}});
    for (restarts, stuck) in [(1, false), (2, false), (3, true), (9, true)] {
        let told = told(crashed(restarts, back_off()), Vec::new());
        assert_eq!((told.stuck, told.certain), (stuck, stuck), "{restarts}");
        assert_eq!(told.reason, "CrashLoopBackOff");
    }
    let runs = |since: &str| told(crashed(9, json!({"running": {"startedAt": since}})), Vec::new());
    let between = runs("2026-11-25T09:58:30Z");
    assert_eq!(
        (between.reason.as_str(), between.stuck, between.changes_in),
        ("CrashLoopBackOff", true, Some(Duration::from_secs(30)))
    );
    let after = runs("2026-11-25T09:58:00Z");
    assert_eq!((after.reason.as_str(), after.stuck), ("NotReady", false));
}

#[test]
fn a_startup_probe_takes_as_long_as_it_takes() {
    let starting = |started: bool| {
        let mut status = running("2026-11-25T08:00:00Z");
        status["containerStatuses"][0]["started"] = json!(started);
        told(status, Vec::new())
    };
    let told = starting(false);
    assert_eq!((told.stuck, told.changes_in), (false, None));
    assert!(told.message.contains("container app is starting"), "{}", told.message);
    assert!(starting(true).stuck);
}

fn running(started: &str) -> Value {
    json!({"phase": "Running", "containerStatuses": [{"name": "app", "ready": false, "state": {"running": {"startedAt": started}}}]})
}

#[test]
fn probes_that_fail() {
    for (message, how) in [
        (
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
            "the readinessProbe of container app fails: an HTTP status from 500 up",
        ),
        ("Readiness probe failed: HTTP probe failed with statuscode: 404", "HTTP status 404"),
        (
            "Readiness probe failed: Get \"http://10.0.0.1:80/\": dial tcp 10.0.0.1:80: connect: connection refused",
            "nothing listens at its port",
        ),
        (
            "Readiness probe failed: Get \"http://10.0.0.1:80/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            "no answer in time",
        ),
        (
            "Startup probe failed: canary of the application",
            "the startupProbe of container app fails: its command does not succeed",
        ),
    ] {
        let told =
            told(running("2026-11-25T09:50:00Z"), vec![event("Unhealthy", message, "spec.containers{app}")]);
        assert!(told.stuck && told.message.contains(how), "{message}: {}", told.message);
        assert!(!format!("{told:?}").contains("canary"));
        assert!(told.hint.unwrap().contains("kubectl -n apps logs web-0 -c app"));
    }
    let other = told(
        running("2026-11-25T09:58:00Z"),
        vec![event("Unhealthy", "Readiness probe failed: x", "spec.containers{side}")],
    );
    assert_eq!(other.message, "it cannot take traffic: container app runs but is not ready");
    assert!(!other.stuck && told(running("2026-11-25T09:50:00Z"), Vec::new()).stuck);
    assert!(
        !told(running("2026-11-25T09:50:30Z"), vec![event("Unhealthy", "Readiness probe failed: x", "")])
            .stuck
    );
}

#[test]
fn what_an_init_container_waits_for() {
    let status = json!({"phase": "Pending", "initContainerStatuses": [{"name": "wait", "ready": false, "state": {"running": {"startedAt": "2026-11-24T09:50:00Z"}}}],
        "containerStatuses": [{"name": "app", "ready": false, "state": {"waiting": {"reason": "PodInitializing"}}}]});
    let told = told(status, Vec::new());
    assert_eq!(
        (told.message.as_str(), told.stuck),
        ("it cannot start yet: init container wait is running", false)
    );
    assert!(told.hint.unwrap().contains("logs web-0 -c wait"));
}

#[test]
fn the_scheduler_s_counts_and_what_follows() {
    for (message, next) in [
        (
            "0/3 nodes are available: 3 Insufficient cpu, 1 Insufficient memory.",
            "lower the requests for cpu and memory",
        ),
        ("0/3 nodes are available: 3 node(s) had untolerated taint {a: b}.", "toleration"),
        ("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.", "nodeSelector"),
        (
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
            "kubectl -n apps get persistentvolumeclaims",
        ),
        (
            "0/3 nodes are available: persistentvolumeclaim \"data\" not found.",
            "create the PersistentVolumeClaim",
        ),
        ("0/3 nodes are available: 3 Too many pods.", "add nodes"),
        ("no nodes available to schedule pods", "the cluster has no node"),
        ("odd", "kubectl -n apps describe pod web-0"),
    ] {
        let told = told(
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}),
            Vec::new(),
        );
        assert_eq!(told.message, format!("it cannot be scheduled: {message}"));
        assert!(told.hint.as_deref().unwrap().contains(next), "{message}: {:?}", told.hint);
    }
}

#[test]
fn a_node_may_come_within_minutes() {
    let unscheduled = |since: Value, message: &str| {
        let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
            "lastTransitionTime": since});
        told(json!({"phase": "Pending", "conditions": [condition]}), Vec::new())
    };
    let words = "0/3 nodes are available: 3 Insufficient cpu.";
    let early = unscheduled(json!("2026-11-25T09:57:00Z"), words);
    assert!(!early.stuck && early.changes_in == Some(Duration::from_secs(120)), "{early:?}");
    assert!(early.message.contains("Insufficient cpu") && early.hint.is_some(), "the cause is told at once");
    let late = unscheduled(json!("2026-11-25T09:55:00Z"), words);
    assert!(late.stuck && !late.certain && late.changes_in.is_none(), "{late:?}");
    let other = unscheduled(json!("2026-11-25T09:57:00Z"), "0/3 nodes are available: 3 Too many pods.");
    assert_eq!(other.changes_in, early.changes_in, "whatever the scheduler says");
    assert!(unscheduled(Value::Null, words).stuck, "since it was made, ten minutes ago");
}

#[test]
fn gates_that_somebody_else_opens() {
    let gated = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": "Scheduling is blocked due to non-empty scheduling gates"}]});
    assert_eq!(told(gated, Vec::new()).reason, "SchedulingGated");
    let unopened = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady", "message": "the status of pod readiness gate \"x\" is not \"True\""}],
        "containerStatuses": [{"name": "app", "ready": true, "state": {"running": {}}}]});
    assert_eq!(told(unopened, Vec::new()).reason, "ReadinessGate");
}
