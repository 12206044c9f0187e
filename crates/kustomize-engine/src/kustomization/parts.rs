//! The structures below the fields of a kustomization, shared with the configuration of built-in plugins.

use std::collections::BTreeMap;

use crate::decode::decode_struct;

/// `metadata` of a kustomization; read, never used.
#[derive(Debug, Default, Clone)]
pub(crate) struct Metadata {
    name: String,
    namespace: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

decode_struct!(Metadata, "ObjectMeta", {
    "name" => name,
    "namespace" => namespace,
    "labels" => labels,
    "annotations" => annotations,
});

/// A field to change, as users write it.
#[derive(Debug, Default, Clone)]
pub(crate) struct ConfigFieldSpec {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) create: bool,
}

decode_struct!(ConfigFieldSpec, "FieldSpec", {
    "group" => group,
    "version" => version,
    "kind" => kind,
    "path" => path,
    "create" => create,
});

/// One entry of `labels`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Label {
    pub(crate) pairs: BTreeMap<String, String>,
    pub(crate) include_selectors: bool,
    pub(crate) include_templates: bool,
    pub(crate) fields: Vec<ConfigFieldSpec>,
}

decode_struct!(Label, "Label", {
    "pairs" => pairs,
    "includeSelectors" => include_selectors,
    "includeTemplates" => include_templates,
    "fields" => fields,
});

/// Which objects to take.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Selector {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) annotation_selector: String,
    pub(crate) label_selector: String,
}

decode_struct!(Selector, "Selector", {
    "group" => group,
    "version" => version,
    "kind" => kind,
    "name" => name,
    "namespace" => namespace,
    "annotationSelector" => annotation_selector,
    "labelSelector" => label_selector,
});

/// `options` of a patch.
#[derive(Debug, Default, Clone)]
pub(crate) struct PatchOptions {
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
}

decode_struct!(PatchOptions, "PatchArgs", {
    "allowNameChange" => allow_name_change,
    "allowKindChange" => allow_kind_change,
});

/// One entry of `patches` or `patchesJson6902`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Patch {
    pub(crate) path: String,
    pub(crate) patch: String,
    pub(crate) target: Option<Selector>,
    pub(crate) options: Option<PatchOptions>,
}

decode_struct!(Patch, "Patch", {
    "path" => path,
    "patch" => patch,
    "target" => target,
    "options" => options,
});

/// One entry of `images`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) new_name: String,
    pub(crate) tag_suffix: String,
    pub(crate) new_tag: String,
    pub(crate) digest: String,
}

decode_struct!(Image, "Image", {
    "name" => name,
    "newName" => new_name,
    "tagSuffix" => tag_suffix,
    "newTag" => new_tag,
    "digest" => digest,
});

/// One entry of `replicas`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) count: i64,
}

decode_struct!(Replica, "Replica", { "name" => name, "count" => count });

/// `options` of a replacement's source or target.
#[derive(Debug, Default, Clone)]
pub(crate) struct FieldOptions {
    pub(crate) delimiter: String,
    pub(crate) index: i64,
    encoding: String,
    pub(crate) create: bool,
}

decode_struct!(FieldOptions, "FieldOptions", {
    "delimiter" => delimiter,
    "index" => index,
    "encoding" => encoding,
    "create" => create,
});

/// `source` of a replacement.
#[derive(Debug, Default, Clone)]
pub(crate) struct SourceSelector {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) field_path: String,
    pub(crate) options: Option<FieldOptions>,
}

decode_struct!(SourceSelector, "SourceSelector", {
    "group" => group,
    "version" => version,
    "kind" => kind,
    "name" => name,
    "namespace" => namespace,
    "fieldPath" => field_path,
    "options" => options,
});

/// One entry of `targets` of a replacement.
#[derive(Debug, Default, Clone)]
pub(crate) struct TargetSelector {
    pub(crate) select: Option<Selector>,
    pub(crate) reject: Vec<Selector>,
    pub(crate) field_paths: Vec<String>,
    pub(crate) options: Option<FieldOptions>,
}

