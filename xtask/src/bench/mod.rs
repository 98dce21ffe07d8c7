//! `cargo xtask bench`: figures that the project commits itself to.

pub mod idle;
mod open_files;
mod peer;
mod showcase;
