//! `orcs generate`: writes what an app needs one more of, and never over anything.

mod auth;
mod deploy;
mod docker;
mod event;
mod list;
mod middleware;
mod names;
mod plan;
mod route;
mod rustfmt;
mod source;
mod systemd;
mod template;
mod under_test;

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
    Middleware(middleware::Args),
    Auth(auth::Args),
    Docker(docker::Args),
    Systemd(systemd::Args),
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let app = App::find()?;
    let (plan, instead) = match &args.what {
        What::Route(args) => (route::plan(&app, args)?, route::instead(args)),
        What::Event(args) => (event::plan(&app, args)?, String::new()),
        What::Middleware(args) => (middleware::plan(&app, args)?, middleware::instead(args)),
        What::Auth(_) => (auth::plan(&app)?, LOOK.to_owned()),
        What::Docker(_) => (docker::plan(&app)?, LOOK.to_owned()),
        What::Systemd(_) => (systemd::plan(&app)?, LOOK.to_owned()),
    };
    plan.carry_out(&app, args.how, &instead)
}

/// There is only one of it, so no other name helps.
const LOOK: &str = "add --dry-run to see what would be written, and take from it what you need";
