//! The fields of a kustomization file as kustomize's Go types declare them: their names, kinds and nesting.
//! It decodes nothing; `lenient` walks these tables.

/// The Go type of a field, as far as decoding depends on it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A string; numbers and booleans become their text.
    Text,
    /// A pointer to a string: kept when empty.
    TextPointer,
    /// A boolean.
    Flag,
    /// An integer.
    Whole,
    /// A map of strings.
    TextMap,
    /// A list.
    List(&'static Self),
    /// A struct (or a pointer to one); an empty one stays `{}`.
    Struct(&'static Type),
    /// Kept as it is.
    Any,
}

/// A Go struct type.
#[derive(Debug)]
pub(super) struct Type {
    /// Its name in Go, for messages.
    pub(super) name: &'static str,
    /// Its fields by JSON name.
    pub(super) fields: &'static [(&'static str, Shape)],
}

const TEXTS: Shape = Shape::List(&Shape::Text);
const SELECTOR: Shape = Shape::Struct(&Type {
    name: "Selector",
    fields: &[
        ("group", Shape::Text),
        ("version", Shape::Text),
        ("kind", Shape::Text),
        ("name", Shape::Text),
        ("namespace", Shape::Text),
        ("annotationSelector", Shape::Text),
        ("labelSelector", Shape::Text),
    ],
});
const PATCH_OPTIONS: Shape = Shape::Struct(&Type {
    name: "PatchArgs",
    fields: &[("allowNameChange", Shape::Flag), ("allowKindChange", Shape::Flag)],
});
const PATCHES: Shape = Shape::List(&Shape::Struct(&Type {
    name: "Patch",
    fields: &[
        ("path", Shape::Text),
        ("patch", Shape::Text),
        ("target", SELECTOR),
        ("options", PATCH_OPTIONS),
    ],
}));
const IMAGES: Shape = Shape::List(&Shape::Struct(&Type {
    name: "Image",
    fields: &[
        ("name", Shape::Text),
        ("newName", Shape::Text),
        ("tagSuffix", Shape::Text),
        ("newTag", Shape::Text),
        ("digest", Shape::Text),
    ],
}));
const LABELS: Shape = Shape::List(&Shape::Struct(&Type {
    name: "Label",
    fields: &[
        ("pairs", Shape::TextMap),
        ("includeSelectors", Shape::Flag),
        ("includeTemplates", Shape::Flag),
        (
            "fields",
            Shape::List(&Shape::Struct(&Type {
                name: "FieldSpec",
                fields: &[
                    ("group", Shape::Text),
                    ("version", Shape::Text),
                    ("kind", Shape::Text),
                    ("path", Shape::Text),
                    ("create", Shape::Flag),
                ],
            })),
        ),
    ],
}));
const GENERATOR_OPTIONS: Shape = Shape::Struct(&Type {
    name: "GeneratorOptions",
    fields: &[
        ("labels", Shape::TextMap),
        ("annotations", Shape::TextMap),
        ("disableNameSuffixHash", Shape::Flag),
        ("immutable", Shape::Flag),
    ],
});
const CONFIG_MAPS: Shape = Shape::List(&Shape::Struct(&Type {
    name: "ConfigMapArgs",
    fields: &[
        ("namespace", Shape::Text),
        ("name", Shape::Text),
        ("behavior", Shape::Text),
        ("literals", TEXTS),
        ("files", TEXTS),
        ("envs", TEXTS),
        ("env", Shape::Text),
        ("options", GENERATOR_OPTIONS),
    ],
}));
const SECRETS: Shape = Shape::List(&Shape::Struct(&Type {
    name: "SecretArgs",
    fields: &[
        ("namespace", Shape::Text),
        ("name", Shape::Text),
        ("behavior", Shape::Text),
        ("literals", TEXTS),
        ("files", TEXTS),
        ("envs", TEXTS),
        ("env", Shape::Text),
        ("options", GENERATOR_OPTIONS),
        ("type", Shape::Text),
    ],
}));
const FIELD_OPTIONS: Shape = Shape::Struct(&Type {
    name: "FieldOptions",
    fields: &[
        ("delimiter", Shape::Text),
        ("index", Shape::Whole),
        ("encoding", Shape::Text),
        ("create", Shape::Flag),
    ],
});
const REPLACEMENTS: Shape = Shape::List(&Shape::Struct(&Type {
    name: "ReplacementField",
    fields: &[
        ("path", Shape::Text),
        (
            "source",
            Shape::Struct(&Type {
                name: "SourceSelector",
                fields: &[
                    ("group", Shape::Text),
                    ("version", Shape::Text),
                    ("kind", Shape::Text),
                    ("name", Shape::Text),
                    ("namespace", Shape::Text),
                    ("fieldPath", Shape::Text),
                    ("options", FIELD_OPTIONS),
                ],
            }),
        ),
        ("sourceValue", Shape::TextPointer),
        (
            "targets",
            Shape::List(&Shape::Struct(&Type {
                name: "TargetSelector",
                fields: &[
                    ("select", SELECTOR),
                    ("reject", Shape::List(&SELECTOR)),
                    ("fieldPaths", TEXTS),
                    ("options", FIELD_OPTIONS),
                ],
            })),
        ),
    ],
}));
const REPLICAS: Shape = Shape::List(&Shape::Struct(&Type {
    name: "Replica",
    fields: &[("name", Shape::Text), ("count", Shape::Whole)],
}));
const VARS: Shape = Shape::List(&Shape::Struct(&Type {
    name: "Var",
    fields: &[
        ("name", Shape::Text),
        (
            "objref",
            Shape::Struct(&Type {
                name: "Target",
                fields: &[
                    ("apiVersion", Shape::Text),
                    ("group", Shape::Text),
                    ("version", Shape::Text),
                    ("kind", Shape::Text),
                    ("name", Shape::Text),
                    ("namespace", Shape::Text),
                ],
            }),
        ),
        ("fieldref", Shape::Struct(&Type { name: "FieldSelector", fields: &[("fieldPath", Shape::Text)] })),
    ],
}));
const SORT_OPTIONS: Shape = Shape::Struct(&Type {
    name: "SortOptions",
    fields: &[
        ("order", Shape::Text),
        (
            "legacySortOptions",
            Shape::Struct(&Type {
                name: "LegacySortOptions",
                fields: &[("orderFirst", TEXTS), ("orderLast", TEXTS)],
            }),
        ),
    ],
});
const METADATA: Shape = Shape::Struct(&Type {
    name: "ObjectMeta",
    fields: &[
        ("name", Shape::Text),
        ("namespace", Shape::Text),
        ("labels", Shape::TextMap),
        ("annotations", Shape::TextMap),
    ],
});

