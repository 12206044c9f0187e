//! pflag's syntax, by table.

use std::ffi::OsString;
use std::time::Duration;

use super::{Flag, FlagError, FlagSet, List, MapOfBool};

struct All {
    set: FlagSet,
    on: Flag<bool>,
    text: Flag<String>,
    number: Flag<i64>,
    span: Flag<Duration>,
    list: Flag<List>,
    gates: Flag<MapOfBool>,
    ignored: Flag<String>,
    env: Flag<String>,
}

fn parse(arguments: &[&str]) -> Result<All, FlagError> {
    let mut set = FlagSet::with_env("test", |name| match name {
        "SET" => Some("from-env".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    });
    let on = set.declare("on", "false", "A switch.");
    let text = set.declare("text", "default", "A text.");
    let number = set.declare("number", "4", "A number.");
    let span = set.declare("span", "30s", "A span.");
    let list = set.declare("list", "a,b", "A list.");
    let gates = set.declare("gates", "", "Gates.");
    let ignored = set.declare_ignored("ignored", "", "Does nothing.");
    let env = set.declare_env("env", "SET", "fixed", "From the environment.");
    let line = std::iter::once("test").chain(arguments.iter().copied()).map(OsString::from);
    set.parse(line)?;
    Ok(All { set, on, text, number, span, list, gates, ignored, env })
}

fn fails(arguments: &[&str], text: &str) {
    match parse(arguments) {
        Ok(_) => panic!("{arguments:?} was accepted"),
        Err(error) => assert_eq!(error.to_string(), text, "{arguments:?}"),
    }
}

#[test]
fn defaults_stand_when_nothing_is_given() {
    let all = parse(&[]).expect("valid");
    assert!(!all.set.get(all.on));
    assert_eq!(all.set.get(all.text), "default");
    assert_eq!(all.set.get(all.number), 4);
    assert_eq!(all.set.get(all.span), Duration::from_secs(30));
    assert_eq!(all.set.get(all.list).0, ["a", "b"]);
    assert_eq!(all.set.get(all.env), "from-env");
    assert!(all.set.without_effect().is_empty());
}

#[test]
fn booleans_are_bare_or_take_their_value_with_an_equals_sign() {
    for (arguments, on) in [
        (&["--on"][..], true),
        (&["--on=true"], true),
        (&["--on=T"], true),
        (&["--on=1"], true),
        (&["--on=false"], false),
        (&["--on", "--on=0"], false),
        // As in pflag: the next word is an argument of its own.
        (&["--on", "false"], true),
    ] {
        let all = parse(arguments).expect("valid");
        assert_eq!(all.set.get(all.on), on, "{arguments:?}");
    }
}

#[test]
fn values_come_with_an_equals_sign_or_as_the_next_word() {
    for arguments in [&["--text=x=y"][..], &["--text", "x=y"]] {
        let all = parse(arguments).expect("valid");
        assert_eq!(all.set.get(all.text), "x=y");
    }
    // Even one that looks like a flag.
    let all = parse(&["--text", "--on"]).expect("valid");
    assert_eq!((all.set.get(all.text), all.set.get(all.on)), ("--on".to_owned(), false));
    let all = parse(&["--text=", "--number=-0x10", "--span=1h0m0.5s"]).expect("valid");
    assert_eq!(all.set.get(all.text), "");
    assert_eq!(all.set.get(all.number), -16);
    assert_eq!(all.set.get(all.span), Duration::from_millis(3_600_500));
    let all = parse(&["--", "--text=x"]).expect("valid");
    assert_eq!(all.set.get(all.text), "default");
}

#[test]
fn lists_grow_by_repetition_and_commas() {
    let all = parse(&["--list=x,y", "--list", "z"]).expect("valid");
    assert_eq!(all.set.get(all.list).0, ["x", "y", "z"]);
    let all = parse(&["--gates=A=true,B=false", "--gates", "C=1"]).expect("valid");
    let gates: Vec<(String, bool)> = all.set.get(all.gates).0.into_iter().collect();
    assert_eq!(gates, [("A".to_owned(), true), ("B".to_owned(), false), ("C".to_owned(), true)]);
}

#[test]
fn mistakes_are_reported_in_pflags_words() {
    fails(&["--nope"], "unknown flag: --nope");
    fails(&["--nope=1"], "unknown flag: --nope");
    fails(&["-x"], "unknown shorthand flag: 'x' in -x");
    fails(&["--=x"], "bad flag syntax: --=x");
    fails(&["---on"], "bad flag syntax: ---on");
    fails(&["--text"], "flag needs an argument: --text");
    fails(
        &["--on=maybe"],
        "invalid argument \"maybe\" for \"--on\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
    );
    fails(
        &["--number=4x"],
        "invalid argument \"4x\" for \"--number\" flag: strconv.ParseInt: parsing \"4x\": invalid syntax",
    );
    fails(
        &["--number=99999999999999999999"],
        "invalid argument \"99999999999999999999\" for \"--number\" flag: \
         strconv.ParseInt: parsing \"99999999999999999999\": value out of range",
    );
    fails(&["--span=3"], "invalid argument \"3\" for \"--span\" flag: time: missing unit in duration \"3\"");
    fails(
        &["--gates=A"],
        "invalid argument \"A\" for \"--gates\" flag: malformed pair, expect string=bool, found A",
    );
    fails(&["--help"], "help requested");
    fails(&["-h"], "help requested");
}

#[test]
fn flags_without_effect_are_named_when_given() {
    let all = parse(&["--ignored=x", "--on"]).expect("valid");
    assert_eq!(all.set.without_effect(), ["ignored"]);
    assert_eq!(all.set.get(all.ignored), "x");
}

#[test]
fn the_usage_lists_every_flag_in_order() {
    let all = parse(&[]).expect("valid");
    let usage = all.set.usage();
    let names: Vec<&str> = usage.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["--env", "--gates", "--ignored", "--list", "--number", "--on", "--span", "--text"]);
    assert!(usage.contains("--span duration"), "{usage}");
    assert!(usage.contains("A text. (default \"default\")"), "{usage}");
}

