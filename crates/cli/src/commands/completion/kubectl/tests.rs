//! What kubectl is told, word by word.

use clap::{ArgAction, value_parser};
use std::path::PathBuf;

use super::*;

fn tree() -> Command {
    let output =
        Arg::new("output").short('o').long("output").value_parser(["text", "json"]).help("How to print it.");
    let all = Arg::new("all").short('A').long("all").action(ArgAction::SetTrue).help("All.\nReally.");
    let secret = Arg::new("secret").long("secret").hide(true);
    let types = Arg::new("types").long("types").value_delimiter(',').value_parser(["Normal", "Warning"]);
    let file = Arg::new("file").long("file").value_parser(value_parser!(PathBuf));
    let equals =
        Arg::new("fetch").long("fetch").num_args(0..=1).require_equals(true).value_parser(["true", "false"]);
    let shell = Arg::new("shell").value_parser(["bash", "zsh"]);
    let folder = Arg::new("dir").value_parser(value_parser!(PathBuf));
    Command::new("flyball")
        .subcommand(
            Command::new("explain")
                .about("Says why")
                .args([output, all, secret, types])
                .arg(Arg::new("object")),
        )
        .subcommand(Command::new("events"))
        .subcommand(Command::new("man").hide(true))
        .subcommand(Command::new("completion").arg(shell))
        .subcommand(Command::new("build").args([file, equals]).arg(folder))
}

fn told(line: &str) -> String {
    let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    for_kubectl(tree(), &words)
}

#[test]
fn commands() {
    assert_eq!(told("e"), "explain\tSays why\nevents\n:4\n");
    assert_eq!(told("m"), ":4\n", "what is hidden is not offered");
    assert!(told("").contains("build\n"));
    assert!(for_kubectl(tree(), &[]).contains("build\n"), "no word is an empty one");
    assert_eq!(told("explain e"), ":4\n", "one command is enough");
}

#[test]
fn flags() {
    assert_eq!(told("explain --o"), "--output\tHow to print it.\n:4\n");
    assert_eq!(told("explain --all"), "--all\tAll.\n:4\n", "a line stays one");
    assert_eq!(told("explain --secr"), ":4\n");
    let all = told("explain -");
    assert!(all.contains("--output\t") && all.contains("-o\t") && all.contains("--help\t"), "{all}");
    assert_eq!(told("explain -- --o"), ":4\n", "flags are over");
}

#[test]
fn values_of_flags() {
    for line in
        ["explain --output j", "explain -o j", "explain -Ao j", "explain --output=j", "explain --all x -o j"]
    {
        assert_eq!(told(line), "json\n:4\n", "{line}");
    }
    assert_eq!(told("explain -ojson j"), ":4\n", "it has its value");
    assert_eq!(told("explain --types Normal,W"), "Normal,Warning\n:4\n");
    assert_eq!(told("build --file x"), ":0\n", "the shell knows files");
    assert_eq!(told("build --fetch=t"), "true\n:4\n");
    assert_eq!(told("build --fetch "), ":0\n", "a value would have to follow at once: this is the folder");
    assert_eq!(told("explain --nothing=x"), ":4\n");
}

#[test]
fn arguments() {
    assert_eq!(told("completion z"), "zsh\n:4\n");
    assert_eq!(told("build x"), ":0\n");
    assert_eq!(told("build -- x"), ":0\n");
}
