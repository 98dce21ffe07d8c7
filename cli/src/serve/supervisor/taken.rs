//! What is said when somebody has the port already.

use crate::app::port::{holder, next_free};
use crate::terminal::{Failure, shell};
use std::net::SocketAddr;

/// Says whose the port is, and what to type instead.
pub fn failure(address: SocketAddr) -> Failure {
    let port = address.port();
    let whose = match holder(port) {
        Some((pid, name)) => format!(" by process {pid} ({})", shell::visible(name)),
        None => String::new(),
    };
    let failure = Failure::new(format!("port {port} is taken{whose}"));
    match next_free(address) {
        Some(free) => failure.help(format!("orcs serve -p {free}, or PORT={free} in .env")),
        None => failure.help("orcs serve -p 0 takes any free port"),
    }
}
