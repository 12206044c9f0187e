//! What is written where, and streams that fail.

use super::*;
use crate::error::ErrorKind;
use crate::present::Tone;

/// A stream that takes nothing, or whose flush fails.
struct Broken {
    write: Option<io::ErrorKind>,
    flush: Option<io::ErrorKind>,
}

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write.map_or(Ok(bytes.len()), |kind| Err(kind.into()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flush.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

/// A stream that keeps each write apart.
#[derive(Default)]
struct Writes(Vec<String>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn print_to(mut out: Broken) -> Result<(), CliError> {
    Output::new(&mut out, &mut io::empty()).print(b"a: 1\n")
}

#[test]
fn each_stream_gets_its_own() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output::new(&mut out, &mut err);
    output.print(b"a: \x1b[31m\xff\n").expect("printed");
    output.note("# Warning: \u{1b}[31m");
    assert_eq!(out, b"a: \x1b[31m\xff\n", "passed on as it is");
    assert_eq!(err, b"# Warning: \\x1b[31m\n", "shown, not carried out");
}

#[test]
fn a_failure_gives_no_access_away() {
    let mut err = Vec::new();
    let error = CliError::remote_target("https://TOKEN@host.example/a?private_token=TOKEN\u{1b}[2J");
    Output::new(&mut io::empty(), &mut err).report(&error);
    let text = String::from_utf8_lossy(&err);
    assert!(!text.contains("TOKEN") && !text.contains('\u{1b}'), "{text}");
    assert!(text.starts_with("Error: remote target 'https://***@host.example/a?private_token=***"), "{text}");
    assert!(text.contains("git clone https://***@host.example/a DIR"), "{text}");
}

#[test]
fn a_line_is_one_write() {
    let mut err = Writes::default();
    Output::new(&mut io::empty(), &mut err).note("a line");
    assert_eq!(err.0, ["a line\n"], "so that lines of other processes do not come between");
}

#[test]
fn a_reader_that_has_gone_away_is_not_an_error() {
    let gone = Some(io::ErrorKind::BrokenPipe);
    assert_eq!(print_to(Broken { write: gone, flush: None }), Ok(()));
    assert_eq!(print_to(Broken { write: None, flush: gone }), Ok(()));
}

#[test]
fn a_full_disk_is_one() {
    let full = Some(io::ErrorKind::StorageFull);
    for out in [Broken { write: full, flush: None }, Broken { write: None, flush: full }] {
        let error = print_to(out).expect_err("not written");
        assert_eq!(error.to_string(), "write /dev/stdout: no storage space");
        assert_eq!(error.kind(), ErrorKind::Write);
    }
}

#[test]
fn nothing_can_be_reported_without_standard_error() {
    let mut err = Broken { write: Some(io::ErrorKind::BrokenPipe), flush: None };
    let mut out = Vec::new();
    let mut output = Output::new(&mut out, &mut err);
    output.report(&CliError::usage("wrong"));
    output.print(b"still").expect("printed");
    assert_eq!(out, b"still");
}

#[test]
fn a_failure_and_its_hints() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let error = CliError::usage("wrong").with_hints(["one".to_owned(), "two".to_owned()]);
    Output::new(&mut out, &mut err).report(&error);
    assert_eq!(String::from_utf8_lossy(&err), "Error: wrong\nhint: one\nhint: two\n");
    assert!(out.is_empty(), "nothing that a pipe would take for objects");
}

#[test]
fn lines_with_tones() {
    let lines = [
        Line::of(Tone::Bad, "\u{1b}[2J https://me:TOKEN@host.example/a").then(Tone::Plain, " b  "),
        Line::empty(),
    ];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output::new(&mut out, &mut err);
    output.show(&lines).expect("shown");
    output.choose_colours(Colour::Always);
    output.show(&lines).expect("shown");
    output.choose_colours(Colour::Auto);
    output.show_again(2, &[Line::plain("c")]).expect("shown");
    let text = String::from_utf8(out).expect("UTF-8");
    let plain = "\\x1b[2J https://***@host.example/a b\n\n";
    let painted = "\u{1b}[31m\\x1b[2J https://***@host.example/a\u{1b}[0m b\n\n";
    assert_eq!(text, format!("{plain}{painted}\u{1b}[2A\u{1b}[Jc\n"));
}
