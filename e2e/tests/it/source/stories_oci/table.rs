//! The stories. A step pushes, applies objects and the spec (beside url and interval), and runs the object once more.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::oci::{CONTENT, Distribution, Image, Signer, gzip, tarball};

pub(super) const PASSWORD: &str = "registry-pass";
/// Ours differs so on purpose, or Flux tells of it by chance: of an archive that another one of the same revision replaces a
/// moment later, and of what is no tar in its own words.
const ON_PURPOSE: &[&str] = &[
    "event Normal ArtifactUpToDate",
    "ArtifactVerificationFailed",
    "tar error: unexpected EOF",
    "archive cannot be read: failed to read entire block",
];

/// [`PASSWORD`] by bcrypt.
pub(super) const HASH: &str = "$2b$04$Ea24Ej9HB48ioqhh0fUYi.7mOk.sUd3oTq8D.FsZeINYLdMNeSytO";

/// The registries of all stories.
pub(super) struct Registries {
    pub(super) open: Distribution,
    pub(super) locked: Distribution,
}

impl Registries {
    /// With the registries' addresses.
    pub(super) fn placed(&self, text: &str) -> String {
        text.replace("@R@", self.open.address()).replace("@L@", self.locked.address())
    }

    /// Without them.
    pub(super) fn plain(&self, text: &str) -> String {
        text.replace(self.open.address(), "@R@").replace(self.locked.address(), "@L@")
    }
}

/// A story, whose name is that of its object and repository.
pub(super) struct Story {
    pub(super) name: String,
    pub(super) locked: bool,
    pub(super) steps: Vec<Step>,
    /// What differs on purpose: parts of the lines.
    pub(super) on_purpose: &'static [&'static str],
}

#[derive(Default)]
pub(super) struct Step {
    pub(super) pushes: Vec<(String, String, Image)>,
    pub(super) objects: Vec<Value>,
    pub(super) spec: Value,
}

fn story(name: &str, steps: Vec<Step>) -> Story {
    // A quiet poll sends no event, and Go's library says more of times and addresses.
    Story { name: name.to_owned(), locked: false, steps, on_purpose: ON_PURPOSE }
}

fn step(spec: Value) -> Step {
    Step { spec, ..Step::default() }
}

impl Step {
    fn push(mut self, repository: &str, tag: &str, image: Image) -> Self {
        self.pushes.push((repository.to_owned(), tag.to_owned(), image));
        self
    }

    fn object(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }
}

fn secret(name: &str, type_: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": type_, "stringData": data})
}

