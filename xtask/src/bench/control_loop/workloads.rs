//! The table of workloads. Each is a file of its own.

use super::workload::Workload;

mod app;
mod apply;
mod commits;
mod delete;
mod depends;
mod drift;
mod fleet;
mod memory;
mod mttp;
mod restart;
mod steady;

/// All, in the order in which they are run. A build beside kustomize is `bench build`.
pub(super) const ALL: [&Workload; 13] = [
    &app::WORKLOAD,
    &mttp::WORKLOAD,
    &apply::HERE,
    &apply::FAR_AWAY,
    &fleet::WORKLOAD,
    &commits::WORKLOAD,
    &drift::WORKLOAD,
    &depends::WORKLOAD,
    &restart::WORKLOAD,
    &steady::ALONE,
    &steady::AMONG_OTHERS,
    &memory::WORKLOAD,
    &delete::WORKLOAD,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_has_a_name_of_its_own() {
        for workload in ALL {
            let called = |word: &str| ALL.iter().filter(|other| other.is_called(word)).count();
            assert_eq!(called(workload.name), 1, "{}", workload.name);
            assert!(workload.id.is_empty() || called(workload.id) == 1, "{}", workload.id);
        }
    }
}