/// The kustomization file. Helm fields are kept whole: the build refuses them by name.
pub(super) const KUSTOMIZATION: Type = Type {
    name: "Kustomization",
    fields: &[
        ("kind", Shape::Text),
        ("apiVersion", Shape::Text),
        ("metadata", METADATA),
        ("openapi", Shape::TextMap),
        ("namePrefix", Shape::Text),
        ("nameSuffix", Shape::Text),
        ("namespace", Shape::Text),
        ("commonLabels", Shape::TextMap),
        ("labels", LABELS),
        ("commonAnnotations", Shape::TextMap),
        ("patchesStrategicMerge", TEXTS),
        ("patchesJson6902", PATCHES),
        ("patches", PATCHES),
        ("images", IMAGES),
        ("imageTags", IMAGES),
        ("replacements", REPLACEMENTS),
        ("replicas", REPLICAS),
        ("vars", VARS),
        ("sortOptions", SORT_OPTIONS),
        ("resources", TEXTS),
        ("components", TEXTS),
        ("crds", TEXTS),
        ("bases", TEXTS),
        ("configMapGenerator", CONFIG_MAPS),
        ("secretGenerator", SECRETS),
        ("helmGlobals", Shape::Any),
        ("helmCharts", Shape::Any),
        ("helmChartInflationGenerator", Shape::Any),
        ("generatorOptions", GENERATOR_OPTIONS),
        ("configurations", TEXTS),
        ("generators", TEXTS),
        ("transformers", TEXTS),
        ("validators", TEXTS),
        ("buildMetadata", TEXTS),
    ],
};
