//! `orcs ws`: a WebSocket client for this app or any URL, for people and for scripts.

mod address;
mod closing;
mod connect;
mod history;
mod json;
mod keyboard;
mod line;
mod link;
mod message;
mod once;
mod record;
mod request;
mod screen;
mod script;
mod seen;
mod session;
mod show;
mod stream;
mod talk;
#[cfg(feature = "tls")]
mod tls;
mod visit;
mod watch;

use crate::app::{App, settings_from_here};
use crate::terminal::{Failure, shell};
use crate::token;
use address::Address;
use connect::Bounds;
use keyboard::Words;
use once::Once;
use request::{Carrier, Handshake, Wishes};
use show::{Show, Style};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
use visit::Visit;

/// Talk to a WebSocket: this app's, or any
///
/// Type an event and its payload: `join {"room":"lobby"}`. A payload that is no JSON is a text;
/// /help lists the rest. Without a URL it is the first open route of the app in this folder;
/// `/ws/chat` is that path of it. With -e it says something, prints what comes back and leaves.
/// What comes is printed on stdout, all else on stderr.
#[derive(clap::Args)]
pub struct Args {
    /// Where to: ws://.., wss://.., host:port/path, or a path of this app
    url: Option<String>,

    /// Send this event, wait for its answer, and leave [can be repeated]
    #[arg(short, long = "event", value_name = "EVENT")]
    events: Vec<String>,

    /// The payload of the -e at the same place: JSON, or else a text
    #[arg(short, long = "data", value_name = "JSON", allow_hyphen_values = true)]
    data: Vec<String>,

    /// First send `join` with this room [can be repeated]
    #[arg(short, long = "room", value_name = "ROOM")]
    rooms: Vec<String>,

    /// Read lines from a file (`-`: stdin), besides `wait EVENT`, `expect EVENT JSON`, `sleep 1s`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["events", "watch"])]
    script: Option<PathBuf>,

    /// Only listen, and come back when the connection ends
    #[arg(long, conflicts_with = "events")]
    watch: bool,

    /// Listen this long, such as 500ms or 10s
    #[arg(long = "for", value_name = "TIME", value_parser = line::duration)]
    listen: Option<Duration>,

    /// Leave after so many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,

    /// How long an answer, an expected message or the handshake may take
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = line::duration)]
    timeout: Duration,

    /// A token to bring; others on this machine can read it in the list of processes
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["token_from_env", "sub"])]
    token: Option<String>,

    /// The variable that holds the token
    #[arg(long, value_name = "NAME", conflicts_with = "sub")]
    token_from_env: Option<String>,

    /// Sign a token for this user with the app's JWT_SECRET
    #[arg(long, value_name = "USER")]
    sub: Option<String>,

    /// How it travels: header, query, subprotocol, cookie, cookie=NAME or message
    #[arg(long, value_name = "HOW", default_value = "header")]
    token_by: Carrier,

    /// A header of the handshake [can be repeated]
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// A subprotocol to offer [can be repeated]
    #[arg(long = "subprotocol", value_name = "NAME")]
    subprotocols: Vec<String>,

    /// The page's origin, as a browser would say it
    #[arg(long, value_name = "URL")]
    origin: Option<String>,

    /// Do not ask for answers by an `id`, which servers other than orcs may not know
    #[arg(long)]
    no_id: bool,

    /// Print each message as a line of JSON
    #[arg(long, conflicts_with = "raw")]
    json: bool,

    /// Print what comes as it came, nothing shortened
    #[arg(long)]
    raw: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let events = args.said()?;
    // All of it is read before a server is asked.
    let script = args.script.as_deref().map(|path| {
        let place = if path == Path::new("-") {
            "stdin".into()
        } else {
            path.to_string_lossy()
        };
        Ok((script::parse(&read(path)?, &place)?, place.into_owned()))
    });
    let script = script.transpose()?;
    let at_terminal = io::stdin().is_terminal();
    // Who gives a bound does not mean to type.
    let is_bounded = args.listen.is_some() || args.count.is_some();
    let is_once = !events.is_empty() || at_terminal && is_bounded;
    let is_typing = at_terminal && !is_once && script.is_none() && !args.watch;
    let token = args.token()?;
    let address = Address::find(args.url.as_deref(), token.is_some(), is_typing)?;
    let mut visit = Visit::new(
        args.handshake(&address, token.as_deref())?,
        Bounds {
            patience: args.timeout,
            max_message: MAX_MESSAGE,
        },
        Show::new(args.style()),
    );
    visit.rooms.clone_from(&args.rooms);
    visit.ids = !args.no_id && (is_once || address.is_ours && script.is_none() && !args.watch);
    let once = Once {
        events,
        listen: args.listen,
        count: args.count.map(|count| count as usize),
    };
    if let Some((steps, place)) = script {
        return script::run(&visit, steps, &place);
    }
    if args.watch {
        return watch::run(&visit, &once);
    }
    if is_once {
        return once::run(&visit, &once);
    }
    let words = Words::default();
    address.teach(&words);
    let welcome = talk::Welcome {
        others: address.others,
    };
    talk::run(visit, &words, &welcome, &once)
}

