//! The kustomization file: its fields, defaults and checks.

mod lenient;
mod parts;

use std::collections::BTreeMap;

use manifest::budget::Budget;
use manifest::yaml::{Dialect, Node, to_value_v2};
use serde_json::{Map, Value};

pub(crate) use parts::{
    ConfigFieldSpec, ConfigMapArgs, GeneratorArgs, GeneratorOptions, Image, Label, Patch, PatchOptions,
    Replacement, Replica, Selector, SortOptions, TargetSelector, Var,
};

use crate::decode::{Decode as _, Decoder, decode_struct, same_name};
use crate::error::{Error, Result, Within as _};
use crate::work::{Held, Work};

const KIND: &str = "Kustomization";
const COMPONENT: &str = "Component";

/// The names under which a kustomization file is looked for, in order.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How much larger than its node an entry is once it is decoded: `{}` becomes all fields of a patch.
const FIELDS_PER_NODE: usize = 4;

/// A kustomization, current fields only: deprecated spellings are rewritten on reading.
#[derive(Debug, Default, Clone)]
pub(crate) struct Kustomization {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    metadata: Option<parts::Metadata>,
    pub(crate) openapi: BTreeMap<String, String>,
    pub(crate) name_prefix: String,
    pub(crate) name_suffix: String,
    pub(crate) namespace: String,
    pub(crate) common_labels: BTreeMap<String, String>,
    pub(crate) labels: Vec<Label>,
    pub(crate) common_annotations: BTreeMap<String, String>,
    pub(crate) patches_strategic_merge: Vec<String>,
    pub(crate) patches_json6902: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    image_tags: Vec<Image>,
    pub(crate) replacements: Vec<Replacement>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) vars: Vec<Var>,
    pub(crate) sort_options: Option<SortOptions>,
    pub(crate) resources: Vec<String>,
    pub(crate) components: Vec<String>,
    pub(crate) crds: Vec<String>,
    bases: Vec<String>,
    pub(crate) config_map_generator: Vec<ConfigMapArgs>,
    pub(crate) secret_generator: Vec<GeneratorArgs>,
    helm_globals: Value,
    helm_charts: Vec<Value>,
    helm_chart_inflation_generator: Vec<Value>,
    pub(crate) generator_options: Option<GeneratorOptions>,
    pub(crate) configurations: Vec<String>,
    pub(crate) generators: Vec<String>,
    pub(crate) transformers: Vec<String>,
    pub(crate) validators: Vec<String>,
    pub(crate) build_metadata: Vec<String>,
}

decode_struct!(Kustomization, "Kustomization", {
    "apiVersion" => api_version,
    "kind" => kind,
    "metadata" => metadata,
    "openapi" => openapi,
    "namePrefix" => name_prefix,
    "nameSuffix" => name_suffix,
    "namespace" => namespace,
    "commonLabels" => common_labels,
    "labels" => labels,
    "commonAnnotations" => common_annotations,
    "patchesStrategicMerge" => patches_strategic_merge,
    "patchesJson6902" => patches_json6902,
    "patches" => patches,
    "images" => images,
    "imageTags" => image_tags,
    "replacements" => replacements,
    "replicas" => replicas,
    "vars" => vars,
    "sortOptions" => sort_options,
    "resources" => resources,
    "components" => components,
    "crds" => crds,
    "bases" => bases,
    "configMapGenerator" => config_map_generator,
    "secretGenerator" => secret_generator,
    "helmGlobals" => helm_globals,
    "helmCharts" => helm_charts,
    "helmChartInflationGenerator" => helm_chart_inflation_generator,
    "generatorOptions" => generator_options,
    "configurations" => configurations,
    "generators" => generators,
    "transformers" => transformers,
    "validators" => validators,
    "buildMetadata" => build_metadata,
});

impl Kustomization {
    /// Reads a file: the first document, by YAML 1.1.
    pub(crate) fn read(
        text: &str,
        directory: &str,
        file: &str,
        warnings: &mut Vec<String>,
        work: &Work,
    ) -> Result<(Self, Held)> {
        let value = first_document(text, work).map_err(|error| error.within("invalid Kustomization"))?;
        let weight = crate::weight::weight(&value);
        work.walk(weight)?;
        let held = work.held(weight.saturating_mul(FIELDS_PER_NODE))?;
        let mut read = Self::default();
        read.decode(&value, &mut Decoder::strict()).within(|| "invalid Kustomization".to_owned())?;
        let filled = is_filled(&value);
        warnings.extend(deprecations(&value));
        if !read.helm_charts.is_empty() || !read.helm_chart_inflation_generator.is_empty() {
            return Err(Error::Unsupported {
                feature: "helmCharts".to_owned(),
                file: join_shown(directory, file),
                hint: "render the chart beforehand and list the result under resources",
            });
        }
        read.fix();
        if !filled {
            return Err(Error::input("kustomization.yaml is empty"));
        }
        read.check(directory)?;
        Ok((read, held))
    }

    pub(crate) fn is_component(&self) -> bool {
        self.kind == COMPONENT
    }

