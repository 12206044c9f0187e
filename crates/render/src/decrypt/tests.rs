//! Repositories with files that the real `sops` encrypted (`crates/sops/tests/vectors/manifests`).

use artifact::MemTree;
use manifest::budget::Budget;
use serde_json::{Value, json};
use sops::{KeyError, Keys, MasterKey, Verify};
use zeroize::Zeroizing;

use super::KeyRing;
use crate::{Decryption, Owner, RenderError, Rendered, Request, render, render_sealed};

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../../sops/tests/vectors/", $name))
    };
}

const SECRET: &str = vector!("manifests/secret.yaml");
const APART: &str = vector!("manifests/apart.yaml");
const AGE: &str = vector!("keys/one.agekey");

fn ring(verify: Verify) -> KeyRing {
    let mut keys = Keys::default();
    keys.import("one.agekey", AGE.as_bytes()).unwrap();
    keys.import("curve.asc", vector!("keys/curve.asc").as_bytes()).unwrap();
    KeyRing::new(keys, verify)
}

fn request(keys: KeyRing) -> Request {
    Request {
        owner: Owner { name: "apps".into(), namespace: "flux-system".into() },
        decryption: Some(Decryption { provider: "sops".into(), ..Decryption::default() }),
        keys,
        ..Request::default()
    }
}

fn try_render(files: &[(&str, &str)], request: &Request) -> Result<Rendered, RenderError> {
    let files = files.iter().map(|(path, content)| (*path, content.as_bytes()));
    render(&MemTree::from_files(files).unwrap(), request, &Budget::default())
}

fn rendered(files: &[(&str, &str)]) -> Rendered {
    try_render(files, &request(ring(Verify::Required))).unwrap()
}

fn problem(files: &[(&str, &str)]) -> String {
    try_render(files, &request(ring(Verify::Required))).expect_err("renders").to_string()
}

/// `stringData` and `data` of each object, decoded.
fn data(rendered: &Rendered) -> Vec<Value> {
    use base64::Engine as _;
    let decoded = |object: &Value| {
        let texts = object.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
        let secret = object["kind"] == "Secret";
        let text = |value: &Value| {
            let text = value.as_str().unwrap_or_default();
            if !secret {
                return text.to_owned();
            }
            String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
        };
        let texts: serde_json::Map<String, Value> =
            texts.iter().map(|(name, value)| (name.clone(), text(value).into())).collect();
        Value::Object(texts)
    };
    rendered.objects.iter().map(|object| decoded(object.value())).collect()
}

#[test]
fn a_secret_among_the_resources_is_decrypted_and_its_metadata_is_gone() {
    let rendered = rendered(&[("secret.yaml", SECRET)]);
    assert_eq!(data(&rendered), [json!({"password": "correct-horse"})]);
    assert_eq!(rendered.objects[0].value().get("sops"), None);
    assert_eq!(rendered.revealed, None, "a Secret's values are known to be secret");
}

#[test]
fn what_was_encrypted_elsewhere_is_named_for_masking() {
    let rendered = rendered(&[("settings.yaml", vector!("manifests/config-map.yaml"))]);
    assert_eq!(data(&rendered), [json!({"token": "battery-staple", "plain": "no"})]);
    assert_eq!(rendered.revealed.unwrap()["stringData"], json!({"0": "battery-staple"}));
}

#[test]
fn what_a_patch_puts_into_objects_is_named_for_masking() {
    let plain = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: me}\n";
    let rendered = rendered(&[
        ("kustomization.yaml", "resources: [secret.yaml]\npatches: [{path: patch.yaml}]\n"),
        ("secret.yaml", plain),
        ("patch.yaml", vector!("manifests/patch.yaml")),
    ]);
    assert_eq!(rendered.revealed.unwrap()["stringData"], json!({"0": "patched-in"}));
}