impl Args {
    /// The events and their payloads: the second -d belongs to the second -e.
    fn said(&self) -> Result<Vec<(String, String)>, Failure> {
        if self.data.len() > self.events.len() {
            return Err(Failure::usage("a -d without its -e")
                .help("orcs ws -e message -d '{\"room\":\"general\",\"text\":\"hi\"}'"));
        }
        let data = self
            .data
            .iter()
            .map(String::as_str)
            .chain(std::iter::repeat(""));
        let pair = |(event, data): (&String, &str)| {
            let payload = line::payload(data).map_err(|why| {
                Failure::usage(format!("-d `{}`: {why}", shell::visible(data)))
                    .help("-d '{\"room\":\"general\"}', in single quotes")
            })?;
            Ok((event.clone(), payload))
        };
        self.events.iter().zip(data).map(pair).collect()
    }

    fn style(&self) -> Style {
        match (self.json, self.raw) {
            (true, _) => Style::Json,
            (_, true) => Style::Raw,
            _ => Style::Plain,
        }
    }

    fn token(&self) -> Result<Option<String>, Failure> {
        if let Some(name) = &self.token_from_env {
            let token = std::env::var_os(name).and_then(|token| token.into_string().ok());
            let token = token.filter(|token| !token.is_empty());
            return token.map(Some).ok_or_else(|| {
                Failure::usage(format!(
                    "the variable `{}` holds no token",
                    shell::visible(name)
                ))
                .help("TOKEN=$(orcs token --sub ann) orcs ws --token-from-env TOKEN")
            });
        }
        match &self.sub {
            Some(sub) => token::sign_for(sub).map(Some),
            None => Ok(self.token.clone()),
        }
    }

    fn handshake(&self, address: &Address, token: Option<&str>) -> Result<Handshake, Failure> {
        let cookie_name = match (token, &self.token_by) {
            (Some(_), Carrier::Cookie(None)) => App::find()
                .and_then(|app| settings_from_here(Some(&app)))
                .ok()
                .and_then(|config| config.auth_cookie),
            _ => None,
        };
        Handshake::new(
            &address.url,
            &Wishes {
                token: token.map(|token| (token, &self.token_by)),
                cookie_name,
                headers: &self.headers,
                subprotocols: &self.subprotocols,
                origin: self.origin.as_deref(),
            },
        )
    }
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected NAME: VALUE, such as 'X-Team: red'"),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let place = shell::visible(path);
    let cannot = |e| Failure::new(format!("cannot read {place}: {e}"));
    if path != Path::new("-") {
        return std::fs::read_to_string(path).map_err(cannot);
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(cannot)?;
    Ok(text)
}

/// Four times what servers usually take.
const MAX_MESSAGE: usize = 64 << 20;
