//! `orcs generate`: writes what an app needs one more of, and never over anything.

mod event;
mod list;
mod names;
mod plan;
mod route;
mod rustfmt;
mod source;
mod template;

use crate::app::App;
use crate::terminal::Failure;
use clap::Subcommand;
use plan::How;

/// Write a route, an event, a middleware, and what an app needs to be deployed
///
/// Nothing is ever overwritten.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,

    #[command(flatten)]
    how: How,
}

#[derive(Subcommand)]
enum What {
    Route(route::Args),
    Event(event::Args),
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let app = App::find()?;
    let (plan, instead) = match &args.what {
        What::Route(args) => (route::plan(&app, args)?, route::instead(args)),
        What::Event(args) => (event::plan(&app, args)?, String::new()),
    };
    plan.carry_out(&app, args.how, &instead)
}
