//! Which fields of our schemas another schema does not have. The API server drops what a schema does not declare, and
//! says nothing.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};

#[cfg(test)]
mod tests;

/// Paths of all fields below `spec` and `status` that only the first has; of a structure that is missing, its own alone.
pub(super) fn missing(ours: &JSONSchemaProps, theirs: &JSONSchemaProps) -> Vec<String> {
    let mut paths = Vec::new();
    for part in ["spec", "status"] {
        if let Some(ours) = property(ours, part) {
            match property(theirs, part) {
                Some(theirs) => compare(ours, theirs, part, &mut paths),
                None if keeps_everything(theirs) => {}
                None => paths.push(part.to_owned()),
            }
        }
    }
    paths
}

/// The schema of a version, if it is served and has one.
pub(super) fn of<'a>(definition: &'a CustomResourceDefinition, version: &str) -> Option<&'a JSONSchemaProps> {
    let found = definition.spec.versions.iter().find(|found| found.served && found.name == version)?;
    found.schema.as_ref()?.open_api_v3_schema.as_ref()
}

fn compare(ours: &JSONSchemaProps, theirs: &JSONSchemaProps, path: &str, paths: &mut Vec<String>) {
    if keeps_everything(theirs) {
        return;
    }
    for (name, field) in ours.properties.iter().flatten() {
        let path = format!("{path}.{name}");
        match property(theirs, name) {
            Some(theirs) => compare(field, theirs, &path, paths),
            // A map takes any key.
            None => match &theirs.additional_properties {
                Some(JSONSchemaPropsOrBool::Schema(theirs)) => compare(field, theirs, &path, paths),
                Some(JSONSchemaPropsOrBool::Bool(true)) => {}
                _ => paths.push(path),
            },
        }
    }
    if let (Some(JSONSchemaPropsOrArray::Schema(ours)), Some(JSONSchemaPropsOrArray::Schema(theirs))) =
        (&ours.items, &theirs.items)
    {
        compare(ours, theirs, &format!("{path}[]"), paths);
    }
    if let (Some(JSONSchemaPropsOrBool::Schema(ours)), Some(JSONSchemaPropsOrBool::Schema(theirs))) =
        (&ours.additional_properties, &theirs.additional_properties)
    {
        compare(ours, theirs, &format!("{path}.*"), paths);
    }
}

fn property<'a>(schema: &'a JSONSchemaProps, name: &str) -> Option<&'a JSONSchemaProps> {
    schema.properties.as_ref()?.get(name)
}

fn keeps_everything(schema: &JSONSchemaProps) -> bool {
    schema.x_kubernetes_preserve_unknown_fields == Some(true)
}
