//! `orcs serve`: builds the app, runs it, and exchanges it at every change.

mod announce;
#[cfg(unix)]
mod supervisor;
// Where sockets cannot be handed over.
#[cfg(not(unix))]
#[path = "plain.rs"]
mod supervisor;

use crate::app::App;
use crate::terminal::{Failure, shell};
use std::ffi::OsString;
use std::net::IpAddr;

/// Build the app, run it, and exchange it at every change
///
/// The port is opened first and stays open: while the app is built or exchanged, browsers wait instead of being
/// refused. A new build takes over once it listens; clients of the old one are closed with 1012 and come back. When
/// the app does not build or start, the last one that did keeps serving. A change of .env starts the app again, one in
/// public/ loads its pages again. Ctrl-C closes clients with 1001.
///
/// Exits with 0 after Ctrl-C, `q` or SIGTERM; with 130 when Ctrl-C comes before the app has served; with --no-watch as the
/// app does.
#[derive(clap::Args)]
pub struct Args {
    /// The TCP port, instead of PORT in `.env`; 0 picks a free one
    #[arg(short, long)]
    port: Option<u16>,

    /// The IP address to listen on, or `localhost`, instead of HOST in `.env`
    #[arg(long, value_parser = host)]
    host: Option<String>,

    /// Build with optimisations
    #[arg(long)]
    release: bool,

    /// Build and run once, and end as the app does
    #[arg(long)]
    no_watch: bool,

    /// Open the page when it is there
    #[arg(long)]
    open: bool,

    /// Print what happens as JSON, one object a line; what the app prints goes to stderr
    #[arg(long)]
    json: bool,

    /// For the app itself
    #[arg(last = true)]
    args: Vec<OsString>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let app = App::find()?;
    app.write_env()?;
    // The library looks for `.env` there, and so do we.
    std::env::set_current_dir(&app.root).map_err(|e| {
        let root = shell::visible(&app.root);
        Failure::new(format!("cannot enter {root}: {e}"))
    })?;
    match supervisor::run(app, args)? {
        0 => Ok(()),
        code => std::process::exit(code),
    }
}

impl Args {
    /// The process environment wins over `.env`, so this is how an argument does.
    fn settings(&self) -> Vec<(&'static str, OsString)> {
        let port = self.port.map(|port| ("PORT", port.to_string().into()));
        let host = self.host.as_ref().map(|host| ("HOST", host.into()));
        port.into_iter().chain(host).collect()
    }
}

/// An empty one would be none for the app, and HOST in `.env` would win.
fn host(text: &str) -> Result<String, &'static str> {
    match text.parse::<IpAddr>() {
        Err(_) if text != "localhost" => {
            Err("expected an IP address, such as 0.0.0.0 or ::1, or `localhost`")
        }
        _ => Ok(text.to_owned()),
    }
}
