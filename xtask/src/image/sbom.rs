//! The bill of materials of a program, as CycloneDX 1.6: its crates, and what comes with the compilers.
//! Which crates those are is decided in `linked`.

use anyhow::Result;
use serde_json::{Value, json};

use super::linked::{Crate, Linked};
use super::product::Product;
use super::toolchain::Toolchain;
use crate::archive;
use crate::stamp::Stamp;

/// The document's bytes.
pub(super) fn sbom(product: &Product, linked: &Linked, tools: &Toolchain, stamp: &Stamp) -> Result<Vec<u8>> {
    let own = format!("pkg:generic/{}@{}", product.name, stamp.version);
    let reference = |place: usize| -> String {
        if place == linked.root {
            own.clone()
        } else {
            linked.crates.get(place).map(purl).unwrap_or_default()
        }
    };
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for (place, one) in linked.crates.iter().enumerate() {
        if place != linked.root {
            components.push(component(one));
        }
        let mut needs: Vec<Value> = one.needs.iter().map(|need| json!(reference(*need))).collect();
        if place == linked.root {
            needs.extend(tools.components().iter().map(|tool| tool["bom-ref"].clone()));
        }
        dependencies.push(json!({ "ref": reference(place), "dependsOn": needs }));
    }
    components.extend(tools.components());
    archive::json(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": stamp.time()?,
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": product.name,
                "version": stamp.version,
                "description": product.description,
                "purl": own,
                "licenses": [{ "expression": "Apache-2.0" }],
            },
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(one: &Crate) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": purl(one),
        "name": one.name,
        "version": one.version,
    });
    if !one.licence.is_empty() {
        // The old form `MIT/Apache-2.0` means OR.
        let expression = one.licence.replace(" / ", "/").replace('/', " OR ");
        component["licenses"] = json!([{ "expression": expression }]);
    }
    // Our own crates are in no registry, so a purl of cargo would point to somebody else's of the same name.
    if let Some(checksum) = &one.checksum {
        component["purl"] = json!(purl(one));
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

fn purl(one: &Crate) -> String {
    let kind = if one.checksum.is_some() { "cargo" } else { "generic" };
    format!("pkg:{kind}/{}@{}", one.name, one.version.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::product::PRODUCTS;
    use crate::image::samples;

    #[test]
    fn one_component_per_crate() {
        let bytes = sbom(&PRODUCTS[0], &samples::linked(), &samples::toolchain(), &samples::stamp())
            .expect("a document");
        let document: Value = serde_json::from_slice(&bytes).expect("JSON");
        let named = |list: &Value| -> Vec<String> {
            list.as_array()
                .expect("a list")
                .iter()
                .map(|one| one["name"].as_str().unwrap_or_default().to_owned())
                .collect()
        };
        assert_eq!(named(&document["components"]), ["gix", "manifest", "glibc", "rust-std"]);
        assert_eq!(document["metadata"]["component"]["name"], "source-controller");
        assert_eq!(document["metadata"]["timestamp"], "1970-01-01T00:00:07Z");
        let gix = &document["components"][0];
        assert_eq!(gix["purl"], "pkg:cargo/gix@0.90.0%2Bx");
        assert_eq!(gix["licenses"], json!([{ "expression": "MIT OR Apache-2.0" }]));
        assert_eq!(gix["hashes"][0]["content"], "ab");
        assert_eq!(document["components"][1].get("purl"), None, "ours is in no registry");
        let whole: Vec<_> =
            document["dependencies"][2]["dependsOn"].as_array().into_iter().flatten().collect();
        assert_eq!(whole.len(), 4, "the program needs its crates and the compilers' libraries: {whole:?}");
        for needed in whole {
            let declared = document["components"].as_array().into_iter().flatten();
            assert!(declared.map(|one| &one["bom-ref"]).any(|one| one == needed), "{needed} is declared");
        }
    }
}
