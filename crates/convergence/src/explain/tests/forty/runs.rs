//! What the run of a Kustomization says.

use super::*;

pub(super) const ALL: &[Fault] = &[
    Fault {
        name: "admission denied by a webhook",
        code: AdmissionDenied,
        object: "Deployment/apps/web",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Deployment/apps/web dry-run failed (Forbidden): admission webhook "validate.example.com" denied the request: no latest tags"#,
            );
        },
        says: &["validate.example.com", "no latest tags"],
        next: &["change what webhook validate.example.com objects to"],
    },
    Fault {
        name: "admission denied by a policy",
        code: AdmissionDenied,
        object: "Deployment/apps/web",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Deployment/apps/web dry-run failed (Invalid): deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'all' denied request: at most 5"#,
            );
        },
        says: &["ValidatingAdmissionPolicy replicas", "at most 5"],
        next: &["kubectl get validatingadmissionpolicy replicas"],
    },
    Fault {
        name: "pod security",
        code: AdmissionDenied,
        object: "Pod/apps/p",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Pod/apps/p dry-run failed (Forbidden): pods "p" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true"#,
            );
        },
        says: &["PodSecurity restricted:latest", "runAsNonRoot"],
        next: &["securityContext", "namespace apps"],
    },
    Fault {
        name: "webhook down",
        code: WebhookUnavailable,
        object: "Pod/apps/p",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Pod/apps/p dry-run failed (InternalError): Internal error occurred: failed calling webhook "h.example.com": failed to call webhook: Post "https://h.sys.svc:443/v?timeout=10s": no endpoints available for service "h""#,
            );
        },
        says: &["h.example.com", "Service sys/h", "no endpoints"],
        next: &["Service sys/h", "ready Pods"],
    },
    Fault {
        name: "immutable field",
        code: ImmutableField,
        object: "Deployment/apps/web",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable"#,
            );
        },
        says: &["spec.selector", "immutable"],
        next: &["spec.force"],
    },
    Fault {
        name: "quota at apply",
        code: QuotaExceeded,
        object: "Pod/apps/p",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Pod/apps/p apply failed: pods "p" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4"#,
            );
        },
        says: &["exceeded quota: small", "pods: 1 asked, 4 used of 4"],
        next: &["ResourceQuota apps/small"],
    },
    Fault {
        name: "missing CRD",
        code: KindUnknown,
        object: "Certificate/apps/c",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Certificate/apps/c dry-run failed: no matches for kind "Certificate" in version "cert-manager.io/v1""#,
            );
        },
        says: &["Certificate in cert-manager.io/v1"],
        next: &["cert-manager", "spec.dependsOn"],
    },
    Fault {
        name: "missing namespace",
        code: NamespaceMissing,
        object: "ConfigMap/shop/a",
        make: |case| {
            run(case, "ReconciliationFailed", r#"ConfigMap/shop/a not found: namespaces "shop" not found"#);
        },
        says: &["namespace shop does not exist"],
        next: &["create Namespace shop", "spec.targetNamespace"],
    },
    Fault {
        name: "no namespace",
        code: NamespaceMissing,
        object: "ConfigMap/a",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                "ConfigMap/a namespace not specified: the server could not find the requested resource",
            );
        },
        says: &["names no namespace"],
        next: &["set metadata.namespace of ConfigMap a"],
    },
    Fault {
        name: "namespace on its way out",
        code: NamespaceTerminating,
        object: "ConfigMap/apps/a",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"ConfigMap/apps/a dry-run failed (Forbidden): configmaps "a" is forbidden: unable to create new content in namespace apps because it is being terminated"#,
            );
        },
        says: &["namespace apps is being deleted"],
        next: &["kubectl get namespace apps"],
    },
    Fault {
        name: "no right",
        code: Forbidden,
        object: "Deployment/apps/web",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Deployment/apps/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: User "system:serviceaccount:apps:ci" cannot patch resource "deployments" in API group "apps" in the namespace "apps""#,
            );
        },
        says: &["ServiceAccount apps/ci may not patch deployments.apps in namespace apps"],
        next: &["give ServiceAccount apps/ci the verb patch on deployments.apps"],
    },
    Fault {
        name: "unknown field",
        code: UnknownField,
        object: "Deployment/apps/web",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                "Deployment/apps/web dry-run failed: failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.replicaz: field not declared in schema",
            );
        },
        says: &[".spec.replicaz"],
        next: &["correct or remove .spec.replicaz"],
    },
    Fault {
        name: "wrong value",
        code: SchemaInvalid,
        object: "Service/apps/s",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Service/apps/s dry-run failed (Invalid): Service "s" is invalid: spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive"#,
            );
        },
        says: &["spec.ports[0].port", "65535"],
        next: &["correct spec.ports[0].port in Service apps/s"],
    },
    Fault {
        name: "field conflict",
        code: FieldConflict,
        object: "Deployment/apps/web",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                r#"Deployment/apps/web dry-run failed (FieldManagerConflict): Apply failed with 1 conflict: conflict with "hpa" using apps/v1: .spec.replicas"#,
            );
        },
        says: &["hpa", ".spec.replicas"],
        next: &["take .spec.replicas"],
    },
    Fault {
        name: "prune denied",
        code: PruneDenied,
        object: "ConfigMap/apps/a",
        make: |case| {
            run(
                case,
                "PruneFailed",
                r#"delete failed, errors: ConfigMap/apps/a delete failed: admission webhook "keep.example.com" denied the request: protected;"#,
            );
        },
        says: &["keep.example.com", "protected"],
        next: &["keep the object in the manifests"],
    },
    Fault {
        name: "unreachable cluster",
        code: TargetUnreachable,
        object: OWN,
        make: |case| {
            case.object.spec.kube_config =
                Some(serde_json::from_value(json!({"secretRef": {"name": "kc"}})).unwrap());
            run(
                case,
                "ReconciliationFailed",
                "ConfigMap/apps/a dry-run failed: failed to get server groups: Get \"https://10.0.0.9:6443/api?timeout=30s\": dial tcp 10.0.0.9:6443: i/o timeout\n",
            );
        },
        says: &["10.0.0.9:6443", "i/o timeout"],
        next: &["Secret apps/kc"],
    },
    Fault {
        name: "kubeconfig missing",
        code: TargetUnreachable,
        object: "Secret/apps/kc",
        make: |case| {
            case.object.spec.kube_config =
                Some(serde_json::from_value(json!({"secretRef": {"name": "kc"}})).unwrap());
            run(
                case,
                "ReconciliationFailed",
                "unable to read KubeConfig secret 'apps/kc' error: secrets \"kc\" not found",
            );
        },
        says: &["does not exist"],
        next: &["create Secret apps/kc"],
    },
    Fault {
        name: "folder missing",
        code: BuildFailed,
        object: OWN,
        make: |case| {
            case.object.spec.path = Some("./deploi".to_owned());
            run(
                case,
                "ArtifactFailed",
                "kustomization path not found: stat /tmp/kustomization-1/deploi: no such file or directory",
            );
        },
        says: &["path not found"],
        next: &["add folder deploi to the repository", "correct spec.path"],
    },
    Fault {
        name: "file missing",
        code: BuildFailed,
        object: OWN,
        make: |case| {
            run(
                case,
                "BuildFailed",
                "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'gone.yaml': open /tmp/kustomization-1/gone.yaml: no such file or directory': must build at directory: x",
            );
        },
        says: &["gone.yaml"],
        next: &["add gone.yaml to the repository"],
    },
    Fault {
        name: "no YAML",
        code: BuildFailed,
        object: OWN,
        make: |case| {
            run(
                case,
                "BuildFailed",
                "failed to decode Kubernetes YAML from /tmp/kustomization-1/deploy/app.yaml: MalformedYAMLError: yaml: line 3: did not find expected ',' or ']'",
            );
        },
        says: &["deploy/app.yaml", "line 3"],
        next: &["correct deploy/app.yaml near line 3"],
    },
    Fault {
        name: "patch without target",
        code: BuildFailed,
        object: OWN,
        make: |case| {
            run(
                case,
                "BuildFailed",
                "kustomize build failed: no resource matches strategic merge patch \"Deployment.v1.apps/wep.[noNs]\": no matches for Id Deployment.v1.apps/wep.[noNs]; failed to find unique target for patch Deployment.v1.apps/wep.[noNs]",
            );
        },
        says: &["Deployment wep"],
        next: &["the patch for Deployment wep"],
    },
    Fault {
        name: "declared twice",
        code: BuildFailed,
        object: OWN,
        make: |case| {
            run(
                case,
                "BuildFailed",
                "kustomize build failed: merging resources from 'b.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs]",
            );
        },
        says: &["ConfigMap a is declared twice"],
        next: &["remove one of the two declarations"],
    },
    Fault {
        name: "wrong key",
        code: DecryptionFailed,
        object: "Secret/apps/db",
        make: |case| {
            case.object.spec.decryption = Some(
                serde_json::from_value(json!({"provider": "sops", "secretRef": {"name": "sops-age"}}))
                    .unwrap(),
            );
            run(
                case,
                "BuildFailed",
                "decryption failed for 'Secret.v1.[noGrp]/db': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.",
            );
        },
        says: &["no key in Secret apps/sops-age"],
        next: &["sops updatekeys"],
    },
    Fault {
        name: "key Secret missing",
        code: DecryptionFailed,
        object: "Secret/apps/sops-age",
        make: |case| {
            case.object.spec.decryption = Some(
                serde_json::from_value(json!({"provider": "sops", "secretRef": {"name": "sops-age"}}))
                    .unwrap(),
            );
            run(case, "BuildFailed", "secrets \"sops-age\" not found");
        },
        says: &["does not exist"],
        next: &["create Secret apps/sops-age"],
    },
    Fault {
        name: "not decrypted",
        code: DecryptionFailed,
        object: "Secret/apps/db",
        make: |case| {
            run(
                case,
                "ReconciliationFailed",
                "Secret/apps/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled",
            );
        },
        says: &["decryption is not configured"],
        next: &["set spec.decryption"],
    },
    Fault {
        name: "variable missing",
        code: SubstitutionMissing,
        object: OWN,
        make: |case| {
            run(
                case,
                "BuildFailed",
                "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: variable substitution failed: variable not set (strict mode): \"region\"",
            );
        },
        says: &["region", "ConfigMap a"],
        next: &["give region a value"],
    },
    Fault {
        name: "variables' ConfigMap missing",
        code: SubstitutionMissing,
        object: "ConfigMap/apps/vars",
        make: |case| {
            run(
                case,
                "BuildFailed",
                "post build failed for 'ConfigMap.v1.[noGrp]/a': substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found",
            );
        },
        says: &["does not exist"],
        next: &["create ConfigMap apps/vars"],
    },
    Fault {
        name: "bad expression",
        code: UnsupportedField,
        object: OWN,
        make: |case| {
            run(
                case,
                "InvalidCELExpression",
                "Reconciliation failed terminally due to configuration error: failed to create custom status evaluator for healthchecks[0]: failed to parse the expression Current: failed to parse the CEL expression 'x +': ERROR: <input>:1:4: Syntax error",
            );
        },
        says: &["x +"],
        next: &["spec.healthCheckExprs[0].current"],
    },
    Fault {
        name: "references across namespaces",
        code: Forbidden,
        object: OWN,
        make: |case| {
            run(
                case,
                "AccessDenied",
                "can't access 'GitRepository/other/app', cross-namespace references have been blocked",
            );
        },
        says: &["cross-namespace"],
        next: &["--no-cross-namespace-refs"],
    },
    Fault {
        name: "no artifact",
        code: ArtifactMissing,
        object: OWN,
        make: |case| {
            case.source = SourceView::Elsewhere;
            run(case, "ArtifactFailed", "Source artifact not found, retrying in 30s");
        },
        says: &["artifact not found"],
        next: &["flyball explain gitrepository/app -n apps"],
    },
    Fault {
        name: "not healthy in time",
        code: HealthTimeout,
        object: "Thing/apps/t",
        make: |case| {
            run(
                case,
                "HealthCheckFailed",
                "health check failed after 30s: timeout waiting for: [Thing/apps/t status: 'InProgress']",
            );
        },
        says: &["not healthy in time"],
        next: &["kubectl -n apps describe thing t"],
    },
    Fault {
        name: "too much at once",
        code: ReconciliationFailed,
        object: "ConfigMap/apps/a",
        make: |case| run(case, "ReconciliationFailed", "ConfigMap/apps/a dry-run failed: nobody knows"),
        says: &["nobody knows"],
        next: &["kubectl -n apps describe configmap a"],
    },
];
