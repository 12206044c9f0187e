//! Ids as the API server will know them.

use crate::render_request;
use cluster::Mapper;
use manifest::Manifest;

/// Objects with the namespace that the API server will give them: none on cluster-scoped kinds (decisions 3.2).
pub(crate) async fn identified(mapper: &Mapper, objects: Vec<Manifest>) -> Vec<Manifest> {
    let defined = render_request::defined_scopes(&objects);
    let mut identified = Vec::with_capacity(objects.len());
    for mut object in objects {
        let gvk = object.gvk();
        let namespaced = match defined.get(&(gvk.group.clone(), gvk.kind.clone())) {
            Some(namespaced) => Some(*namespaced),
            None => {
                let resolved = mapper.resolve(&gvk.group, &gvk.version, &gvk.kind).await;
                resolved.ok().map(|resolved| resolved.namespaced)
            }
        };
        if namespaced == Some(false) {
            object.set_namespace(None);
        }
        identified.push(object);
    }
    identified
}

#[cfg(test)]
mod tests;
