//! Configurations: the field specs of all transformers together, and files that add to them.

use std::sync::Arc;

use super::{FieldSpec, GvkFilter, merge_specs};
use crate::decode::decode_struct;
use crate::error::{Result, Within as _};
use crate::kustomization::ConfigFieldSpec;
use crate::work::Work;

/// Fields that name objects of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) target: GvkFilter,
    pub(crate) referrers: Vec<FieldSpec>,
}

/// Everything `configurations` can add to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<Reference>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

impl Config {
    fn lists(&mut self) -> [(&mut Vec<FieldSpec>, &'static str); 10] {
        [
            (&mut self.name_prefix, "NamePrefix"),
            (&mut self.name_suffix, "NameSuffix"),
            (&mut self.namespace, "NameSpace"),
            (&mut self.common_annotations, "CommonAnnotations"),
            (&mut self.common_labels, "CommonLabels"),
            (&mut self.labels, "Labels"),
            (&mut self.template_labels, "TemplateLabels"),
            (&mut self.var_reference, "VarReference"),
            (&mut self.images, "Images"),
            (&mut self.replicas, "Replicas"),
        ]
    }

    /// How many field specs of one sort there are at most, and all together.
    fn count(&self) -> (usize, usize) {
        let references = self.name_reference.iter().map(|reference| reference.referrers.len());
        let lists = [
            &self.name_prefix,
            &self.name_suffix,
            &self.namespace,
            &self.common_annotations,
            &self.common_labels,
            &self.labels,
            &self.template_labels,
            &self.var_reference,
            &self.images,
            &self.replicas,
        ];
        let lengths = lists.into_iter().map(Vec::len).chain(references).chain([self.name_reference.len()]);
        lengths.fold((0, 0), |(most, sum), length| (length.max(most), sum + length))
    }

    /// Charges that this is added to another configuration: each spec is compared with those of its sort.
    pub(crate) fn charge_merge(&self, into: &Self, work: &Work) -> Result<()> {
        const COMPARED_PER_STEP: usize = 32;
        let ((most, sum), (own, all)) = (into.count(), self.count());
        work.step(1 + (sum + all) / COMPARED_PER_STEP + all.saturating_mul(most + own) / COMPARED_PER_STEP)
    }

    pub(super) fn sort(&mut self) {
        for (list, _) in self.lists() {
            list.sort_by(|a, b| a.gvk.order(&b.gvk));
        }
        self.name_reference.sort_by(|a, b| a.target.order(&b.target));
    }

    /// Both configurations together; the other has been merged into an empty one before.
    pub(crate) fn merge(self: &Arc<Self>, other: &Arc<Self>) -> Result<Arc<Self>> {
        if Arc::ptr_eq(self, other) || **other == Self::default() {
            return Ok(self.clone());
        }
        if **self == Self::default() {
            return Ok(other.clone());
        }
        Ok(Arc::new((**self).clone().with((**other).clone())?))
    }

    /// Everything in it that is not in the other, added. Into an empty one that is not all: a spec for any kind is left out when one for
    /// some kind stands before it.
    pub(crate) fn with(self, mut other: Self) -> Result<Self> {
        let mut merged = self;
        for ((into, name), (more, _)) in merged.lists().into_iter().zip(other.lists()) {
            merge_specs(into, more).within(|| format!("failed to merge {name} fieldSpec"))?;
        }
        for reference in &other.name_reference {
            merged
                .add_reference(reference)
                .within(|| "failed to merge NameReference fieldSpec".to_owned())?;
        }
        merged.sort();
        Ok(merged)
    }

    /// Adds fields that name objects of a kind.
    pub(crate) fn add_reference(&mut self, reference: &Reference) -> Result<()> {
        match self.name_reference.iter_mut().find(|known| known.target == reference.target) {
            Some(known) => merge_specs(&mut known.referrers, &reference.referrers),
            None => {
                self.name_reference.push(reference.clone());
                Ok(())
            }
        }
    }
}

/// One entry of `nameReference`.
#[derive(Debug, Default, Clone)]
struct ConfigReference {
    group: String,
    version: String,
    kind: String,
    field_specs: Vec<ConfigFieldSpec>,
}

decode_struct!(ConfigReference, "NameBackReferences", {
    "group" => group,
    "version" => version,
    "kind" => kind,
    "fieldSpecs" => field_specs,
});

/// A `configurations` file.
#[derive(Debug, Default, Clone)]
pub(crate) struct ConfigFile {
    name_prefix: Vec<ConfigFieldSpec>,
    name_suffix: Vec<ConfigFieldSpec>,
    namespace: Vec<ConfigFieldSpec>,
    common_labels: Vec<ConfigFieldSpec>,
    labels: Vec<ConfigFieldSpec>,
    template_labels: Vec<ConfigFieldSpec>,
    common_annotations: Vec<ConfigFieldSpec>,
    name_reference: Vec<ConfigReference>,
    var_reference: Vec<ConfigFieldSpec>,
    images: Vec<ConfigFieldSpec>,
    replicas: Vec<ConfigFieldSpec>,
}

decode_struct!(ConfigFile, "TransformerConfig", {
    "namePrefix" => name_prefix,
    "nameSuffix" => name_suffix,
    "namespace" => namespace,
    "commonLabels" => common_labels,
    "labels" => labels,
    "templateLabels" => template_labels,
    "commonAnnotations" => common_annotations,
    "nameReference" => name_reference,
    "varReference" => var_reference,
    "images" => images,
    "replicas" => replicas,
});

impl From<&ConfigFile> for Config {
    fn from(file: &ConfigFile) -> Self {
        let convert = |list: &[ConfigFieldSpec]| list.iter().map(FieldSpec::from).collect::<Vec<_>>();
        let mut config = Self {
            name_prefix: convert(&file.name_prefix),
            name_suffix: convert(&file.name_suffix),
            namespace: convert(&file.namespace),
            common_labels: convert(&file.common_labels),
            labels: convert(&file.labels),
            template_labels: convert(&file.template_labels),
            common_annotations: convert(&file.common_annotations),
            name_reference: file
                .name_reference
                .iter()
                .map(|reference| Reference {
                    target: GvkFilter {
                        group: reference.group.clone().into(),
                        version: reference.version.clone().into(),
                        kind: reference.kind.clone().into(),
                    },
                    referrers: convert(&reference.field_specs),
                })
                .collect(),
            var_reference: convert(&file.var_reference),
            images: convert(&file.images),
            replicas: convert(&file.replicas),
        };
        config.sort();
        config
    }
}
