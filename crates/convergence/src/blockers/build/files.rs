//! Files: those that are named and missing, that are no YAML, that lie outside, or that somebody else serves.

use super::finding::Finding;
use super::place::{between, file_of, line_of, shown};
use crate::blockers::about::About;

pub(super) fn read(about: &About<'_>, message: &str) -> Option<Finding> {
    missing(about, message)
        .or_else(|| malformed(message))
        .or_else(|| kustomization_file(about, message))
        .or_else(|| no_folder(about, message))
}

/// Something that a kustomization file names is not there.
fn missing(about: &About<'_>, message: &str) -> Option<Finding> {
    let says = |words: &str| message.contains(words);
    let folder = about.folder();
    if says("fs-security-constraint") {
        let file = between(message, "path '", '\'').map(shown).unwrap_or_default();
        return Some(Finding::new(
            format!("{file} lies outside of the artifact"),
            format!(
                "move {file} into the repository below the artifact's root, and correct the entry in the kustomization file of {folder}"
            ),
        ));
    }
    if let Some(entry) = between(message, "accumulating resources from '", '\'')
        && (entry.starts_with("http://") || entry.starts_with("https://") || entry.contains("github.com/"))
    {
        let entry = shown(entry);
        return Some(Finding::new(
            format!("the remote resource {entry} cannot be had"),
            format!(
                "put a copy of {entry} into the repository and name that: what others serve is not fetched"
            ),
        ));
    }
    if says("no such file or directory") {
        let entry = between(message, "accumulating resources from '", '\'')
            .or_else(|| between(message, "evalsymlink failure on '", '\''))
            .or_else(|| between(message, "path(", ')'))
            .or_else(|| between(message, "open ", ':'))
            .or_else(|| between(message, "lstat ", ':'))?;
        let entry = shown(entry);
        let list = if says("accumulating components") {
            "components"
        } else if says("patch") {
            "patches"
        } else {
            "resources"
        };
        return Some(Finding::new(
            format!("{entry}, which {list} of a kustomization file names, does not exist"),
            format!(
                "add {entry} to the repository, or take it out of {list} in the kustomization file of {folder}"
            ),
        ));
    }
    if says("env source files") || says("file sources") {
        let rest = message.rsplit_once(": ").map_or("", |(_, rest)| rest);
        return Some(Finding::new(
            format!("a generator's source cannot be read: {rest}"),
            format!(
                "correct files, envs and literals of the generators in the kustomization file of {folder}"
            ),
        ));
    }
    None
}

/// What is neither a file of manifests nor a folder to build.
fn no_folder(about: &About<'_>, message: &str) -> Option<Finding> {
    let says = |words: &str| message.contains(words);
    let folder = about.folder();
    if says("is not directory") || says("not a valid directory") {
        let file =
            message.split_once("': file is not directory").and_then(|(before, _)| before.rsplit('\'').next());
        let entry = file.or_else(|| between(message, "evalsymlink failure on '", '\''))?;
        let entry = shown(entry);
        return Some(Finding::new(
            format!("{entry} is neither a file of manifests nor a folder with a kustomization file"),
            format!("correct {entry}, or the entry that names it in the kustomization file of {folder}"),
        ));
    }
    None
}

/// What is no YAML, or no object.
fn malformed(message: &str) -> Option<Finding> {
    let says = |words: &str| message.contains(words);
    let file = file_of(message).unwrap_or_else(|| "a file".to_owned());
    if says("MalformedYAMLError")
        || says(" yaml: ")
        || says("yaml: line ")
        || says("error converting YAML to JSON")
    {
        let problem = message.rsplit_once("yaml: ").map_or("", |(_, rest)| rest);
        let problem = problem.split(" in File:").next().unwrap_or_default();
        let place = line_of(message).map_or_else(String::new, |line| format!(" near line {line}"));
        let said = if problem.is_empty() { String::new() } else { format!(" ({problem})") };
        return Some(Finding::new(
            format!("{file} is no YAML{place}{said}"),
            format!(
                "correct {file}{place}: mostly the indentation, a tab, or a quotation mark that does not end"
            ),
        ));
    }
    if says("missing metadata.name") || says("missing kind") || says("missing Resource metadata") {
        let what = if says("missing kind") { "kind" } else { "metadata.name" };
        return Some(Finding::new(
            format!("{file} holds an object without {what}"),
            format!(
                "give each object in {file} apiVersion, kind and metadata.name, or leave the file out by .sourceignore or a kustomization file"
            ),
        ));
    }
    None
}

/// The kustomization file itself.
fn kustomization_file(about: &About<'_>, message: &str) -> Option<Finding> {
    let says = |words: &str| message.contains(words);
    let folder = about.folder();
    if let Some((_, place)) = message.split_once("Found multiple kustomization files under: ") {
        let place = shown(place.lines().next().unwrap_or_default());
        return Some(Finding::new(
            format!("{place} has more than one kustomization file"),
            format!("keep one of kustomization.yaml, kustomization.yml and Kustomization in {place}"),
        ));
    }
    if let Some(field) = between(message, "unknown field \"", '"') {
        return Some(Finding::new(
            format!("a kustomization file has the unknown field {field}"),
            format!("correct or remove {field} in the kustomization file that the message names"),
        ));
    }
    if let Some(component) = between(message, "component path '", '\'') {
        return Some(Finding::new(
            format!("component {component} is not local and relative"),
            format!("name a relative folder of the repository in spec.components of {}", about.named()),
        ));
    }
    if says("kustomization.yaml is empty") || says("is empty") && says("kustomization") {
        return Some(Finding::new(
            "a kustomization file is empty",
            format!("name resources in the kustomization file of {folder}, or delete the file"),
        ));
    }
    if says("not a directory remove") {
        return Some(Finding::new(
            format!("spec.path names a file: {folder}"),
            format!("set spec.path of {} to the folder that holds the file", about.named()),
        ));
    }
    if says("cycle detected") || says("cycle not allowed") {
        return Some(Finding::new(
            "kustomization files name each other in a circle",
            format!("take one of the folders out of resources in the kustomization files of {folder}"),
        ));
    }
    None
}
