//! The `orcs` command.

mod app;
mod generate;
mod new;
mod routes;
mod serve;
mod terminal;
mod token;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use terminal::Failure;

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
    #[command(visible_aliases = ["dev", "s"])]
    Serve(serve::Args),
    Routes(routes::Args),
    #[command(visible_alias = "g")]
    Generate(generate::Args),
    Token(token::Args),
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
        Command::Serve(args) => serve::run(&args),
        Command::Routes(args) => routes::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Token(args) => token::run(&args),
    }
}
