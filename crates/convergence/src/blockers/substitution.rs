//! Variables (contracts/kustomize-controller.md 10): which has no value, where values come from, which name cannot be.

use api::blocker::BlockerCode;

use super::about::{About, argument, kubectl};
use super::draft::Draft;

/// The blocker, if a message speaks of variables.
pub(super) fn blocker(about: &About<'_>, reason: &str, message: &str) -> Option<Draft> {
    let of_variables = ["post build failed for ", "substitute from "];
    let speaks = of_variables.iter().any(|start| message.starts_with(start))
        || message.contains("variable substitution failed")
        || message.contains("substitute from '");
    speaks.then(|| of(about, reason, message))
}

fn of(about: &About<'_>, reason: &str, message: &str) -> Draft {
    if let Some(draft) = of_origin(about, reason, message) {
        return draft;
    }
    let named = about.named();
    let quoting = || Draft::quoting(BlockerCode::SubstitutionMissing, about.own(), reason, message);
    let object = object(message);
    let used = object.as_deref().map_or_else(String::new, |object| format!(", which {object} uses,"));
    if let Some((_, rest)) = message.split_once("variable not set (strict mode): ") {
        let name = rest.split_whitespace().next().unwrap_or_default().trim_matches('"');
        let hint = format!(
            "give {name} a value in spec.postBuild.substitute of {named} or in an object of substituteFrom, or write ${{{name}:=default}}, or $${{{name}}} if it is none"
        );
        if object.is_none() {
            return quoting().hint(hint);
        }
        let sentence = format!("variable {name}{used} has no value");
        return Draft::reading(BlockerCode::SubstitutionMissing, about.own(), &sentence, reason, message)
            .hint(hint);
    }
    if message.contains("var name is invalid") {
        let name = message
            .split('\'')
            .rev()
            .find(|part| !part.is_empty() && !part.contains(' ') && !part.contains('^'));
        let name = name.unwrap_or_default();
        return quoting().hint(format!(
            "rename the key {name} in spec.postBuild.substitute or in the objects of substituteFrom of {named}: letters, digits and _ only"
        ));
    }
    if message.contains("missing closing brace")
        || message.contains("unable to parse variable name")
        || message.contains("bad substitution")
    {
        let place = object.unwrap_or_else(|| "the object".to_owned());
        return quoting().hint(format!(
            "write $${{ in place of ${{ in {place} where no variable is meant, or give it the annotation {}: {}",
            api::labels::SUBSTITUTE,
            api::labels::DISABLED
        ));
    }
    if message.contains("YAMLToJSON") || message.contains("yaml: line") {
        let place = object.unwrap_or_else(|| "the object".to_owned());
        return quoting().hint(format!("quote the variable in {place} (\"${{VAR}}\"), or give it a value of one line: what comes out is no YAML"));
    }
    quoting().hint(format!("correct the variables in spec.postBuild of {named}"))
}

/// What variables come from.
fn of_origin(about: &About<'_>, reason: &str, message: &str) -> Option<Draft> {
    let (namespace, named) = (about.namespace(), about.named());
    let (_, rest) = message.split_once("substitute from '")?;
    let (from, why) = rest.split_once('\'')?;
    let (kind, name) = from.split_once('/')?;
    let missing = why.contains("not found");
    let how = if missing { "does not exist" } else { "cannot be used" };
    let hint = if missing {
        format!(
            "create {kind} {namespace}/{name}, correct spec.postBuild.substituteFrom of {named}, or set optional: true there"
        )
    } else {
        let lower = kind.to_ascii_lowercase();
        format!(
            "see what the message says of {kind} {namespace}/{name}: {} get {} {}",
            kubectl(namespace),
            argument(&lower),
            argument(name)
        )
    };
    let sentence = format!("the {kind} that variables come from, {namespace}/{name}, {how}");
    let object = format!("{kind}/{namespace}/{name}");
    Some(Draft::reading(BlockerCode::SubstitutionMissing, object, &sentence, reason, message).hint(hint))
}

/// `ConfigMap a` of `post build failed for 'ConfigMap.v1.[noGrp]/a': …`.
fn object(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("post build failed for '")?;
    let (id, _) = rest.split_once('\'')?;
    let (kind, name) = id.split_once('/')?;
    Some(format!("{} {name}", kind.split('.').next().unwrap_or(kind)))
}
