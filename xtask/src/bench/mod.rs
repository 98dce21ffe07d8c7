//! `cargo xtask bench`: figures that the project commits itself to.

pub mod blocked;
mod budget;
pub mod built;
mod cores;
pub mod dev_loop;
pub mod fairness;
mod figures;
pub mod idle;
mod load;
pub mod new;
mod open_files;
pub mod options;
mod orcs;
mod peer;
mod ratios;
mod running;
mod scenario;
mod server;
mod showcase;
pub mod suite;
mod table;
pub mod threads;
