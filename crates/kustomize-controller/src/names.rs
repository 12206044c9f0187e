//! Whether names that a spec or a status brings along can be names of objects. Pure.
//!
//! What cannot stand in the path of a request is refused here, with the field; what merely does not exist is not found
//! later, in Flux's words.

use api::kustomization::KustomizationSpec;
use reconcile_core::LONGEST_NAME;
pub(crate) use reconcile_core::is_segment;

/// The most dependencies of one Kustomization.
const DEPENDENCIES: usize = 1000;
/// The most ConfigMaps and Secrets that variables may come from.
const SUBSTITUTE_FROM: usize = 1000;
/// The most kinds that are watched because a stored inventory names them.
pub(crate) const KINDS: usize = 256;

/// What is wrong with the references of a spec; the values themselves are not shown.
pub(crate) fn problem(spec: &KustomizationSpec) -> Option<String> {
    let count = spec.depends_on.len();
    if count > DEPENDENCIES {
        return Some(format!(
            "spec.dependsOn has {count} entries and may have {DEPENDENCIES}: let some depend on each other instead"
        ));
    }
    let variables = spec.post_build.as_ref().map(|post_build| &post_build.substitute_from);
    let count = variables.map_or(0, Vec::len);
    if count > SUBSTITUTE_FROM {
        return Some(format!(
            "spec.postBuild.substituteFrom has {count} entries and may have {SUBSTITUTE_FROM}: put the variables into fewer \
             objects"
        ));
    }
    let variables = variables
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(at, from)| (format!("spec.postBuild.substituteFrom[{at}].name"), Some(&from.name)));
    let source = &spec.source_ref;
    let keys = spec.decryption.iter().flat_map(|decryption| {
        let secret = decryption.secret_ref.as_ref().map(|reference| &reference.name);
        [
            ("spec.decryption.secretRef.name".to_owned(), secret),
            ("spec.decryption.serviceAccountName".to_owned(), decryption.service_account_name.as_ref()),
        ]
    });
    let kube_config = spec.kube_config.as_ref();
    let secret = kube_config.and_then(|kube_config| kube_config.secret_ref.as_ref());
    let config_map = kube_config.and_then(|kube_config| kube_config.config_map_ref.as_ref());
    let single = [
        ("spec.sourceRef.name".to_owned(), Some(&source.name)),
        ("spec.sourceRef.namespace".to_owned(), source.namespace.as_ref()),
        ("spec.serviceAccountName".to_owned(), spec.service_account_name.as_ref()),
        ("spec.kubeConfig.secretRef.name".to_owned(), secret.map(|secret| &secret.name)),
        ("spec.kubeConfig.configMapRef.name".to_owned(), config_map.map(|config_map| &config_map.name)),
    ];
    let dependencies = spec.depends_on.iter().enumerate().flat_map(|(at, to)| {
        [
            (format!("spec.dependsOn[{at}].name"), Some(&to.name)),
            (format!("spec.dependsOn[{at}].namespace"), to.namespace.as_ref()),
        ]
    });
    let checks = spec.health_checks.iter().enumerate().flat_map(|(at, check)| {
        [
            (format!("spec.healthChecks[{at}].name"), Some(&check.name)),
            (format!("spec.healthChecks[{at}].namespace"), check.namespace.as_ref()),
        ]
    });
    // What is empty counts as not set, or is not found.
    let set = |(field, name): (String, Option<&String>)| {
        name.filter(|name| !name.is_empty() && !is_segment(name)).map(|_| field)
    };
    let field =
        single.into_iter().chain(dependencies).chain(variables).chain(checks).chain(keys).find_map(set)?;
    Some(format!(
        "{field} cannot be the name of an object: at most {LONGEST_NAME} bytes, no blanks and none of /%?#\\"
    ))
}

#[cfg(test)]
mod tests;
