//! Built-in transformers and generators configured by objects, as `transformers` and `generators` list them.

use std::rc::Rc;

use manifest::yaml::{Dialect, Node, to_value_v3};

use crate::decode::{Decode, Decoder, decode_struct};
use crate::error::{Error, Result, Within as _};
use crate::fieldspec::FieldSpec;
use crate::generators::{self, Kind};
use crate::kustomization::{
    ConfigFieldSpec, GeneratorArgs, Image, Patch, PatchOptions, Replacement, Replica, Selector,
    first_document,
};
use crate::load::Loader;
use crate::replacements::Replacements;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::schema::Schemas;
use crate::shape::Shape;
use crate::transformers::{
    Affix, Affixes, Images, Json6902, MetaTexts, Namespace, Patches, Replicas, StrategicMerge, SubjectMode,
    Transformer, ValueAdd, ValueTarget,
};
use crate::work::{Growth, Work};

/// Every setting of every built-in plugin; each kind uses some.
#[derive(Debug, Default, Clone)]
struct Settings {
    metadata: PluginMetadata,
    field_specs: Option<Vec<ConfigFieldSpec>>,
    labels: std::collections::BTreeMap<String, String>,
    annotations: std::collections::BTreeMap<String, String>,
    prefix: String,
    suffix: String,
    unset_only: bool,
    subjects: String,
    image_tag: Image,
    replica: Replica,
    target: Option<Selector>,
    path: String,
    patch: String,
    json_op: String,
    options: Option<PatchOptions>,
    paths: Vec<String>,
    patches: String,
    replacements: Vec<Replacement>,
    value: String,
    targets: Vec<ValueTarget>,
    target_file_path: String,
}

decode_struct!(Settings, "Plugin", {
    "metadata" => metadata,
    "fieldSpecs" => field_specs,
    "labels" => labels,
    "annotations" => annotations,
    "prefix" => prefix,
    "suffix" => suffix,
    "unsetOnly" => unset_only,
    "setRoleBindingSubjects" => subjects,
    "imageTag" => image_tag,
    "replica" => replica,
    "target" => target,
    "path" => path,
    "patch" => patch,
    "jsonOp" => json_op,
    "options" => options,
    "paths" => paths,
    "patches" => patches,
    "replacements" => replacements,
    "value" => value,
    "targets" => targets,
    "targetFilePath" => target_file_path,
});

#[derive(Debug, Default, Clone)]
struct PluginMetadata {
    name: String,
    namespace: String,
}

decode_struct!(PluginMetadata, "ObjectMeta", { "name" => name, "namespace" => namespace });

/// A generator as an object.
#[derive(Debug, Default, Clone)]
struct GeneratorSettings {
    metadata: PluginMetadata,
    args: GeneratorArgs,
}

impl Decode for GeneratorSettings {
    const SHAPE: Shape = GeneratorArgs::SHAPE;

    fn go_type() -> String {
        GeneratorArgs::go_type()
    }

    fn decode(&mut self, value: &serde_json::Value, decoder: &mut Decoder) -> Result<()> {
        if let Some(metadata) = value.get("metadata") {
            self.metadata.decode(metadata, decoder)?;
        }
        // The original does not find the types of these fields and lets no number through.
        self.args.decode(value, &mut Decoder::exact())
    }
}

#[derive(Debug, Default, Clone)]
struct PolicySettings {
    cloud: String,
    kubernetes_service: PluginMetadata,
    service_account: PolicyAccount,
}

decode_struct!(PolicySettings, "IAMPolicyGeneratorArgs", {
    "cloud" => cloud,
    "kubernetesService" => kubernetes_service,
    "serviceAccount" => service_account,
});

#[derive(Debug, Default, Clone)]
struct PolicyAccount {
    name: String,
    project_id: String,
}

decode_struct!(PolicyAccount, "ServiceAccount", { "name" => name, "projectId" => project_id });

/// The hash transformer as a plugin.
struct Hash;

impl Transformer for Hash {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        add_hashes(map)
    }
}

/// Several transformers as one.
struct Several(Vec<Box<dyn Transformer>>);

impl Transformer for Several {
    fn run(&self, map: &mut ResMap, schemas: &Schemas) -> Result<()> {
        self.0.iter().try_for_each(|transformer| transformer.run(map, schemas))
    }
}

