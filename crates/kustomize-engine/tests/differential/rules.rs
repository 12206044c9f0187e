//! What the random objects hold: the kinds with their templates, and the rules that the templates name. The language is
//! that of `grammar.rs`; references (`<ref:cm>`) and the like come from the tree.

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) api: &'static str,
    pub(crate) kind: &'static str,
    /// What names of the kind begin with.
    pub(crate) short: &'static str,
    /// Everything besides apiVersion, kind and metadata.
    pub(crate) body: &'static str,
    /// How often it is taken, compared with others.
    pub(crate) weight: usize,
}

const fn kind(
    weight: usize,
    api: &'static str,
    kind: &'static str,
    short: &'static str,
    body: &'static str,
) -> Kind {
    Kind { api, kind, short, body, weight }
}

/// All kinds.
pub(crate) const KINDS: &[Kind] = &[
    kind(
        14,
        "apps/v1",
        "Deployment",
        "dep",
        "{spec: {?60 replicas: (1|2|3), ?70 selector: <selector>, ?20 strategy: {type: (Recreate|RollingUpdate), ?40 rollingUpdate: {maxSurge: (1|25%)}}, template: <template>}, ?10 status: {conditions: [{type: (A|B), status: \"True\"}*2]}}",
    ),
    kind(
        8,
        "apps/v1",
        "StatefulSet",
        "sts",
        "{spec: {?50 replicas: (1|2), serviceName: <ref:svc>, ?60 selector: <selector>, template: <template>, ?50 volumeClaimTemplates: [{metadata: {name: v1, ?40 labels: <labels>}, spec: {accessModes: [ReadWriteOnce], ?50 storageClassName: <ref:sc>, resources: {requests: {storage: 1Gi}}}}]}}",
    ),
    kind(4, "apps/v1", "DaemonSet", "ds", "{spec: {?50 selector: <selector>, template: <template>}}"),
    kind(
        3,
        "apps/v1",
        "ReplicaSet",
        "rs",
        "{spec: {?50 replicas: 2, ?50 selector: <selector>, template: <template>}}",
    ),
    kind(
        2,
        "v1",
        "ReplicationController",
        "rc",
        "{spec: {?50 replicas: 2, ?50 selector: <labels>, template: <template>}}",
    ),
    kind(6, "v1", "Pod", "pod", "{spec: <pod>}"),
    kind(2, "v1", "PodTemplate", "pt", "{template: {?50 metadata: <meta>, spec: <pod>}}"),
    kind(
        6,
        "batch/v1",
        "Job",
        "job",
        "{spec: {?30 selector: <selector>, ?30 backoffLimit: 3, template: <template>}}",
    ),
    kind(
        6,
        "batch/v1",
        "CronJob",
        "cj",
        "{spec: {schedule: (\"*/5 * * * *\"|\"@daily\"), jobTemplate: {?40 metadata: <meta>, spec: {template: <template>}}}}",
    ),
    kind(
        8,
        "v1",
        "Service",
        "svc",
        "{spec: {?60 selector: <labels>, ?80 ports: [<port>*3], ?20 type: (ClusterIP|ExternalName), ?10 externalName: \"a.b\"}}",
    ),
    kind(8, "v1", "ConfigMap", "cm", "{?90 data: <data>, ?8 immutable: true, ?8 binaryData: {b: \"/wA=\"}}"),
    kind(
        6,
        "v1",
        "Secret",
        "sec",
        "{?70 type: (Opaque|kubernetes.io/tls|\"example.com/t\"), ?60 data: {?80 a: \"YQ==\", ?50 b: \"MQ==\"}, ?50 stringData: <data>}",
    ),
    kind(
        5,
        "v1",
        "ServiceAccount",
        "sa",
        "{?40 imagePullSecrets: [{name: <ref:sec>}*2], ?40 secrets: [{name: <ref:sec>}*2], ?20 automountServiceAccountToken: false}",
    ),
    kind(4, "rbac.authorization.k8s.io/v1", "Role", "role", "{rules: [<rulebody>*2]}"),
    kind(
        4,
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "cr",
        "{rules: [<rulebody>*2], ?20 aggregationRule: {clusterRoleSelectors: [{matchLabels: <labels>}]}}",
    ),
    kind(
        4,
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rb",
        "{roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: <ref:role>}, subjects: [<subject>*3]}",
    ),
    kind(
        3,
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rb",
        "{roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: <ref:cr>}, subjects: [<subject>*2]}",
    ),
    kind(
        4,
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "crb",
        "{roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: <ref:cr>}, subjects: [<subject>*3]}",
    ),
    kind(
        4,
        "v1",
        "PersistentVolumeClaim",
        "pvc",
        "{spec: {accessModes: [ReadWriteOnce], ?50 volumeName: <ref:pv>, ?50 storageClassName: <ref:sc>, resources: {requests: {storage: (1Gi|500M)}}}}",
    ),
    kind(
        3,
        "v1",
        "PersistentVolume",
        "pv",
        "{spec: {capacity: {storage: 1Gi}, ?50 storageClassName: <ref:sc>, ?30 azureFile: {secretName: <ref:sec>, shareName: s}, ?30 nfs: {server: (\"$(V1)\"|h), path: /}, ?30 claimRef: {name: <ref:pvc>}}}",
    ),
    kind(
        3,
        "storage.k8s.io/v1",
        "StorageClass",
        "sc",
        "{provisioner: p/x, ?60 parameters: {?50 secretName: <ref:sec>, ?50 adminSecretName: <ref:sec>, ?30 t: <str>}}",
    ),
    kind(
        5,
        "networking.k8s.io/v1",
        "Ingress",
        "ing",
        "{spec: {?40 ingressClassName: <ref:ic>, ?30 defaultBackend: {service: {name: <ref:svc>, port: {number: 80}}}, ?40 tls: [{hosts: [a.example], secretName: <ref:sec>}], ?80 rules: [{host: (a.example|b.example|\"$(V1).x\"), http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: <ref:svc>, port: {number: 80}}}}*2]}}*2]}}",
    ),
    kind(
        2,
        "extensions/v1beta1",
        "Ingress",
        "ingo",
        "{spec: {backend: {serviceName: <ref:svc>, servicePort: 80}}}",
    ),
    kind(2, "networking.k8s.io/v1", "IngressClass", "ic", "{spec: {controller: x/y}}"),
    kind(
        4,
        "autoscaling/v1",
        "HorizontalPodAutoscaler",
        "hpa",
        "{spec: {scaleTargetRef: {apiVersion: apps/v1, kind: (Deployment|StatefulSet), name: (<ref:dep>|<ref:sts>)}, maxReplicas: 5}}",
    ),
    kind(
        2,
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "hpa",
        "{spec: {scaleTargetRef: {kind: Deployment, name: <ref:dep>}, metrics: [{type: Resource, resource: {name: cpu}}*2]}}",
    ),
    kind(
        4,
        "policy/v1",
        "PodDisruptionBudget",
        "pdb",
        "{spec: {?60 selector: <selector>, minAvailable: (1|50%)}}",
    ),
    kind(
        4,
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "np",
        "{spec: {podSelector: ({}|<selector>), ?50 ingress: [{from: [{podSelector: <selector>}, ?40 {namespaceSelector: <selector>}]}], ?40 egress: [{to: [{podSelector: <selector>}*2], ?30 ports: [{port: 53, protocol: UDP}]}]}}",
    ),
    kind(2, "v1", "Namespace", "ns", "{?20 spec: {finalizers: [kubernetes]}}"),
    kind(2, "scheduling.k8s.io/v1", "PriorityClass", "pc", "{value: (1000|1e3|-5), globalDefault: false}"),
    kind(
        3,
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "crd",
        "{spec: {group: x.io, names: {kind: Foo, plural: foos}, scope: Namespaced, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}], ?40 conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: <ref:svc>, namespace: (n1|n2)}}}}}}",
    ),
    kind(
        2,
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "vwc",
        "{webhooks: [{name: (a.x|b.x), clientConfig: {service: {name: <ref:svc>, ?60 namespace: (n1|n2|default)}}, rules: [{operations: [CREATE]}]}*2]}",
    ),
    kind(
        2,
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "mwc",
        "{webhooks: [{name: (a.x|b.x), clientConfig: {service: {name: <ref:svc>, ?60 namespace: (n1|n2)}}}*2]}",
    ),
    kind(
        1,
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
        "vap",
        "{spec: {failurePolicy: Fail}}",
    ),
    kind(
        1,
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicyBinding",
        "vapb",
        "{spec: {policyName: <ref:vap>}}",
    ),
    kind(
        2,
        "apiregistration.k8s.io/v1",
        "APIService",
        "as",
        "{spec: {group: g.io, version: v1, ?70 service: {name: <ref:svc>, namespace: (n1|n2)}}}",
    ),
    kind(6, "x.io/v1", "Foo", "foo", "{spec: <custom>}"),
    kind(3, "y.io/v1alpha1", "Deployment", "ydep", "{spec: {?50 replicas: 1, template: <template>}}"),
    kind(
        2,
        "serving.knative.dev/v1",
        "Service",
        "ksvc",
        "{spec: {template: {spec: {containers: [<container>]}}}}",
    ),
    kind(
        1,
        "v1",
        "Node",
        "node",
        "{spec: {?50 podCIDRs: [\"10.0.0.0/24\"], ?50 configSource: {configMap: {name: <ref:cm>}}}}",
    ),
    kind(
        1,
        "v1",
        "LimitRange",
        "lr",
        "{spec: {limits: [{type: Container, default: {cpu: (1|100m|\"1\")}}]}}",
    ),
    kind(1, "v1", "ResourceQuota", "rq", "{spec: {hard: {pods: (10|\"10\"), cpu: 1.5}}}"),
    kind(
        1,
        "policy/v1beta1",
        "PodDisruptionBudget",
        "pdbo",
        "{spec: {selector: <selector>, maxUnavailable: 1}}",
    ),
];

