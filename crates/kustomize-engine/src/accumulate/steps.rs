//! Generators, transformers and validators of one kustomization.

use manifest::yaml::Node;

use super::{Accumulator, Build, Target};
use crate::error::{Error, Result, Within as _};
use crate::fieldspec::{self, FieldSpec, GvkFilter, merge_spec, merge_specs};
use crate::generators::{self, Kind};
use crate::objects;
use crate::origin::Configured;
use crate::plugins;
use crate::replacements::Replacements;
use crate::resource::{ORIGIN, Resource};
use crate::schema::Builtin;
use crate::shown;
use crate::transformers::{
    Affix, Affixes, Images, Json6902, MetaTexts, Namespace, Patches, Replicas, StrategicMerge, SubjectMode,
    Transformer,
};
use crate::work::{Growth, Held};

/// Bytes that a field spec takes, its path included.
const SPEC: usize = 128;

type Step = (Box<dyn Transformer>, Option<Configured>);

impl Target<'_> {
    fn builtin(&self, kind: &str) -> Option<Configured> {
        let origin = self.origin.as_ref()?;
        Some(Configured::builtin(origin, self.file, kind))
    }

    pub(super) fn run_generators(&self, build: &mut Build, all: &mut Accumulator) -> Result<()> {
        let kustomization = &self.kustomization;
        let mut generated = Vec::new();
        let config_maps: Vec<_> =
            kustomization.config_map_generator.iter().map(|generator| &generator.args).collect();
        let secrets: Vec<_> = kustomization.secret_generator.iter().collect();
        for (kind, name, list) in
            [(Kind::ConfigMap, "ConfigMapGenerator", config_maps), (Kind::Secret, "SecretGenerator", secrets)]
        {
            let by = self.builtin(name);
            for args in list {
                let options = generators::merge_options(
                    args.options.as_ref(),
                    kustomization.generator_options.as_ref(),
                );
                generated
                    .push((generators::generate(&self.loader, kind, args, options.as_ref())?, by.clone()));
            }
        }
        let plugins = self
            .plugin_configs(build, &kustomization.generators, "configuring external generator")
            .within(|| "loading generator plugins".to_owned())?;
        for plugin in &plugins {
            let by = self.by_plugin(plugin);
            for resource in plugins::generate(&self.loader, plugin)
                .within(|| "failed to load generator".to_owned())
                .within(|| "loading generator plugins".to_owned())?
            {
                generated.push((resource, by.clone()));
            }
        }
        for (mut resource, by) in generated {
            if let Some(by) = by {
                by.mark_generated(&mut resource)?;
            }
            resource.weigh();
            all.map.absorb(resource).within(|| "merging from generator".to_owned())?;
        }
        build.check_objects(&all.map)
    }

    /// The objects that configure plugins: inline, in files or built.
    fn plugin_configs(&self, build: &mut Build, entries: &[String], step: &str) -> Result<Vec<Resource>> {
        let work = build.work.clone();
        let mut all = Accumulator::new(build);
        let mut paths = Vec::new();
        for entry in entries {
            let inline = objects::parse(entry, &work).and_then(|nodes| {
                let mut map = crate::resmap::ResMap::new(&work);
                map.append_all(self.resources(build, nodes)?)?;
                Ok(map.into_vec())
            });
            match inline {
                Ok(mut resources) => {
                    if let Some(origin) = &self.origin {
                        let annotation = origin.join(self.file).annotation();
                        for resource in &mut resources {
                            resource.change_annotation(ORIGIN, Some(&annotation))?;
                            resource.weigh();
                        }
                    }
                    all.map.append_all(resources).within(|| step.to_owned())?;
                }
                Err(error) if error.exceeded().is_some() => return Err(error),
                Err(_) => paths.push(entry.clone()),
            }
        }
        self.add_resources(build, &mut all, &paths)?;
        Ok(all.map.into_vec())
    }

    fn by_plugin(&self, plugin: &Resource) -> Option<Configured> {
        self.origin.as_ref()?;
        let origin = plugin.annotation(ORIGIN)?;
        let path = origin.lines().find_map(|line| line.strip_prefix("path: ")).unwrap_or_default();
        let about_repository = |line: &&str| line.starts_with("repo: ") || line.starts_with("ref: ");
        let id = plugin.id();
        Some(Configured {
            repository: origin.lines().filter(about_repository).map(|line| format!("{line}\n")).collect(),
            configured_in: path.trim_matches('"').to_owned(),
            api_version: plugin.api_version().to_owned(),
            kind: id.kind.to_string(),
            name: id.name.to_string(),
            namespace: id.namespace.to_string(),
        })
    }

    pub(super) fn run_transformers(&self, build: &mut Build, all: &mut Accumulator) -> Result<()> {
        let mut held = build.work.nothing();
        let mut steps = self.builtin_steps(all, &mut held)?;
        let transformers = &self.kustomization.transformers;
        for plugin in self.plugin_configs(build, transformers, "configuring external transformer")? {
            let by = self.by_plugin(&plugin);
            steps.push((plugins::transformer(&self.loader, &plugin)?, by));
        }
        for (step, by) in steps {
            step.run(&mut all.map, &build.schemas)?;
            if step.merges() && build.schemas.custom.is_none() {
                build.schemas.builtin = Builtin::Read;
            }
            if let Some(by) = by {
                let growth = Growth::new(&build.work);
                all.map.iter_mut().try_for_each(|resource| by.mark_transformed(resource, &growth))?;
                all.map.grown(growth.into_bytes())?;
            }
            all.map.drop_empties();
        }
        Ok(())
    }

    /// The transformers of the kustomization's own fields, in the one order there is.
    fn builtin_steps(&self, all: &Accumulator, held: &mut Held) -> Result<Vec<Step>> {
        let (kustomization, config, loader) = (&self.kustomization, &all.config, &self.loader);
        let mut steps: Vec<Step> = Vec::new();
        if !kustomization.patches_strategic_merge.is_empty() {
            let step =
                StrategicMerge::new(loader, &kustomization.patches_strategic_merge, "").within(|| {
                    let paths = &kustomization.patches_strategic_merge;
                    let paths: Vec<_> = paths.iter().map(|path| shown::file(path)).collect();
                    trouble("PatchStrategicMergeTransformer", &format!("for {}", paths.join(", ")))
                })?;
            steps.push((Box::new(step), self.builtin("PatchStrategicMergeTransformer")));
        }
        for (index, patch) in kustomization.patches.iter().enumerate() {
            let place = format!("patches[{index}]");
            let step =
                Patches::new(loader, patch).within(|| trouble("PatchTransformer", &place))?.at(place.clone());
            steps.push((Box::new(step), self.builtin("PatchTransformer")));
        }
        if !kustomization.namespace.is_empty() {
            let step = Namespace {
                namespace: kustomization.namespace.clone(),
                specs: config.namespace.clone(),
                unset_only: false,
                subjects: SubjectMode::DefaultOnly,
            };
            steps.push((Box::new(step), self.builtin("NamespaceTransformer")));
        }
        for (affix, text, specs, name) in [
            (Affix::Prefix, &kustomization.name_prefix, &config.name_prefix, "PrefixTransformer"),
            (Affix::Suffix, &kustomization.name_suffix, &config.name_suffix, "SuffixTransformer"),
        ] {
            if !text.is_empty() {
                let step = Affixes { affix, text: text.clone(), specs: specs.clone() };
                steps.push((Box::new(step), self.builtin(name)));
            }
        }
        self.label_steps(all, &mut steps, held)?;
        if !kustomization.common_annotations.is_empty() {
            let step = MetaTexts {
                texts: kustomization.common_annotations.clone(),
                specs: config.common_annotations.clone(),
            };
            steps.push((Box::new(step), self.builtin("AnnotationsTransformer")));
        }
        for (index, patch) in kustomization.patches_json6902.iter().enumerate() {
            let step = Json6902::new(loader, patch)
                .within(|| trouble("PatchJson6902Transformer", &format!("patchesJson6902[{index}]")))?;
            steps.push((Box::new(step), self.builtin("PatchJson6902Transformer")));
        }
        for replica in &kustomization.replicas {
            held.add(config.replicas.len().saturating_mul(SPEC))?;
            let step = Replicas { replica: replica.clone(), specs: config.replicas.clone() };
            steps.push((Box::new(step), self.builtin("ReplicaCountTransformer")));
        }
        for image in &kustomization.images {
            fieldspec::charge(&config.images, loader.work())?;
            held.add(config.images.len().saturating_mul(SPEC))?;
            let step = Images::new(image.clone(), config.images.clone(), loader.work())?;
            steps.push((Box::new(step), self.builtin("ImageTagTransformer")));
        }
        if !kustomization.replacements.is_empty() {
            // On its way to the transformer an empty list of targets gets lost in the original.
            let mut entries = kustomization.replacements.clone();
            for entry in &mut entries {
                entry.targets = entry.targets.take().filter(|targets| !targets.is_empty());
            }
            let step = Replacements::new(loader, &entries)
                .within(|| "trouble configuring builtin ReplacementTransformer".to_owned())?;
            steps.push((Box::new(step), self.builtin("ReplacementTransformer")));
        }
        Ok(steps)
    }

    fn label_steps(&self, all: &Accumulator, steps: &mut Vec<Step>, held: &mut Held) -> Result<()> {
        let (kustomization, config) = (&self.kustomization, &all.config);
        if kustomization.labels.is_empty() && kustomization.common_labels.is_empty() {
            return Ok(());
        }
        for label in &kustomization.labels {
            let known = config.labels.len() + config.common_labels.len() + config.template_labels.len();
            let count = known + label.fields.len();
            self.loader.work().step(count.saturating_mul(count) / 64)?;
            held.add(count.saturating_mul(SPEC))?;
            let mut specs: Vec<FieldSpec> = label.fields.iter().map(FieldSpec::from).collect();
            let context = || "failed to merge labels".to_owned();
            merge_specs(&mut specs, &config.labels).within(context)?;
            if label.include_selectors {
                merge_specs(&mut specs, &config.common_labels).within(context)?;
            } else {
                if label.include_templates {
                    merge_specs(&mut specs, &config.template_labels)
                        .within(|| "failed to merge template fieldSpec".to_owned())?;
                }
                let own = FieldSpec::new(GvkFilter::default(), "metadata/labels", true);
                merge_spec(&mut specs, &own).within(context)?;
            }
            let step = MetaTexts { texts: label.pairs.clone(), specs };
            steps.push((Box::new(step), self.builtin("LabelTransformer")));
        }
        let step =
            MetaTexts { texts: kustomization.common_labels.clone(), specs: config.common_labels.clone() };
        steps.push((Box::new(step), self.builtin("LabelTransformer")));
        Ok(())
    }

    pub(super) fn run_validators(&self, build: &mut Build, all: &mut Accumulator) -> Result<()> {
        let validators = &self.kustomization.validators;
        for plugin in self.plugin_configs(build, validators, "configuring external transformer")? {
            let validator = plugins::transformer(&self.loader, &plugin)?;
            // The objects are copied before and after.
            let weight: usize = all.map.iter().map(Resource::weight).sum();
            build.work.walk(2 * weight)?;
            let _copies = build.work.held(2 * weight)?;
            let before: Vec<Node> = all.map.iter().map(|resource| resource.node().clone()).collect();
            validator.run(&mut all.map, &build.schemas)?;
            if without_mark(all).is_none_or(|after| after != before) {
                return Err(Error::input("validator shouldn't modify the resource map"));
            }
        }
        Ok(())
    }
}

const VALIDATED_BY: &str = "validated-by";

/// The objects without the one label that validators may set. As in the original that only works on objects that have
/// no other label.
fn without_mark(all: &Accumulator) -> Option<Vec<Node>> {
    let unmarked = |resource: &Resource| {
        let mut node = resource.node().clone();
        let metadata = node.get_mut("metadata").and_then(Node::as_map_mut);
        if let Some(metadata) = metadata
            && let Some(Node::Map(labels)) = metadata.get("labels")
            && labels.get(VALIDATED_BY).is_some()
        {
            if labels.entries.len() > 1 {
                return None;
            }
            metadata.remove("labels");
        }
        Some(node)
    };
    all.map.iter().map(unmarked).collect()
}

/// The original shows the whole configuration, in which passwords may stand.
fn trouble(name: &str, place: &str) -> String {
    format!("trouble configuring builtin {name} {place}")
}