fn login(name: &str, password: &str) -> Value {
    let config = format!(r#"{{"auths":{{"@L@":{{"username":"user","password":"{password}"}}}}}}"#);
    secret(name, "kubernetes.io/dockerconfigjson", json!({ ".dockerconfigjson": config }))
}

fn files(files: &[(&str, &str)]) -> Result<Image> {
    Image::of_files(files.iter().copied())
}

pub(super) fn stories() -> Result<Vec<Story>> {
    let mut all = content()?;
    all.extend(references()?);
    all.extend(access()?);
    all.extend(signatures()?);
    Ok(all)
}

fn content() -> Result<Vec<Story>> {
    let annotated = [
        ("org.opencontainers.image.source", "https://git.example/app"),
        ("org.opencontainers.image.revision", "main@sha1:aa"),
        ("other", "x"),
    ];
    let plain =
        files(&[("a.yaml", "1"), ("d/b.yaml", "2"), ("run.sh!", "x"), ("p.png", "p"), (".git/c", "c")])?;
    let layers = Image::of_layers(
        [("application/x-one", tarball([("one", "1")])?), ("application/x-two", tarball([("two", "2")])?)],
        &[],
    );
    let (arm, amd) = (files(&[("arm", "1")])?, files(&[("amd", "1")])?);
    let index = Image::index(&[("linux/arm64", &arm), ("linux/amd64", &amd)]);
    let foreign = Image::index(&[("windows/amd64", &arm)]);
    let selector = |media_type: &str| json!({ "layerSelector": { "mediaType": media_type } });
    let mut odd = Vec::new();
    for (name, bytes) in [
        ("escape", tarball([("ok", "1"), ("../../x.yaml", "x")])?),
        ("absolute", tarball([("/abs.yaml", "x")])?),
        ("backslash", tarball([("a\\b", "x")])?),
        ("dots", tarball([("./a.yaml", "1"), ("b//c.yaml", "2"), ("d/./e.yaml", "3")])?),
        ("twice", tarball([("a!", "long long long"), ("a", "short")])?),
        ("no-gzip", b"plain text".to_vec()),
        ("empty-layer", Vec::from([0u8; 0])),
        ("no-tar", gzip(b"no tar in here")?),
    ] {
        let image = Image::of_layers([(CONTENT, bytes)], &[]);
        odd.push(story(name, vec![step(json!({})).push(name, "latest", image)]));
    }
    let mut all = vec![
        story(
            "latest",
            vec![
                step(json!({})).push("latest", "latest", plain.clone()),
                step(json!({})),
                step(json!({})).push(
                    "latest",
                    "latest",
                    Image::of_layers([(CONTENT, tarball([("n", "n")])?)], &annotated),
                ),
                step(json!({ "suspend": true })),
                step(json!({ "suspend": false })).push("latest", "latest", files(&[("after", "1")])?),
            ],
        ),
        story(
            "ignore",
            vec![
                step(json!({ "ignore": "*.yaml\n!a.yaml" })).push("ignore", "latest", plain.clone()),
                step(json!({ "ignore": "" })),
                step(json!({})).push(
                    "ignore",
                    "latest",
                    files(&[(".sourceignore", "d/"), ("d/x", "x"), ("p.png", "p")])?,
                ),
            ],
        ),
        story(
            "layers",
            vec![
                step(json!({})).push("layers", "latest", layers),
                step(selector("application/x-two")),
                step(json!({ "layerSelector": { "mediaType": "application/x-two", "operation": "copy" } })),
                step(selector("application/none")),
            ],
        ),
        story("no-layers", vec![step(json!({})).push("no-layers", "latest", Image::of_layers([], &[]))]),
        story(
            "index",
            vec![
                step(json!({}))
                    .push("index", &arm.digest(), arm.clone())
                    .push("index", &amd.digest(), amd)
                    .push("index", "latest", index),
                step(json!({})).push("index", "latest", foreign),
            ],
        ),
    ];
    all.extend(odd);
    Ok(all)
}

fn references() -> Result<Vec<Story>> {
    let of = |name: &str| files(&[("v", name)]);
    let mut semver = step(json!({ "ref": { "semver": "1.x" } }));
    for tag in ["1.0.0", "v1.3.0", "1.2.0", "2.0.0-rc.1", "latest", "v9", "01.9.0"] {
        semver = semver.push("semver", tag, of(tag)?);
    }
    let reference = |reference: Value| step(json!({ "ref": reference }));
    let absent = format!("sha256:{}", "a".repeat(64));
    Ok(vec![
        story(
            "semver",
            vec![
                semver,
                reference(json!({ "semver": ">=1.0.0-0" })),
                reference(json!({ "semver": "*", "semverFilter": "^v" })),
                reference(json!({ "semver": "9.x" })),
                reference(json!({ "semver": "a.b.c" })),
                reference(json!({ "semver": "1.x", "tag": "latest" })),
                reference(json!({ "tag": "v1.3.0" })),
                reference(json!({ "tag": "none" })),
                reference(json!({ "digest": of("1.0.0")?.digest(), "tag": "none" })),
                reference(json!({ "digest": absent })),
                reference(json!({ "digest": "sha256:xyz" })),
                reference(json!({ "digest": "sha256:aa" })),
            ],
        ),
        story("nothing", vec![step(json!({})), reference(json!({ "semver": "1.x" }))]),
        story(
            "urls",
            vec![
                step(json!({ "url": "oci://@R@/urls:v1" })),
                step(json!({ "url": "oci://@R@/URLS" })),
                step(json!({ "url": "oci://@R@/x" })),
                step(json!({ "url": "oci://" })),
                step(json!({ "url": "oci://@R@/urls/" })).push("urls", "latest", of("x")?),
                step(json!({ "url": "oci://127.0.0.1:1/urls" })),
            ],
        ),
    ])
}

fn access() -> Result<Vec<Story>> {
    let account = |name: &str, secrets: Value| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}, "imagePullSecrets": secrets});
    let url = "oci://@L@/login";
    let with = |field: &str, name: &str| json!({ "url": url, field: { "name": name } });
    let locked = Story {
        locked: true,
        ..story(
            "login",
            vec![
                step(json!({ "url": url })).push("login", "latest", files(&[("a", "1")])?),
                step(with("secretRef", "right")).object(login("right", PASSWORD)),
                step(with("secretRef", "wrong")).object(login("wrong", "another-pass")),
                step(with("secretRef", "opaque")).object(secret(
                    "opaque",
                    "Opaque",
                    json!({ "username": "user", "password": PASSWORD }),
                )),
                step(json!({ "url": url, "serviceAccountName": "robot" }))
                    .object(account("robot", json!([{ "name": "right" }]))),
                step(json!({ "url": url, "serviceAccountName": "half" }))
                    .object(account("half", json!([{ "name": "absent" }]))),
                step(json!({ "url": url, "serviceAccountName": "nobody" })),
            ],
        )
    };
    let named = |field: &str, name: &str| step(json!({ field: { "name": name } }));
    let certificate =
        |name: &str, data: Value| named("certSecretRef", name).object(secret(name, "Opaque", data));
    let proxy = |name: &str, data: Value| named("proxySecretRef", name).object(secret(name, "Opaque", data));
    Ok(vec![
        locked,
        story("absent", vec![named("secretRef", "absent").push("absent", "latest", files(&[("a", "1")])?)]),
        story(
            "certs",
            vec![
                named("certSecretRef", "absent").push("certs", "latest", files(&[("a", "1")])?),
                certificate("half", json!({ "tls.crt": "x", "ca.crt": "y" })),
                certificate("other-half", json!({ "tls.key": "x" })),
                certificate("none", json!({ "x": "y" })),
                certificate("broken", json!({ "ca.crt": "y" })),
            ],
        ),
        story(
            "proxies",
            vec![
                named("proxySecretRef", "absent").push("proxies", "latest", files(&[("a", "1")])?),
                proxy("nowhere", json!({ "x": "y" })),
                proxy("ftp", json!({ "address": "ftp://x" })),
                proxy("empty", json!({ "address": "" })),
            ],
        ),
    ])
}

