//! What is kept of what is beside objects, so that whole namespaces of it can be held.

use serde_json::{Map, Value};

use super::Kin;
use crate::prune::kept;
use crate::rules::Rules;
use crate::wording;

/// Characters of a text of an Event that are kept. The API server bounds none of them, and whoever may write Events in a namespace
/// may write as many as they like.
const LONGEST: usize = 4096;

/// Of every kin: whose it is, and by what it is found.
const METADATA: &[&str] = &[
    "metadata.creationTimestamp",
    "metadata.labels",
    "metadata.namespace",
    "metadata.ownerReferences[].kind",
    "metadata.ownerReferences[].name",
    "metadata.ownerReferences[].uid",
];

impl Kin {
    /// The object, or everything of it but apiVersion, kind and metadata, without what nobody reads of it.
    #[must_use]
    pub fn pruned(self, object: Value, rules: &Rules) -> Value {
        let (group, _, kind) = self.kind();
        let annotations = self.annotations_of(&object);
        let row = rules.of(group, kind);
        let mut object = kept(object, row, &[METADATA, self.keeps()]);
        if let (false, Some(metadata)) = (annotations.is_empty(), object.get_mut("metadata")) {
            metadata["annotations"] = Value::Object(annotations);
        }
        if self == Self::Event {
            bound(&mut object);
        }
        object
    }

    /// Paths of fields that are read beside those that the rules of the kind read.
    const fn keeps(self) -> &'static [&'static str] {
        match self {
            Self::Pod => &[],
            // By these a Service knows whether what makes its Pods is scaled to zero.
            Self::ReplicaSet => &["spec.template.metadata.labels"],
            Self::Event => &[
                "count",
                "eventTime",
                "involvedObject",
                "lastTimestamp",
                "message",
                "reason",
                "reportingComponent",
                "series.lastObservedTime",
                "source.component",
                "type",
            ],
            Self::EndpointSlice => &["endpoints[].conditions", "endpoints[].targetRef.name"],
            Self::StorageClass => &["provisioner", "volumeBindingMode"],
            Self::Namespace => &["spec.finalizers", "status.phase"],
        }
    }

    /// Annotations that are read; all others may hold anything.
    fn annotations_of(self, object: &Value) -> Map<String, Value> {
        let names: &[&str] = match self {
            Self::ReplicaSet => &["deployment.kubernetes.io/revision"],
            Self::StorageClass => &[
                "storageclass.kubernetes.io/is-default-class",
                "storageclass.beta.kubernetes.io/is-default-class",
            ],
            _ => &[],
        };
        let known = |name: &&str| {
            let value = object.get("metadata")?.get("annotations")?.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        };
        names.iter().filter_map(known).collect()
    }
}

/// An Event is found by the object that it is about, not by labels.
fn bound(event: &mut Value) {
    if let Some(Value::Object(metadata)) = event.get_mut("metadata") {
        metadata.remove("labels");
        metadata.remove("ownerReferences");
        metadata.remove("finalizers");
    }
    shorten(event);
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > LONGEST => *text = wording::cut(text, LONGEST),
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(map) => map.values_mut().for_each(shorten),
        _ => {}
    }
}
