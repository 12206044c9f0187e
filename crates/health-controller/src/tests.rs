//! Tables: what is seen in, what is said out.
