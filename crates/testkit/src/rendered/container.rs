//! What the container `manager` of a Deployment is started with, so that a process of a test can be started with the
//! same. What only a cluster can give is named, and refused where it matters.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Arguments and environment of a controller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manager {
    /// Its arguments, as the kubelet would expand them.
    pub arguments: Vec<String>,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
}

impl Manager {
    /// Those of a Deployment whose Pods run in `namespace`.
    pub fn of(deployment: &Value, namespace: &str) -> Result<Self> {
        let pod = &deployment["spec"]["template"]["spec"];
        let name = deployment["metadata"]["name"].as_str().unwrap_or_default();
        let containers = pod["containers"].as_array().map_or(&[][..], Vec::as_slice);
        let container = containers.iter().find(|container| container["name"] == "manager");
        let container = container.with_context(|| format!("{name} has no container called manager"))?;
        let mut environment = BTreeMap::new();
        for variable in container["env"].as_array().into_iter().flatten() {
            let key = variable["name"].as_str().context("a variable's name")?;
            let value = match &variable["value"] {
                Value::String(text) => expand(text, &environment),
                _ => from_elsewhere(variable, deployment, container, namespace)
                    .with_context(|| format!("{key} of {name}"))?,
            };
            environment.insert(key.to_owned(), value);
        }
        // What is optional is not there.
        let needed = |source: &Value| {
            source.as_object().into_iter().flatten().any(|(_, from)| from["optional"] != true)
        };
        if container["envFrom"].as_array().is_some_and(|sources| sources.iter().any(needed)) {
            bail!("{name} takes its environment from objects that are not known here");
        }
        let arguments = container["args"].as_array().into_iter().flatten();
        let arguments = arguments.filter_map(Value::as_str).map(|text| expand(text, &environment)).collect();
        Ok(Self { arguments, environment })
    }

    /// Gives a flag (`--name`) another value, or adds it.
    #[must_use]
    pub fn with(mut self, flag: &str, value: impl std::fmt::Display) -> Self {
        self = self.without(flag);
        self.arguments.push(format!("{flag}={value}"));
        self
    }

    /// Takes a flag away.
    #[must_use]
    pub fn without(mut self, flag: &str) -> Self {
        self.arguments.retain(|argument| argument.split('=').next() != Some(flag));
        self
    }

    /// The value of a flag that is given as `--name=value`.
    #[must_use]
    pub fn value(&self, flag: &str) -> Option<&str> {
        let values = self.arguments.iter().filter_map(|argument| argument.split_once('='));
        values.filter(|(name, _)| *name == flag).map(|(_, value)| value).next_back()
    }
}

/// `valueFrom`: what the kubelet knows of a Pod.
fn from_elsewhere(
    variable: &Value,
    deployment: &Value,
    container: &Value,
    namespace: &str,
) -> Result<String> {
    let from = &variable["valueFrom"];
    if let Some(path) = from["fieldRef"]["fieldPath"].as_str() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        return Ok(match path {
            "metadata.namespace" => namespace.to_owned(),
            "metadata.name" => format!("{}-0", text(&deployment["metadata"]["name"])),
            "spec.serviceAccountName" => text(&deployment["spec"]["template"]["spec"]["serviceAccountName"]),
            "status.podIP" => "127.0.0.1".to_owned(),
            other => bail!("{other} is not known here"),
        });
    }
    if let Some(resource) = from["resourceFieldRef"]["resource"].as_str() {
        let found = resource.split('.').fold(&container["resources"], |value, key| &value[key]);
        let quantity = found.as_str().map(str::to_owned).or_else(|| found.as_u64().map(|n| n.to_string()));
        let quantity = quantity.with_context(|| format!("the container has no {resource}"))?;
        return whole(&quantity).map(|number| number.to_string());
    }
    if variable.get("valueFrom").is_none() {
        return Ok(String::new());
    }
    bail!("its value is in an object that is not known here")
}

/// A quantity as the kubelet gives it with divisor 1: whole, rounded up.
fn whole(quantity: &str) -> Result<u64> {
    let digits = quantity.find(|c: char| !c.is_ascii_digit()).unwrap_or(quantity.len());
    let (number, unit) = quantity.split_at(digits);
    let number: u64 = number.parse().with_context(|| quantity.to_owned())?;
    Ok(match unit {
        "" => number,
        "m" => number.div_ceil(1000),
        "k" => number * 1000,
        "M" => number * 1_000_000,
        "G" => number * 1_000_000_000,
        "Ki" => number << 10,
        "Mi" => number << 20,
        "Gi" => number << 30,
        _ => bail!("{quantity} is no quantity that is known here"),
    })
}

/// Puts the environment in the place of `$(NAME)`; what is not known stays, and `$$` is `$`, as in Kubernetes.
fn expand(text: &str, environment: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let name = after.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        match name.and_then(|(name, behind)| Some((environment.get(name)?, behind))) {
            Some((value, behind)) => {
                out.push_str(value);
                rest = behind;
            }
            None => {
                out.push('$');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
