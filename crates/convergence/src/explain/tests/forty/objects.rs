//! What objects show, and what is beside them.

use super::*;

fn deployed(case: &mut Case, pod_status: Value) {
    case.objects.push((id("apps_web_apps_Deployment"), seen(deployment())));
    let mut pod = broken_pod();
    pod["metadata"]["creationTimestamp"] = json!("2026-11-25T09:00:00Z");
    pod["status"] = pod_status;
    case.pods = vec![health::prune::pruned(pod, rules())];
}

fn container(state: Value) -> Value {
    json!({"phase": "Pending", "containerStatuses": [{"name": "app", "image": "registry.example.com/web:1", "ready": false,
        "restartCount": 5, "state": state}]})
}

fn event(kind: &str, name: &str, reason: &str, message: &str) -> (Kin, Vec<Value>) {
    (
        Kin::Event,
        vec![json!({"reason": reason, "message": message, "type": "Warning",
        "involvedObject": {"kind": kind, "name": name}})],
    )
}

fn object(case: &mut Case, id_text: &str, object: Value) {
    case.objects.push((id(id_text), seen(object)));
}

pub(super) const ALL: &[Fault] = &[
    Fault {
        name: "bad image",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(
                case,
                container(
                    json!({"waiting": {"reason": "ErrImagePull", "message": "failed to pull and unpack image \"registry.example.com/web:1\": registry.example.com/web:1: not found"}}),
                ),
            );
        },
        says: &["cannot pull image registry.example.com/web:1", "no such image or tag"],
        next: &["correct the name and tag of image registry.example.com/web:1"],
    },
    Fault {
        name: "image without right",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(
                case,
                container(
                    json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry.example.com/web:1\": ErrImagePull: failed to authorize: 401 Unauthorized"}}),
                ),
            );
        },
        says: &["registry.example.com refuses"],
        next: &["imagePullSecrets"],
    },
    Fault {
        name: "crash loop",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(
                case,
                json!({"phase": "Running", "containerStatuses": [{"name": "app", "image": "i", "ready": false, "restartCount": 5,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}}}]}),
            );
        },
        says: &["exit code 3"],
        next: &["kubectl -n apps logs web-1-x -c app --previous"],
    },
    Fault {
        name: "out of memory",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(
                case,
                json!({"phase": "Running", "containerStatuses": [{"name": "app", "image": "i", "ready": false, "restartCount": 5,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]}),
            );
        },
        says: &["OOMKilled"],
        next: &["resources.limits.memory of container app"],
    },
    Fault {
        name: "missing Secret",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(
                case,
                container(
                    json!({"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"db\" not found"}}),
                ),
            );
        },
        says: &["Secret db does not exist"],
        next: &["create Secret apps/db"],
    },
    Fault {
        name: "missing key",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(
                case,
                container(
                    json!({"waiting": {"reason": "CreateContainerConfigError", "message": "couldn't find key password in Secret apps/db"}}),
                ),
            );
        },
        says: &["Secret db has no key password"],
        next: &["add key password to Secret apps/db"],
    },
    Fault {
        name: "no node",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(
                case,
                json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}]}),
            );
        },
        says: &["3 Insufficient cpu"],
        next: &["lower the requests for cpu"],
    },
    Fault {
        name: "volume that cannot be mounted",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(case, container(json!({"waiting": {"reason": "ContainerCreating"}})));
            case.beside.push(event(
                "Pod",
                "web-1-x",
                "FailedMount",
                "MountVolume.SetUp failed for volume \"cfg\" : configmap \"app-cfg\" not found",
            ));
        },
        says: &["volume cfg", "ConfigMap app-cfg does not exist"],
        next: &["create ConfigMap apps/app-cfg"],
    },
    Fault {
        name: "failing readiness probe",
        code: HealthFailed,
        object: WEB,
        make: |case| {
            deployed(
                case,
                json!({"phase": "Running", "containerStatuses": [{"name": "app", "image": "i", "ready": false, "state": {"running": {"startedAt": "2026-11-25T09:50:00Z"}}}]}),
            );
            case.beside.push(event(
                "Pod",
                "web-1-x",
                "Unhealthy",
                "Readiness probe failed: HTTP probe failed with statuscode: 503",
            ));
        },
        says: &["readinessProbe of container app fails"],
        next: &["correct the readinessProbe", "kubectl -n apps logs web-1-x -c app"],
    },
    Fault {
        name: "quota below a Deployment",
        code: QuotaExceeded,
        object: WEB,
        make: |case| {
            let mut web = deployment();
            web["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "pods \"web-x\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4"}]);
            object(case, "apps_web_apps_Deployment", web);
        },
        says: &["exceeded quota: small"],
        next: &["ResourceQuota apps/small"],
    },
    Fault {
        name: "StatefulSet whose Pods are refused",
        code: QuotaExceeded,
        object: "StatefulSet/apps/db",
        make: |case| {
            object(
                case,
                "apps_db_apps_StatefulSet",
                json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "apps", "generation": 1},
                    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "db"}}}, "status": {"observedGeneration": 1, "replicas": 0}}),
            );
            case.beside.push(event("StatefulSet", "db", "FailedCreate", "create Pod db-0 in StatefulSet db failed error: pods \"db-0\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4"));
        },
        says: &["exceeded quota: small"],
        next: &["ResourceQuota apps/small"],
    },
    Fault {
        name: "failed Job",
        code: HealthFailed,
        object: "Job/apps/migrate",
        make: |case| {
            object(
                case,
                "apps_migrate_batch_Job",
                json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate", "namespace": "apps"},
                "status": {"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]}}),
            );
        },
        says: &["BackoffLimitExceeded"],
        next: &["kubectl -n apps logs job/migrate", "kubectl -n apps delete job migrate"],
    },
    Fault {
        name: "claim without class",
        code: HealthFailed,
        object: "PersistentVolumeClaim/apps/data",
        make: |case| {
            object(
                case,
                "apps_data__PersistentVolumeClaim",
                json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "apps"},
                    "spec": {"storageClassName": "fast"}, "status": {"phase": "Pending"}}),
            );
            case.beside.push((Kin::StorageClass, vec![json!({"metadata": {"name": "slow"}})]));
        },
        says: &["StorageClass fast does not exist"],
        next: &["create StorageClass fast"],
    },
    Fault {
        name: "custom resource that failed",
        code: HealthFailed,
        object: "Certificate/apps/c",
        make: |case| {
            object(
                case,
                "apps_c_cert-manager.io_Certificate",
                json!({"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "c", "namespace": "apps", "generation": 1},
                "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "DoesNotExist", "message": "Issuer ca does not exist", "observedGeneration": 1}]}}),
            );
        },
        says: &["Issuer ca does not exist"],
        next: &[" "],
    },
    Fault {
        name: "failing child",
        code: HealthFailed,
        object: "Kustomization/apps/child",
        make: |case| {
            object(
                case,
                "apps_child_kustomize.toolkit.fluxcd.io_Kustomization",
                json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "child", "namespace": "apps", "generation": 1},
                "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "kustomize build failed: x", "observedGeneration": 1}]}}),
            );
        },
        says: &["kustomize build failed: x"],
        next: &["flyball explain kustomization/child -n apps"],
    },
    Fault {
        name: "finalizer",
        code: FinalizerStuck,
        object: "ConfigMap/apps/a",
        make: |case| {
            object(
                case,
                "apps_a__ConfigMap",
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "apps", "deletionTimestamp": "2026-11-25T09:00:00Z", "finalizers": ["example.com/guard"]}}),
            );
        },
        says: &["example.com/guard", "the controller of example.com"],
        next: &["kubectl -n apps patch configmap a"],
    },
    Fault {
        name: "kind no longer served",
        code: KindUnknown,
        object: "Widget/apps/w",
        make: |case| case.objects.push((id("apps_w_example.com_Widget"), Visibility::KindUnknown)),
        says: &["does not know its kind"],
        next: &["install the CustomResourceDefinition of Widget"],
    },
    Fault {
        name: "nobody looks",
        code: StaleStatus,
        object: "Thing/apps/t",
        make: |case| {
            object(
                case,
                "apps_t_example.com_Thing",
                json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t", "namespace": "apps", "generation": 2}, "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}}),
            );
        },
        says: &["has not seen the latest change"],
        next: &["controller"],
    },
    Fault {
        name: "not observed",
        code: NotObserved,
        object: "Widget.example.com",
        make: |case| {
            case.objects.push((id("apps_w_example.com_Widget"), Visibility::Hidden(Hidden::Forbidden)));
        },
        says: &["no right to look"],
        next: &["flyball.dev/aggregate-to-health"],
    },
    Fault {
        name: "suspended",
        code: Suspended,
        object: OWN,
        make: |case| case.object.spec.suspend = true,
        says: &["suspended"],
        next: &["flyball resume kustomization/web -n apps"],
    },
    Fault {
        name: "unsupported field",
        code: UnsupportedField,
        object: OWN,
        make: |case| {
            run(
                case,
                "UnsupportedField",
                "spec.sourceRef.kind is not supported yet: nothing is applied, pruned or healed until it is removed",
            );
        },
        says: &["spec.sourceRef.kind"],
        next: &["take spec.sourceRef.kind out"],
    },
    Fault {
        name: "dependency",
        code: DependencyNotReady,
        object: "Kustomization/infra/db",
        make: |case| run(case, "DependencyNotReady", "dependency 'infra/db' is not ready"),
        says: &["infra/db"],
        next: &["flyball explain kustomization/db -n infra"],
    },
    Fault {
        name: "fight",
        code: DriftFight,
        object: WEB,
        make: |case| {
            object(case, "apps_web_apps_Deployment", deployment());
            case.drift = Some(serde_json::from_value(json!({"fights": [{"id": "apps_web_apps_Deployment", "path": "/spec/replicas", "manager": "x", "corrections": 3, "since": "2026-11-25T10:00:00Z"}]})).unwrap());
        },
        says: &["/spec/replicas"],
        next: &["let one side own /spec/replicas"],
    },
    Fault {
        name: "two owners",
        code: OwnershipConflict,
        object: "ConfigMap/apps/a",
        make: |case| {
            case.objects.push((id("apps_a__ConfigMap"), config_map()));
            case.rivals = vec![Rival {
                object: id("apps_a__ConfigMap"),
                kustomization: Some(id("apps_other_kustomize.toolkit.fluxcd.io_Kustomization")),
            }];
        },
        says: &["apps/other"],
        next: &["remove ConfigMap/apps/a"],
    },
];
