//! `cargo xtask bench`: figures that the project commits itself to.

mod budget;
pub mod built;
mod cores;
mod figures;
pub mod idle;
mod load;
mod open_files;
pub mod options;
mod peer;
mod ratios;
mod running;
mod scenario;
mod server;
mod showcase;
pub mod suite;
mod table;