decode_struct!(TargetSelector, "TargetSelector", {
    "select" => select,
    "reject" => reject,
    "fieldPaths" => field_paths,
    "options" => options,
});

/// One entry of `replacements`, inline or by path.
#[derive(Debug, Default, Clone)]
pub(crate) struct Replacement {
    pub(crate) path: String,
    pub(crate) source: Option<SourceSelector>,
    pub(crate) source_value: Option<String>,
    pub(crate) targets: Option<Vec<TargetSelector>>,
}

decode_struct!(Replacement, "ReplacementField", {
    "path" => path,
    "source" => source,
    "sourceValue" => source_value,
    "targets" => targets,
});

/// `objref` of a var.
#[derive(Debug, Default, Clone)]
pub(crate) struct ObjRef {
    pub(crate) api_version: String,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

decode_struct!(ObjRef, "Target", {
    "apiVersion" => api_version,
    "group" => group,
    "version" => version,
    "kind" => kind,
    "name" => name,
    "namespace" => namespace,
});

/// `fieldref` of a var.
#[derive(Debug, Default, Clone)]
pub(crate) struct FieldRef {
    pub(crate) field_path: String,
}

decode_struct!(FieldRef, "FieldSelector", { "fieldPath" => field_path });

/// One entry of `vars`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) obj_ref: ObjRef,
    pub(crate) field_ref: FieldRef,
}

decode_struct!(Var, "Var", { "name" => name, "objref" => obj_ref, "fieldref" => field_ref });

/// `legacySortOptions`.
#[derive(Debug, Default, Clone)]
pub(crate) struct LegacySortOptions {
    pub(crate) order_first: Vec<String>,
    pub(crate) order_last: Vec<String>,
}

decode_struct!(LegacySortOptions, "LegacySortOptions", {
    "orderFirst" => order_first,
    "orderLast" => order_last,
});

/// `sortOptions`.
#[derive(Debug, Default, Clone)]
pub(crate) struct SortOptions {
    pub(crate) order: String,
    pub(crate) legacy_sort_options: Option<LegacySortOptions>,
}

decode_struct!(SortOptions, "SortOptions", {
    "order" => order,
    "legacySortOptions" => legacy_sort_options,
});

/// `generatorOptions`, and `options` of one generator.
#[derive(Debug, Default, Clone)]
pub(crate) struct GeneratorOptions {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) disable_name_suffix_hash: bool,
    pub(crate) immutable: bool,
}

decode_struct!(GeneratorOptions, "GeneratorOptions", {
    "labels" => labels,
    "annotations" => annotations,
    "disableNameSuffixHash" => disable_name_suffix_hash,
    "immutable" => immutable,
});

/// One entry of `configMapGenerator` or `secretGenerator`.
#[derive(Debug, Default, Clone)]
pub(crate) struct GeneratorArgs {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) behavior: String,
    pub(crate) literals: Vec<String>,
    pub(crate) files: Vec<String>,
    pub(crate) envs: Vec<String>,
    pub(crate) env: String,
    pub(crate) options: Option<GeneratorOptions>,
    pub(crate) type_: String,
}

decode_struct!(GeneratorArgs, "SecretArgs", {
    "namespace" => namespace,
    "name" => name,
    "behavior" => behavior,
    "literals" => literals,
    "files" => files,
    "envs" => envs,
    "env" => env,
    "options" => options,
    "type" => type_,
});

/// One entry of `configMapGenerator`, which has no type.
#[derive(Debug, Default, Clone)]
pub(crate) struct ConfigMapArgs {
    pub(crate) args: GeneratorArgs,
}

decode_struct!(ConfigMapArgs, "ConfigMapArgs", {
    "namespace" => args.namespace,
    "name" => args.name,
    "behavior" => args.behavior,
    "literals" => args.literals,
    "files" => args.files,
    "envs" => args.envs,
    "env" => args.env,
    "options" => args.options,
});
