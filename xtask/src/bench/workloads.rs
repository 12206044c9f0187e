//! What is built: a small app, and overlays that use every common field, in growing sizes. Nothing is measured here.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A tree of files of a given size.
pub(super) struct Workload {
    pub(super) name: &'static str,
    /// How many objects come out.
    pub(super) objects: usize,
    /// How often each program builds it.
    pub(super) runs: usize,
    /// Whether upstream builds it too: its time grows with the square of the size, to minutes a run.
    pub(super) beside_upstream: bool,
    overlay: bool,
}

/// All of them, small ones first.
pub(super) const WORKLOADS: [Workload; 4] = [
    Workload { name: "app-4", objects: 4, runs: 101, beside_upstream: true, overlay: false },
    Workload { name: "overlay-100", objects: 100, runs: 11, beside_upstream: true, overlay: true },
    Workload { name: "overlay-1000", objects: 1_000, runs: 3, beside_upstream: true, overlay: true },
    Workload { name: "overlay-5000", objects: 5_000, runs: 3, beside_upstream: false, overlay: true },
];

impl Workload {
    /// Writes the files; gives the directory to build.
    pub(super) fn write(&self, root: &Path) -> Result<PathBuf> {
        for (path, text) in self.files() {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap_or(root)).with_context(|| path.display().to_string())?;
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
        Ok(root.join(if self.overlay { "overlay" } else { "app" }))
    }

    fn files(&self) -> Vec<(String, String)> {
        if self.overlay { overlay(self.objects) } else { app() }
    }
}

fn app() -> Vec<(String, String)> {
    let file = |name: &str, text: String| (format!("app/{name}"), text);
    vec![
        file("kustomization.yaml", APP.to_owned()),
        file("deployment.yaml", deployment("web")),
        file("service.yaml", service("web")),
        file("ingress.yaml", INGRESS.to_owned()),
    ]
}

const APP: &str = "\
namespace: shop
resources: [deployment.yaml, service.yaml, ingress.yaml]
configMapGenerator:
- name: web-settings
  literals: [LOG_LEVEL=info]
images:
- name: registry.example.com/web
  newTag: \"2.1\"
";

const INGRESS: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: web
            port:
              number: 80
";

/// Of ten objects one is generated, five are Deployments, three Services and one is a ConfigMap; every tenth Deployment
/// is patched by name and all of them by kind.
fn overlay(objects: usize) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut base = String::from("resources:\n");
    let mut top = String::from(OVERLAY);
    let mut generators = String::from("configMapGenerator:\n");
    let mut patches = String::from(PATCHES);
    let mut deployments = 0;
    for number in 0..objects {
        let (kind, text) = match number % 10 {
            0..=4 => ("deployment", deployment(&format!("app-{number}"))),
            // The Service of the Deployment five before it.
            5..=7 => ("service", service(&format!("app-{}", number - 5))),
            8 => ("settings", settings(number)),
            _ => {
                // The settings that the Deployments of this ten refer to by name.
                generators.extend([format!(
                    "- name: app-{}-settings\n  literals: [NUMBER=n{number}]\n",
                    number - 9
                )]);
                continue;
            }
        };
        if kind == "deployment" {
            if deployments % 10 == 0 {
                patches.extend([format!("- path: patch-{number}.yaml\n")]);
                files.push((format!("overlay/patch-{number}.yaml"), patch(&format!("app-{number}"))));
            }
            deployments += 1;
        }
        base.extend([format!("- {kind}-{number}.yaml\n")]);
        files.push((format!("base/{kind}-{number}.yaml"), text));
    }
    top.push_str(&generators);
    top.push_str(&patches);
    files.push(("base/kustomization.yaml".to_owned(), base));
    files.push(("overlay/kustomization.yaml".to_owned(), top));
    files
}

const OVERLAY: &str = "\
resources: [../base]
namespace: production
namePrefix: prod-
labels:
- pairs: {tier: backend}
  includeSelectors: true
images:
- name: registry.example.com/web
  newTag: \"2.1\"
";

const PATCHES: &str = "\
patches:
- target: {kind: Deployment}
  patch: |
    - op: add
      path: /spec/revisionHistoryLimit
      value: 3
";

fn patch(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 5\n  template:\n    \
         spec:\n      containers:\n      - name: web\n        resources:\n          limits:\n            memory: 512Mi\n"
    )
}

fn deployment(name: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app: {name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.0
        args: [\"--listen=:8080\", \"--level=info\"]
        envFrom:
        - configMapRef:
            name: {name}-settings
        ports:
        - name: http
          containerPort: 8080
        readinessProbe:
          httpGet:
            path: /healthz
            port: http
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
      - name: proxy
        image: registry.example.com/proxy:3.2
"
    )
}

fn service(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector:\n    app: {name}\n  ports:\n  \
         - name: http\n    port: 80\n    targetPort: http\n"
    )
}

fn settings(number: usize) -> String {
    let mut text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: static-{number}\ndata:\n");
    text.extend((0..20).map(|key| format!("  key-{key}: some value of key {key}\n")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_as_named() {
        for workload in &WORKLOADS {
            let files = workload.files();
            let kinds =
                files.iter().filter(|(path, _)| !path.contains("patch-") && !path.contains("kustomization"));
            let generated: usize = files.iter().map(|(_, text)| text.matches("literals:").count()).sum();
            assert_eq!(kinds.count() + generated, workload.objects, "{}", workload.name);
        }
    }
}
