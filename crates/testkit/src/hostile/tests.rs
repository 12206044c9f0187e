//! That the corpus is what it says, and that its packs, archives and verdicts are right.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::folders::committed;
use super::host::Reply;
use super::input::{Matter, Source, files};
use super::judge::{controls, reaches_out, wordy};
use super::packs::{Entry, Kind, Pack, copies, hex, name};
use super::registry::{Shelf, layer};
use super::site::{Asked, fill};
use super::tarball::{Tar, gzip, of_files, record, zeros};
use super::{Family, Finding, Options, Report, Verdict, corpus, tenth};
use crate::canary::Canaries;
use crate::cluster::Request;

#[test]
fn there_are_hundreds_of_inputs_and_each_has_its_own_name() {
    let all = corpus();
    let names: BTreeSet<_> = all.iter().map(|input| input.name.clone()).collect();
    assert_eq!(names.len(), all.len());
    assert!(all.len() >= 300, "{}", all.len());
    for family in Family::ALL {
        let count = all.iter().filter(|input| input.family == family).count();
        assert!(count >= 15, "{family} has {count}");
    }
}

#[test]
fn a_tenth_is_the_same_tenth_every_time_and_has_all_families() {
    let chosen = tenth(corpus());
    let again = tenth(corpus().into_iter().rev().collect());
    let names = |inputs: &[super::Input]| inputs.iter().map(|input| input.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&chosen), names(&again));
    assert!(chosen.len() * 9 < corpus().len() && chosen.len() * 12 > corpus().len(), "{}", chosen.len());
    let families: BTreeSet<_> = chosen.iter().map(|input| input.family).collect();
    assert_eq!(families.len(), Family::ALL.len());
    let options = Options { family: Some(Family::Cli), only: Some("-up".to_owned()), ..Options::default() };
    assert!(options.select(corpus()).iter().all(|input| input.name.starts_with("cli/")));
    assert!(!options.select(corpus()).is_empty());
}

#[test]
fn inputs_are_small() {
    let canaries = Canaries::default();
    for input in corpus().iter().filter(|input| input.family == Family::Object || input.family == Family::Cli)
    {
        let size: usize = match input.make(&canaries) {
            Matter::Build(build) => build.files.values().map(Vec::len).sum(),
            Matter::Cli(files) => files.values().map(Vec::len).sum(),
            _ => 0,
        };
        assert!(size < 8 << 20, "{}: {size}", input.name);
    }
}

