//! Compares builds with answers recorded from the real kustomize.
//!
//! Every folder of `testdata` holds `input/`, `origin.toml` and the recorded answer: `expected.yaml` (as the command line
//! prints it), `expected-flux.yaml` where the order without sorting differs, or `error.txt` where upstream fails. With
//! `KUSTOMIZE_BIN` set, `record` (ignored) writes the answers of all folders anew, or only of those that `CASES` names with
//! commas between them; `cargo xtask golden [CASE...]` calls it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kustomize_engine::{Budget, Files, Mode, Options, build};

const ROOT: &str = "/golden";

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(testdata())
        .expect("testdata can be listed")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases");
    cases
}

fn read_tree(directory: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).expect("a folder can be listed") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if path.is_dir() {
            read_tree(&path, &relative, files);
        } else {
            files.insert(relative, fs::read(&path).expect("a file can be read"));
        }
    }
}

/// The directory that is built: `top` if there is one, else the input itself.
fn top(input: &Path) -> &'static str {
    if input.join("top").is_dir() { "top" } else { "" }
}

fn run(case: &Path, mode: Mode) -> Result<String, String> {
    let input = case.join("input");
    let mut files = BTreeMap::new();
    read_tree(&input, "", &mut files);
    let tree: Files = files.into_iter().collect();
    let options = Options { mode, root: ROOT.to_owned(), ..Options::default() };
    build(&tree, top(&input), &options).map(|built| built.to_yaml()).map_err(|error| error.to_string())
}

#[test]
fn builds_equal_upstream() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        assert!(case.join("origin.toml").is_file(), "{name} has no origin.toml");
        let read = |file: &str| fs::read_to_string(case.join(file)).ok();
        let cli = read("expected.yaml");
        let flux = read("expected-flux.yaml").or_else(|| cli.clone());
        if cli.is_none() {
            assert!(case.join("error.txt").is_file(), "{name} has no recorded answer");
        }
        for (mode, expected) in [(Mode::Cli, cli), (Mode::Flux, flux)] {
            match (run(&case, mode), expected) {
                (Ok(got), Some(expected)) if got == expected => {}
                (Err(_), None) => {}
                (Ok(got), expected) => {
                    wrong.push(format!("{name} {mode:?}: got\n{got}\nexpected\n{expected:?}"));
                }
                (Err(error), _) => wrong.push(format!("{name} {mode:?}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a build of a case costs, in steps and bytes held at the end.
fn cost(case: &Path) -> (u64, u64) {
    let input = case.join("input");
    let mut files = BTreeMap::new();
    read_tree(&input, "", &mut files);
    let tree: Files = files.into_iter().collect();
    let budget = Budget::default();
    let options = Options { root: ROOT.to_owned(), budget: Some(budget.clone()), ..Options::default() };
    drop(build(&tree, top(&input), &options));
    (budget.steps(), budget.held())
}

#[test]
fn ordinary_builds_cost_little() {
    let costs = cases().into_iter().map(|case| (cost(&case), case));
    let (most, case) = costs.max_by_key(|((steps, _), _)| *steps).expect("a case");
    println!("{}: {} steps, {} bytes", case.display(), most.0, most.1);
    assert!(most.0 < 3_000_000, "{} takes {} steps", case.display(), most.0);
}

#[test]
fn messages_equal_upstream_where_marked() {
    let mut wrong = Vec::new();
    for case in cases() {
        let Ok(expected) = fs::read_to_string(case.join("error.txt")) else { continue };
        if !fs::read_to_string(case.join("origin.toml")).unwrap().contains("message = true") {
            continue;
        }
        let got = run(&case, Mode::Cli).unwrap_err();
        if got != expected.trim_end() {
            wrong.push(format!("{}: got\n{got}\nexpected\n{expected}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[ignore = "writes testdata; needs KUSTOMIZE_BIN"]
fn record() {
    let binary = std::env::var("KUSTOMIZE_BIN").unwrap();
    let only = std::env::var("CASES").unwrap_or_default();
    let wanted = |case: &Path| only.is_empty() || only.split(',').any(|name| case.ends_with(name));
    for case in cases().into_iter().filter(|case| wanted(case)) {
        let input = case.join("input");
        let directory = input.join(top(&input));
        let run =
            |flags: &[&str]| Command::new(&binary).arg("build").arg(&directory).args(flags).output().unwrap();
        for file in ["expected.yaml", "expected-flux.yaml", "error.txt"] {
            if case.join(file).exists() {
                fs::remove_file(case.join(file)).unwrap();
            }
        }
        let cli = run(&[]);
        let mut message = false;
        if cli.status.success() {
            fs::write(case.join("expected.yaml"), &cli.stdout).unwrap();
        } else {
            let text = String::from_utf8(cli.stderr).unwrap();
            let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("# Warning")).collect();
            let text = text.join("\n").replace(input.to_str().unwrap(), ROOT);
            let text = text.trim().strip_prefix("Error: ").unwrap_or(text.trim()).to_owned();
            message = super_run(&case) == Err(text.clone());
            let text = if message { text } else { "upstream fails\n".to_owned() };
            fs::write(case.join("error.txt"), text + "\n").unwrap();
        }
        let flux = run(&["--reorder", "none", "--load-restrictor", "LoadRestrictionsNone"]);
        if flux.status.success() && flux.stdout != cli.stdout {
            fs::write(case.join("expected-flux.yaml"), &flux.stdout).unwrap();
        }
        let origin =
            format!("upstream = \"kustomize 5.8.1\"\ncommand = \"kustomize build\"\nmessage = {message}\n");
        fs::write(case.join("origin.toml"), origin).unwrap();
    }
}

fn super_run(case: &Path) -> Result<String, String> {
    run(case, Mode::Cli)
}
