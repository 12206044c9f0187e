//! `crds`: field specs from the extensions of `OpenAPI` definitions.

mod shape;

use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result, Within as _};
use crate::fieldspec::config::{Config, Reference};
use crate::fieldspec::{FieldSpec, GvkFilter, merge_spec};
use crate::kustomization::first_document;
use crate::load::Loader;
use crate::work::Work;

/// Reads the files and makes a configuration of them.
pub(crate) fn load(loader: &Loader<'_>, paths: &[String]) -> Result<Arc<Config>> {
    let mut config = Arc::new(Config::default());
    for path in paths {
        let text = loader.load_text(path)?;
        let definitions = parse(&text, loader.work())
            .within(|| format!("unable to parse open API definition from '{path}'"))?;
        for (name, definition) in definitions.as_object().into_iter().flatten() {
            let Some(properties) = properties(definition) else { continue };
            if !["kind", "apiVersion", "metadata"].iter().all(|field| properties.get(field).is_some()) {
                continue;
            }
            let kind = name.rsplit('.').next().unwrap_or_default().to_owned();
            let mut own = Config::default();
            let work = loader.work();
            let mut walk = Walk { config: &mut own, definitions: &definitions, kind: &kind, depth: 0, work };
            walk.definition(name, &mut Vec::new())?;
            own.charge_merge(&config, work)?;
            config = config.merge(&Arc::new(own))?;
        }
    }
    Ok(config)
}

fn parse(text: &str, work: &Work) -> Result<Value> {
    if text.is_empty() {
        return Err(Error::input("an empty file"));
    }
    let value = if text.starts_with('{') {
        work.step(text.len() / 8)?;
        serde_json::from_str(text).map_err(|error| {
            Error::input(format!("invalid JSON in line {}, column {}", error.line(), error.column()))
        })?
    } else {
        first_document(text, work)?
    };
    shape::check(&value)?;
    Ok(value)
}

/// The properties of a definition, which stand below a key `Schema` in any case.
fn properties(definition: &Value) -> Option<&Value> {
    let schema = definition.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case("schema"))?.1;
    schema.get("properties")
}

struct Walk<'a> {
    config: &'a mut Config,
    definitions: &'a Value,
    kind: &'a str,
    depth: usize,
    work: &'a Work,
}

impl Walk<'_> {
    fn definition(&mut self, name: &str, path: &mut Vec<String>) -> Result<()> {
        if self.depth > 64 {
            return Err(Error::Budget { what: "nested definitions", limit: 64 });
        }
        self.depth += 1;
        let definitions = self.definitions;
        if let Some(Value::Object(properties)) = definitions.get(name).and_then(properties) {
            for (field, property) in properties {
                path.push(field.clone());
                self.property(property, path)?;
                path.pop();
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn spec(&self, path: String) -> FieldSpec {
        FieldSpec::new(GvkFilter { kind: self.kind.to_owned().into(), ..GvkFilter::default() }, path, false)
    }

    fn property(&mut self, property: &Value, path: &mut Vec<String>) -> Result<()> {
        let config = &self.config;
        let known = config.common_annotations.len()
            + config.common_labels.len()
            + config.name_prefix.len()
            + config.name_reference.len();
        self.work.step(1 + path.len() / 4 + known / 32)?;
        let text = |extension: &str| property.get(extension).and_then(Value::as_str);
        let joined = path.join("/");
        if text("x-kubernetes-annotation").is_some() {
            let spec = self.spec(joined.clone());
            merge_spec(&mut self.config.common_annotations, &spec)?;
        }
        if text("x-kubernetes-label-selector").is_some() {
            let spec = self.spec(joined.clone());
            merge_spec(&mut self.config.common_labels, &spec)?;
        }
        if text("x-kubernetes-identity").is_some() {
            let spec = self.spec(joined.clone());
            merge_spec(&mut self.config.name_prefix, &spec)?;
        }
        if let Some(version) = text("x-kubernetes-object-ref-api-version")
            && let Some(kind) = text("x-kubernetes-object-ref-kind")
        {
            let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let target = GvkFilter {
                kind: kind.to_owned().into(),
                version: version.to_owned().into(),
                ..GvkFilter::default()
            };
            let referrers = vec![self.spec(format!("{joined}/{key}"))];
            self.config.add_reference(&Reference { target, referrers })?;
        }
        match property.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let reference = reference.to_owned();
                self.definition(&reference, path)
            }
            None => Ok(()),
        }
    }
}