/// Appends hashes to the names of objects that want one.
pub(crate) fn add_hashes(map: &mut ResMap) -> Result<()> {
    let growth = Growth::new(map.work());
    for resource in map.iter_mut().filter(|resource| resource.needs_hash()) {
        let (weight, id) = (resource.weight(), resource.id());
        growth.work().walk(2 * weight)?;
        growth.add(BOOKKEEPING + 3 * id.name.len() + 2 * id.namespace.len())?;
        // The data is there as a value and as text meanwhile.
        let _copies = growth.work().held(2 * weight)?;
        let hash = generators::name_hash(resource.node())?;
        resource.store_previous_id()?;
        let name = format!("{}-{hash}", resource.id().name);
        resource.set_name(&name)?;
    }
    map.grown(growth.into_bytes())
}

/// Bytes of the annotations that remember former ids, at most, beside names and namespaces, and of the hash.
const BOOKKEEPING: usize = 1024;

fn check_builtin(resource: &Resource, file: &str) -> Result<()> {
    let id = resource.id();
    if id.group.is_empty() && &*id.version == "builtin" {
        return Ok(());
    }
    Err(Error::input(format!(
        "external plugins disabled; unable to load external plugin '{}' in {file}: use the built-in transformers and \
         generators, or run the plugin beforehand",
        id.kind
    )))
}

fn settings<T: Decode + Default>(resource: &Resource, decoder: &mut Decoder) -> Result<T> {
    let value = to_value_v3(resource.node())?;
    let mut settings = T::default();
    settings
        .decode(&value, decoder)
        .within(|| format!("plugin {} fails configuration", resource.original_id()))?;
    Ok(settings)
}

const GENERATORS: [&str; 4] =
    ["ConfigMapGenerator", "SecretGenerator", "IAMPolicyGenerator", "HelmChartInflationGenerator"];

/// Makes a transformer of its configuration.
pub(crate) fn transformer(loader: &Rc<Loader<'_>>, resource: &Resource) -> Result<Box<dyn Transformer>> {
    check_builtin(resource, &loader.shown())?;
    let kind = resource.kind();
    if GENERATORS.contains(&kind) {
        return Err(Error::input(format!("plugin {} not a transformer", resource.original_id())));
    }
    let mut decoder = match kind {
        "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer" => Decoder::cased(),
        _ => Decoder::lenient(),
    };
    let settings: Settings = settings(resource, &mut decoder)?;
    configure(loader, resource, kind, settings)
        .within(|| format!("plugin {} fails configuration", resource.original_id()))
}

fn configure(
    loader: &Rc<Loader<'_>>,
    resource: &Resource,
    kind: &str,
    settings: Settings,
) -> Result<Box<dyn Transformer>> {
    let specs = || settings.field_specs.iter().flatten().map(FieldSpec::from).collect::<Vec<_>>();
    let affix = |affix: Affix, text: &str| {
        if settings.field_specs.is_none() {
            return Err(Error::input("fieldSpecs is not expected to be nil"));
        }
        Ok(Box::new(Affixes { affix, text: text.to_owned(), specs: specs() }))
    };
    Ok(match kind {
        "AnnotationsTransformer" => {
            Box::new(MetaTexts { texts: settings.annotations.clone(), specs: specs() })
        }
        "LabelTransformer" => Box::new(MetaTexts { texts: settings.labels.clone(), specs: specs() }),
        "HashTransformer" => Box::new(Hash),
        "ImageTagTransformer" => Box::new(Images::new(settings.image_tag.clone(), specs(), loader.work())?),
        "NamespaceTransformer" => {
            let subjects = SubjectMode::parse(&settings.subjects);
            if matches!(subjects, SubjectMode::Unknown) {
                return Err(Error::input(
                    "invalid value for setRoleBindingSubjects: must be one of \"allServiceAccounts\", \"defaultOnly\" or \
                     \"none\"",
                ));
            }
            Box::new(Namespace {
                namespace: settings.metadata.namespace.clone(),
                specs: specs(),
                unset_only: settings.unset_only,
                subjects,
            })
        }
        "PatchTransformer" => Box::new(Patches::new(
            loader,
            &Patch {
                path: settings.path.clone(),
                patch: settings.patch.clone(),
                target: settings.target.clone(),
                options: settings.options.clone(),
            },
        )?),
        "PatchJson6902Transformer" => Box::new(Json6902::new(
            loader,
            &Patch {
                path: settings.path.clone(),
                patch: settings.json_op.clone(),
                target: settings.target.clone(),
                options: None,
            },
        )?),
        "PatchStrategicMergeTransformer" => {
            Box::new(StrategicMerge::new(loader, &settings.paths, &settings.patches)?)
        }
        "PrefixTransformer" => affix(Affix::Prefix, &settings.prefix)?,
        "SuffixTransformer" => affix(Affix::Suffix, &settings.suffix)?,
        "PrefixSuffixTransformer" => Box::new(Several(vec![
            affix(Affix::Prefix, &settings.prefix)?,
            affix(Affix::Suffix, &settings.suffix)?,
        ])),
        "ReplacementTransformer" => Box::new(Replacements::new(loader, &settings.replacements)?),
        "ReplicaCountTransformer" => Box::new(Replicas { replica: settings.replica.clone(), specs: specs() }),
        "ValueAddTransformer" => Box::new(value_add(loader, settings)?),
        _ => return Err(Error::input(format!("unable to load builtin {}", resource.id().gvk_string()))),
    })
}