#[test]
fn documents_are_decrypted_together_or_each_by_itself() {
    for (file, first, second) in [
        (vector!("manifests/multi.yaml"), "first-one", "second-two"),
        (APART, "one-by-itself", "two-by-itself"),
    ] {
        let rendered = rendered(&[("all.yaml", file)]);
        assert_eq!(data(&rendered), [json!({"password": first}), json!({"password": second})]);
    }
}

#[test]
fn a_rule_about_comments_outlives_the_comments() {
    let rendered = rendered(&[("secret.yaml", vector!("manifests/comment.yaml"))]);
    assert_eq!(data(&rendered), [json!({"password": "behind-a-comment", "user": "admin"})]);
}

#[test]
fn files_of_generators_and_patches_are_decrypted_before_the_build() {
    let kustomization = "resources: [secret.yaml, base]\n\
        generatorOptions: {disableNameSuffixHash: true}\n\
        secretGenerator:\n\
        - {name: env, envs: [app.env]}\n\
        - {name: files, files: [app.ini, blob=app.bin]}\n\
        patches:\n\
        - path: patch.yaml\n";
    let base = "generatorOptions: {disableNameSuffixHash: true}\n\
        secretGenerator:\n\
        - {name: base, files: [config.json=../app.json]}\n";
    let plain = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: me}\n";
    let rendered = rendered(&[
        ("kustomization.yaml", kustomization),
        ("base/kustomization.yaml", base),
        ("secret.yaml", plain),
        ("patch.yaml", vector!("manifests/patch.yaml")),
        ("app.env", vector!("manifests/app.env")),
        ("app.ini", vector!("manifests/app.ini")),
        ("app.bin", vector!("manifests/app.bin")),
        ("app.json", vector!("manifests/app.json")),
    ]);
    let mut all = data(&rendered);
    all.sort_by_key(ToString::to_string);
    assert_eq!(
        all,
        [
            json!({"PASSWORD": "from-dotenv", "USER": "admin"}),
            json!({"app.ini": "[db]\npassword = from-ini\n", "blob": "any \u{1} bytes"}),
            json!({"config.json": "{\n\t\"password\": \"from-json\",\n\t\"n\": 3\n}\n"}),
            json!({"pin": "patched-in", "user": "me"}),
        ]
    );
}

#[test]
fn an_entry_of_a_secret_that_is_an_encrypted_file_is_decrypted() {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(vector!("manifests/app.json"));
    let secret =
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{app.json: {encoded}}}\n");
    let rendered = rendered(&[("secret.yaml", &secret)]);
    assert_eq!(data(&rendered), [json!({"app.json": "{\n\t\"password\": \"from-json\",\n\t\"n\": 3\n}\n"})]);
    // kustomize writes long values in lines.
    let kustomization = "secretGenerator: [{name: s, files: [env=app.env]}]\n";
    let text = problem(&[("kustomization.yaml", kustomization), ("app.env", vector!("manifests/app.env"))]);
    assert!(
        text.contains("Secret field 'env': failed to emit encrypted dotenv file as decrypted binary"),
        "{text}"
    );
    // A name without an end stands for bytes.
    let encoded = base64::engine::general_purpose::STANDARD.encode(vector!("manifests/app.env"));
    let wrong = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{env: {encoded}}}\n");
    insta::assert_snapshot!(problem(&[("secret.yaml", &wrong)]), @"decryption failed for 'Secret.v1.[noGrp]/s': failed to decrypt and format '/s' Secret field 'env': failed to emit encrypted dotenv file as decrypted binary: error emitting binary store: no binary data found in tree");
}

#[test]
fn openpgp_opens_without_another_program() {
    let rendered = rendered(&[("secret.yaml", vector!("manifests/pgp.yaml"))]);
    assert_eq!(data(&rendered), [json!({"password": "opened-by-pgp"})]);
}

