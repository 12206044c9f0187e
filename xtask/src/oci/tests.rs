//! That a layout says what it has, and has what it says.

use super::*;

fn facts(architecture: &'static str) -> Facts {
    Facts {
        architecture,
        entrypoint: "/usr/local/bin/a".to_owned(),
        user: "65534:65534",
        created: "1970-01-01T00:00:07Z".to_owned(),
        labels: BTreeMap::from([("org.opencontainers.image.title".to_owned(), "a".to_owned())]),
    }
}

fn image(architecture: &'static str) -> Artifact {
    let layer = |name: &str| Layer::pack(vec![Entry::file(name, 0o755, architecture)], 7).unwrap();
    let shared = Layer::pack(vec![Entry::file("base", 0o644, "the same")], 7).unwrap();
    Artifact::image(&facts(architecture), vec![shared, layer("a")]).unwrap()
}

fn document(layout: &Layout, path: &str) -> Value {
    let entry = layout.entries.iter().find(|entry| entry.path() == path).expect(path);
    serde_json::from_slice(entry.content().unwrap()).unwrap()
}

fn blob(layout: &Layout, descriptor: &Value) -> Value {
    let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    let path = format!("blobs/sha256/{digest}");
    let entry = layout.entries.iter().find(|entry| entry.path() == path).expect("every digest is there");
    assert_eq!(descriptor["size"], entry.content().unwrap().len());
    assert_eq!(archive::sha256(entry.content().unwrap()), digest);
    serde_json::from_slice(entry.content().unwrap()).unwrap_or_default()
}

#[test]
fn one_platform_stands_under_its_tag() {
    let layout = Layout::new(&[image("amd64")], "ghcr.io/flyball/a", "1.2.3").unwrap();
    let index = document(&layout, "index.json");
    let descriptor = &index["manifests"][0];
    assert_eq!(descriptor["annotations"]["org.opencontainers.image.ref.name"], "1.2.3");
    assert_eq!(descriptor["annotations"]["io.containerd.image.name"], "ghcr.io/flyball/a:1.2.3");
    assert_eq!(descriptor["digest"], layout.digest());
    let manifest = blob(&layout, descriptor);
    assert_eq!(manifest["annotations"]["org.opencontainers.image.title"], "a");
    let config = blob(&layout, &manifest["config"]);
    assert_eq!(config["config"]["User"], "65534:65534");
    assert_eq!(config["config"]["Labels"], manifest["annotations"]);
    for layer in manifest["layers"].as_array().unwrap() {
        blob(&layout, layer);
    }
    assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 2);
}

#[test]
fn several_platforms_share_an_index_and_layers() {
    let images = [image("amd64"), image("arm64")];
    let layout = Layout::new(&images, "ghcr.io/flyball/a", "1.2.3").unwrap();
    let index = document(&layout, "index.json");
    assert_eq!(index["manifests"][0]["mediaType"], INDEX);
    let platforms = blob(&layout, &index["manifests"][0]);
    let architectures: Vec<_> = platforms["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["platform"]["architecture"].as_str().unwrap())
        .collect();
    assert_eq!(architectures, ["amd64", "arm64"]);
    // Two manifests, two configurations, one shared layer and two others, one index, and the two files on top.
    assert_eq!(layout.entries.len(), 10);
}

#[test]
fn the_archive_names_docker_the_same_blobs() {
    let image = image("amd64");
    let bytes = image_archive(&image, "ghcr.io/flyball/a", "1.2.3", 7).unwrap();
    assert_eq!(bytes, image_archive(&image, "ghcr.io/flyball/a", "1.2.3", 7).unwrap());
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        files.insert(entry.path().unwrap().display().to_string(), content);
    }
    let docker: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(docker[0]["RepoTags"][0], "ghcr.io/flyball/a:1.2.3");
    let named = docker[0]["Layers"].as_array().unwrap().iter().chain([&docker[0]["Config"]]);
    for path in named {
        assert!(files.contains_key(path.as_str().unwrap()), "{path}");
    }
    assert!(files.contains_key("oci-layout") && files.contains_key("index.json"));
}
