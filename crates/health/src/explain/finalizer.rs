//! Which controller a finalizer belongs to, and what to look at when it is not taken away. Only that controller knows
//! what it has to clean up first.

/// Whose a finalizer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The controller, in words.
    pub who: String,
    /// What keeps it from taking the finalizer away, and where to look.
    pub hint: String,
}

/// Finalizers of Kubernetes itself and of programs that give them plain names: name, whose, what to look at.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "foregroundDeletion",
        "the garbage collector of kube-controller-manager",
        "what belongs to the object goes first: look for objects with it in their ownerReferences that do not go",
    ),
    (
        "orphan",
        "the garbage collector of kube-controller-manager",
        "it first takes the object out of the ownerReferences of what belongs to it",
    ),
    (
        "kubernetes",
        "the namespace controller of kube-controller-manager",
        "everything in the namespace goes first: its conditions say what remains",
    ),
    (
        "kubernetes.io/pvc-protection",
        "kube-controller-manager",
        "a Pod uses the claim: it stays until that Pod is gone",
    ),
    (
        "kubernetes.io/pv-protection",
        "kube-controller-manager",
        "the volume is bound to a claim: it stays until the claim is gone",
    ),
    (
        "service.kubernetes.io/load-balancer-cleanup",
        "the service controller of the cloud (cloud-controller-manager)",
        "it first removes the load balancer: see its log and the Service's events",
    ),
    (
        "batch.kubernetes.io/job-tracking",
        "the Job controller of kube-controller-manager",
        "see whether kube-controller-manager runs",
    ),
    (
        "customresourcecleanup.apiextensions.k8s.io",
        "the API server",
        "objects of this kind are there still, some perhaps with finalizers of their own: list them in all namespaces",
    ),
    (
        "finalizers.fluxcd.io",
        "the Flux or Flyball controller of the kind",
        "see whether the controller runs and what it logs about the object",
    ),
    (
        "resources-finalizer.argocd.argoproj.io",
        "Argo CD",
        "it first deletes what the Application has made: see the Application in Argo CD",
    ),
    ("external-dns", "external-dns", "it first removes DNS records: see its log"),
];

/// Domains, and whose they are. The longest that fits counts.
const DOMAINS: &[(&str, &str)] = &[
    ("argoproj.io", "Argo"),
    ("azure.com", "Azure Service Operator"),
    ("cattle.io", "Rancher"),
    ("cert-manager.io", "cert-manager"),
    ("cluster.x-k8s.io", "Cluster API"),
    ("cnrm.cloud.google.com", "Config Connector"),
    ("confluent.io", "Confluent for Kubernetes"),
    ("crossplane.io", "Crossplane, or the provider that made the object"),
    ("crunchydata.com", "the PostgreSQL operator of Crunchy Data"),
    ("elastic.co", "Elastic Cloud on Kubernetes"),
    ("elbv2.k8s.aws", "the AWS Load Balancer Controller"),
    ("external-secrets.io", "External Secrets"),
    ("flagger.app", "Flagger"),
    ("fluxcd.controlplane.io", "the Flux Operator"),
    ("fluxcd.io", "the Flux or Flyball controller of the kind"),
    ("flyball.dev", "Flyball"),
    ("gateway.networking.k8s.io", "the controller of the Gateway's class"),
    ("hashicorp.com", "an operator of HashiCorp"),
    ("hnc.x-k8s.io", "the hierarchical namespace controller"),
    ("ingress.k8s.aws", "the AWS Load Balancer Controller"),
    ("istio.io", "Istio"),
    ("karpenter.k8s.aws", "Karpenter"),
    ("karpenter.sh", "Karpenter"),
    ("keda.sh", "KEDA"),
    ("knative.dev", "Knative"),
    ("kubevirt.io", "KubeVirt"),
    ("kueue.x-k8s.io", "Kueue"),
    ("longhorn.io", "Longhorn"),
    ("mongodb.com", "the MongoDB operator"),
    ("networking.gke.io", "the ingress controller of GKE"),
    ("postgresql.cnpg.io", "CloudNativePG"),
    ("rook.io", "Rook"),
    ("service.k8s.aws", "the AWS Load Balancer Controller"),
    ("services.k8s.aws", "the AWS controller (ACK) of the kind"),
    ("snapshot.storage.kubernetes.io", "the snapshot controller"),
    ("strimzi.io", "Strimzi"),
    ("tekton.dev", "Tekton"),
    ("upbound.io", "Crossplane, or the provider that made the object"),
    ("velero.io", "Velero"),
    ("zalando.org", "the Postgres operator"),
];

/// Whose a finalizer is; of one that nobody knows its domain tells.
#[must_use]
pub fn owner(finalizer: &str) -> Owner {
    if let Some((_, who, hint)) = KNOWN.iter().find(|(name, ..)| *name == finalizer) {
        return Owner { who: (*who).to_owned(), hint: (*hint).to_owned() };
    }
    let before = finalizer.split('/').next().unwrap_or_default();
    if let Some(driver) = before.strip_prefix("external-attacher") {
        let driver = finalizer.split('/').nth(1).unwrap_or(driver);
        return of(format!("the CSI attacher of {driver}"));
    }
    let known = DOMAINS.iter().filter(|(domain, _)| is_of(before, domain) || is_of(finalizer, domain));
    match known.max_by_key(|(domain, _)| domain.len()) {
        Some((_, who)) => of((*who).to_owned()),
        None if before.contains('.') => of(format!("the controller of {before}")),
        None => of(format!("whatever controller sets the finalizer {finalizer}")),
    }
}

/// Whether a name is a domain or one below it.
fn is_of(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn of(who: String) -> Owner {
    let hint = format!("see whether {who} runs, and what it logs about the object");
    Owner { who, hint }
}

#[cfg(test)]
mod tests;