#[test]
fn an_object_may_ask_to_be_left_alone() {
    let disabled = SECRET.replace(
        "    name: login\n",
        "    name: login\n    annotations: {kustomize.toolkit.fluxcd.io/decrypt: Disabled}\n",
    );
    let rendered = rendered(&[("secret.yaml", &disabled)]);
    let password = data(&rendered)[0]["password"].as_str().unwrap().to_owned();
    assert!(password.starts_with("ENC["), "{password}");
}

#[test]
fn a_file_that_was_changed_is_refused_unless_nobody_looks() {
    let changed = SECRET.replace("name: login", "name: admin");
    let files = [("secret.yaml", &*changed)];
    insta::assert_snapshot!(problem(&files), @"error decrypting sources: secret.yaml: failed to verify sops data integrity: MAC mismatch: values, keys or their order were changed without sops");
    let rendered = try_render(&files, &request(ring(Verify::Ignored))).unwrap();
    assert_eq!(data(&rendered), [json!({"password": "correct-horse"})]);
    // One of several in a file.
    let (first, second) = APART.split_once("---\n").unwrap();
    let changed = format!("{first}---\n{}", second.replace("name: two", "name: three"));
    let text = problem(&[("all.yaml", &changed)]);
    assert!(text.contains("all.yaml: failed to verify sops data integrity: MAC mismatch"), "{text}");
    // What a generator reads is looked at in the same way.
    let env = vector!("manifests/app.env").replace("USER=", "NAME=");
    let kustomization = "secretGenerator: [{name: env, envs: [app.env]}]\n";
    let text = problem(&[("kustomization.yaml", kustomization), ("app.env", &env)]);
    assert!(text.starts_with("error decrypting sources: "), "{text}");
}

#[test]
fn the_metadata_that_kustomize_changes_is_no_change() {
    let kustomization =
        "namespace: web\nnamePrefix: a-\nlabels: [{pairs: {a: b}}]\nresources: [secret.yaml]\n";
    let rendered = rendered(&[("kustomization.yaml", kustomization), ("secret.yaml", SECRET)]);
    assert_eq!(rendered.objects[0].id().to_string(), "Secret/web/a-login");
    assert_eq!(data(&rendered), [json!({"password": "correct-horse"})]);
}

#[test]
fn without_a_key_the_words_are_those_of_sops() {
    let files = [("secret.yaml", SECRET)];
    let error = try_render(&files, &request(KeyRing::default())).expect_err("renders").to_string();
    assert!(error.starts_with("decryption failed for 'Secret.v1.[noGrp]/login': failed to decrypt and format '/login' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1"), "{error}");
    assert!(!error.contains("ENC["), "{error}");
    // A file that is missing, and one that is a folder.
    let kustomization = "secretGenerator: [{name: s, files: [x/gone.env]}]\n";
    let text =
        problem(&[("app/kustomization.yaml", kustomization), ("kustomization.yaml", "resources: [app]")]);
    insta::assert_snapshot!(text, @"error decrypting sources: lstat app/x/gone.env: no such file or directory");
}

#[test]
fn a_key_service_is_asked_between_two_renders() {
    let files = [("secret.yaml", vector!("manifests/vault.yaml"))];
    let mut request = request(ring(Verify::Required));
    let error = try_render(&files, &request).expect_err("renders");
    let RenderError::KeysWanted(wanted) = error else { panic!("{error}") };
    // The file, and the object that it became.
    let sealed = wanted.first().unwrap();
    let MasterKey::Vault(key) = &sealed.key else { panic!("{sealed:?}") };
    assert_eq!(key.name, "my-key");
    // The stub that it was made with turns keys round.
    let text = std::str::from_utf8(&sealed.encrypted).unwrap().strip_prefix("vault:v1:").unwrap();
    let mut plain = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    };
    plain.reverse();
    let mut refused = request.clone();
    refused.keys.answer(sealed, Err(KeyError::NoCredentials("Vault")));
    let text = try_render(&files, &refused).expect_err("renders").to_string();
    assert!(text.contains("no credentials for Vault"), "{text}");
    request.keys.answer(sealed, Ok(Zeroizing::new(plain)));
    let rendered = try_render(&files, &request).unwrap();
    assert_eq!(data(&rendered), [json!({"password": "opened-by-vault"})]);
}

