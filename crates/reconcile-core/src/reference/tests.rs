//! The form of the document.

use super::text;
use crate::args::Definition;
use crate::flags::FlagSet;

const DEFINITION: Definition = Definition {
    name: "sample-controller",
    version: "0",
    concurrent: 3,
    gates: &[("Works", true), ("Waits", false)],
    inert_gates: &["Waits"],
};

fn declare(flags: &mut FlagSet) {
    let _ = flags.declare::<String>("own", "a", "One of a|b.");
    let _ = flags.declare_ignored::<bool>("old", "false", "Gone.");
    let _ = flags.declare_env::<String>("place", "PLACE", "", "Where.");
}

#[test]
fn flags_stand_with_their_type_default_and_variable() {
    let text = text(DEFINITION, declare);
    for line in [
        "# Flags of sample-controller",
        "| `--own` | string | `a` | One of a\\|b. |",
        "| `--place` | string |  | Where. Environment variable: `PLACE`. |",
        "| `--concurrent` | int | `3` | The number of concurrent reconciles. |",
        "| `Works` | `true` | as in Flux |",
        "| `Waits` | `false` | accepted, none yet |",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let (working, rest) = text.split_once("## Accepted without effect").unwrap();
    assert!(rest.contains("`--old`") && !working.contains("`--old`"), "{text}");
}
