//! Attacks from outside: each against a server in a process of its own, with bystanders who
//! must not notice it, and with its answer and its price in a line of its own.
//!
//! `cargo xtask attack` runs them one after another and prints these lines as a table. Times
//! are told and not asserted; what is asserted are the answers, that nobody else misses
//! anything, and that the server holds no more memory than stated and lets go of the rest.
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod kit;
mod server;

mod compression;
mod connections;
mod csrf;
mod envelopes;
mod frames;
mod handlers;
mod handshake;
mod log;
mod memory;
mod origins;
mod rates;
mod rooms;
mod silence;
mod tokens;

use kit::Server;

/// This executable is the server too: with a word for it in its environment, this test is one.
#[test]
fn the_server_under_attack_is_a_process_of_its_own() {
    if server::is_wanted() {
        return server::run();
    }
    let server = Server::start(&[]);
    let address = server.address;
    assert_ne!(server.pid(), std::process::id());
    assert!(std::net::TcpStream::connect(address).is_ok());
    drop(server);
    assert!(
        std::net::TcpStream::connect(address).is_err(),
        "it ends with its guard"
    );
}
