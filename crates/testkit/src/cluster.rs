//! The running control plane of `e2e/control-plane`, or an existing cluster in its place.
//! It starts, describes and ends one; what tests do in it is in the modules below.

mod audit;
mod chart;
mod identity;
mod namespace;
mod objects;
mod place;
mod plane;

pub use audit::{Mark, Request, RequestLog, Requests};
pub use identity::Identity;
pub use namespace::TestNamespace;
pub use objects::Objects;
pub use place::Place;
pub use plane::{CONTEXT_VARIABLE, CONTROL_PLANE_VARIABLE, CONTROLLERS, ControlPlane, Description};
