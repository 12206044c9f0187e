//! Who the spans are of: OpenTelemetry's resource. The environment has the last word, as everywhere with OpenTelemetry.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};

use crate::env;

/// The process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// `kustomize-controller`.
    pub(crate) controller: &'static str,
    pub(crate) version: &'static str,
    /// Of the pod.
    pub(crate) instance: &'a str,
    pub(crate) namespace: Option<&'a str>,
}

impl About<'_> {
    pub(super) fn resource(&self) -> Resource {
        let mut own = vec![
            KeyValue::new("service.name", self.controller),
            KeyValue::new("service.version", self.version),
            KeyValue::new("service.instance.id", self.instance.to_owned()),
            KeyValue::new("k8s.pod.name", self.instance.to_owned()),
        ];
        own.extend(self.namespace.map(|name| KeyValue::new("k8s.namespace.name", name.to_owned())));
        let resource = Resource::builder_empty()
            .with_attributes(own)
            .with_detectors(&[Box::new(TelemetryResourceDetector), Box::new(EnvResourceDetector::new())]);
        match std::env::var(env::OTEL_SERVICE_NAME) {
            Ok(name) if !name.is_empty() => resource.with_service_name(name),
            _ => resource,
        }
        .build()
    }
}
