//! Flags of `kustomize build` for what a build does not do by design: charts, plugins and functions. Each one that
//! would switch something on is refused by name; those that only tune it change nothing, in kustomize neither.

use std::ffi::OsString;

use clap::Args;

use super::switch::{BOOL, go_bool, is_on};
use crate::error::CliError;

#[cfg(test)]
mod tests;

/// What would switch on what is not supported.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct RefusedFlags {
    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    enable_helm: Option<Option<bool>>,
    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    enable_alpha_plugins: Option<Option<bool>>,
    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    enable_exec: Option<Option<bool>>,
    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    enable_star: Option<Option<bool>>,
}

/// What only tunes the above, and is accepted so that command lines written for kustomize work unchanged.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct IgnoredFlags {
    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    as_current_user: Option<Option<bool>>,
    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    network: Option<Option<bool>>,
    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    helm_debug: Option<Option<bool>>,
    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    stack_trace: Option<Option<bool>>,
    #[arg(long, hide = true)]
    helm_command: Vec<OsString>,
    #[arg(long, hide = true)]
    helm_api_versions: Vec<OsString>,
    #[arg(long, hide = true)]
    helm_kube_version: Vec<OsString>,
    #[arg(long, hide = true)]
    mount: Vec<OsString>,
    #[arg(short, long, hide = true)]
    env: Vec<OsString>,
    #[arg(long, hide = true)]
    network_name: Vec<OsString>,
}

impl RefusedFlags {
    /// Fails for the first flag that is switched on.
    pub(super) fn check(&self) -> Result<(), CliError> {
        let refused = [
            (
                self.enable_helm,
                "enable-helm",
                "charts are not inflated during a build",
                "render the chart beforehand (`helm template … > chart.yaml`) and list the file in `resources`; leave \
                 the flag out where no kustomization has `helmCharts`",
            ),
            (
                self.enable_alpha_plugins,
                "enable-alpha-plugins",
                "a build runs no plugins and no functions, only the built-in transformers and generators, which need no \
                 flag",
                "run the function beforehand and list its output in `resources`; leave the flag out where none is used",
            ),
            (
                self.enable_exec,
                "enable-exec",
                "a build starts no programs",
                "run the program beforehand and list its output in `resources`; leave the flag out where none is used",
            ),
            (
                self.enable_star,
                "enable-star",
                "a build runs no Starlark functions",
                "run the function beforehand and list its output in `resources`; leave the flag out where none is used",
            ),
        ];
        match refused.into_iter().find(|(flag, ..)| is_on(*flag)) {
            None => Ok(()),
            Some((_, flag, reason, instead)) => Err(CliError::unsupported_flag(flag, reason, instead)),
        }
    }
}