#[test]
fn decryption_costs_what_it_costs() {
    use manifest::budget::{Cancel, Limits};
    let tree = MemTree::from_files([("secret.yaml", SECRET.as_bytes())]).unwrap();
    let request = request(ring(Verify::Required));
    let budget = Budget::new(Limits { steps: 2_000, bytes: u64::MAX }, Cancel::default());
    let error = render(&tree, &request, &budget).expect_err("renders");
    assert!(error.exceeded().is_some(), "{error}");
}

#[test]
fn what_comes_from_no_file_that_was_verified_is_refused() {
    let indented: String = SECRET.lines().map(|line| format!("    {line}\n")).collect();
    let in_a_list = format!("apiVersion: v1\nkind: List\nitems:\n-\n{indented}");
    let behind = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n---\t\n{SECRET}");
    for file in [&in_a_list, &behind] {
        let files = [("secret.yaml", &**file)];
        let text = problem(&files);
        assert!(text.ends_with("its MAC cannot be verified"), "{text}");
        let rendered = try_render(&files, &request(ring(Verify::Ignored))).unwrap();
        assert!(data(&rendered).contains(&json!({"password": "correct-horse"})), "{rendered:?}");
    }
}

#[test]
fn a_patch_that_is_merged_encrypted_is_verified_too() {
    let kustomization = "resources: [stub.yaml]\npatchesStrategicMerge: [secret.yaml]\n";
    let stub = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\n";
    let files = |patch| [("kustomization.yaml", kustomization), ("stub.yaml", stub), ("secret.yaml", patch)];
    assert_eq!(data(&rendered(&files(SECRET))), [json!({"password": "correct-horse"})]);
    let changed = SECRET.replace("kind: Secret", "immutable: true\nkind: Secret");
    let text = problem(&files(&changed));
    assert!(text.contains("secret.yaml: failed to verify sops data integrity: MAC mismatch"), "{text}");
}

#[test]
fn without_keys_what_is_encrypted_is_named_and_all_else_is_rendered() {
    let plain = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n";
    let kustomization = "resources: [secret.yaml, plain.yaml]\nsecretGenerator:\n- {name: files, files: [a.yaml=secret.yaml]}\n\
                         generatorOptions: {disableNameSuffixHash: true}\n";
    let files = [("kustomization.yaml", kustomization), ("secret.yaml", SECRET), ("plain.yaml", plain)];
    let tree = MemTree::from_files(files.map(|(path, content)| (path, content.as_bytes()))).unwrap();
    for request in [request(KeyRing::default()), Request { decryption: None, ..request(KeyRing::default()) }]
    {
        assert!(render(&tree, &request, &Budget::default()).is_err());
        let found = render_sealed(&tree, &request, &Budget::default()).unwrap();
        assert_eq!(found.rendered.objects.len(), 3);
        let mut sealed: Vec<String> =
            found.sealed.iter().map(|id| format!("{} {}", id.kind, id.name)).collect();
        sealed.sort();
        assert_eq!(sealed.len(), 2, "{sealed:?}");
        assert_eq!(sealed[0], "Secret files");
    }
    let disabled = SECRET
        .replace("metadata:", "metadata:\n    annotations: {kustomize.toolkit.fluxcd.io/decrypt: disabled}");
    let tree = MemTree::from_files([("secret.yaml", disabled.as_bytes())]).unwrap();
    let found = render_sealed(&tree, &request(KeyRing::default()), &Budget::default()).unwrap();
    assert!(found.sealed.is_empty(), "it is applied as it is");
}
