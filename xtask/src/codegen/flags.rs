//! The references of the flags of controllers and command line. Their declarations are their crates' own, which nothing
//! here links: a test of each compares its document, and writes it when it is told to.

use anyhow::Result;

use crate::workspace;

/// Has the tests write their documents.
pub(super) fn write() -> Result<()> {
    let mut arguments = vec!["test", "--quiet", "--lib"];
    for package in ["source-controller", "kustomize-controller", "health-controller", "cli"] {
        arguments.extend(["--package", package]);
    }
    arguments.extend(["--", "the_reference_of_flags_is_current"]);
    workspace::cargo_with(&workspace::root(), &arguments, &[("FLYBALL_CODEGEN", "1")]).map(drop)
}