    fn fix(&mut self) {
        if self.kind.is_empty() {
            KIND.clone_into(&mut self.kind);
        }
        if self.api_version.is_empty() {
            required_version(&self.kind).clone_into(&mut self.api_version);
        }
        self.resources.append(&mut self.bases);
        self.images.append(&mut self.image_tags);
        let config_maps = self.config_map_generator.iter_mut().map(|generator| &mut generator.args);
        for generator in config_maps.chain(&mut self.secret_generator) {
            if !generator.env.is_empty() {
                generator.envs.push(std::mem::take(&mut generator.env));
            }
        }
    }

    fn check(&self, directory: &str) -> Result<()> {
        let mut problems = Vec::new();
        if self.kind != KIND && self.kind != COMPONENT {
            problems.push("kind should be Kustomization or Component".to_owned());
        }
        let required = required_version(&self.kind);
        if self.api_version != required {
            problems.push(format!("apiVersion for {} should be {required}", self.kind));
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::input(format!(
            "Failed to read kustomization file under {directory}:\n{}",
            problems.join("\n")
        )))
    }
}

/// A warning for each deprecated field that is there, even if it holds nothing.
fn deprecations(value: &Value) -> Vec<String> {
    let fields = [
        ("bases", "'resources' instead."),
        ("commonLabels", "'labels' instead."),
        ("imageTags", "'images' instead."),
        ("patchesJson6902", "'patches' instead."),
        ("patchesStrategicMerge", "'patches' instead."),
        ("vars", "'replacements' instead. [EXPERIMENTAL]"),
    ];
    let has = |field: &str| {
        let mut spellings: Vec<_> =
            value.as_object().into_iter().flatten().filter(|(key, _)| same_name(field, key)).collect();
        spellings.sort_unstable_by_key(|(key, _)| *key);
        spellings.last().is_some_and(|(_, value)| !value.is_null())
    };
    let used = fields.into_iter().filter(|(field, _)| has(field));
    used.map(|(old, new)| {
        format!(
            "# Warning: '{old}' is deprecated. Please use {new} Run 'kustomize edit fix' to update your \
             Kustomization automatically."
        )
    })
    .collect()
}

fn required_version(kind: &str) -> &'static str {
    if kind == COMPONENT { "kustomize.config.k8s.io/v1alpha1" } else { "kustomize.config.k8s.io/v1beta1" }
}

fn join_shown(directory: &str, file: &str) -> String {
    format!("{}/{file}", directory.trim_end_matches('/'))
}

/// Reads the root kustomization file as Flux does before it adds the spec to it (contracts/kustomize-controller.md 7.1): the
/// first document, rewritten from the fields that kustomize knows.
///
/// # Errors
/// The file's fault: it is no YAML, or a field is of another type than kustomize's.
pub fn read_leniently(content: &[u8], budget: &Budget) -> Result<Map<String, Value>> {
    let value = match str::from_utf8(content) {
        Ok(text) => first_document(text, &Work::new(budget.clone())),
        Err(_) => Err(Error::input("yaml: invalid UTF-8")),
    };
    let value = value.map_err(|error| match error {
        other if other.is_final() => other,
        error => Error::input(format!("error converting YAML to JSON: {error}")),
    })?;
    lenient::rewrite(&Kustomization::SHAPE, value)
}

/// The first document of a YAML 1.1 text; what follows it does not matter, even if it is no YAML.
pub(crate) fn first_document(text: &str, work: &Work) -> Result<Value> {
    let Some(node) = work.read(text, Dialect::V2)? else { return Ok(Value::Null) };
    to_value(&node, work)
}

/// The value of a node, of which there are two meanwhile.
fn to_value(node: &Node, work: &Work) -> Result<Value> {
    let weight = node.weight();
    work.walk(weight)?;
    let _both = work.held(weight.saturating_mul(2))?;
    Ok(to_value_v2(node)?)
}

/// The same where keys must not repeat.
pub(crate) fn first_document_strict(text: &str, work: &Work) -> Result<Value> {
    let Some(node) = work.read(text, Dialect::V2)? else { return Ok(Value::Null) };
    check_keys(&node)?;
    to_value(&node, work)
}

fn check_keys(node: &Node) -> Result<()> {
    match node {
        Node::Scalar(_) => Ok(()),
        Node::Seq(seq) => seq.items.iter().try_for_each(check_keys),
        Node::Map(map) => {
            let mut known = std::collections::HashSet::new();
            for (key, value) in &map.entries {
                if !known.insert(key.text.as_str()) {
                    return Err(Error::input(format!(
                        "yaml: unmarshal errors:\n  line {}: key {:?} already set in map",
                        key.line, key.text
                    )));
                }
                check_keys(value)?;
            }
            Ok(())
        }
    }
}

/// Whether anything but `apiVersion` and `kind` has a value.
fn is_filled(value: &Value) -> bool {
    value.as_object().into_iter().flatten().any(|(key, value)| {
        let moved = same_name("bases", key)
            || same_name("imageTags", key)
            || same_name("helmChartInflationGenerator", key);
        !same_name("apiVersion", key)
            && !same_name("kind", key)
            && match value {
                Value::Null => false,
                Value::String(text) => !text.is_empty(),
                Value::Array(items) => !moved || !items.is_empty(),
                _ => true,
            }
    })
}

#[cfg(test)]
mod tests;
