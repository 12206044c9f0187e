//! What `flyball explain` says of faults, on the whole product: real Git, the three controllers, the command line. Of each
//! fault the first sixty lines name the object, the cause and what to do next; every blocker code that a fault can be is
//! met at least once (contracts/health-and-policy.md F.3).

mod bench;
mod fault;

mod between;
mod builds;
mod refusals;
mod sources;
mod well;
mod workloads;
