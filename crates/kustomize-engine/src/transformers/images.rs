//! `images`: names, tags and digests of container images.

use manifest::yaml::{Node, Scalar};

use super::transformer::Transformer;
use crate::edit;
use crate::error::Result;
use crate::fieldspec::{self, Create, FieldSpec};
use crate::kustomization::Image;
use crate::pattern::ImagePattern;
use crate::resmap::ResMap;
use crate::schema::Schemas;
use crate::work::{Growth, Work};

/// Rewrites one image.
#[derive(Debug)]
pub(crate) struct Images {
    image: Image,
    pattern: ImagePattern,
    specs: Vec<FieldSpec>,
}

impl Images {
    pub(crate) fn new(image: Image, specs: Vec<FieldSpec>, work: &Work) -> Result<Self> {
        let pattern = ImagePattern::new(&image.name, work)?;
        Ok(Self { image, pattern, specs })
    }

    fn set(&self, field: &mut Node, growth: &Growth) -> Result<()> {
        let old = match field {
            Node::Scalar(scalar) => scalar.text.as_str(),
            other => return Err(edit::wrong_kind("ScalarNode", other)),
        };
        if !self.pattern.matches(old, growth.work())? {
            return Ok(());
        }
        let Image { new_name, new_tag, tag_suffix, digest, .. } = &self.image;
        growth.add(new_name.len() + new_tag.len() + tag_suffix.len() + digest.len() + 2)?;
        growth.work().text(old.len())?;
        let new = self.rewrite(old);
        edit::set_scalar(field, Scalar::untyped(new))
    }

    fn rewrite(&self, old: &str) -> String {
        let (name, mut tag, mut digest) = split(old);
        let image = &self.image;
        let mut name = if image.new_name.is_empty() { name } else { image.new_name.clone() };
        match (image.new_tag.as_str(), image.digest.as_str()) {
            ("", "") if !image.tag_suffix.is_empty() => {
                tag.push_str(&image.tag_suffix);
                digest.clear();
            }
            ("", "") => {}
            (new_tag, new_digest) => {
                new_tag.clone_into(&mut tag);
                new_digest.clone_into(&mut digest);
            }
        }
        if !tag.is_empty() {
            name.push(':');
            name.push_str(&tag);
        }
        if !digest.is_empty() {
            name.push('@');
            name.push_str(&digest);
        }
        name
    }

    /// The pass over every `containers` and `initContainers` at any depth.
    fn walk(&self, node: &mut Node, growth: &Growth) -> Result<()> {
        match node {
            Node::Map(map) => {
                for (key, value) in &mut map.entries {
                    self.walk(value, growth)?;
                    if let Node::Seq(seq) = value
                        && key.text.ends_with("ontainers")
                        && (key.text == "containers" || key.text == "initContainers")
                    {
                        for item in &mut seq.items {
                            if let Some(container) = edit::expect_map(item)?
                                && let Some(image) = container.get_mut("image")
                            {
                                self.set(image, growth)?;
                            }
                        }
                    }
                }
                Ok(())
            }
            Node::Seq(seq) => seq.items.iter_mut().try_for_each(|item| self.walk(item, growth)),
            Node::Scalar(_) => Ok(()),
        }
    }
}

impl Transformer for Images {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        let growth = Growth::new(map.work());
        for resource in map.bodies_mut().filter(|resource| resource.kind() != "CustomResourceDefinition") {
            let id = resource.id().clone();
            growth.work().glance(resource.weight())?;
            fieldspec::charge(&self.specs, growth.work())?;
            resource.edit_body(|node| {
                self.walk(node, &growth)?;
                self.specs.iter().try_for_each(|spec| {
                    fieldspec::apply(spec, &id, node, Create::Nothing, &mut |field| self.set(field, &growth))
                })
            })?;
        }
        map.grown(growth.into_bytes())
    }
}

/// Name, tag and digest. What stands before the first slash belongs to the name.
fn split(image: &str) -> (String, String, String) {
    let slash = image.find('/').unwrap_or(0);
    let rest = image.get(slash..).unwrap_or_default();
    let (at, colon) = (rest.find('@').map(|i| i + slash), rest.find(':').map(|i| i + slash));
    let piece = |from: usize, to: usize| image.get(from..to).unwrap_or_default().to_owned();
    let end = image.len();
    match (colon, at) {
        (None, None) => (image.to_owned(), String::new(), String::new()),
        (Some(colon), None) => (piece(0, colon), piece(colon + 1, end), String::new()),
        (Some(colon), Some(at)) if colon < at => (piece(0, colon), piece(colon + 1, at), piece(at + 1, end)),
        (_, Some(at)) => (piece(0, at), String::new(), piece(at + 1, end)),
    }
}
