//! `cargo xtask bench idle`: what a connection costs that says nothing.

use super::open_files::OpenFiles;
use super::peer::Peer;
use super::showcase::{SETTINGS, Showcase};
use crate::failure::{Failure, Result};
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

/// How many connections.
#[derive(Debug)]
pub struct Options {
    connections: usize,
}

impl Options {
    pub fn parse(words: &[&str]) -> Result<Self> {
        match words {
            [] => Ok(Self {
                connections: 10_000,
            }),
            ["--connections", number] => match number.parse() {
                Ok(connections) if connections > 0 => Ok(Self { connections }),
                _ => Err(Failure::Usage(format!(
                    "`{number}` is not a number of connections (example: 10000)"
                ))),
            },
            ["--connections"] => Err(Failure::Usage(
                "`--connections` needs a number (example: 10000)".into(),
            )),
            ["--connections", _, word, ..] | [word, ..] => Err(Failure::unknown(word)),
        }
    }
}

/// Opens the connections, lets each say one thing, and reads the server's memory.
pub fn run(options: &Options) -> Result {
    let connections = options.connections;
    let open_files = OpenFiles::raise();
    open_files.check(connections)?;
    let showcase = Showcase::start()?;
    let empty = showcase.quiet_resident_bytes()?;

    let started = Instant::now();
    let mut peers = knock(showcase.address(), connections)
        .map_err(|error| format!("not all of {connections} connections opened: {error}"))?;
    let opened = started.elapsed();
    let open = showcase.quiet_resident_bytes()?;

    echo(&mut peers).map_err(|error| format!("not every message came back: {error}"))?;
    let used = showcase.quiet_resident_bytes()?;

    let each = |bytes: usize| bytes.saturating_sub(empty).div_ceil(connections);
    println!(
        "{connections} connections to {ROUTE} of the showcase (release), opened in {opened:.1?}"
    );
    println!("limits: open files {open_files}; {}", settings());
    println!();
    println!("                     connections   resident bytes   bytes per connection");
    println!("before               {:>11}   {empty:>14}   {:>20}", 0, "-");
    println!(
        "after the handshake  {connections:>11}   {open:>14}   {:>20}",
        each(open)
    );
    println!(
        "after one echo       {connections:>11}   {used:>14}   {:>20}",
        each(used)
    );
    println!();
    let most = each(open).max(each(used));
    if most > BUDGET_BYTES {
        return Err(format!(
            "{most} bytes per connection are more than the budget of {BUDGET_BYTES}"
        )
        .into());
    }
    println!("{most} bytes per connection are within the budget of {BUDGET_BYTES}.");
    Ok(())
}

/// In batches, so that the queue of the listening socket (1024) never overflows.
fn knock(address: SocketAddr, connections: usize) -> io::Result<Vec<Peer>> {
    let mut peers = Vec::with_capacity(connections);
    while peers.len() < connections {
        let first = peers.len();
        for _ in first..connections.min(first + BATCH) {
            peers.push(Peer::knock(address, ROUTE)?);
        }
        for peer in &mut peers[first..] {
            peer.expect_101()?;
        }
    }
    Ok(peers)
}

fn echo(peers: &mut [Peer]) -> io::Result<()> {
    let message = message();
    for batch in peers.chunks_mut(BATCH) {
        for peer in &mut *batch {
            peer.say(&message)?;
        }
        for peer in batch {
            peer.expect(&message)?;
        }
    }
    Ok(())
}

/// 64 bytes on the wire, as the route sends it back.
fn message() -> String {
    let (head, tail) = (r#"{"event":"message","payload":{"text":""#, r#""}}"#);
    let text = "x".repeat(MESSAGE_BYTES - head.len() - tail.len());
    format!("{head}{text}{tail}")
}

fn settings() -> String {
    let sockets = SETTINGS.iter().filter(|(key, _)| key.starts_with("WS_"));
    let settings: Vec<_> = sockets
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    settings.join(" ")
}

const ROUTE: &str = "/ws/echo";
const BATCH: usize = 500;
const MESSAGE_BYTES: usize = 64;

/// What the project promises; benches/README.md tells how it is measured.
const BUDGET_BYTES: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_as_long_as_promised() {
        assert_eq!(message().len(), MESSAGE_BYTES);
    }
}
