//! That the corpus is what it says, and that its packs, archives and verdicts are right.

use std::collections::BTreeSet;

use super::input::Matter;
use super::judge::{controls, reaches_out};
use super::packs::{Entry, Kind, Pack, copies, hex, name};
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
