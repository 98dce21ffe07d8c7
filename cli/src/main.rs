//! The `orcs` command.

mod app;
mod build;
mod completions;
mod doctor;
mod generate;
mod globals;
mod new;
mod routes;
mod secret;
mod serve;
mod terminal;
mod test;
mod token;
mod typo;
mod ws;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;
use terminal::Failure;

/// Write and run real-time apps over WebSockets
#[derive(Parser)]
#[command(name = "orcs", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    globals: globals::Globals,
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
    Secret(secret::Args),
    Doctor(doctor::Args),
    Build(build::Args),
    Test(test::Args),
    Completions(completions::Args),
    Ws(Box<ws::Args>),
}

fn main() -> ExitCode {
    globals::color_before_parsing();
    let mut orcs = Cli::command();
    let matches = orcs.try_get_matches_from_mut(std::env::args_os());
    let args = std::env::args_os().skip(1);
    let matches = matches.unwrap_or_else(|e| typo::explain(e, &orcs, args).exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    let ran = cli.globals.apply(&matches).and_then(|()| run(cli.command));
    match ran {
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
        Command::Secret(args) => secret::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Ws(args) => ws::run(&args),
    }
}
