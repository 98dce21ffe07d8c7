//! `orcs routes`: what the app answers to, told by the app itself.

mod limits;
mod list;

use crate::app::App;
use crate::terminal::{Failure, answer, say};

/// List the app's sockets: events with their payloads, auth, limits
///
/// Builds the app and asks it; no port is opened, so it may run meanwhile.
/// `room?` may be left out of a payload; (limits) are those that differ from the usual ones.
#[derive(clap::Args)]
pub struct Args {
    /// Print the app's whole description as one line of JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let program = App::find()?.build(false)?;
    let (description, line) = program.describe(&[])?;
    if args.json {
        return answer::print(&line);
    }
    if description.routes.is_empty() {
        say!("the app has no sockets; orcs generate route chat");
        return Ok(());
    }
    answer::print(&list::of(&description.routes))
}
