//! All hostile inputs, one family after the other.

use super::input::Input;
use super::{
    archives, buckets, builds, builds_more, charts, cli, folders, gitrepo, gitserver, health, helm, hooks,
    layers, logins, objects, registry, talk,
};

/// All inputs, in the order of their families and names.
#[must_use]
pub fn corpus() -> Vec<Input> {
    let mut inputs = Vec::new();
    inputs.extend(gitrepo::inputs());
    inputs.extend(gitserver::inputs());
    inputs.extend(talk::inputs());
    inputs.extend(registry::inputs());
    inputs.extend(layers::inputs());
    inputs.extend(logins::inputs());
    inputs.extend(helm::inputs());
    inputs.extend(charts::inputs());
    inputs.extend(folders::inputs());
    inputs.extend(buckets::inputs());
    inputs.extend(hooks::inputs());
    inputs.extend(archives::inputs());
    inputs.extend(builds::inputs());
    inputs.extend(builds_more::inputs());
    inputs.extend(objects::inputs());
    inputs.extend(health::inputs());
    inputs.extend(cli::inputs());
    inputs
}