#[test]
fn packs_are_gits() {
    let mut pack = Pack::default();
    let file = pack.blob("hello\n");
    assert_eq!(hex(&file), "ce013625030ba8dba906f756967f9e9ca394464a");
    let root = pack.tree([Entry("100644", b"a", file)]);
    pack.commit(root, "m").zeros(Kind::Blob, 2);
    pack.delta(&file, &copies(6, 3));
    let folder = tempfile::tempdir().expect("a folder");
    let git = |args: &[&str], input: &[u8]| {
        use std::io::Write as _;
        let mut child = std::process::Command::new("git")
            .args(args)
            .current_dir(folder.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("git");
        child.stdin.take().expect("a pipe").write_all(input).expect("written");
        let output = child.wait_with_output().expect("git");
        assert!(output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    git(&["init", "--quiet", "--bare", "."], b"");
    git(&["index-pack", "--stdin"], &pack.bytes(None));
    assert_eq!(git(&["cat-file", "-p", &format!("{}:a", pack.tip())], b""), "hello\n");
    let copied = hex(&name(Kind::Blob, b"hello\nhello\nhello\n"));
    assert_eq!(git(&["cat-file", "-p", &copied], b""), "hello\nhello\nhello\n");
    let zeros = hex(&name(Kind::Blob, &vec![0; 2 << 20]));
    assert_eq!(git(&["cat-file", "-s", &zeros], b"").trim(), "2097152");
}

#[test]
fn archives_are_tar() {
    use std::io::Read as _;
    let long = "n".repeat(150);
    let files =
        [("a.yaml".to_owned(), b"a\n".to_vec()), (long.clone(), b"b\n".to_vec())].into_iter().collect();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.tar.gz"), of_files(&files)).expect("written");
    let listed =
        std::process::Command::new("tar").args(["-tzf", "a.tar.gz"]).current_dir(folder.path()).output();
    assert_eq!(String::from_utf8_lossy(&listed.expect("tar").stdout), format!("a.yaml\n{long}\n"));
    let mut text = String::new();
    let bytes = gzip(&Tar::default().file("a", b"x").done());
    flate2::read::GzDecoder::new(bytes.as_slice()).take(1).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, "a");
    let compressed = zeros("a", 3).split_off(10);
    let mut inflated = flate2::read::DeflateDecoder::new(compressed.as_slice());
    let length = std::io::copy(&mut inflated, &mut std::io::sink()).expect("zeros");
    assert_eq!(length, 512 + (3 << 20));
    assert_eq!(record("path", "abc"), b"12 path=abc\n");
    assert_eq!(record("path", &"a".repeat(91)).len(), 101);
}

#[test]
fn a_verdict_knows_what_reaches_out() {
    let request = |user: &str, impersonated: &str, verb: &str, namespace: &str, uri: &str| Request {
        user: format!("system:serviceaccount:sys:{user}"),
        impersonated: if impersonated.is_empty() {
            String::new()
        } else {
            format!("system:serviceaccount:{impersonated}")
        },
        verb: verb.to_owned(),
        group: String::new(),
        resource: "configmaps".to_owned(),
        namespace: namespace.to_owned(),
        name: "a".to_owned(),
        code: 200,
        uri: uri.to_owned(),
        agent: String::new(),
        received: 0,
    };
    let check = |request: &Request| reaches_out(request, "sys");
    assert!(!check(&request("k", "t:tenant", "patch", "t", "/api/v1/namespaces/t/configmaps/a")));
    assert!(check(&request("k", "t:tenant", "patch", "victim", "/api/v1/namespaces/victim/configmaps/a")));
    assert!(check(&request("k", "", "delete", "victim", "/api/v1/namespaces/victim/configmaps/a")));
    assert!(!check(&request("k", "", "patch", "sys", "/api/v1/namespaces/sys/configmaps/a")));
    assert!(!check(&request("k", "t:tenant", "get", "victim", "/api/v1/namespaces/victim/configmaps/a")));
    assert!(!check(&request(
        "k",
        "t:tenant",
        "patch",
        "victim",
        "/api/v1/namespaces/victim/configmaps/a?dryRun=All"
    )));
    assert!(check(&request(
        "k",
        "t:tenant",
        "patch",
        "t",
        "/api/v1/namespaces/t/configmaps/../b?dryRun=All"
    )));
    let refused = Request { code: 403, ..request("k", "t:tenant", "patch", "victim", "/a") };
    assert!(!check(&refused));
}

#[test]
fn control_characters_are_found_and_the_report_tells() {
    assert_eq!(controls("a", "fine\n\ttext, ümlaut"), None);
    for bad in ["\u{1b}[2J", "\u{7}", "\u{9b}31m", "\u{202e}a", "\r"] {
        assert!(controls("a", bad).is_some(), "{bad:?}");
    }
    let finding = Finding { promise: "it ends", seen: "never".to_owned() };
    let wrong = Verdict { inputs: vec!["cli/a".to_owned(), "cli/b".to_owned()], findings: vec![finding] };
    let good = Verdict { inputs: vec!["cli/c".to_owned()], findings: Vec::new() };
    let mut report = Report { verdicts: vec![wrong.clone(), good], peaks: Vec::new() };
    report.peak("a", 5 << 20);
    report.peak("a", 3 << 20);
    assert_eq!((report.tried(), report.wrong()), (3, vec![&wrong]));
    let text = report.to_string();
    assert!(text.contains("3 inputs, 1 rounds") && text.contains("    5 MiB in a"), "{text}");
    assert!(text.contains("WRONG cli/a, cli/b\n      it ends: never"), "{text}");
}

/// What an input of a source puts before the controllers.
fn source(name: &str, canaries: &Canaries) -> Source {
    let input = corpus().into_iter().find(|input| input.name == name).expect("such an input");
    let Matter::Source(source) = input.make(canaries) else { panic!("{name} is of no source") };
    source
}

fn asked(method: &str, target: &str, body: &[u8]) -> Asked {
    Asked {
        method: method.to_owned(),
        target: target.to_owned(),
        body: body.to_vec(),
        is_known: false,
        url: "http://127.0.0.1:1".to_owned(),
        elsewhere: "http://127.0.0.1:2".to_owned(),
    }
}

fn body(reply: Reply) -> Vec<u8> {
    match reply {
        Reply::Whole { body, .. } => body.to_vec(),
        other => panic!("{other:?} is not whole"),
    }
}

#[test]
fn registries_have_what_their_manifests_name() {
    let shelf = Shelf::of_layer(layer());
    let manifest: Value =
        serde_json::from_slice(&body(shelf.answer(&asked("GET", "/v2/app/manifests/latest", b""))))
            .expect("JSON");
    let digest = manifest["layers"][0]["digest"].as_str().expect("a digest").to_owned();
    assert_eq!(body(shelf.answer(&asked("GET", &format!("/v2/app/blobs/{digest}"), b""))), layer());
    assert_eq!(body(shelf.answer(&asked("GET", "/v2/", b""))), b"{}");
    assert_eq!(crate::oci::digest(&layer()), digest);
}

#[test]
fn logins_are_of_the_server_that_asks() {
    let canaries = Canaries::default();
    let source = source("registry/login-realm-elsewhere", &canaries);
    let secret = fill(&source.others[0].to_string(), "http://127.0.0.1:1", "http://127.0.0.1:2");
    let secret: Value = serde_json::from_str(&secret).expect("JSON");
    let config = secret["stringData"][".dockerconfigjson"].as_str().expect("a login");
    let config: Value = serde_json::from_str(config).expect("JSON in JSON");
    assert_eq!(config["auths"]["127.0.0.1:1"]["username"], "robot");
    assert_eq!(canaries.len(), 1);
    let Reply::Whole { head, .. } = source.answers.to(&asked("GET", "/v2/", b"")) else {
        panic!("an answer")
    };
    assert!(head.contains("realm=\"http://127.0.0.1:2/token\""), "{head}");
}

#[test]
fn pages_lead_to_pages() {
    let registry = source("registry/tags-page-after-page", &Canaries::default());
    let Reply::Whole { head, .. } = registry.answers.to(&asked("GET", "/v2/app/tags/list?n=1&last=7", b""))
    else {
        panic!("a page")
    };
    assert!(head.contains("</v2/app/tags/list?n=1&last=8>; rel=\"next\""), "{head}");
    let bucket = source("bucket/listing-page-after-page", &Canaries::default());
    let page = bucket.answers.to(&asked("GET", "/app/?list-type=2&continuation-token=7&x=y", b""));
    let page = String::from_utf8(body(page)).expect("text");
    assert!(page.contains("<NextContinuationToken>8<") && page.contains("<Key>k7<"), "{page}");
}

#[test]
fn folders_become_what_git_reads() {
    let (tip, pack) = committed(&files([("a/b/c.yaml", "x"), ("a/link:d", "../e"), ("f", "y")]));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("p.pack"), pack.as_slice()).expect("written");
    let git = |args: &[&str]| {
        let output =
            std::process::Command::new("git").args(args).current_dir(folder.path()).output().expect("git");
        assert!(output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    git(&["init", "--quiet", "--bare", "."]);
    let unpack = format!("git unpack-objects -q < p.pack && git ls-tree -r {tip}");
    let listed = std::process::Command::new("sh").args(["-c", &unpack]).current_dir(folder.path()).output();
    let listed = String::from_utf8_lossy(&listed.expect("git").stdout).into_owned();
    let seen: Vec<(&str, &str)> =
        listed.lines().filter_map(|line| Some((line.get(..6)?, line.split('\t').nth(1)?))).collect();
    assert_eq!(seen, [("100644", "a/b/c.yaml"), ("120000", "a/d"), ("100644", "f")]);
}

#[test]
fn charts_are_asked_for_where_their_index_says() {
    let chart = source("chart/of-nothing-merged", &Canaries::default());
    assert_eq!(chart.kind, "HelmChart");
    let index: Value =
        serde_json::from_slice(&body(chart.answers.to(&asked("GET", "/charts/index.yaml", b""))))
            .expect("JSON");
    assert_eq!(index["entries"]["app"][0]["urls"][0], "app-1.0.0.tgz");
    assert!(chart.others.iter().any(|other| other["kind"] == "HelmRepository"));
}

#[test]
fn reasons_and_long_messages_are_seen() {
    let object = |message: String| {
        json!({ "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "Bucket",
            "status": { "conditions": [{ "type": "Ready", "message": message }] } })
    };
    assert_eq!(wordy(&object("a".repeat(4_096))), None);
    assert!(wordy(&object("a".repeat(4_097))).is_some());
    let input = corpus().into_iter().find(|input| input.name == "registry/tags-many").expect("such an input");
    assert!(input.may_be("ReadOperationFailed") && !input.may_be("Succeeded"));
    let any = corpus().into_iter().find(|input| input.name.starts_with("gitrepo/")).expect("such an input");
    assert!(any.may_be("Anything"));
}
