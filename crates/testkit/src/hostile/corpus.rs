//! All hostile inputs, one family after the other.

use super::input::Input;
use super::{archives, builds, builds_more, cli, gitrepo, gitserver, health, objects};

/// All inputs, in the order of their families and names.
#[must_use]
pub fn corpus() -> Vec<Input> {
    let mut inputs = Vec::new();
    inputs.extend(gitrepo::inputs());
    inputs.extend(gitserver::inputs());
    inputs.extend(archives::inputs());
    inputs.extend(builds::inputs());
    inputs.extend(builds_more::inputs());
    inputs.extend(objects::inputs());
    inputs.extend(health::inputs());
    inputs.extend(cli::inputs());
    inputs
}
