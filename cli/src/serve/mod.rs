//! `orcs serve`: builds the app, says where it will be, and becomes it.

use crate::app::{App, Description, Program, RouteLine};
use crate::terminal::{Failure, say, shell, table};
use owo_colors::OwoColorize;
use std::ffi::OsString;
use std::io;
use std::net::IpAddr;
use std::process::Command;

/// Build the app and run it
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
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let app = App::find()?;
    app.write_env()?;
    let program = app.build(args.release)?;
    let settings = args.settings();
    let (description, _) = program.describe(&settings)?;
    announce(&description);
    become_app(&program, &settings)
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

fn announce(app: &Description) {
    say!("  {}", app.name.bold());
    for line in lines(app) {
        say!("    {line}");
    }
    say!("  stop with Ctrl-C");
}

/// Page and sockets, one line each, aligned.
fn lines(app: &Description) -> Vec<String> {
    let authority = authority(app);
    let mut rows = vec![[
        "page".into(),
        format!("http://{authority}/"),
        "".into(),
        "".into(),
    ]];
    for route in app.routes.iter().filter(|route| !route.disabled) {
        let url = format!("ws://{authority}{}", route.path);
        rows.push(["ws".into(), url, events(route), token(route)]);
    }
    table::align(&rows)
}

/// `localhost:42069`, or the one address that the app listens on.
fn authority(app: &Description) -> String {
    let local =
        |host: &String| ["127.0.0.1", "::1", "0.0.0.0", "::", "localhost"].contains(&&**host);
    let host = match app.hosts.first() {
        Some(host) if !app.hosts.iter().any(local) && host.contains(':') => format!("[{host}]"),
        Some(host) if !app.hosts.iter().any(local) => host.clone(),
        _ => "localhost".to_owned(),
    };
    match app.port {
        // The app itself will tell, as soon as it knows.
        0 => format!("{host}:<a free port>"),
        port => format!("{host}:{port}"),
    }
}

fn events(route: &RouteLine) -> String {
    let others = match (route.fallback, route.binary) {
        (true, true) => ", any other, and binary messages",
        (true, false) => ", and any other",
        (false, true) => ", and binary messages",
        (false, false) => "",
    };
    match &route.events[..] {
        [] if route.fallback && route.binary => "any event, and binary messages".to_owned(),
        [] if route.fallback => "any event".to_owned(),
        [] if route.binary => "binary messages".to_owned(),
        [] => "no events".to_owned(),
        [event] => format!("1 event: {event}{others}"),
        events => format!("{} events: {}{others}", events.len(), events.join(", ")),
    }
}

fn token(route: &RouteLine) -> String {
    match &*route.auth {
        "none" => String::new(),
        "own" => "own admission".to_owned(),
        auth => format!("token {auth}"),
    }
}

/// Replaces this process, so that Ctrl-C and SIGTERM reach the app itself.
#[cfg(unix)]
fn become_app(program: &Program, settings: &[(&str, OsString)]) -> Result<(), Failure> {
    let mut command = program.command(settings);
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    Err(cannot_run(&command, &error))
}

/// Runs the app and ends as it does.
#[cfg(not(unix))]
fn become_app(program: &Program, settings: &[(&str, OsString)]) -> Result<(), Failure> {
    let mut command = program.command(settings);
    let status = command.status().map_err(|e| cannot_run(&command, &e))?;
    std::process::exit(status.code().unwrap_or(1))
}

fn cannot_run(command: &Command, error: &io::Error) -> Failure {
    Failure::new(format!(
        "cannot run {}: {error}",
        shell::visible(command.get_program())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(hosts: &[&str], port: u16) -> Description {
        let route = |path: &str, auth: &str, events: &[&str], fallback, binary| RouteLine {
            path: path.to_owned(),
            auth: auth.to_owned(),
            events: events.iter().map(|&event| event.to_owned()).collect(),
            fallback,
            binary,
            disabled: path.starts_with("/old"),
        };
        Description {
            name: "myapp".to_owned(),
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            port,
            routes: vec![
                route("/ws/chat", "none", &["join", "message"], false, false),
                route("/ws/private", "required", &["whoami"], false, false),
                route("/ws/all", "none", &[], true, false),
                route("/ws/image", "none", &["name"], false, true),
                route("/ws/sound", "none", &[], false, true),
                route("/old/{room}", "none", &[], false, false),
            ],
        }
    }

    #[test]
    fn every_route_has_a_line() {
        assert_eq!(
            lines(&app(&["127.0.0.1", "::1"], 42069)),
            [
                "page  http://localhost:42069/",
                "ws    ws://localhost:42069/ws/chat     2 events: join, message",
                "ws    ws://localhost:42069/ws/private  1 event: whoami                     token required",
                "ws    ws://localhost:42069/ws/all      any event",
                "ws    ws://localhost:42069/ws/image    1 event: name, and binary messages",
                "ws    ws://localhost:42069/ws/sound    binary messages",
            ]
        );
    }

    #[test]
    fn the_address_is_one_that_can_be_opened() {
        assert_eq!(authority(&app(&["0.0.0.0"], 80)), "localhost:80");
        assert_eq!(authority(&app(&["192.0.2.7"], 80)), "192.0.2.7:80");
        assert_eq!(authority(&app(&["2001:db8::1"], 80)), "[2001:db8::1]:80");
        assert_eq!(authority(&app(&[], 0)), "localhost:<a free port>");
    }
}
