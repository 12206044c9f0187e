//! The arguments of `flyball health` and its help.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::present::{Colour, ColourFlags, TableForm, TextForm};

const TEST_ABOUT: &str = "\
Say how objects in files are, by which rule, and why.

FILE holds objects as `kubectl get -o yaml` or `-o json` prints them, lists and several documents included;
- is standard input. Pods, StorageClasses and the like in the files are looked at as what is beside the
other objects. No cluster is asked, and nothing is known of what an object was before: what is unwell now
is said to be, without waiting whether it stays.";

const TEST_EXAMPLES: &str = "\
Examples:
  # Everything of one namespace
  kubectl -n apps get deploy,pods -o yaml | flyball health test -

  # A rule of one's own, before it is applied
  flyball health test --rules widget-rule.yaml widget.yaml

Exit code: 0 if all objects are Healthy or Suspended, 1 if one is not, 2 if a file cannot be read or a rule
cannot be used.";

const RULES_ABOUT: &str = "\
Print the library of rules that is built in.

As YAML, each entry is a HealthRule: one that is changed and applied goes before the library's.";

const RULES_EXAMPLES: &str = "\
Examples:
  # All of them
  flyball health rules

  # What Certificates are judged by, as a HealthRule to begin with
  flyball health rules Certificate -o yaml";

/// Say how objects are judged, and by which rules.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[group(skip)]
pub(crate) struct HealthArgs {
    #[command(subcommand)]
    command: HealthCommand,
}

/// What it can do.
#[derive(Debug, Subcommand)]
pub(super) enum HealthCommand {
    Test(TestArgs),
    Rules(RulesArgs),
}

/// Say how objects in files are, by which rule, and why.
#[derive(Debug, Args)]
#[command(long_about = TEST_ABOUT, after_help = TEST_EXAMPLES)]
#[group(skip)]
pub(super) struct TestArgs {
    /// Files with objects; - is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Files with HealthRules, which go before the library; may be given several times.
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,

    /// Judge as of this time instead of now, for objects that were saved.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,

    /// How to print it.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    output: TextForm,

    #[command(flatten)]
    colours: ColourFlags,
}

/// Print the library of rules that is built in.
#[derive(Debug, Args)]
#[command(long_about = RULES_ABOUT, after_help = RULES_EXAMPLES)]
#[group(skip)]
pub(super) struct RulesArgs {
    /// Only rules for this kind.
    #[arg(value_name = "KIND")]
    kind: Option<String>,

    /// How to print it.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    output: TableForm,

    #[command(flatten)]
    colours: ColourFlags,
}

impl HealthArgs {
    pub(super) const fn command(&self) -> &HealthCommand {
        &self.command
    }
}

impl TestArgs {
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    pub(super) fn rules(&self) -> &[PathBuf] {
        &self.rules
    }

    pub(super) const fn time(&self) -> Option<Timestamp> {
        self.at
    }

    pub(super) const fn form(&self) -> TextForm {
        self.output
    }

    pub(super) const fn colour(&self) -> Colour {
        self.colours.choice()
    }
}

impl RulesArgs {
    pub(super) fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    pub(super) const fn form(&self) -> TableForm {
        self.output
    }

    pub(super) const fn colour(&self) -> Colour {
        self.colours.choice()
    }
}
