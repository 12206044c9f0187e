//! Tables: an object, the time, and what is said of it.

mod kstatus;