/// The text of a rule.
pub(crate) fn rule(name: &str) -> &'static str {
    RULES.iter().find(|(rule, _)| *rule == name).unwrap_or_else(|| panic!("no rule {name}")).1
}

const RULES: &[(&str, &str)] = &[
    ("labels", "{app: (web|db), ?40 tier: (\"a\"|b|\"c-1\"), ?8 num: (5|\"5\"|yes|true)}"),
    (
        "selector",
        "{(matchLabels): <labels>, ?15 matchExpressions: [{key: app, operator: In, values: [web, \"db\"]}]}",
    ),
    ("meta", "{?60 labels: <labels>, ?40 annotations: <annotations>, ?5 name: x}"),
    (
        "annotations",
        "{?60 note: <str>, ?40 size: <s>, ?20 var: (\"$(V1)\"|\"at $(V1)/$(V2)\"), ?10 \"nginx.ingress.kubernetes.io/auth-secret\": <ref:sec>}",
    ),
    ("template", "{?85 metadata: <meta>, spec: <pod>}"),
    (
        "pod",
        "{containers: [<container>, ?40 <container>], ?25 initContainers: [<container>], ?40 volumes: [<volume>*3], ?30 serviceAccountName: <ref:sa>, ?15 imagePullSecrets: [{name: <ref:sec>}*2], ?10 priorityClassName: <ref:pc>, ?10 affinity: <affinity>, ?10 topologySpreadConstraints: [{topologyKey: (zone|host), whenUnsatisfiable: (DoNotSchedule|ScheduleAnyway), maxSkew: (1|2), ?50 labelSelector: <selector>}*2], ?8 hostAliases: [{ip: (\"1.1.1.1\"|\"2.2.2.2\"), hostnames: [a, b]}*2], ?10 tolerations: [{key: (a|b), operator: Exists}*2], ?8 ephemeralContainers: [<container>], ?8 nodeSelector: {disk: (ssd|\"1\"|yes)}, ?10 securityContext: ({}|{runAsUser: (1000|0)})}",
    ),
    (
        "affinity",
        "{(podAffinity|podAntiAffinity): {?60 requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: z, labelSelector: <selector>}], ?50 preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: z, labelSelector: <selector>}}]}}",
    ),
    (
        "container",
        "{name: (c1|c1|c2|c3), image: <image>, ?40 env: [<env>*3], ?25 envFrom: [({configMapRef: {name: <ref:cm>}}|{secretRef: {name: <ref:sec>}})*2], ?35 ports: [<cport>*3], ?25 volumeMounts: [{name: (v1|v2), mountPath: (/a|/b|\"/$(V1)\")}*2], ?20 args: [(--a|\"$(V1)\"|\"-n=$(V2)\"|x|\"5\")*3], ?15 command: [sh, -c, (\"echo $(V1)\"|\"a $$(V1) b\"|<long>)], ?20 resources: ({}|{limits: {cpu: (1|500m|\"2\"|0.5), ?50 memory: 1Gi}}|{requests: {cpu: 100m}}), ?10 livenessProbe: {httpGet: {path: /, port: (http|80)}}, ?6 securityContext: {capabilities: {add: [A, B]}}, ?5 volumeDevices: [{name: v1, devicePath: /dev/x}]}",
    ),
    (
        "image",
        "(nginx|nginx:1|nginx:1.25|redis:6|\"redis@sha256:ab12\"|\"redis:6@sha256:ab12\"|my/app:v1|\"reg.io:5000/my/app:v1\"|\"gcr.io/nginx\"|\"\")",
    ),
    (
        "env",
        "({name: (A|B|C), value: (<s>|<str>|\"$(V1)\")}|{name: (A|B|D), value: <str>}|{name: (B|C|E), valueFrom: ({configMapKeyRef: {name: <ref:cm>, key: a}}|{secretKeyRef: {name: <ref:sec>, key: a}}|{fieldRef: {fieldPath: metadata.name}})}|{name: F})",
    ),
    ("cport", "{containerPort: (80|80|443|53|\"80\"), ?40 protocol: (TCP|UDP), ?30 name: (http|dns)}"),
    (
        "port",
        "{port: (80|80|443|53), ?40 protocol: (TCP|UDP), ?40 targetPort: (80|http|\"8080\"), ?50 name: (http|dns|s)}",
    ),
    (
        "volume",
        "({name: (v1|v2|v3), emptyDir: (|{}|null|{medium: Memory})}|{name: (v1|v2|v3), configMap: {name: <ref:cm>, ?20 defaultMode: (0644|420), ?20 items: [{key: a, path: p}]}}|{name: (v1|v2|v4), secret: {secretName: <ref:sec>}}|{name: (v2|v5), persistentVolumeClaim: {claimName: <ref:pvc>}}|{name: (v1|v6), projected: {sources: [({configMap: {name: <ref:cm>}}|{secret: {name: <ref:sec>}})*2]}}|{name: v7, image: {reference: <image>}})",
    ),
    (
        "source",
        "(|{}|{name: <ref:cm>}|{secretName: <ref:sec>}|{claimName: <ref:pvc>}|{sources: [({configMap: {name: <ref:cm>}}|{secret: {name: <ref:sec>}})*2]}|null)",
    ),
    (
        "rulebody",
        "{apiGroups: [\"\"], resources: [(configmaps|secrets|pods)], verbs: [get, ?40 list], ?50 resourceNames: [(<ref:cm>|<ref:sec>|<ref:pv>)*2]}",
    ),
    (
        "subject",
        "({kind: ServiceAccount, name: (<ref:sa>|default), ?60 namespace: (n1|n2|default)}|{kind: User, name: (u|<ref:sa>), apiGroup: rbac.authorization.k8s.io}|{kind: Group, name: (g|default)})",
    ),
    (
        "data",
        "{?80 a: <str>, ?60 b: <text>, ?50 c: <str>, ?15 \"d.json\": <json>, ?15 \"e.yaml\": <yaml>, ?10 \"k.x-y_z\": <long>}",
    ),
    ("json", "(\"{'a':{'b':'x'},'l':[1,2],'n':5}\"|\"{\\n  'a': {\\n    'b': 'x'\\n  }\\n}\")"),
    ("yaml", "(\"a:\\n  b: x\\nl: [1, 2]\\n\"|\"a: {b: 1} # c\\n\")"),
    (
        "custom",
        "{?60 a: <s>, ?60 l: [(<s>|{name: (p|q), value: <s>})*3], ?50 m: {?60 p: <s>, ?40 q: <text>, ?40 e: (|null|{}|[]), ?30 \"x.y/z\": 1}, ?40 containers: [{name: c, image: <image>}*2], ?30 ref: {kind: ConfigMap, name: <ref:cm>}, ?20 template: {spec: {containers: [{image: <image>}]}}, ?30 secretName: <ref:sec>, ?20 common: <shared>, ?10 long: <long>}",
    ),
    (
        "shared",
        "({one: &x {p: 1, q: [a, b]}, two: *x}|{one: &x {p: 1}, two: {<<: *x, q: 2}}|{one: &x abc, two: [*x, *x]})",
    ),
    (
        "str",
        "(x|v1|\"5\"|\"true\"|\"yes\"|\"\"|\"a b\"|\"a: b\"|\"it's\"|\"# no\"|\"2024-01-31\"|\"010\"|\"1e3\"|\"null\"|\"-\"|\"~\"|\"é ü\"|\"{a}\"|\"0x10\"|\"1:30\"|\"x#y\"|\"http://a.b/c?d=e&f\"|\"a\\tb\")",
    ),
    (
        "s",
        "(x|5|\"5\"|1.5|1.0|true|false|True|~|null|\"\"|yes|no|on|y|010|0o17|0x1F|0b11|1_000|+7|1e3|1e-7|1E21|12345678901234567890|123456789012345678901|9007199254740993|2024-01-31|2024-01-31T10:00:00Z|1:30|089|-0|.5|5.|1.25e10|100000.5|1234567.5|0.00001|\"a b\"|\"#x\"|a-b|a.b|0.10|!!str 5|!!int \"7\"|!!float 3|=)",
    ),
    (
        "text",
        "(\"one\\ntwo\\n\"|\"one\\ntwo\"|\"k=v\\n\\nm=n\\n\\n\"|\"a\\n  indented\\nb\\n\"|\"tab\\there\\n\"|\"end \\nx\\n\"|\"\\n\"|\"\\nlead\\n\"|\"  lead\\nx\\n\"|x|\"$(V1) in\\ntext\\n\"|<long>)",
    ),
    (
        "long",
        "(\"a rather long line of many words that goes on and on until it has to be folded somewhere behind the eightieth column of it\"|\"short: a rather long line with a colon that goes on and on until it has to be folded somewhere behind the eightieth column\"|\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b  c\"|\"tab\\tin a rather long line of many words  that goes on and on until it has to be folded somewhere behind the eightieth é column\")",
    ),
];
