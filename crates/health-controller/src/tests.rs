//! Tables: what is seen in, what is said out.

mod assess;
mod blockers;
mod drift;
mod observed;
mod step;