#[test]
fn the_usage_aligns_and_shows_what_is_not_empty() {
    let all = parse(&[]).expect("valid");
    insta::assert_snapshot!(all.set.usage(), @r#"
    Usage of test:
          --env string            From the environment. (default "from-env")
          --gates mapStringBool   Gates.
          --ignored string        Does nothing.
          --list strings          A list. (default [a,b])
          --number int            A number. (default 4)
          --on                    A switch.
          --span duration         A span. (default 30s)
          --text string           A text. (default "default")
    "#);
}

#[test]
fn words_that_are_not_flags_are_ignored() {
    let all = parse(&["word", "-", "--on", "word"]).expect("valid");
    assert!(all.set.get(all.on));
    fails(&["word", "--nope"], "unknown flag: --nope");
}

#[test]
fn an_empty_variable_counts_as_absent() {
    let set = FlagSet::with_env("test", |name| match name {
        "SET" => Some("x".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    });
    assert_eq!((set.env("SET").as_deref(), set.env("EMPTY"), set.env("ABSENT")), (Some("x"), None, None));
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_text_is_refused() {
    use std::os::unix::ffi::OsStringExt as _;
    let broken = || OsString::from_vec(vec![0xff]);
    for line in
        [vec![broken()], vec![OsString::from("--text"), broken()], vec![OsString::from("--"), broken()]]
    {
        let mut set = FlagSet::with_env("test", |_| None);
        let _ = set.declare::<String>("text", "", "A text.");
        let line = std::iter::once(OsString::from("test")).chain(line);
        assert_eq!(set.parse(line), Err(FlagError::NotText(broken())));
    }
}

#[test]
fn values_stay_out_of_the_debug_form() {
    let all = parse(&["--text=secret"]).expect("valid");
    assert_eq!(format!("{:?}", all.set), "FlagSet { program: \"test\", flags: 8, .. }");
}

#[test]
fn a_default_that_the_type_cannot_read_is_found_when_the_line_is_parsed() {
    let mut set = FlagSet::with_env("test", |_| None);
    let number = set.declare::<i64>("number", "many", "A number.");
    assert_eq!(set.get(number), 0);
    assert!(matches!(set.parse([OsString::from("test")]), Err(FlagError::Invalid { .. })));
}
