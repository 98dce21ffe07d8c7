//! The `orcs` command.

mod failure;
mod framework;
mod name;
mod new;
mod scaffold;
mod secret;
mod shell;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

/// Write and run real-time apps over WebSockets
#[derive(Parser)]
#[command(name = "orcs", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(new::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::New(args) => new::run(&args),
    }
}
