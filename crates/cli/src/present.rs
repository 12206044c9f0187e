//! How commands show what they found: lines with tones, tables, ages, and forms for programs. What is said is each
//! command's own; what is written, and what foreign text may do to a terminal, is `output`'s.

mod age;
pub(crate) mod explanation;
mod form;
mod line;
mod paint;
mod table;
mod terminal;

pub(crate) use age::{age, instant};
pub(crate) use form::{TableForm, TextForm, json, yaml};
pub(crate) use line::{Line, Tone, wrapped};
pub(crate) use paint::{Colour, ColourFlags, painted};
pub(crate) use table::{Column, Shape, Table};
pub use terminal::Terminal;