fn signatures() -> Result<Vec<Story>> {
    let (signer, stranger) = (Signer::new()?, Signer::new()?);
    let keys = |name: &str, data: Value| secret(name, "Opaque", data);
    let verify = |name: &str| json!({ "verify": { "provider": "cosign", "secretRef": { "name": name } } });
    let one = files(&[("a", "1")])?;
    let two = files(&[("a", "2")])?;
    let tag = |image: &Image| image.digest().replace(':', "-");
    let referrer = signer.referrer(&two.digest())?;
    let list = Image::index(&[("", &referrer)]);
    Ok(vec![story(
        "signed",
        vec![
            step(verify("absent")).push("signed", "latest", one.clone()),
            step(verify("keys")).object(keys("keys", json!({ "cosign.pub": signer.pem() }))),
            step(verify("keys")).push(
                "signed",
                &format!("{}.sig", tag(&one)),
                stranger.tagged(&one.digest())?,
            ),
            step(verify("keys")).push("signed", &format!("{}.sig", tag(&one)), signer.tagged(&one.digest())?),
            step(verify("keys")),
            step(verify("stranger")).object(keys("stranger", json!({ "cosign.pub": stranger.pem() }))),
            step(verify("none")).object(keys("none", json!({ "key": signer.pem() }))),
            step(verify("broken")).object(keys("broken", json!({ "a.pub": "no key" }))),
            step(verify("keys"))
                .push("signed", &referrer.digest(), referrer)
                .push("signed", &tag(&two), list)
                .push("signed", "latest", two),
            step(json!({})),
        ],
    )])
}
