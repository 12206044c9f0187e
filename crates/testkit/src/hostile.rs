//! Input as somebody would send who wants to harm: repositories, servers, archives, builds, objects, statuses and file
//! names, in families, all generated and none stored; and the run that puts each before real controllers beside an
//! honest object. It reports; that nothing may be wrong is for the caller to say (`cargo xtask chaos hostile`, and a
//! tenth of it among the end-to-end tests).

mod archives;
mod buckets;
mod builds;
mod builds_more;
mod charts;
mod cli;
mod corpus;
mod folders;
mod gitrepo;
mod gitserver;
mod health;
mod helm;
mod hooks;
mod host;
mod input;
mod judge;
mod layers;
mod logins;
mod objects;
mod options;
mod packs;
mod play;
mod registry;
mod report;
mod site;
mod stage;
mod talk;
mod tarball;
#[cfg(test)]
mod tests;

pub use corpus::corpus;
pub use input::{Family, Input};
pub use options::{Options, tenth};
pub use play::run;
pub use report::{Finding, Report, Verdict};
