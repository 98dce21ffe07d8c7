//! The load generator: one thread that talks to one server, checks each thing it is
//! sent, and prints what it measured as one line of JSON.

mod arguments;
#[cfg(test)]
mod broken;
mod closed;
mod codec;
mod connect;
mod connection;
mod cpu;
mod dialect;
mod drive;
mod failure;
mod handshake;
mod idle;
mod latency;
mod ledger;
mod memory;
mod message;
mod open;
mod pin;
mod poller;
mod report;
mod rooms;
mod scenario;
mod sender;
mod setup;
mod swarm;

use arguments::Arguments;
use failure::Result;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result {
    let Some((verb, rest)) = words.split_first() else {
        println!("{USAGE}");
        return Ok(());
    };
    if verb == "pin" {
        return pin::run(rest);
    }
    let report = scenario::run(verb, Arguments::new(rest))?;
    println!("{report}");
    Ok(())
}

const USAGE: &str = "\
Usage: load SCENARIO --address 127.0.0.1:PORT [OPTIONS]
       load pin --core N -- COMMAND..    Run a command that stays on core N

Scenarios, closed loop (--in-flight counts for each sender):
  echo   --connections N --in-flight N --bytes N
  raw    --connections N --in-flight N --bytes N
  rooms  --rooms N --members N --senders N --in-flight N --bytes N [--to-last]
Scenarios, open loop (times count from when a message was due):
  rate   --connections N --rate N --bytes N
  paced  --rooms N --members N --senders N --rate N --bytes N [--to-last]
         [--block-ms N --block-every-ms N --late-ms N]
                                  One more client's handler holds its thread
Others:
  connect --connections N         Connect, hello, close; N at a time
  idle    --connections N --rooms-of N
                                  The server's memory for each connection

Options of all:
  --dialect websocket|socketio    What the server speaks (default: websocket)
  --pid PID                       The server, whose CPU time is counted
  --core N                        Stay on this core
  --to-last                       Times to a room's last member count, too
  --sleeping                      Sleep while nothing comes, and look after silent
                                  receivers only now and then
  --seconds S --warmup S          Measured time (default: 3) and the time before it (0.3)";