fn value_add(loader: &Rc<Loader<'_>>, settings: Settings) -> Result<ValueAdd> {
    let mut value = settings.value.trim().to_owned();
    if value.is_empty() {
        value = loader.base_name();
    }
    let mut targets = settings.targets;
    if !settings.target_file_path.is_empty() {
        let read = first_document(&loader.load_text(&settings.target_file_path)?, loader.work())?;
        let mut more: Vec<ValueTarget> = Vec::new();
        if let Some(list) = read.get("targets") {
            more.decode(list, &mut Decoder::lenient())?;
        }
        targets.append(&mut more);
    }
    let transformer = ValueAdd { value, targets };
    transformer.check()?;
    Ok(transformer)
}

/// Runs a generator given by its configuration.
pub(crate) fn generate(loader: &Rc<Loader<'_>>, resource: &Resource) -> Result<Vec<Resource>> {
    check_builtin(resource, &loader.shown())?;
    let kind = match resource.kind() {
        "ConfigMapGenerator" => Kind::ConfigMap,
        "SecretGenerator" => Kind::Secret,
        "IAMPolicyGenerator" => return iam_policy(resource, loader.work()),
        "HelmChartInflationGenerator" => {
            return Err(Error::Unsupported {
                feature: "HelmChartInflationGenerator".to_owned(),
                file: loader.shown(),
                hint: "render the chart beforehand and list the result under resources",
            });
        }
        kind if kind.ends_with("Transformer") => {
            return Err(Error::input(format!("plugin {} not a generator", resource.original_id())));
        }
        _ => return Err(Error::input(format!("unable to load builtin {}", resource.id().gvk_string()))),
    };
    let GeneratorSettings { metadata, mut args } = settings(resource, &mut Decoder::lenient())?;
    if args.name.is_empty() {
        args.name = metadata.name;
    }
    if args.namespace.is_empty() {
        args.namespace = metadata.namespace;
    }
    // As in the original `env` counts in kustomization files only.
    args.env.clear();
    Ok(vec![generators::generate(loader, kind, &args, args.options.as_ref())?])
}

/// A service account bound to one of Google's.
fn iam_policy(resource: &Resource, work: &Work) -> Result<Vec<Resource>> {
    // The original puts the texts into YAML and reads that; numbers are no texts here.
    let settings: PolicySettings = settings(resource, &mut Decoder::exact())?;
    if settings.cloud != "gke" {
        return Err(Error::input("cloud provider not supported yet: expected gke"));
    }
    let (service, account) = (&settings.kubernetes_service, &settings.service_account);
    let mut text = format!(
        "\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations:\n    iam.gke.io/gcp-service-account: \
         {}@{}.iam.gserviceaccount.com\n  name: {}\n",
        account.name, account.project_id, service.name
    );
    if !service.namespace.is_empty() {
        text.push_str("\n  namespace: ");
        text.push_str(&service.namespace);
    }
    let node = work.read(&text, Dialect::V3)?;
    Ok(vec![Resource::new(node.unwrap_or_else(Node::map))?])
}
