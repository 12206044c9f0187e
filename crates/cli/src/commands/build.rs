//! `flyball build`: a drop-in for `kustomize build`. How a kustomization is built is the engine's; this is the order of
//! the steps around it.

mod args;
mod file_names;
mod folder;
mod kustomize_flags;
mod sink;
mod switch;
mod target;

#[cfg(test)]
mod tests;

pub(crate) use args::BuildArgs;

use kustomize_engine::{Mode, Options};

use crate::disk_tree::DiskTree;
use crate::error::CliError;
use crate::output::Output;
use args::Request;
use sink::Sink;

/// Builds, then writes. Nothing is written unless the whole build succeeded.
pub(crate) fn run(args: BuildArgs, output: &mut Output<'_>) -> Result<(), CliError> {
    let request = args.resolve()?;
    for warning in deprecations(&request) {
        output.note(warning);
    }
    let directory = target::resolve(&request.directory, request.fetch_remote)?;
    let options = options(&request);
    let tree = DiskTree::new(options.limits.bytes);
    let tree = if request.fetch_remote { tree.with_remotes() } else { tree };
    let mut sink = Sink::of(request.output.as_deref());
    let mut warnings = Vec::new();
    let built = kustomize_engine::build_each(&tree, &directory, &options, &mut warnings, &mut |object| {
        sink.add(object);
    });
    for warning in &warnings {
        output.note(warning);
    }
    match built {
        Ok(()) => sink.write(output),
        Err(error) => Err(CliError::build(&error, tree.into_unreadable())),
    }
}

/// A line for every deprecated flag that was given, in kustomize's words.
fn deprecations(request: &Request) -> Vec<&'static str> {
    let reorder = request.legacy_sort.is_some().then_some(
        "Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.",
    );
    let managed_by = request.managed_by_label.then_some(
        "Flag --enable-managedby-label has been deprecated, use the `managedByLabel` option in the `buildMetadata` \
         field instead.",
    );
    reorder.into_iter().chain(managed_by).collect()
}

/// What the engine is asked for; what the command line does not say is as `kustomize build` has it.
fn options(request: &Request) -> Options {
    Options {
        mode: Mode::Cli,
        load_restrictions: Some(request.restricted),
        legacy_sort: request.legacy_sort,
        managed_by_label: request.managed_by_label,
        ..Options::default()
    }
}
